package vault

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/store"
)

// maxSecret is more than any credential, and little enough to hold a thousand of.
const maxSecret = 64 << 10

// maxWeight is that of the configuration.
const maxWeight = 1000

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// ErrInvalid says that what was asked for cannot be; the error around it tells why.
var ErrInvalid = errors.New("invalid")

type invalid struct{ why string }

func (e invalid) Error() string        { return e.why }
func (e invalid) Is(target error) bool { return target == ErrInvalid }

func checkName(name string) error {
	if !nameForm.MatchString(name) {
		return invalid{"a name has 1 to 63 lower-case letters, digits, '.', '_' and '-', and begins with a letter or digit"}
	}
	return nil
}

// cleaned takes the line end off a secret, as files and terminals leave one, and refuses
// what cannot be one.
func cleaned(secret string) (string, error) {
	secret = strings.TrimRight(secret, "\r\n")
	switch {
	case strings.TrimSpace(secret) == "":
		return "", invalid{"the secret is empty"}
	case len(secret) > maxSecret:
		return "", invalid{fmt.Sprintf("the secret is larger than %d bytes", maxSecret)}
	case !utf8.ValidString(secret):
		return "", invalid{"the secret is no text"}
	}
	return secret, nil
}

// NewCredential is a credential to add. Secret is the key, or a JSON object of the parts that stand
// for one: {"access_key_id": "…", …}.
type NewCredential struct {
	Workspace string // "" = shared by all
	Provider  string
	Name      string // the alias; unique within provider and workspace
	Weight    int    // 0 = 1
	Secret    string
	Spec      *provider.Spec // the provider's kind; nil = it is not known, and nothing is checked
}

// Add seals a credential and gives what may be seen of it. It is ErrInvalid,
// store.ErrExists when the name is taken, store.ErrNotFound when the workspace is unknown.
func (v *Vault) Add(ctx context.Context, n NewCredential) (gateway.Credential, error) {
	c := gateway.Credential{Workspace: n.Workspace, Provider: n.Provider, Name: n.Name, Weight: max(n.Weight, 1), Created: time.Now()}
	if n.Provider == "" {
		return c, invalid{"a provider is needed"}
	}
	if err := errors.Join(checkName(n.Name), checkWeight(n.Weight)); err != nil {
		return c, err
	}
	if err := v.fill(ctx, &c, n.Secret, n.Spec); err != nil {
		return c, err
	}
	return c, v.store.CreateCredential(ctx, c)
}

// fill gives a credential an id, if it has none, and its secret.
func (v *Vault) fill(ctx context.Context, c *gateway.Credential, secret string, spec *provider.Spec) error {
	secret, err := cleaned(secret)
	if err != nil {
		return err
	}
	var made provider.Credential
	made.Key, made.Fields = parts([]byte(secret))
	if made.Key == "" && len(made.Fields) == 0 {
		return invalid{"the credential is empty"}
	}
	if spec != nil {
		if err := spec.CheckCredential(&made); err != nil {
			return invalid{err.Error()}
		}
	}
	if c.ID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		c.ID = "crd_" + id.String()
	}
	c.Hint, c.Changed = hint(&made), time.Now()
	c.Sealed, err = v.seal(ctx, c.ID, []byte(secret))
	return err
}

// hint is what tells a credential from others and is no use without the rest: the first
// characters of a long key, or what the parts are called.
func hint(c *provider.Credential) string {
	if c.Key != "" {
		return firstOf(c.Key)
	}
	var names []string
	for name := range c.Fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func firstOf(key string) string {
	n := min(8, len(key)/4)
	for n > 0 && !utf8.RuneStart(key[n]) {
		n--
	}
	return key[:n] + "…"
}

func checkWeight(n int) error {
	if n < 0 || n > maxWeight {
		return invalid{fmt.Sprintf("a weight is from 1 to %d", maxWeight)}
	}
	return nil
}

// Change is what to change of a credential; what is nil stays.
type Change struct {
	Name   *string
	Weight *int
	Secret *string        // replaces the sealed one
	Spec   *provider.Spec // as in NewCredential
}

// Update changes a credential and gives it as it is then. Errors are those of Add, and
// store.ErrNotFound for the id.
func (v *Vault) Update(ctx context.Context, id string, ch Change) (gateway.Credential, error) {
	c, err := v.Credential(ctx, id)
	if err != nil {
		return c, err
	}
	c.Sealed, c.Changed = nil, time.Now()
	if ch.Name != nil {
		c.Name = *ch.Name
	}
	if ch.Weight != nil {
		if c.Weight = *ch.Weight; c.Weight == 0 {
			return c, invalid{fmt.Sprintf("a weight is from 1 to %d", maxWeight)}
		}
	}
	if err := errors.Join(checkName(c.Name), checkWeight(c.Weight)); err != nil {
		return c, err
	}
	if ch.Secret != nil {
		if err := v.fill(ctx, &c, *ch.Secret, ch.Spec); err != nil {
			return c, err
		}
	}
	return c, v.store.UpdateCredential(ctx, c)
}

// Credential gives what may be seen of a credential, or store.ErrNotFound; so it does for
// the secrets of a configuration.
func (v *Vault) Credential(ctx context.Context, id string) (gateway.Credential, error) {
	c, err := v.store.Credential(ctx, id)
	if err == nil && c.Provider == "" {
		return gateway.Credential{}, fmt.Errorf("credential %s: %w", id, store.ErrNotFound)
	}
	return c, err
}

// Remove deletes a credential for ever, or says store.ErrNotFound.
func (v *Vault) Remove(ctx context.Context, id string) error {
	if _, err := v.Credential(ctx, id); err != nil {
		return err
	}
	return v.store.DeleteCredential(ctx, id)
}

// List gives what may be seen of the credentials of one workspace (nil = of all; "" = the
// shared ones) and one provider ("" = of all), by provider, workspace and name.
func (v *Vault) List(ctx context.Context, workspace *string, ofProvider string) ([]gateway.Credential, error) {
	rows, err := v.sealedRows(ctx)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(c gateway.Credential) bool {
		return c.Provider == "" || ofProvider != "" && c.Provider != ofProvider || workspace != nil && c.Workspace != *workspace
	})
	slices.SortFunc(rows, func(a, b gateway.Credential) int {
		return strings.Compare(a.Provider+"\x00"+a.Workspace+"\x00"+a.Name, b.Provider+"\x00"+b.Workspace+"\x00"+b.Name)
	})
	return rows, nil
}
