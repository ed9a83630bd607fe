package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/seal"
)

// sealedCopy is everything in a vault as the store has it: useless without a master key.
type sealedCopy struct {
	Keyring []byte      `json:"keyring"`
	Rows    []sealedRow `json:"rows"`
}

type sealedRow struct {
	gateway.Credential
	Sealed []byte `json:"sealed"`
}

// Copy gives everything, still sealed, for ReadCopy.
func (v *Vault) Copy(ctx context.Context) ([]byte, error) {
	rows, err := v.sealedRows(ctx)
	if err != nil {
		return nil, err
	}
	ring, err := v.store.Keyring(ctx)
	if err != nil {
		return nil, err
	}
	c := sealedCopy{Keyring: ring, Rows: []sealedRow{}}
	for _, row := range rows {
		c.Rows = append(c.Rows, sealedRow{row, row.Sealed})
	}
	return json.Marshal(&c)
}

// ReadCopy opens what Copy gave, for a time without the store.
func ReadCopy(ctx context.Context, sealed []byte, source seal.Source) (*Contents, error) {
	var c sealedCopy
	if err := json.Unmarshal(sealed, &c); err != nil {
		return nil, fmt.Errorf("copy of credentials: %w", err)
	}
	if len(c.Rows) == 0 {
		return opened(nil, nil)
	}
	s, err := seal.Open(ctx, &shelf{c.Keyring}, source)
	if err != nil {
		return nil, err
	}
	rows := make([]gateway.Credential, len(c.Rows))
	for i := range c.Rows {
		rows[i] = c.Rows[i].Credential
		rows[i].Sealed = c.Rows[i].Sealed
	}
	return opened(rows, func(id string, sealed []byte) ([]byte, error) { return s.Open(ctx, id, sealed) })
}

// shelf is a keyring that is kept nowhere.
type shelf struct{ ring []byte }

func (s *shelf) Keyring(context.Context) ([]byte, error) { return s.ring, nil }

func (s *shelf) SwapKeyring(_ context.Context, old, next []byte) (bool, error) {
	if !bytes.Equal(s.ring, old) {
		return false, nil
	}
	s.ring = next
	return true, nil
}
