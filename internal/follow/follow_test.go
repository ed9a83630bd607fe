package follow_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/follow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChangesAreReadOnceAndSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		version, reads, away := int64(1), 0, error(nil)
		var said strings.Builder
		f := follow.New(follow.Source{
			Name:    "things",
			Version: func(context.Context) (int64, error) { return version, away },
			Read:    func(context.Context) error { reads++; return away },
		}, slog.New(slog.NewTextHandler(&said, nil)))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx); close(done) }()
		synctest.Wait()
		time.Sleep(10 * follow.Every)
		if reads != 1 {
			t.Errorf("%d reads of what did not change", reads)
		}
		version = 2
		time.Sleep(follow.Every + time.Millisecond)
		if reads != 2 {
			t.Errorf("%d reads after a change", reads)
		}
		if err := f.Refresh(ctx); err != nil || reads != 3 {
			t.Errorf("%v, %d reads when it is asked for", err, reads)
		}
		away, version = errors.New("gone"), 3
		time.Sleep(5 * follow.Every)
		if err := f.Refresh(ctx); err == nil {
			t.Error("what could not be read was said to be effective")
		}
		away = nil
		time.Sleep(5 * follow.Every)
		if reads != 4 || strings.Count(said.String(), "cannot be read") != 1 || strings.Count(said.String(), "can be read again") != 1 {
			t.Errorf("%d reads, and it said %s", reads, said.String())
		}
		stop()
		<-done
		if err := f.Refresh(ctx); err == nil {
			t.Error("a follower that has ended refreshes")
		}
	})
}
