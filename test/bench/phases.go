//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// micros is a time for the tables.
func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// note adds a figure of the running round.
func (p *plan) note(t *target, what string, v float64) { p.out.add(p.out.round, t.name, what, v) }

func (p *plan) dur() string { return strconv.Itoa(p.secs) + "s" }

// quiet runs a measurement once more when other work disturbed it, and keeps the better one.
func (p *plan) quiet(t *target, measure func() (note func(), err error)) error {
	best, least := func() {}, 1e9
	for range 2 {
		others, began := busy()-p.own(t), time.Now()
		note, err := measure()
		if err != nil {
			return err
		}
		share := float64(busy()-p.own(t)-others) / float64(time.Since(began))
		if share < least {
			best, least = note, share
		}
		if share < 0.10 {
			break
		}
	}
	p.out.disturbed(least)
	best()
	return nil
}

// idle measures memory two seconds after the start, when nothing has been asked yet.
func idle(p *plan, t *target) error {
	if t.proc != nil {
		p.note(t, "RSS idle", float64(t.proc.rss())/(1<<20))
	}
	return nil
}

// warm lets connections, pools and the heap come to be.
func warm(p *plan, t *target) error {
	_, _, err := p.load(t, "-conns", "64", "-dur", "1s")
	return err
}

// saturate measures throughput and CPU per call in a closed loop.
func saturate(body int, label string) phase {
	return func(p *plan, t *target) error {
		return p.quiet(t, func() (func(), error) {
			peak := func() float64 { return 0 }
			if t.proc != nil {
				peak = t.watch()
			}
			r, cpu, err := p.load(t, "-conns", "64", "-body", strconv.Itoa(body), "-dur", p.dur())
			most := peak()
			if err != nil {
				return nil, err
			}
			if t.drains() {
				more, err := t.drained()
				if err != nil {
					return nil, err
				}
				cpu += more
			}
			return func() {
				p.note(t, "throughput "+label, float64(r.Requests)/r.Seconds)
				if t.proc != nil {
					p.note(t, "CPU per call "+label, micros(cpu)/float64(r.Requests))
					p.note(t, "RSS peak "+label, most)
				}
			}, nil
		})
	}
}

// turns is how often takingTurns visits each target.
const turns = 9

// takingTurns measures the CPU of gateways that differ by a few microseconds only: they
// take turns of a second (three where the store counts too), in ever new order, and the middle turn counts. Two
// processes that are measured a minute apart can differ by as much as what is sought.
func takingTurns(p *plan, all []*target, order *rand.Rand) error {
	calls := func(t *target) bool { return t.name == paused || slices.Contains(inTurn, t.name) && !t.drains() }
	drained := func(t *target) bool { return t.drains() }
	chunks := func(t *target) bool { return t.name == paused || t.name == foreign }
	err := p.inTurn(all, calls, order, "CPU per call in turn", func(r result) int { return r.Requests }, "-conns", "64", "-dur", "1s")
	if err != nil {
		return err
	}
	// What the end of a load takes is no call's: the last batch waits up to a second, and is
	// asked about meanwhile.
	err = p.inTurn(all, drained, order, "CPU per call in turn", func(r result) int { return r.Requests }, "-conns", "64", "-dur", "3s")
	if err != nil {
		return err
	}
	return p.inTurn(all, chunks, order, "CPU per chunk in turn", func(r result) int { return r.Chunks }, "-mode", "stream", "-conns", strconv.Itoa(p.streams), "-chunks", "50", "-every", "20ms", "-ramp", "1s", "-dur", "2s")
}

// inTurn puts the same load on some targets in turn and notes the CPU of each unit.
func (p *plan) inTurn(all []*target, of func(*target) bool, order *rand.Rand, what string, units func(result) int, load ...string) error {
	some := slices.DeleteFunc(slices.Clone(all), func(t *target) bool { return !of(t) })
	figures := map[*target][]float64{}
	for range turns {
		order.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		for _, t := range some {
			r, cpu, err := p.load(t, load...)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			if t.drains() {
				more, err := t.drained()
				if err != nil {
					return fmt.Errorf("%s: %w", t.name, err)
				}
				cpu += more
			}
			figures[t] = append(figures[t], micros(cpu)/float64(max(units(r), 1)))
		}
	}
	for t, f := range figures {
		v, _ := middle(f)
		p.note(t, what, v)
	}
	return nil
}

// fixedRate measures how long calls take at a rate that every target can serve.
func fixedRate(p *plan, t *target) error {
	return p.quiet(t, func() (func(), error) {
		r, cpu, err := p.load(t, "-mode", "open", "-conns", "128", "-rate", strconv.Itoa(p.rate), "-dur", p.dur())
		return func() {
			p.note(t, "p50 at fixed rate", r.P50)
			p.note(t, "p99 at fixed rate", r.P99)
			if t.proc != nil {
				p.note(t, "CPU per call at fixed rate", micros(cpu)/float64(max(r.Requests, 1)))
			}
		}, err
	})
}

// streaming measures CPU per chunk and the time to the first one.
func streaming(p *plan, t *target) error {
	return p.quiet(t, func() (func(), error) {
		r, cpu, err := p.load(t, "-mode", "stream", "-conns", strconv.Itoa(p.streams), "-chunks", "50", "-every", "20ms", "-ramp", "1s", "-dur", p.dur())
		return func() {
			p.note(t, "first chunk p50", r.P50)
			p.note(t, "first chunk p99", r.P99)
			if t.proc != nil {
				p.note(t, "CPU per chunk", micros(cpu)/float64(max(r.Chunks, 1)))
			}
		}, err
	})
}

// thousand measures memory with 1,000 streams open.
func thousand(p *plan, t *target) error {
	if t.proc == nil {
		return nil
	}
	peak := t.watch()
	_, _, err := p.load(t, "-mode", "stream", "-conns", "1000", "-chunks", "6", "-every", "500ms", "-ramp", "1s", "-dur", "0s")
	most := peak()
	if err != nil {
		return fmt.Errorf("1,000 streams: %w", err)
	}
	p.note(t, "RSS with 1,000 streams", most)
	return nil
}

// watch looks at the target's memory until the function that it gives is called, which
// gives the most that was seen, in MB.
func (t *target) watch() func() float64 {
	peak, stop, done := int64(0), make(chan struct{}), make(chan struct{})
	go func() { // ends when the function is called
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, t.proc.rss())
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-done
		return float64(peak) / (1 << 20)
	}
}
