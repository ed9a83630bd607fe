package app

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Bounds of one look at the counters.
const (
	lookEntries     = 2000  // newest calls, from which counters are told that nothing else names
	lookSettlements = 20000 // newest ones
	lookWorkspaces  = 500
	peekAtOnce      = 32
)

// standing is one look at how counters stand. Engines know counters by ids alone, so it
// asks who there is and who called lately, and names the counters that these meet.
type standing struct {
	p      *process
	ctx    context.Context
	q      admin.LimitQuery
	sets   map[string]*rules.Set // by owner: "gateway/default"
	raises map[string][]limit.Raise
	keys   map[string]*gateway.Key // by id, that were asked for; nil = gone
	found  map[limit.ID]*counted
}

// counted is a counter that was found.
type counted struct {
	rules.Counter
	workspace string // whose it is alone; "" = nobody's
	unused    bool   // is shown though nothing was taken
}

// limitStates tells how the counters stand that a query asks for, by rule.
func (p *process) limitStates(ctx context.Context, q admin.LimitQuery) ([]admin.LimitState, error) {
	l := &standing{p: p, ctx: ctx, q: q, sets: map[string]*rules.Set{}, keys: map[string]*gateway.Key{}, found: map[limit.ID]*counted{}}
	if err := errors.Join(l.compile(), l.readRaises()); err != nil {
		return nil, err
	}
	for _, look := range []func() error{l.byName, l.byEntries, l.byLedger, l.byKeys} {
		if err := look(); err != nil {
			return nil, err
		}
		if l.q.Counter != "" && len(l.found) > 0 {
			break
		}
	}
	return l.peek()
}

// compile compiles the rules as the data plane does, so that their counters are the same.
func (l *standing) compile() error {
	s := l.p.snapshot.Load()
	for name, g := range s.Gateways {
		if err := l.add("gateway/"+name, g.Rules, false); err != nil {
			return err
		}
	}
	if l.q.Workspace == "" { // only admins hear of providers' limits
		for name, list := range s.Held {
			if err := l.add("provider/"+name, list, true); err != nil {
				return err
			}
		}
	}
	if k := l.key(l.q.KeyID); k != nil {
		list := make([]*gateway.Rule, len(k.Limits))
		for i := range k.Limits {
			list[i] = &k.Limits[i]
		}
		return l.add("key/"+k.ID, list, false)
	}
	return nil
}

func (l *standing) add(owner string, list []*gateway.Rule, perAttempt bool) error {
	set, err := rules.Compile(owner, list, perAttempt)
	if set != nil {
		l.sets[owner] = set
	}
	return err
}

func (l *standing) readRaises() error {
	all, err := l.p.store.ValidRaises(l.ctx, time.Now())
	l.raises = raises(all)
	return err
}

// raised is by how much a counter is larger now.
func (l *standing) raised(rule string, counter limit.ID) (more int64) {
	for _, r := range l.raises[rule] {
		if r.Every || r.Counter == counter {
			more += r.Amount
		}
	}
	return more
}

// key gives a key, nil when there is none.
func (l *standing) key(id string) *gateway.Key {
	if id == "" {
		return nil
	}
	k, known := l.keys[id]
	if !known {
		if one, err := l.p.store.Key(l.ctx, id); err == nil {
			k = &one
		}
		l.keys[id] = k
	}
	return k
}

// facts are those of somebody's call in a gateway, or to a provider.
func (l *standing) facts(of, name, workspace string, k *gateway.Key) *rules.Facts {
	f := &rules.Facts{Raised: l.raised}
	if of == "gateway" {
		f.Gateway = name
	} else {
		f.Provider = name
	}
	f.Workspace, f.Now = workspace, time.Now()
	if k != nil {
		f.Key = expr.Key{ID: k.ID, Name: k.Name, Owner: k.Owner, Tags: k.Tags}
	}
	f.Ready()
	return f
}

// take notes the counters that facts name of the rules that fit.
func (l *standing) take(set *rules.Set, f *rules.Facts, unused bool, fits func(*rules.Rule) bool) {
	for _, c := range set.Counters(f, fits) {
		l.note(c, f.Workspace, f.Key.ID, unused)
	}
}

// note notes one counter. It is a workspace's own when no other's calls can meet it.
func (l *standing) note(c rules.Counter, workspace, key string, unused bool) {
	id := c.Claim.Counter
	if l.q.Counter != "" {
		if id.String() != l.q.Counter {
			return
		}
		unused = true
	}
	if known := l.found[id]; known != nil {
		known.unused = known.unused || unused
		return
	}
	r, one := c.Rule, &counted{Counter: c, unused: unused}
	if strings.HasPrefix(r.ID, "key/") || r.CountsBy("workspace") || r.CountsBy("key") && key != "" {
		one.workspace = workspace
	}
	if l.q.Workspace == "" || one.workspace == l.q.Workspace {
		l.found[id] = one
	}
}

// byName names the counters of gateways, workspaces, and the key that is asked for; they
// are shown unused, too.
func (l *standing) byName() error {
	workspaces := []string{l.q.Workspace}
	if l.q.Workspace == "" {
		page, err := l.p.store.WorkspacesWithin(l.ctx, nil, "", lookWorkspaces)
		if err != nil {
			return err
		}
		for _, w := range page.Workspaces {
			workspaces = append(workspaces, w.ID)
		}
	}
	key := l.key(l.q.KeyID)
	for owner, set := range l.sets {
		if of, name, _ := strings.Cut(owner, "/"); of != "key" {
			for _, w := range workspaces {
				f := l.facts(of, name, w, nil)
				l.take(set, f, w == l.q.Workspace, func(r *rules.Rule) bool {
					return r.CountsOnlyBy(of, "workspace") && (w != "" || !r.CountsBy("workspace"))
				})
			}
		}
		if key != nil {
			l.byKey(set, owner, key, true)
		}
	}
	return nil
}

// byKey names the counters of one key in an owner's rules.
func (l *standing) byKey(set *rules.Set, owner string, key *gateway.Key, unused bool) {
	of, name, _ := strings.Cut(owner, "/")
	if of != "key" {
		f := l.facts(of, name, key.Workspace, key)
		l.take(set, f, unused, func(r *rules.Rule) bool { return r.CountsOnlyBy(of, "workspace", "key") })
		return
	}
	for in := range l.p.snapshot.Load().Gateways { // a key's rules count in each that it is used on
		l.take(set, l.facts("gateway", in, key.Workspace, key), unused, func(r *rules.Rule) bool {
			return r.CountsOnlyBy("gateway", "workspace", "key")
		})
	}
}

// byEntries names the counters that the newest calls have met.
func (l *standing) byEntries() error {
	seen := map[string]bool{}
	each := func(e *gateway.Entry) bool {
		same := strings.Join([]string{e.Gateway, e.Workspace, e.KeyID, e.User, e.ClientIP, e.ModelRequested, e.Provider, e.Model, e.Operation, string(e.Metadata)}, "\x00")
		if !seen[same] && (l.q.Workspace == "" || e.Workspace == l.q.Workspace) && (l.q.KeyID == "" || e.KeyID == l.q.KeyID) {
			seen[same] = true
			l.byEntry(e)
		}
		return len(seen) < lookEntries
	}
	l.p.recorder.Pending(each)
	q := store.EntryQuery{Workspace: l.q.Workspace, KeyID: l.q.KeyID, Limit: 500}
	for looked := 0; looked < lookEntries; looked += q.Limit {
		page, err := l.p.store.ListEntries(l.ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Entries {
			each(page.Entries[i])
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return nil
}

func (l *standing) byEntry(e *gateway.Entry) {
	call := l.facts("gateway", e.Gateway, e.Workspace, l.key(e.KeyID))
	call.Key.ID, call.User, call.Operation, call.Stream, call.Meta = e.KeyID, e.User, e.Operation, e.Stream, e.Metadata
	call.Model = strings.TrimPrefix(e.ModelRequested, "models/")
	if a, err := netip.ParseAddr(e.ClientIP); err == nil {
		call.SetAddress(a)
	}
	call.Ready()
	served := *call
	served.Provider, served.Model = e.Provider, strings.TrimPrefix(e.Model, "models/")
	served.Ready()
	for _, owner := range []string{"gateway/" + e.Gateway, "provider/" + e.Provider, "key/" + e.KeyID} {
		if l.sets[owner] == nil {
			continue
		}
		l.take(l.sets[owner], call, false, func(r *rules.Rule) bool { return !r.Attempt && !readsHeaders(r) })
		l.take(l.sets[owner], &served, false, func(r *rules.Rule) bool { return r.Attempt && !readsHeaders(r) })
	}
}

// readsHeaders reports whether a rule counts by what entries do not keep.
func readsHeaders(r *rules.Rule) bool {
	return slices.ContainsFunc(r.Per, func(p gateway.Per) bool { return strings.Contains(string(p), "header") })
}

// byLedger names the counters of money from what was settled lately, whatever they count
// by. Of rules with several windows a settlement does not say which one it is of.
func (l *standing) byLedger() error {
	settled, err := l.p.store.Counters(l.ctx, l.q.Workspace, lookSettlements)
	if err != nil {
		return err
	}
	of := map[string]*rules.Rule{}
	for _, set := range l.sets {
		set.Each(func(r *rules.Rule) { of[r.ID] = r })
	}
	f := &rules.Facts{Raised: l.raised}
	for _, c := range settled {
		r := of[c.Rule]
		id, err := hex.DecodeString(c.Counter)
		if r == nil || len(r.Windows) != 1 || r.Unit != gateway.UnitCost || err != nil || len(id) != len(limit.ID{}) || l.q.KeyID != "" && c.KeyID != l.q.KeyID {
			continue
		}
		l.note(r.Standing(0, limit.ID(id), c.Values, f), c.Workspace, c.KeyID, false)
	}
	return nil
}

// byKeys looks for the one counter that is asked for among those of all keys, used or not.
func (l *standing) byKeys() error {
	if l.q.Counter == "" || l.q.KeyID != "" {
		return nil
	}
	q := store.KeyQuery{Workspace: l.q.Workspace, Limit: 500}
	for {
		page, err := l.p.store.Keys(l.ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Keys {
			for owner, set := range l.sets {
				l.byKey(set, owner, &page.Keys[i], true)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(l.found) > 0 {
			return nil
		}
	}
}

// peek asks the engine how what was found stands.
func (l *standing) peek() ([]admin.LimitState, error) {
	all := make([]*counted, 0, len(l.found))
	for _, c := range l.found {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *counted) int {
		return cmp.Or(cmp.Compare(a.Rule.ID, b.Rule.ID), cmp.Compare(a.Values, b.Values), cmp.Compare(a.Window, b.Window))
	})
	states := []admin.LimitState{}
	for some := range slices.Chunk(all, peekAtOnce) {
		claims := make([]limit.Claim, len(some))
		for i, c := range some {
			claims[i] = c.Claim
		}
		v, err := l.p.counters.engine.Peek(l.ctx, claims)
		if err != nil {
			return nil, err
		}
		for i, st := range v.States {
			if st.Used != 0 || some[i].unused || l.q.Idle {
				states = append(states, told(some[i], st))
			}
		}
	}
	return states, nil
}

func told(c *counted, st limit.State) admin.LimitState {
	return admin.LimitState{
		Rule: c.Rule.ID, Window: c.Window, Counter: c.Claim.Counter.String(), Values: c.Values, Workspace: c.workspace,
		Max: st.Max, Used: st.Used, Left: st.Left(), ResetS: st.Reset.Seconds(), Raised: gateway.USD(c.Raised),
	}
}
