package auth

import (
	"context"
	"log/slog"
	"time"

	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// readWithin bounds the reading of all keys: a hundred thousand take a second or two.
const readWithin = 30 * time.Second

// Source is where keys come from.
type Source interface {
	AllKeys(ctx context.Context) ([]*gateway.Key, error)
	// KeysVersion is a cheap number that changes whenever a key changes.
	KeysVersion(ctx context.Context) (int64, error)
}

// Follow makes what keeps keys equal to a source. saved is called after each change with
// all keys, to keep a copy for a start without the store; nil = no copy.
func Follow(keys *Keys, src Source, saved func([]*gateway.Key), log *slog.Logger) *follow.Follower {
	return follow.New(follow.Source{Name: "keys", Version: src.KeysVersion, Within: readWithin, Read: func(ctx context.Context) error {
		all, err := src.AllKeys(ctx)
		if err != nil {
			return err
		}
		keys.Swap(all)
		if saved != nil {
			saved(all)
		}
		return nil
	}}, log)
}
