package vault

import (
	"context"
	"encoding/base64"
	"errors"
)

// signed is what the seal of a receipt is bound to, beside its id.
const signed = "receipt "

// Sign seals a hash under the vault's keys for an id, so that nobody without them can make
// or change what it belongs to. The result is text.
func (v *Vault) Sign(ctx context.Context, id, hash string) (string, error) {
	sealed, err := v.seal(ctx, signed+id, []byte(hash))
	return base64.StdEncoding.EncodeToString(sealed), err
}

// ErrSignature says that a receipt is not what was signed.
var ErrSignature = errors.New("the signature does not belong to this")

// Verify checks what Sign gave.
func (v *Vault) Verify(ctx context.Context, id, hash, signature string) error {
	sealed, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return ErrSignature
	}
	was, err := v.open(ctx, signed+id, sealed)
	if err != nil {
		return err
	}
	if string(was) != hash {
		return ErrSignature
	}
	return nil
}
