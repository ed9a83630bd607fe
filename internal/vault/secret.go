package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Named is what may be seen of a secret that a configuration may name as secret:NAME. In
// the store it is a credential of no provider.
type Named struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
}

// Secrets lists them by name.
func (v *Vault) Secrets(ctx context.Context) ([]Named, error) {
	rows, err := v.named(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Named, 0, len(rows))
	for _, row := range rows {
		out = append(out, Named{row.Name, row.Created, row.Changed})
	}
	slices.SortFunc(out, func(a, b Named) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (v *Vault) named(ctx context.Context) ([]gateway.Credential, error) {
	rows, err := v.sealedRows(ctx)
	return slices.DeleteFunc(rows, func(c gateway.Credential) bool { return c.Provider != "" }), err
}

// SetSecret makes a secret, or replaces the one of that name. It is ErrInvalid when it
// cannot be.
func (v *Vault) SetSecret(ctx context.Context, name, secret string) error {
	secret, err := cleaned(secret)
	if err = errors.Join(checkName(name), err); err != nil {
		return err
	}
	for { // until nobody comes between
		row, err := v.secret(ctx, name)
		switch {
		case errors.Is(err, store.ErrNotFound):
			if err = v.addSecret(ctx, name, secret); !errors.Is(err, store.ErrExists) {
				return err
			}
		case err != nil:
			return err
		default:
			row.Changed = time.Now()
			if row.Sealed, err = v.seal(ctx, row.ID, []byte(secret)); err != nil {
				return err
			}
			if err = v.store.UpdateCredential(ctx, row); !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
}

func (v *Vault) addSecret(ctx context.Context, name, secret string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	c := gateway.Credential{ID: "sec_" + id.String(), Name: name, Weight: 1, Created: time.Now(), Changed: time.Now()}
	if c.Sealed, err = v.seal(ctx, c.ID, []byte(secret)); err != nil {
		return err
	}
	return v.store.CreateCredential(ctx, c)
}

func (v *Vault) secret(ctx context.Context, name string) (gateway.Credential, error) {
	rows, err := v.named(ctx)
	if err != nil {
		return gateway.Credential{}, err
	}
	i := slices.IndexFunc(rows, func(c gateway.Credential) bool { return c.Name == name })
	if i < 0 {
		return gateway.Credential{}, fmt.Errorf("secret %s: %w", name, store.ErrNotFound)
	}
	return rows[i], nil
}

// DeleteSecret deletes one for ever, or says store.ErrNotFound.
func (v *Vault) DeleteSecret(ctx context.Context, name string) error {
	row, err := v.secret(ctx, name)
	if err != nil {
		return err
	}
	return v.store.DeleteCredential(ctx, row.ID)
}
