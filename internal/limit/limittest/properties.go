package limittest

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

var properties = []scenario{
	{name: "property: short windows agree with a log of all events", sets: true, run: shortWindowsAgree},
	{name: "property: long windows agree with a log of all events over changes of clocks", sets: true, run: longWindowsAgree},
}

func shortWindowsAgree(b *bench) {
	for seed := range uint64(6) {
		b.random(seed, 1200, 4*time.Second, []*account{
			{window: gateway.Window{Max: 60, Span: time.Minute}},
			{window: gateway.Window{Max: 25, Span: 10 * time.Second}},
			{window: gateway.Window{Max: 50, Span: time.Minute, Fixed: true}},
			{window: gateway.Window{Max: 30, Span: 30 * time.Second, Burst: 20}},
			{window: gateway.Window{Max: 30, Span: 30 * time.Second, Fixed: true, Burst: 20}},
			{window: gateway.Window{Max: 12}, open: true},
		})
	}
}

func longWindowsAgree(b *bench) {
	b.until(time.Date(b.now().Year()+1, time.March, 6, 0, 0, 0, 0, time.UTC))
	b.random(1, 2500, 3*time.Hour, []*account{
		{window: gateway.Window{Max: 60, Span: 24 * time.Hour}},
		{window: gateway.Window{Max: 60, Span: 24 * time.Hour, Fixed: true}},
		{window: gateway.Window{Max: 60, Period: gateway.Day, Zone: "America/New_York"}},
		{window: gateway.Window{Max: 300, Period: gateway.Week, Zone: "Europe/Berlin"}},
		{window: gateway.Window{Max: 900, Period: gateway.Month, Zone: "Australia/Lord_Howe"}},
		{window: gateway.Window{Max: 60, Period: gateway.Day}},
	})
}

// account is the simple and slow model of one counter: a log of all that was taken.
type account struct {
	counter int
	window  gateway.Window
	open    bool
	zone    *time.Location
	log     []*entry
}

// entry is one thing taken.
type entry struct {
	at, expires time.Time
	cell        int
	n           int64 // granted, then used
	settled     bool
}

func (e *entry) counts(now time.Time) bool { return e.settled || now.Before(e.expires) }

// cell names the fixed window or calendar period that t is in.
func (a *account) cell(t time.Time) int {
	w := &a.window
	if w.Period == "" {
		return int(t.UnixNano() / int64(max(w.Span, 1)))
	}
	if a.zone == nil {
		var err error
		if a.zone, err = time.LoadLocation(w.Zone); err != nil {
			panic(err)
		}
	}
	t = t.In(a.zone)
	switch w.Period {
	case gateway.Month:
		return 12*t.Year() + int(t.Month())
	case gateway.Week:
		y, week := t.ISOWeek()
		return 100*y + week
	default:
		return 400*t.Year() + t.YearDay()
	}
}

// used sums up the log, of a window that is longer by slack.
func (a *account) used(now time.Time, slack time.Duration) (sum int64) {
	cells := a.window.Fixed || a.window.Period != ""
	cell, since := a.cell(now), now.Add(-a.window.Span-slack)
	for _, e := range a.log {
		switch {
		case !e.counts(now):
		case a.open && e.settled:
		case !a.open && cells && e.cell != cell:
		case !a.open && !cells && !e.at.After(since):
		default:
			sum += e.n
		}
	}
	return sum
}

func (a *account) slack(b *bench) time.Duration {
	return 2*subspan(&a.window) + 2*b.Grain
}

// mustRefuse and mustGrant leave open only what a sub-span may decide.
func (a *account) mustRefuse(now time.Time, want int64) bool {
	return want > 0 && a.used(now, 0)+want > a.window.Max+a.window.Burst
}

func (a *account) mustGrant(b *bench, now time.Time, want int64) bool {
	return want == 0 || a.window.Burst == 0 && a.used(now, a.slack(b))+want <= a.window.Max
}

// held is a hold with its entries, one a claim.
type held struct {
	hold    *limit.Hold
	entries []*entry
}

// random does random things to the engine and to the model, and compares.
func (b *bench) random(seed uint64, steps int, step time.Duration, accounts []*account) {
	b.Helper()
	rng := rand.New(rand.NewPCG(seed, 77))
	for i, a := range accounts {
		a.counter = int(seed)*100 + i
	}
	start := b.now()
	var open []held
	for range steps {
		switch rng.IntN(10) {
		case 0, 1, 2, 3, 4:
			if h, ok := b.randomReserve(rng, step, accounts); ok {
				open = append(open, h)
			}
		case 5, 6:
			if len(open) > 0 {
				i := rng.IntN(len(open))
				b.randomSettle(rng, open[i])
				open = append(open[:i], open[i+1:]...)
			}
		case 7:
			for _, a := range accounts {
				b.compare(a)
			}
		default:
			b.pass(time.Duration(1+rng.Int64N(int64(step/time.Millisecond))) * time.Millisecond)
		}
	}
	for _, a := range accounts {
		b.checkAverage(a, start)
	}
}

func (b *bench) randomReserve(rng *rand.Rand, step time.Duration, accounts []*account) (held, bool) {
	b.Helper()
	var claims []limit.Claim
	var of []*account
	for _, a := range accounts {
		if rng.IntN(3) == 0 {
			continue
		}
		c := claim(a.counter, &a.window, rng.Int64N(12))
		if a.open {
			c.Open, c.Want = true, 1
		} else if c.Want > 4 && rng.IntN(3) == 0 {
			c.Min = 1 + rng.Int64N(4)
		}
		claims, of = append(claims, c), append(of, a)
	}
	now, ttl := b.now(), time.Duration(1+rng.Int64N(int64(20*step/time.Millisecond)))*time.Millisecond
	v := b.reserve(ttl, claims...)
	refuse, grant := -1, true
	for i, a := range of {
		if a.mustRefuse(now, least(claims[i])) {
			refuse = i
		}
		grant = grant && a.mustGrant(b, now, least(claims[i]))
	}
	switch {
	case v.Hold != nil && refuse >= 0:
		b.Fatalf("%v: granted %+v against %+v, used %d", now, claims[refuse], of[refuse].window, of[refuse].used(now, 0))
	case v.Hold == nil && grant:
		b.Fatalf("%v: refused claim %d of %+v against %+v", now, v.Refused, claims, v.States)
	case v.Hold == nil:
		b.checkRetry(v, claims, of, now)
		return held{}, false
	}
	h := held{hold: v.Hold}
	for i, a := range of {
		e := &entry{at: now, expires: now.Add(ttl), cell: a.cell(now), n: v.Hold.Granted[i]}
		if e.n < least(claims[i]) || e.n > claims[i].Want || a.mustRefuse(now, e.n) {
			b.Fatalf("%v: granted %d of %+v", now, e.n, claims[i])
		}
		a.log = append(a.log, e)
		h.entries = append(h.entries, e)
	}
	return h, true
}

func least(c limit.Claim) int64 {
	if c.Min > 0 {
		return min(c.Min, c.Want)
	}
	return c.Want
}

// checkRetry holds a refusal's Retry against the model: then nothing may have to be
// refused, and what is refused only by what is settled has to be refused until then.
func (b *bench) checkRetry(v limit.Verdict, claims []limit.Claim, of []*account, now time.Time) {
	b.Helper()
	if v.Retry < 0 {
		b.Fatalf("%v: never, for %+v", now, claims)
	}
	then := now.Add(v.Retry)
	for i, a := range of {
		if a.mustRefuse(then, least(claims[i])) {
			b.Fatalf("%v: retry in %v would be refused for %+v", now, v.Retry, claims[i])
		}
	}
	early := then.Add(-of[v.Refused].slack(b) - max(time.Millisecond, b.Grain))
	if early.Before(now) {
		return
	}
	for i, a := range of {
		if a.window.Burst > 0 || a.holds(now) || !a.mustGrant(b, early, least(claims[i])) {
			return
		}
	}
	b.Fatalf("%v: retry in %v, but all had room before: %+v", now, v.Retry, claims)
}

// holds reports whether anything is held.
func (a *account) holds(now time.Time) bool {
	for _, e := range a.log {
		if !e.settled && e.n > 0 && now.Before(e.expires) {
			return true
		}
	}
	return false
}

func (b *bench) randomSettle(rng *rand.Rand, h held) {
	b.Helper()
	used := make([]int64, len(h.entries))
	for i, e := range h.entries {
		used[i] = rng.Int64N(e.n + 1)
		e.n, e.settled = used[i], true
	}
	b.settle(h.hold, used...)
	if rng.IntN(4) == 0 {
		b.settle(h.hold, used...)
	}
}

func (b *bench) compare(a *account) {
	b.Helper()
	now := b.now()
	c := claim(a.counter, &a.window, 0)
	c.Open = a.open
	v, err := b.Engine.Peek(context.Background(), []limit.Claim{c})
	if err != nil {
		b.Fatal(err)
	}
	got, least, most := v.States[0].Used, a.used(now, 0), a.used(now, a.slack(b))
	if got < least || a.window.Burst == 0 && got > most {
		b.Fatalf("%v: used %d of %+v, want %d to %d", now, got, a.window, least, most)
	}
}

// checkAverage holds a window with a Burst against what it may take in the long run.
// Holds that had expired when they were settled could not be refused any more.
func (b *bench) checkAverage(a *account, start time.Time) {
	b.Helper()
	if a.window.Burst == 0 {
		return
	}
	var sum int64
	for _, e := range a.log {
		if e.settled {
			sum += e.n
		}
	}
	spans := int64(b.now().Sub(start)/a.window.Span) + 2
	if most := a.window.Max*spans + a.window.Burst; sum > most {
		b.Fatalf("%d taken of %+v, want %d at most", sum, a.window, most)
	}
}
