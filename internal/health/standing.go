package health

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

const (
	// inRow is how many failures in a row, with no success between, make a target rest.
	inRow = 3
	// longestAsked bounds what a vendor may ask for.
	longestAsked = time.Hour
	// longestProbe is how long one call may keep others from probing.
	longestProbe = 2 * time.Minute
)

// standing is how one credential of a target stands. What is not atomic is under the
// target's lock.
type standing struct {
	target     *target
	credential string

	until atomic.Int64  // when its rest is over; 0 = it does not rest. After it: half open.
	claim atomic.Int64  // when the probe was taken; 0 = it is free
	rests atomic.Uint32 // how many rests have begun

	window  ring       // of the breaker
	row     int        // failures since the last success
	strikes int        // rests in a row
	last    int64      // length of the last rest
	healed  int64      // when the last rest ended with a success
	token   uint64     // names the present rest among peers
	why     fault.Kind // what made it rest
	status  int        // and the vendor's status with it; 0 = none
	by      restedBy   // how the present or last rest came about
}

type restedBy uint8

const (
	byFault  restedBy = iota // one failure that asks for it, or several in a row
	byRate                   // the share of failures
	byPeer                   // another node says so
	byRumour                 // another node cannot reach it, which may be that node's own trouble
)

// news is what changed; its standing is nil when nothing did.
type news struct {
	standing  *standing
	at, until int64 // until 0 = healed
	first     bool  // it did not rest before
	token     uint64
	why       fault.Kind
	status    int
	strikes   int
}

func (s *standing) id() ID { return ID{s.target.key.Provider, s.target.key.Model, s.credential} }

// level is that of a standing that rests or is half open.
func (s *standing) level(until, now int64) Level {
	if now < until || s.taken(now) {
		return Cooling
	}
	return Probing
}

// taken reports whether a call probes at the moment.
func (s *standing) taken(now int64) bool {
	c := s.claim.Load()
	return c != 0 && now-c < int64(longestProbe)
}

// take claims the probe for the caller; 0 = another has it.
func (s *standing) take(now int64) int64 {
	c := s.claim.Load()
	if c != 0 && now-c < int64(longestProbe) || !s.claim.CompareAndSwap(c, now) {
		return 0
	}
	return now
}

// succeed heals, unless the call began before the rest did: what it tells is old then.
func (s *standing) succeed(now int64, p *Pass) news {
	if s.until.Load() == 0 {
		s.row = 0
		return news{}
	}
	if p.claim == 0 && p.rests != s.rests.Load() {
		return news{}
	}
	return s.heal(now)
}

func (s *standing) heal(now int64) news {
	n := news{standing: s, at: now, token: s.token}
	if s.by == byRumour {
		n.token = 0 // the node that spread it has to find out by itself
	}
	s.row, s.healed, s.token = 0, now, 0
	s.window = ring{}
	if s.by != byRate {
		s.strikes = 0
	}
	s.until.Store(0)
	return n
}

// fail judges one more failure, of the pass p. That of a call which began before the
// latest rest did is old news.
func (s *standing) fail(now int64, r Rules, f *fault.Fault, p *Pass) news {
	asked := int64(min(f.RetryAfter, longestAsked))
	until := s.until.Load()
	switch {
	case r.Cooldown <= 0 && asked <= 0:
		return news{}
	case p.claim != 0:
		return s.rest(now, s.length(r, f, asked), f, s.own())
	case until != 0:
		return s.lengthen(now, until, asked)
	case p.rests != s.rests.Load():
		return news{}
	}
	s.row++
	s.window.add(now, int64(r.Window), true)
	switch {
	case asked > 0 || f.Kind == fault.Credential || f.Kind == fault.RateLimited || s.row >= inRow:
		s.forgive(now, r)
		return s.rest(now, s.length(r, f, asked), f, byFault)
	case s.window.failing(now, r):
		s.forgive(now, r)
		return s.rest(now, s.length(r, f, asked), f, byRate)
	}
	return news{}
}

// own is how a rest came about that a probe of this node's own confirms.
func (s *standing) own() restedBy {
	if s.by == byRate {
		return byRate
	}
	return byFault
}

// lengthen lets a rest last markedly longer when a vendor asks for that meanwhile.
func (s *standing) lengthen(now, until, asked int64) news {
	if asked <= 0 || now+asked <= until+asked/8 {
		return news{}
	}
	s.last = asked
	s.until.Store(now + asked)
	return s.told(now)
}

// forgive forgets former rests when it has done well for long enough since.
func (s *standing) forgive(now int64, r Rules) {
	if now-s.healed > max(s.last, int64(r.Window)) {
		s.strikes = 0
	}
}

// length is how long the next rest is: what the vendor asked for, or the cooldown, which
// doubles. A vendor that is not just full is not asked sooner than that either.
func (s *standing) length(r Rules, f *fault.Fault, asked int64) int64 {
	if asked > 0 && (f.Kind == fault.RateLimited || r.Cooldown <= 0 || s.strikes == 0) {
		return asked
	}
	d, most := r.Cooldown, max(r.MaxCooldown, r.Cooldown)
	for i := 0; i < s.strikes && d < most; i++ {
		d *= 2
	}
	return max(int64(min(d, most)), asked)
}

func (s *standing) rest(now, length int64, f *fault.Fault, by restedBy) news {
	first := s.until.Load() == 0
	s.status = 0
	if f.Upstream != nil {
		s.status = f.Upstream.Status
	}
	s.strikes, s.last, s.why, s.by = min(s.strikes+1, 62), length, f.Kind, by
	s.rests.Add(1)
	s.until.Store(now + length)
	n := s.told(now)
	n.first = first
	return n
}

// told gives a rest a new name and tells of it.
func (s *standing) told(now int64) news {
	for s.token = 0; s.token == 0; {
		s.token = rand.Uint64()
	}
	return news{standing: s, at: now, until: s.until.Load(), token: s.token, why: s.why, status: s.status, strikes: s.strikes}
}
