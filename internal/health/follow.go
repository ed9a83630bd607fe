package health

import (
	"context"
	"log/slog"

	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// DrainSource is where drains are kept.
type DrainSource interface {
	Drains(ctx context.Context) ([]gateway.Drain, error)
	// DrainsVersion is a cheap number that changes whenever a drain does.
	DrainsVersion(ctx context.Context) (int64, error)
}

// FollowDrains makes what keeps the drains of a Board equal to a source.
func FollowDrains(b *Board, src DrainSource, log *slog.Logger) *follow.Follower {
	return follow.New(follow.Source{Name: "drains", Version: src.DrainsVersion, Read: func(ctx context.Context) error {
		all, err := src.Drains(ctx)
		if err == nil {
			b.SetDrains(all)
		}
		return err
	}}, log)
}
