// Package vault keeps secrets in the store: the credentials of providers and the secrets
// that a configuration names, sealed under keys that the store cannot open. It decides
// neither who may change them nor what they are used for.
package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Vault seals and opens what one store keeps. Any number of goroutines may use it, and any
// number of processes one store.
type Vault struct {
	store  *store.Store
	source seal.Source

	mu     sync.Mutex
	sealer *seal.Sealer // nil until something is to be sealed or opened
}

// New makes a Vault. Nothing is read, and no master key made, until one is needed.
func New(s *store.Store, source seal.Source) *Vault { return &Vault{store: s, source: source} }

// Format prints nothing of what it holds, whatever the verb.
func (v *Vault) Format(f fmt.State, _ rune) {
	io.WriteString(f, "vault") //nolint:errcheck // fmt reports it
}

// keys gives the sealer, opening the keyring the first time.
func (v *Vault) keys(ctx context.Context) (*seal.Sealer, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer != nil {
		return v.sealer, nil
	}
	s, err := seal.Open(ctx, v.store, v.source)
	if err != nil {
		return nil, err
	}
	v.sealer = s
	return s, nil
}

// forget makes the next use open the keyring again, with the master keys as they are then.
func (v *Vault) forget(s *seal.Sealer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == s {
		v.sealer = nil
	}
}

// open opens one secret. A keyring whose master key was replaced meanwhile is opened
// anew.
func (v *Vault) open(ctx context.Context, id string, sealed []byte) ([]byte, error) {
	s, err := v.keys(ctx)
	if err != nil {
		return nil, err
	}
	secret, err := s.Open(ctx, id, sealed)
	if !errors.Is(err, seal.ErrWrongMaster) {
		return secret, err
	}
	v.forget(s)
	if s, err = v.keys(ctx); err != nil {
		return nil, err
	}
	return s.Open(ctx, id, sealed)
}

// seal seals one secret for the row of that id.
func (v *Vault) seal(ctx context.Context, id string, secret []byte) ([]byte, error) {
	s, err := v.keys(ctx)
	if err != nil {
		return nil, err
	}
	return s.Seal(id, secret), nil
}

// Version rises whenever a secret changes; it is cheap to poll.
func (v *Vault) Version(ctx context.Context) (int64, error) { return v.store.CredentialsVersion(ctx) }

// sealedRows gives every row, whatever it is of.
func (v *Vault) sealedRows(ctx context.Context) ([]gateway.Credential, error) {
	return v.store.AllCredentials(ctx)
}
