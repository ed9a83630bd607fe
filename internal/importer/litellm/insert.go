package litellm

import (
	"context"
	"errors"
	"fmt"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Creator keeps keys; one whose secret is there already is store.ErrExists.
type Creator interface {
	CreateKey(ctx context.Context, k gateway.Key) error
}

// Insert adds keys and counts those that were made and those that were there before, by
// their verifiers; it may be run again after an error.
func Insert(ctx context.Context, into Creator, keys []gateway.Key) (made, there int, err error) {
	for i := range keys {
		switch err := into.CreateKey(ctx, keys[i]); {
		case errors.Is(err, store.ErrExists):
			there++
		case err != nil:
			return made, there, fmt.Errorf("key %q: %w", keys[i].Name, err)
		default:
			made++
		}
	}
	return made, there, nil
}
