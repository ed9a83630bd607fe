package cache

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// MaxKeep is how long an answer is kept at most, whatever it says itself; a purge is
// remembered as long. 31 days.
const MaxKeep = 31 * 24 * time.Hour

// Purges are what must not be served any more. The zero value names nothing. They are
// applied to each answer that is looked up, so that what one names is a miss at once in
// all tiers. Reading takes no lock. Clocks of nodes are not compared: an answer carries the
// number of the last purge that its node knew of when the vendor was asked, and every later
// purge is later than the answer. So what a node asked for before it heard of a purge is
// purged too.
type Purges struct {
	list atomic.Pointer[[]Purge] // the latest first; never changed
}

// Set replaces the list, which it copies, and reports whether that changed anything.
// Purges that are older than all that can be kept are left out.
func (p *Purges) Set(list []Purge, now time.Time) (changed bool) {
	list = slices.Clone(list)
	list = slices.DeleteFunc(list, func(one Purge) bool { return now.Sub(one.At) > MaxKeep })
	slices.SortStableFunc(list, func(a, b Purge) int { return cmp.Compare(b.Seq, a.Seq) })
	had := p.list.Swap(&list)
	return had == nil && len(list) > 0 || had != nil && !slices.EqualFunc(*had, list, same)
}

func same(a, b Purge) bool {
	at := a.At.Equal(b.At)
	a.At, b.At = time.Time{}, time.Time{}
	return at && a == b
}

// Last gives the number of the last purge that is known, 0 when none is: for answers whose
// vendor is asked from now on.
func (p *Purges) Last() int64 {
	if list := p.all(); len(list) > 0 {
		return list[0].Seq
	}
	return 0
}

// Dead reports whether a purge names an answer.
func (p *Purges) Dead(a *About, key Key) bool {
	list := p.all()
	for i := range list {
		one := &list[i]
		if one.Seq <= a.Purged {
			return false // nor do those before it
		}
		if one.names(a) && (one.Key == "" || one.Key == key.String()) {
			return true
		}
	}
	return false
}

// deadByAbout is Dead for purges that name no key; nil = there are none.
func (p *Purges) deadByAbout() func(*About) bool {
	var some Purges
	list := slices.DeleteFunc(slices.Clone(p.all()), func(one Purge) bool { return one.Key != "" })
	if len(list) == 0 {
		return nil
	}
	some.list.Store(&list)
	return func(a *About) bool { return some.Dead(a, Key{}) }
}

// keys gives the keys that purges name.
func (p *Purges) keys() (keys []Key) {
	for _, one := range p.all() {
		if key, ok := ParseKey(one.Key); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func (p *Purges) all() []Purge {
	if list := p.list.Load(); list != nil {
		return *list
	}
	return nil
}

// names reports whether an answer has all of what a purge says but the key.
func (p *Purge) names(a *About) bool {
	is := func(said, has string) bool { return said == "" || said == has }
	return is(p.Gateway, a.Gateway) && is(p.Workspace, a.Workspace) && is(p.Provider, a.Provider) &&
		is(p.Model, a.Model) && is(p.Route, a.Route) && (p.Tag == "" || slices.Contains(a.Tags, p.Tag)) &&
		(p.Older == 0 || p.At.Sub(a.Stored) >= p.Older)
}
