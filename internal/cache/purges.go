package cache

import (
	"slices"
	"sync/atomic"
	"time"
)

// MaxKeep is how long an answer is kept at most, whatever it says itself; a purge is
// remembered as long. 31 days.
const MaxKeep = 31 * 24 * time.Hour

// Purges are what must not be served any more. The zero value names nothing. They are
// applied to each answer that is looked up, so that what one names is a miss at once in
// all tiers. Reading takes no lock.
type Purges struct {
	list atomic.Pointer[[]Purge] // the latest first; never changed
}

// Set replaces the list, which it copies, and reports whether that changed anything.
// Purges that are older than all that can be kept are left out.
func (p *Purges) Set(list []Purge, now time.Time) (changed bool) {
	list = slices.Clone(list)
	list = slices.DeleteFunc(list, func(one Purge) bool { return now.Sub(one.At) > MaxKeep })
	slices.SortStableFunc(list, func(a, b Purge) int { return b.At.Compare(a.At) })
	had := p.list.Swap(&list)
	return had == nil && len(list) > 0 || had != nil && !slices.EqualFunc(*had, list, same)
}

func same(a, b Purge) bool {
	at := a.At.Equal(b.At)
	a.At, b.At = time.Time{}, time.Time{}
	return at && a == b
}

// Dead reports whether a purge names an answer.
func (p *Purges) Dead(a *About, key Key) bool {
	list := p.list.Load()
	if list == nil {
		return false
	}
	asked := a.asked()
	for i := range *list {
		one := &(*list)[i]
		if !asked.Before(one.At) {
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
	list := p.all()
	list = slices.DeleteFunc(slices.Clone(list), func(one Purge) bool { return one.Key != "" })
	if len(list) == 0 {
		return nil
	}
	return func(a *About) bool {
		asked := a.asked()
		for i := range list {
			if !asked.Before(list[i].At) {
				return false
			}
			if list[i].names(a) {
				return true
			}
		}
		return false
	}
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

// asked is when the vendor was asked: what it said to that may be older than a purge that
// came while it answered, also on a node that heard of the purge only later.
func (a *About) asked() time.Time { return a.Stored.Add(-a.Took) }

// names reports whether an answer that was asked for before a purge has all of what it says
// but the key.
func (p *Purge) names(a *About) bool {
	is := func(said, has string) bool { return said == "" || said == has }
	return is(p.Gateway, a.Gateway) && is(p.Workspace, a.Workspace) && is(p.Provider, a.Provider) &&
		is(p.Model, a.Model) && is(p.Route, a.Route) && (p.Tag == "" || slices.Contains(a.Tags, p.Tag)) &&
		(p.Older == 0 || p.At.Sub(a.Stored) >= p.Older)
}
