package record_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/record"
)

// slowDays takes a second for each day.
type slowDays struct {
	left, steps int
	fails       error
}

func (d *slowDays) BuildDay(context.Context, time.Time) (int, error) {
	if d.fails != nil || d.left == 0 {
		return 0, d.fails
	}
	d.left--
	d.steps++
	time.Sleep(time.Second)
	return d.left, nil
}

func (d *slowDays) runFor(t time.Duration) (logged string) {
	var text bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), t)
	defer cancel()
	record.RunDays(ctx, d, time.Now, slog.New(slog.NewTextHandler(&text, nil)))
	return text.String()
}

func TestDaysAreAddedUpWithRestsAndWhatIsLeftIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &slowDays{left: 200}
		logged := d.runFor(150 * time.Second)
		if d.steps < 29 || d.steps > 31 || strings.Count(logged, "left=") != 3 {
			t.Errorf("%d steps in 150 s of a second each:\n%s", d.steps, logged)
		}
		d.left = 150
		if logged = d.runFor(time.Hour); d.left != 0 || !strings.Contains(logged, "days are added up") {
			t.Errorf("%d left:\n%s", d.left, logged)
		}
		if logged = d.runFor(time.Hour); logged != "" {
			t.Errorf("with nothing to do:\n%s", logged)
		}
	})
}

func TestDaysThatCannotBeAddedUpAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &slowDays{left: 3, fails: errors.New("away")}
		if logged := d.runFor(10 * time.Minute); strings.Count(logged, "away") < 9 || strings.Count(logged, "away") > 11 {
			t.Error(logged)
		}
		d.fails = nil
		if d.runFor(time.Minute); d.left != 0 {
			t.Errorf("%d left", d.left)
		}
	})
}
