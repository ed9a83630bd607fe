package record

import (
	"context"
	"log/slog"
	"time"
)

// DayBuilder adds finished days of analytics up, so that long times are read in few rows.
type DayBuilder interface {
	// BuildDay adds one day of one kind up and says how many are left; 0 = none.
	BuildDay(ctx context.Context, now time.Time) (left int, err error)
}

const (
	buildEvery   = 10 * time.Minute // while nothing is left
	buildBackoff = time.Minute      // after an error
	// buildPause is the least pause after a step; after a slow step it is longer, so that
	// what serving writes finds the store free for four fifths of the time.
	buildPause = 50 * time.Millisecond
	buildRest  = 4
	// buildMany is above how many days it tells how far it has come, each buildTell.
	buildMany = 100
	buildTell = time.Minute
)

// RunDays adds finished days up until ctx ends: at once those that nobody has yet, later
// each when it is over. Stopped in between, it goes on where it was.
func RunDays(ctx context.Context, b DayBuilder, clock func() time.Time, log *slog.Logger) {
	var told time.Time
	for wait := time.Duration(0); sleep(ctx, wait, nil); {
		began := clock()
		left, err := b.BuildDay(ctx, began)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Warn("finished days cannot be added up for analytics; it is tried again", "error", err)
			wait = buildBackoff
			continue
		case left == 0:
			wait = buildEvery
		default:
			wait = max(buildPause, buildRest*clock().Sub(began))
		}
		if !told.IsZero() && left == 0 {
			log.Info("finished days are added up for analytics")
			told = time.Time{}
		} else if left > buildMany && clock().Sub(told) >= buildTell {
			log.Info("finished days are being added up for analytics; until then long times take longer to answer", "left", left)
			told = clock()
		}
	}
}
