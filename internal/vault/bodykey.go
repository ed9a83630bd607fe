package vault

import (
	"context"
	"errors"

	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
)

// bodyKey is what the seal of a key of bodies is bound to, beside its id.
const bodyKey = "body key "

// SealKey seals a key of bodies.
func (v *Vault) SealKey(ctx context.Context, id string, key []byte) ([]byte, error) {
	return v.seal(ctx, bodyKey+id, key)
}

// OpenKey opens what SealKey gave; what does not open is seal.ErrSealed, or
// seal.ErrWrongMaster.
func (v *Vault) OpenKey(ctx context.Context, id string, sealed []byte) ([]byte, error) {
	return v.open(ctx, bodyKey+id, sealed)
}

// Unlock opens the keyring, and makes one where there is none.
func (v *Vault) Unlock(ctx context.Context) error {
	_, err := v.keys(ctx)
	return err
}

// renewBodyKeys seals all keys of bodies anew, and says how many.
func (v *Vault) renewBodyKeys(ctx context.Context, s *seal.Sealer) (renewed int, err error) {
	keys, err := v.store.BodyKeys(ctx)
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if k.Destroyed != nil {
			continue
		}
		sealed, fresh, err := s.Renew(ctx, bodyKey+k.ID.String(), k.Sealed)
		if errors.Is(err, seal.ErrSealed) || err == nil && !fresh {
			continue
		}
		if err == nil {
			err = v.store.RenewBodyKey(ctx, k.ID, k.Sealed, sealed)
		}
		switch {
		case errors.Is(err, store.ErrNotFound): // destroyed meanwhile, or renewed by another
		case err != nil:
			return renewed, err
		default:
			renewed++
		}
	}
	return renewed, nil
}
