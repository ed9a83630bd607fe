package health

import (
	"cmp"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// State is how one ID stands, for people and metrics.
type State struct {
	ID      ID
	Level   Level
	Until   time.Time  // when its rest ends or ended; zero = it does not rest
	Why     fault.Kind // of the rest; 0 = it does not rest
	Status  int        // the vendor's answer that led to it, 0 = none
	Peer    bool       // another node told of it
	Row     int        // failures since the last success
	Strikes int        // rests in a row
	Calls   int64      // judged attempts with this credential in the present window
	Failed  int64      // of these
	Stats   Stats      // over all credentials
}

// String gives the level's name.
func (l Level) String() string {
	switch l {
	case Healthy:
		return "healthy"
	case Probing:
		return "probing"
	case Cooling:
		return "cooling"
	}
	return "drained"
}

// List gives all that is known of, by provider, model and credential. A provider that is
// down by its probes has an ID of its own with only its name. Drains of what nobody has
// called yet are only in Drains.
func (b *Board) List() []State {
	now := b.now()
	out := b.listVendors(now)
	for i := range b.shards {
		for _, t := range b.shards[i].all() {
			out = t.list(b, now, out)
		}
	}
	slices.SortFunc(out, func(a, b State) int {
		return cmp.Or(cmp.Compare(a.ID.Provider, b.ID.Provider), cmp.Compare(a.ID.Model, b.ID.Model), cmp.Compare(a.ID.Credential, b.ID.Credential))
	})
	return out
}

func (t *target) list(b *Board, now int64, out []State) []State {
	stats := t.stats(b, now)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range *t.credentials.Load() {
		good, bad := s.window.sum(now, int64(t.rules.Window))
		st := State{ID: s.id(), Row: s.row, Strikes: s.strikes, Calls: good + bad, Failed: bad, Stats: stats}
		if until := s.until.Load(); until != 0 {
			st.Level, st.Until, st.Why, st.Status, st.Peer = s.level(until, now), b.time(until), s.why, s.status, s.by >= byPeer
		}
		st.Level = b.overall(st.ID, st.Level)
		out = append(out, st)
	}
	return out
}

// overall is a level with what is said of the whole provider.
func (b *Board) overall(id ID, own Level) Level {
	if d := b.drains.Load(); d != nil && d.hold(id) {
		return Drained
	}
	if v := b.vendor.Load(); v != nil && v.down(id.Provider, b) {
		return Cooling
	}
	return own
}

func (b *Board) listVendors(now int64) (out []State) {
	all := b.vendor.Load()
	if all == nil {
		return nil
	}
	for name, v := range all.known {
		if until := v.until.Load(); until > now {
			out = append(out, State{ID: ID{Provider: name}, Level: b.overall(ID{Provider: name}, Healthy), Row: int(v.row.Load()),
				Until: b.time(until), Why: fault.Kind(v.why.Load()), Stats: Stats{Success: 1}})
		}
	}
	return out
}
