package alert_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// mute mutes a budget for a time, from now.
func (o *office) mute(rule, value string, length time.Duration) (id string) {
	o.t.Helper()
	now := time.Now()
	id = "mut_" + rule + value
	if err := o.store.CreateAlertMute(context.Background(), gateway.AlertMute{ID: id, Rule: rule, Value: value, Created: now, Until: now.Add(length)}); err != nil {
		o.t.Fatal(err)
	}
	return id
}

// sleepUntil sleeps to a time of March 2026, of which standing is.
func sleepUntil(day, hour int) {
	time.Sleep(time.Until(time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC)))
}

func TestAMutedBudgetIsToldWhenTheMuteEnds(t *testing.T) {
	for name, end := range map[string]bool{"by itself": false, "before its time": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(14, 12)
				o := newOffice(t, twoChannels[1])
				var good calls
				o.Transport = lines{"good.example": good.answer(200)}
				id := o.mute("gateway/default/month", "workspace=default", 3*time.Hour)
				o.mute("gateway/default/month", "workspace=other", 9*time.Hour)
				o.mute("gateway/default/day", "", 9*time.Hour)
				a, stop := o.start()
				defer stop()
				a.Note(standing(510))
				time.Sleep(time.Hour)
				one := o.alerts()[0]
				if len(good.times()) != 0 || one.Delivered != nil || one.Tries != 0 || one.LastError != "muted until 2026-03-14T15:00:00Z" {
					t.Errorf("while it is muted: told %d times, %+v", len(good.times()), one)
				}
				want := 3 * time.Hour
				if end {
					if err := o.store.EndAlertMute(context.Background(), id, time.Now()); err != nil {
						t.Fatal(err)
					}
					want = time.Hour
				}
				began := one.Created
				time.Sleep(3 * time.Hour)
				if at := good.times(); len(at) != 1 || at[0].Sub(began) < want || at[0].Sub(began) > want+time.Minute+poll {
					t.Errorf("told %v, %v after it was raised", at, want)
				}
				if one := o.alerts()[0]; one.Delivered == nil || one.Muted || one.LastError != "" {
					t.Errorf("%+v", one)
				}
			})
		})
	}
}

func TestAMutedBudgetWhosePeriodIsOverIsNotToldAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(31, 23)
		o := newOffice(t, twoChannels[1])
		var good calls
		o.Transport = lines{"good.example": good.answer(200)}
		o.mute("gateway/default/month", "", 40*24*time.Hour)
		a, stop := o.start()
		defer stop()
		a.Note(standing(510))
		time.Sleep(12 * time.Hour) // it is still March somewhere
		if one := o.alerts()[0]; one.Delivered != nil || one.Muted || !strings.HasPrefix(one.LastError, "muted until") {
			t.Errorf("%+v", one)
		}
		time.Sleep(2 * time.Hour)
		if one := o.alerts()[0]; one.Delivered == nil || !one.Muted || one.LastError != "" || len(good.times()) != 0 {
			t.Errorf("told %d times, %+v", len(good.times()), one)
		}
	})
}
