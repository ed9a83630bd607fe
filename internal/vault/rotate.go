package vault

import (
	"context"
	"errors"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
)

// RotateData makes a new data key and seals everything anew under it, while all go on
// reading: credentials, secrets, and the keys of bodies. It says how many were sealed anew;
// rows that do not open stay as they are.
func (v *Vault) RotateData(ctx context.Context) (renewed int, err error) {
	s, err := v.keys(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.Rotate(ctx); err != nil {
		return 0, err
	}
	rows, err := v.sealedRows(ctx)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		fresh, err := v.renew(ctx, s, rows[i])
		if err != nil {
			return renewed, err
		}
		if fresh {
			renewed++
		}
	}
	keys, err := v.renewBodyKeys(ctx, s)
	return renewed + keys, err
}

// renew seals one row anew, and again if it was changed meanwhile.
func (v *Vault) renew(ctx context.Context, s *seal.Sealer, row gateway.Credential) (bool, error) {
	for {
		sealed, fresh, err := s.Renew(ctx, row.ID, row.Sealed)
		if errors.Is(err, seal.ErrSealed) {
			return false, nil
		}
		if err != nil || !fresh {
			return false, err
		}
		err = v.store.SwapSealed(ctx, row.ID, row.Sealed, sealed)
		if !errors.Is(err, store.ErrNotFound) {
			return err == nil, err
		}
		if row, err = v.store.Credential(ctx, row.ID); errors.Is(err, store.ErrNotFound) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
}

// AdoptMaster wraps the data keys under the source's first master key, too. What was the
// master key until then still opens them, until ForgetMasters.
func (v *Vault) AdoptMaster(ctx context.Context) error {
	s, err := v.keys(ctx)
	if err != nil {
		return err
	}
	return s.RotateMaster(ctx, v.source)
}

// ForgetMasters makes all master keys useless but the source's first one.
func (v *Vault) ForgetMasters(ctx context.Context) error {
	s, err := v.keys(ctx)
	if err != nil {
		return err
	}
	return s.Forget(ctx)
}
