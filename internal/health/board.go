package health

import (
	"hash/maphash"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// Options say how a Board works; the zero value is usable.
type Options struct {
	// Now is the clock; nil = the real one. Times before New's are not for it to give.
	Now func() time.Time
	// Rules gives the rules of a provider by its name. It is asked about once a second
	// for each target in use; nil = DefaultRules for all.
	Rules func(provider string) Rules
	// Peers are the other nodes; nil = there are none. Close does not end them.
	Peers Peers
	// Log is told when a target begins to rest and when it works again; nil = nobody is.
	Log *slog.Logger
}

// DefaultRules are those of a provider about which nothing else is said.
func DefaultRules() Rules {
	return Rules{Cooldown: 5 * time.Second, MaxCooldown: 5 * time.Minute, Window: 30 * time.Second, Rate: 0.5, Least: 20, Ejects: true}
}

// Board is the Watch of a node. It remembers at most 4096 targets: callers choose
// the names of models, so beyond that those of least worth are forgotten.
type Board struct {
	opts   Options
	start  time.Time
	seed   maphash.Seed
	shards [shardCount]shard
	drains atomic.Pointer[drains]  // nil = none
	vendor atomic.Pointer[vendors] // nil = none is probed
}

var _ Watch = (*Board)(nil)

// New makes a Board on which all is healthy.
func New(o Options) *Board {
	if o.Rules == nil {
		o.Rules = func(string) Rules { return DefaultRules() }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &Board{opts: o, seed: maphash.MakeSeed()}
	if o.Now == nil {
		b.start = time.Now()
	} else {
		b.start = o.Now()
	}
	if o.Peers != nil {
		o.Peers.Listen(b.hear)
	}
	return b
}

// Close ends the listening to peers. The Board itself goes on to work.
func (b *Board) Close() {
	if b.opts.Peers != nil {
		b.opts.Peers.Listen(nil)
	}
}

// now is the time since the start and 1, so that 0 can mean never.
func (b *Board) now() int64 {
	if b.opts.Now == nil {
		return max(int64(time.Since(b.start)), 0) + 1 // reads one clock, not two
	}
	return max(int64(b.opts.Now().Sub(b.start)), 0) + 1
}

// time is what now gave as a time of day.
func (b *Board) time(now int64) time.Time { return b.start.Add(time.Duration(now - 1)) }

// Level implements Watch.
func (b *Board) Level(id ID) Level {
	if d := b.drains.Load(); d != nil && d.hold(id) {
		return Drained
	}
	if v := b.vendor.Load(); v != nil && v.down(id.Provider, b) {
		return Cooling
	}
	s := b.find(id)
	if s == nil {
		return Healthy
	}
	until := s.until.Load()
	if until == 0 {
		return Healthy
	}
	return s.level(until, b.now())
}

// Begin implements Watch.
func (b *Board) Begin(id ID) Pass {
	s := b.need(id)
	s.target.busy.Add(1)
	p := Pass{ID: id, standing: s, rests: s.rests.Load()}
	if until := s.until.Load(); until != 0 {
		if now := b.now(); now >= until {
			p.claim = s.take(now)
			p.Probe = p.claim != 0
		}
	}
	return p
}

// Answered tells, ahead of Done, that the vendor has begun to answer with content: a
// long stream need not end before a resting target is healthy again.
func (b *Board) Answered(p *Pass) {
	s := p.standing
	if s == nil || s.until.Load() == 0 {
		return
	}
	t := s.target
	t.mu.Lock()
	n := s.succeed(b.now(), p)
	t.mu.Unlock()
	p.release()
	b.tell(n)
}

// Done implements Watch.
func (b *Board) Done(p *Pass, o Outcome) {
	s := p.standing
	if s == nil {
		return
	}
	t, now := s.target, b.now()
	t.busy.Add(-1)
	t.used.Store(now)
	verdict := judge(o.Fault)
	n := news{}
	t.mu.Lock()
	r := t.currentRules(b, now)
	t.load.add(now, int64(budgetWindow), false)
	switch verdict {
	case worked:
		t.succeeded(now, r, o)
		s.window.add(now, int64(r.Window), false)
		n = s.succeed(now, p)
	case failed:
		t.failed(now, r)
		n = s.fail(now, r, o.Fault, p)
	}
	t.mu.Unlock()
	p.release()
	p.standing = nil
	if verdict == worked {
		b.vendorWorks(p.ID.Provider)
	}
	b.tell(n)
}

// release gives the probe back.
func (p *Pass) release() {
	if p.claim != 0 {
		p.standing.claim.CompareAndSwap(p.claim, 0)
		p.claim = 0
	}
}

// tell passes on what changed.
func (b *Board) tell(n news) {
	if n.standing == nil {
		return
	}
	id := n.standing.id()
	rest := time.Duration(n.until - n.at)
	switch {
	case n.until == 0:
		b.opts.Log.Info("a target works again", "provider", id.Provider, "model", id.Model, "credential", id.Credential)
	case n.first:
		b.opts.Log.Warn("a target failed and rests", "provider", id.Provider, "model", id.Model, "credential", id.Credential,
			"fault", n.why.String(), "status", n.status, "for", rest)
	}
	if b.opts.Peers == nil || n.token == 0 {
		return
	}
	b.opts.Peers.Tell(News{ID: id, Rest: rest, Healed: n.until == 0, Token: n.token, Why: n.why, Status: n.status, Strikes: n.strikes})
}

// verdict is what an outcome says about a target.
type verdict uint8

const (
	silent verdict = iota
	worked
	failed
)

// judge tells what a fault says about the health of a target.
func judge(f *fault.Fault) verdict {
	if f == nil {
		return worked
	}
	switch f.Kind {
	case fault.Credential, fault.RateLimited, fault.Timeout, fault.Connect:
		return failed
	case fault.Upstream:
		if f.Code != fault.NoHealthyTarget { // that is this gateway's own word
			return failed
		}
	}
	return silent
}
