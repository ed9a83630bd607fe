package record

import (
	"context"
	"log/slog"
	"time"
)

// Index is what finds entries by what was said in them.
type Index interface {
	// OpenSearch makes it ready; it is called again after an error.
	OpenSearch(ctx context.Context) error
	// FillSearch takes some of what waits up, and says how much; 0 = nothing waits.
	FillSearch(ctx context.Context) (int, error)
}

const (
	fillEvery   = 500 * time.Millisecond // while nothing waits
	fillBackoff = 30 * time.Second       // at most, after errors
	// A step is followed by a rest of half its time, and by a longer one while the store has
	// more to do than it can; nothing waits for longer than that.
	busyRest    = 8
	longestRest = 5 * time.Second
)

// RunIndex lets an index follow what is stored until ctx ends. busy says that the store
// has more to do than it can.
func RunIndex(ctx context.Context, x Index, busy func() bool, log *slog.Logger) {
	open, wait := false, time.Duration(0)
	for sleep(ctx, wait, nil) {
		began := time.Now()
		n, err := 0, error(nil)
		if !open {
			err = x.OpenSearch(ctx)
			open = err == nil
		}
		if open {
			n, err = x.FillSearch(ctx)
		}
		took := time.Since(began)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if wait < fillBackoff {
				log.Warn("what was said cannot be indexed; it is tried again", "error", err)
			}
			open, wait = false, min(max(2*wait, time.Second), fillBackoff)
		case n == 0:
			wait = fillEvery
		case busy():
			wait = min(busyRest*took, longestRest)
		default:
			wait = min(took/2, longestRest)
		}
	}
}
