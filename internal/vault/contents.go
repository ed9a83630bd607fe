package vault

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/seal"
)

// Contents is everything in a vault, opened. It is immutable.
type Contents struct {
	// Credentials are those of each provider, by its name, in the order that
	// provider.Provider wants.
	Credentials map[string][]provider.Credential
	// Secrets are those that a configuration may name.
	Secrets map[string]string
	// Closed are the rows that did not open, with why; the others are not touched by it.
	Closed []error
}

// Format prints nothing of what it holds, whatever the verb.
func (c *Contents) Format(f fmt.State, _ rune) {
	fmt.Fprintf(writer{f}, "%d providers' credentials, %d secrets", len(c.Credentials), len(c.Secrets))
}

type writer struct{ io.Writer }

// Equal reports whether two hold the same.
func (c *Contents) Equal(o *Contents) bool {
	return reflect.DeepEqual(c.Credentials, o.Credentials) && reflect.DeepEqual(c.Secrets, o.Secrets)
}

// Shared lists the providers that have a credential which all may use.
func (c *Contents) Shared() (names []string) {
	for name, list := range c.Credentials {
		if list[0].Workspace == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Read opens everything. A row that is damaged does not hinder the others; a keyring that
// no master key opens is seal.ErrWrongMaster, and then nothing is.
func (v *Vault) Read(ctx context.Context) (*Contents, error) {
	rows, err := v.sealedRows(ctx)
	if err != nil {
		return nil, err
	}
	return opened(rows, func(id string, sealed []byte) ([]byte, error) { return v.open(ctx, id, sealed) })
}

// Remaining gives what of the contents still stands in the store, for a time in which
// nothing can be opened.
func (v *Vault) Remaining(ctx context.Context, c *Contents) (*Contents, error) {
	rows, err := v.sealedRows(ctx)
	if err != nil {
		return nil, err
	}
	gone := func(of, workspace, name string) bool {
		return !slices.ContainsFunc(rows, func(r gateway.Credential) bool {
			return r.Provider == of && r.Workspace == workspace && r.Name == name
		})
	}
	left := &Contents{Credentials: map[string][]provider.Credential{}, Secrets: c.Secrets}
	for of, list := range c.Credentials {
		list = slices.DeleteFunc(slices.Clone(list), func(one provider.Credential) bool { return gone(of, one.Workspace, one.Name) })
		if len(list) > 0 {
			left.Credentials[of] = list
		}
	}
	return left, nil
}

func opened(rows []gateway.Credential, open func(id string, sealed []byte) ([]byte, error)) (*Contents, error) {
	c := &Contents{Credentials: map[string][]provider.Credential{}, Secrets: map[string]string{}}
	for i := range rows {
		row := &rows[i]
		secret, err := open(row.ID, row.Sealed)
		switch {
		case errors.Is(err, seal.ErrSealed):
			c.Closed = append(c.Closed, fmt.Errorf("%s (%s): %w", strings.TrimSpace(row.Provider+" "+row.Name), row.ID, seal.ErrSealed))
		case err != nil:
			return nil, err
		case row.Provider == "":
			c.Secrets[row.Name] = string(secret)
		default:
			c.Credentials[row.Provider] = append(c.Credentials[row.Provider], credential(row, secret))
		}
	}
	for _, list := range c.Credentials {
		slices.SortFunc(list, func(a, b provider.Credential) int {
			return cmp.Or(cmp.Compare(a.Workspace, b.Workspace), cmp.Compare(a.Name, b.Name))
		})
	}
	return c, nil
}

func credential(row *gateway.Credential, secret []byte) provider.Credential {
	c := provider.Credential{Name: row.Name, Workspace: row.Workspace, Weight: max(row.Weight, 1)}
	c.Key, c.Fields = parts(secret)
	return c
}

// parts tells a key from a JSON object of the parts of a credential.
func parts(secret []byte) (key string, fields map[string]string) {
	if json.Unmarshal(secret, &fields) != nil || fields == nil {
		return string(secret), nil
	}
	key = fields["api_key"]
	delete(fields, "api_key")
	return key, fields
}
