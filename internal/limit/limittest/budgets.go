package limittest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

var budgets = []scenario{
	{name: "a budget begins with what the ledger knows", asks: true, run: budgetAsksLedger},
	{name: "the ledger is asked once by many who come at once", asks: true, run: budgetAsksOnce},
	{name: "a ledger that fails is asked again", asks: true, run: budgetLedgerFails},
	{name: "the ledger is asked again in the next period", asks: true, sets: true, run: budgetAsksEachPeriod},
	{name: "a budget begins anew with each period of its zone", sets: true, run: budgetPeriods},
	{name: "a zone that nobody knows is an error", run: budgetUnknownZone},
}

func budgetAsksLedger(b *bench) {
	w := &gateway.Window{Max: 100, Period: gateway.Month}
	b.Ledger.Set(id(1), 70)
	b.wantUsed(claim(1, w, 0), 70)
	b.refuse(0, claim(1, w, 31))
	b.spend(claim(1, w, 30))
	b.refuse(0, claim(1, w, 1))
	b.Ledger.Set(id(1), 0)
	b.wantUsed(claim(1, w, 0), 100)
	times, since := b.Ledger.Asked(id(1))
	y, m, _ := b.now().UTC().Date()
	if want := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC); times != 1 || !since.Equal(want) {
		b.Fatalf("asked %d times, since %v, want once since %v", times, since, want)
	}
	b.Ledger.Set(id(2), 700)
	v := b.refuse(0, claim(2, w, 1))
	if v.States[0].Used != 700 || v.Retry <= 0 {
		b.Fatalf("overspent before: %+v", v)
	}
}

func budgetAsksOnce(b *bench) {
	w := &gateway.Window{Max: 1000, Period: gateway.Day}
	b.Ledger.Set(id(1), 500)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			v, err := b.Engine.Reserve(context.Background(), []limit.Claim{claim(1, w, 1)}, time.Minute)
			if err != nil || v.Hold == nil {
				b.Errorf("reserve = %+v, %v", v, err)
			}
		})
	}
	wait.Wait()
	b.wantUsed(claim(1, w, 0), 550)
	if times, _ := b.Ledger.Asked(id(1)); times != 1 {
		b.Fatalf("asked %d times", times)
	}
}

func budgetLedgerFails(b *bench) {
	w := &gateway.Window{Max: 100, Period: gateway.Day}
	gone := errors.New("the store is gone")
	b.Ledger.Set(id(1), 40)
	b.Ledger.Fail(gone)
	other := &gateway.Window{Max: 10, Span: time.Hour}
	ask := []limit.Claim{claim(2, other, 1), claim(1, w, 1)}
	if _, err := b.Engine.Reserve(context.Background(), ask, time.Minute); !errors.Is(err, gone) {
		b.Fatalf("error = %v", err)
	}
	b.Ledger.Fail(nil)
	b.wantUsed(claim(2, other, 0), 0)
	b.wantUsed(claim(1, w, 0), 40)
}

func budgetAsksEachPeriod(b *bench) {
	w := &gateway.Window{Max: 100, Period: gateway.Day}
	b.align(24 * time.Hour)
	b.spend(claim(1, w, 100))
	b.refuse(0, claim(1, w, 1))
	b.Ledger.Set(id(1), 25)
	b.pass(24 * time.Hour)
	b.spend(claim(1, w, 75))
	b.refuse(0, claim(1, w, 1))
	if times, since := b.Ledger.Asked(id(1)); times != 2 || !since.Equal(b.now()) {
		b.Fatalf("asked %d times, since %v", times, since)
	}
}

// budgetPeriods goes over ends of periods where clocks change, too.
func budgetPeriods(b *bench) {
	year := b.now().UTC().Year() + 1
	at := func(zone string, m time.Month, d, h, min int) time.Time {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			b.Fatal(err)
		}
		return time.Date(year, m, d, h, min, 0, 0, loc)
	}
	firstSunday := func(m time.Month, n int) int {
		d := time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)
		return 1 + (7-int(d.Weekday()))%7 + 7*(n-1)
	}
	spring, autumn := firstSunday(time.March, 2), firstSunday(time.November, 1)
	const ny = "America/New_York"
	for i, c := range []struct {
		period  gateway.Period
		zone    string
		from    time.Time
		lasting time.Duration
	}{
		{gateway.Day, ny, at(ny, time.March, spring, 0, 0), 23 * time.Hour},
		{gateway.Week, ny, at(ny, time.March, spring+8, 0, 0), 7 * 24 * time.Hour},
		{gateway.Month, "", at("UTC", time.April, 1, 0, 0), 30 * 24 * time.Hour},
		{gateway.Month, "Asia/Kathmandu", at("Asia/Kathmandu", time.June, 1, 0, 0), 30 * 24 * time.Hour},
		{gateway.Day, ny, at(ny, time.November, autumn, 0, 0), 25 * time.Hour},
	} {
		w := &gateway.Window{Max: 10, Period: c.period, Zone: c.zone}
		b.until(c.from.Add(-time.Second))
		b.spend(claim(i, w, 10))
		b.refuse(0, claim(i, w, 1))
		b.pass(time.Second)
		b.spend(claim(i, w, 10))
		b.pass(time.Second)
		v := b.refuse(0, claim(i, w, 1))
		if !near(v.Retry, c.lasting-time.Second, b.Grain) {
			b.Fatalf("%s in %q from %v: retry = %v, want %v", c.period, c.zone, c.from, v.Retry, c.lasting-time.Second)
		}
		b.pass(v.Retry - max(time.Millisecond, b.Grain))
		b.refuse(0, claim(i, w, 1))
		b.pass(max(time.Millisecond, b.Grain))
		b.spend(claim(i, w, 10))
	}
}

func budgetUnknownZone(b *bench) {
	w := &gateway.Window{Max: 10, Period: gateway.Day, Zone: "Mars/Olympus_Mons"}
	if v, err := b.Engine.Reserve(context.Background(), []limit.Claim{claim(1, w, 1)}, time.Minute); err == nil {
		b.Fatalf("reserve = %+v", v)
	}
}
