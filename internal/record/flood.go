package record

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// How refused calls are kept under a flood.
const (
	floodWindow     = 10 * time.Second
	floodTick       = time.Second
	floodEach       = 20   // entries of their own for one kind of refusal in a window
	floodSingles    = 1000 // entries of their own for all kinds together in a window
	floodAggregates = 2000 // kinds that are told apart at a time; the others share one by status
)

// refusal is a kind of refused call: calls alike in all of this may share an entry.
type refusal struct {
	gateway, errorCode, keyID, model string
	status                           int
	from                             netip.Prefix
}

// flood turns many refused calls into few entries.
type flood struct {
	rec  *Recorder
	wake chan struct{}

	mu      sync.Mutex
	kinds   map[refusal]*tally
	singles int       // entries of their own since the singles' window began
	began   time.Time // of that window
}

// tally is one kind's window.
type tally struct {
	ends  time.Time
	mixed bool // not one kind, but all for which there was no place
	calls int
	shown *gateway.Entry // the shared entry as it was appended last, our copy; nil before
	count int            // calls that it stands for by now
	last  time.Time
}

func newFlood(r *Recorder) *flood {
	return &flood{rec: r, wake: make(chan struct{}, 1), kinds: make(map[refusal]*tally)}
}

// Refuse hands over the entry of a call that was refused before it was worked on (401,
// 403, 404, 429 and the like). It is Append, but under a flood calls that are alike
// share one entry, which counts them and tells the time of the last. The shared entry
// is brought up to date about every second. A call that has cost money has its own.
func (r *Recorder) Refuse(e *gateway.Entry) {
	if len(e.Settlements) > 0 {
		r.Append(e)
		return
	}
	if e = r.flood.sort(e, r.opt.Clock(), r.pressure.Load() == roomy); e != nil {
		r.Append(e)
	}
}

// sort gives the entry that is appended as it is, or nil when e was counted. Shared entries
// are appended under mu: each time they stand for more calls than before.
func (f *flood) sort(e *gateway.Entry, now time.Time, roomy bool) *gateway.Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.tally(e, now)
	t.calls++
	if t.shown == nil && roomy && t.calls <= floodEach && f.single(now) {
		return e
	}
	last := e.LastTime
	if last.IsZero() {
		last = e.Time
	}
	t.count++
	if last.After(t.last) {
		t.last = last
	}
	if t.shown != nil {
		f.rec.counters.collapsed.Add(1)
		return nil
	}
	f.rec.appendShared(t.show(e))
	return nil
}

// show makes e the entry that later calls share.
func (t *tally) show(e *gateway.Entry) *gateway.Entry {
	e.Bodies, e.Objects = nil, nil
	e.Count, e.LastTime = 1, t.last
	if t.mixed {
		e.Gateway, e.Workspace, e.KeyID, e.ModelRequested, e.Route, e.Step, e.ErrorCode = "", "", "", "", "", "", ""
		e.ClientIP, e.UserAgent, e.User, e.Session, e.TraceID, e.Metadata = "", "", "", "", "", nil
	}
	own := *e
	t.shown = &own
	return e
}

// single reports whether one more entry of its own is allowed. Under mu.
func (f *flood) single(now time.Time) bool {
	if now.Sub(f.began) >= floodWindow {
		f.began, f.singles = now, 0
	}
	f.singles++
	return f.singles <= floodSingles
}

// tally finds or begins the window of e's kind. Under mu.
func (f *flood) tally(e *gateway.Entry, now time.Time) *tally {
	kind := refusal{short(e.Gateway), e.ErrorCode, e.KeyID, short(e.ModelRequested), e.Status, network(e.ClientIP)}
	t := f.kinds[kind]
	mixed := t == nil && len(f.kinds) >= floodAggregates
	if mixed {
		kind = refusal{status: e.Status}
		t = f.kinds[kind]
	}
	if t != nil {
		return t
	}
	t = &tally{ends: now.Add(floodWindow), mixed: mixed}
	kind.gateway, kind.model = strings.Clone(kind.gateway), strings.Clone(kind.model)
	f.kinds[kind] = t
	if len(f.kinds) == 1 {
		signal(f.wake)
	}
	return t
}

// short cuts a name that the caller chose.
func short(name string) string { return name[:min(len(name), 64)] }

// network is the part of an address that one flood is thought to share.
func network(ip string) netip.Prefix {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap()
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	prefix, _ := addr.Prefix(bits) // the zone is dropped, the bits are right
	return prefix
}

// run brings shared entries up to date. It sleeps without a timer while there are none.
func (f *flood) run(ctx context.Context) {
	for {
		select {
		case <-f.wake:
		case <-ctx.Done():
			return
		}
		for f.publish(f.rec.opt.Clock()) > 0 {
			if !sleep(ctx, floodTick, nil) {
				return
			}
		}
	}
}

// publish appends what has grown, ends windows that are over, and tells how many are left.
func (f *flood) publish(now time.Time) int {
	room := f.rec.Room()
	f.mu.Lock()
	defer f.mu.Unlock()
	var grown []*gateway.Entry
	for kind, t := range f.kinds {
		over := !now.Before(t.ends)
		if over || room {
			grown = t.grown(grown)
		}
		if over {
			delete(f.kinds, kind)
		}
	}
	for _, e := range grown {
		f.rec.appendShared(e)
	}
	return len(f.kinds)
}

// grown appends to list what must be written again. Under mu.
func (t *tally) grown(list []*gateway.Entry) []*gateway.Entry {
	if t.shown == nil || t.count <= t.shown.Count {
		return list
	}
	t.shown.Count, t.shown.LastTime = t.count, t.last
	e := *t.shown // what is appended belongs to the recorder
	return append(list, &e)
}

// settle appends everything that has grown, at once.
func (f *flood) settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var grown []*gateway.Entry
	for _, t := range f.kinds {
		grown = t.grown(grown)
	}
	for _, e := range grown {
		f.rec.appendShared(e)
	}
}
