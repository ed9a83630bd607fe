package record_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/record"
)

// slowIndex takes a second for each step.
type slowIndex struct {
	opened, steps, waiting int
	fails                  error
}

func (x *slowIndex) OpenSearch(context.Context) error {
	x.opened++
	return x.fails
}

func (x *slowIndex) FillSearch(context.Context) (int, error) {
	if x.waiting == 0 {
		return 0, nil
	}
	x.steps++
	x.waiting--
	time.Sleep(time.Second)
	return 1, nil
}

func (x *slowIndex) runFor(d time.Duration, busy bool) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	record.RunIndex(ctx, x, func() bool { return busy }, slog.New(slog.DiscardHandler))
}

func TestTheIndexWorksForTwoThirdsOfTheTimeAndLessWhileTheStoreIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		idle, busy := &slowIndex{waiting: 1000}, &slowIndex{waiting: 1000}
		idle.runFor(60*time.Second, false)
		busy.runFor(60*time.Second, true)
		if idle.steps < 40 || idle.steps > 41 || busy.steps < 10 || busy.steps > 11 || idle.opened != 1 {
			t.Errorf("%d steps, %d while busy; opened %d times", idle.steps, busy.steps, idle.opened)
		}
	})
}

func TestAnIndexThatFailsIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &slowIndex{fails: errors.New("no"), waiting: 1}
		x.runFor(5*time.Minute, false)
		if x.opened < 8 || x.opened > 20 || x.steps != 0 {
			t.Errorf("opened %d times", x.opened)
		}
		x.fails = nil
		x.runFor(time.Minute, false)
		if x.steps != 1 {
			t.Errorf("%d steps", x.steps)
		}
	})
}
