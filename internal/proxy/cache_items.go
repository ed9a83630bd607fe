package proxy

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/route"
)

// itemized is a list of things that are looked up, asked for and kept each by itself: the
// request has no answer of its own. Equal lists under way still share one call. A request
// for one thing goes the usual way, with the thing's key, so that both find what the other
// has kept.
//
// It is written before any attempt and only read then: twins share it.
type itemized struct {
	dialect.List
	body  []byte      // the request's
	of    []int       // by place in the list: which of the different things stands there
	first []int       // by different thing: its first place
	keys  []cache.Key // by different thing, at the plan's first target
	kept  []keptItem  // by different thing
	ask   []int       // first places of what is asked for
}

// keptItem is what is kept of a thing; nothing when answer is nil.
type keptItem struct {
	answer *cache.Answer
	sheet  *dialect.Sheet
}

// maxItems is the longest list that is taken apart.
const maxItems = 2048

// itemize finds the things that the request is about, if their answers can be told apart.
func (x *exchange) itemize(c *caching) {
	ask, give := x.dialect.Ops[x.ep.Op], x.firstSpoken()
	if ask == nil || ask.Items == nil || give == nil || x.ctl.cache.key != "" || itemsOf(give, x) == nil {
		return
	}
	list, ok := ask.Items.List(x.body.bytes())
	if !ok || len(list.Things) > maxItems {
		return
	}
	c.list = &itemized{List: list, body: x.body.bytes()}
}

// itemsOf says where the answers of a dialect have their results; nil = that is not known.
func itemsOf(d *dialect.Dialect, x *exchange) *dialect.Items {
	if op := d.Ops[x.ep.Op]; op != nil && op.Items != nil && len(op.Items.Give) > 0 {
		return op.Items
	}
	return nil
}

// itemsRequest is what the keys of all things have in common.
func (x *exchange) itemsRequest(c *caching, facts []string) *cachekey.Request {
	r := x.keyRequest(append(slices.Clip(facts), "one of "+c.list.Member))
	r.Ignore = append(slices.Clip(r.Ignore), c.list.Member)
	return &r
}

// looseKey is the call's key without differences of form.
func (x *exchange) looseKey(c *caching) cache.Key {
	if c.list == nil {
		r := x.keyRequest(c.facts)
		return c.policy.keys.Loose(&r)
	}
	return c.policy.keys.LooseItem(c.policy.keys.Loose(x.itemsRequest(c, c.facts)), c.list.thing(0))
}

// many reports whether there is more than one thing.
func (l *itemized) many() bool { return l != nil && len(l.Things) > 1 }

// thing gives a thing as the caller wrote it.
func (l *itemized) thing(place int) []byte { return l.Things[place].Of(l.body) }

// itemKeys gives the keys of the things in some places, at a target that the facts tell.
func (x *exchange) itemKeys(c *caching, facts []string, places []int) ([]cache.Key, error) {
	base, err := c.policy.keys.Key(x.itemsRequest(c, facts))
	keys := make([]cache.Key, len(places))
	for i := 0; i < len(places) && err == nil; i++ {
		keys[i], err = c.policy.keys.Item(base, c.list.thing(places[i]))
	}
	return keys, err
}

// tellApart finds what stands in the list more than once: it is asked for once.
func (x *exchange) tellApart(c *caching) error {
	l := c.list
	places := make([]int, len(l.Things))
	for i := range places {
		places[i] = i
	}
	keys, err := x.itemKeys(c, c.facts, places)
	if err != nil {
		return err
	}
	seen := make(map[cache.Key]int, len(keys))
	l.of = make([]int, len(keys))
	for i, key := range keys {
		n, again := seen[key]
		if !again {
			n = len(l.keys)
			seen[key] = n
			l.keys, l.first = append(l.keys, key), append(l.first, i)
		}
		l.of[i] = n
	}
	l.kept, l.ask = make([]keptItem, len(l.keys)), l.first
	return nil
}

// serveItems answers a list of which everything is kept, or leaves what is kept to be put
// into the vendor's answer.
func (x *exchange) serveItems() (done bool, err error) {
	c, l := x.caching, x.caching.list
	x.lookUpItems()
	now, all, soon := time.Now(), true, true
	fresh := make([]keptItem, len(l.kept))
	l.ask = nil
	for i, item := range l.kept {
		a := item.answer
		if a != nil && a.Age(now) < min(a.TTL, c.ttl) {
			fresh[i] = item
			continue
		}
		l.ask = append(l.ask, l.first[i])
		all = all && a != nil
		soon = soon && a != nil && a.Age(now) < min(a.TTL, c.ttl)+c.policy.Refresh
	}
	whole := (*cache.Answer)(nil)
	if all {
		whole = l.joined()
		c.found(whole, now)
	}
	l.kept = fresh
	switch {
	case whole != nil && len(l.ask) == 0:
		return true, x.serveAnswer(whole, cacheHit)
	case whole != nil && soon && !x.ctl.cache.aged && !x.ctl.cache.only:
		x.refresh()
		return true, x.serveAnswer(whole, cacheStale)
	}
	c.spare = whole
	x.missItems()
	return false, nil
}

// missItems tells of each thing that has to be asked for.
func (x *exchange) missItems() {
	c, l := x.caching, x.caching.list
	of, known := cache.Key{}, false
	for _, place := range l.ask {
		x.p.cache.Missed(x.gw.Name, l.keys[l.of[place]], func() cache.Key {
			if !known {
				of, known = c.policy.keys.Loose(x.itemsRequest(c, c.facts)), true
			}
			return c.policy.keys.LooseItem(of, l.thing(place))
		})
	}
}

// lookers is how many look for the things of a long list at once: what is not in memory
// may be far away.
const lookers = 8

// lookUpItems looks for all things.
func (x *exchange) lookUpItems() {
	l, form, spoken := x.caching.list, itemsOf(x.firstSpoken(), x), x.firstSpoken()
	var next atomic.Int64
	look := func() {
		for i := int(next.Add(1)) - 1; i < len(l.keys); i = int(next.Add(1)) - 1 {
			a := x.lookUp(l.keys[i])
			if a == nil || a.Dialect != string(spoken.Name) || a.Encoding != "" {
				continue
			}
			if sheet, ok := form.Sheet(a.Body, 1); ok {
				l.kept[i] = keptItem{a, sheet}
			}
		}
	}
	var wg sync.WaitGroup
	for range min(lookers, len(l.keys)/lookers) {
		wg.Go(look)
	}
	look()
	wg.Wait()
	l.dropUnlike()
}

// dropUnlike leaves out what cannot stand in one answer with what was kept last, such as
// vectors of an older model of the same name.
func (l *itemized) dropUnlike() {
	last := l.latest()
	for i := range l.kept {
		if l.kept[i].answer != nil && !l.kept[i].sheet.Alike(last.sheet) {
			l.kept[i] = keptItem{}
		}
	}
}

// latest gives what was kept last.
func (l *itemized) latest() (last keptItem) {
	for _, item := range l.kept {
		if item.answer != nil && (last.answer == nil || item.answer.Stored.After(last.answer.Stored)) {
			last = item
		}
	}
	return last
}

// joined makes one answer of what is kept: of everything. It is as old as the oldest of it.
func (l *itemized) joined() *cache.Answer {
	last := l.latest()
	a, results := *last.answer, make([]dialect.Result, len(l.of))
	a.Cost, a.Marks = gateway.Cost{Known: true}, nil
	for i, n := range l.of {
		item := &l.kept[n]
		results[i] = dialect.Result{Sheet: item.sheet}
		a.Cost = added(a.Cost, item.answer.Cost)
		a.TTL, a.Took = min(a.TTL, item.answer.TTL), max(a.Took, item.answer.Took)
		if item.answer.Stored.Before(a.Stored) {
			a.Stored = item.answer.Stored
		}
	}
	a.Body = last.sheet.Join(results)
	return &a
}

// added adds costs, of which none is unknown.
func added(a, b gateway.Cost) gateway.Cost {
	if !a.Known || !b.Known {
		return gateway.Cost{}
	}
	return gateway.Cost{USD: a.USD + b.USD, Known: true}
}

// outliving gives the same list for a call that goes on without this one, with a body of
// its own.
func (l *itemized) outliving(body []byte) *itemized {
	if l == nil {
		return nil
	}
	own := *l
	own.body = body
	return &own
}

// firstSpoken is the dialect in which the plan's first target is asked; nil = none is.
func (x *exchange) firstSpoken() *dialect.Dialect {
	target := x.target
	x.target = x.plan[0]
	d := x.speak(x.view.lanes[x.plan[0].Provider.Name])
	x.target = target
	return d
}

// part gives the places in the list that the present target is asked for; nil = all. Only
// the first target's results are known to be of the same model as what is kept.
func (x *exchange) part() []int {
	if x.isKept() || x.shadow || x.unlike {
		return nil
	}
	return x.partOf(&x.target)
}

func (x *exchange) partOf(t *route.Target) []int {
	c := x.caching
	if c == nil || !c.list.many() || len(c.list.ask) == len(c.list.of) || targetFact(t) != c.facts[0] {
		return nil
	}
	return c.list.ask
}

// asked is what of the request any of some targets is sent, for who counts it.
func (x *exchange) asked(plan []route.Target) []byte {
	if x.caching == nil || x.unlike || slices.ContainsFunc(plan, func(t route.Target) bool { return x.partOf(&t) == nil }) || len(plan) == 0 {
		return x.words()
	}
	body := x.body.bytes()
	out := make([]byte, 0, len(body))
	for _, part := range splice(nil, body, x.partEdits(nil, x.partOf(&plan[0]))) {
		out = append(out, part...)
	}
	return out
}

// partEdits cuts out of the request what is not asked for, with what else was to be done
// to it.
func (x *exchange) partEdits(edits []edit, part []int) []edit {
	if part == nil {
		return edits
	}
	keep := make([]bool, len(x.caching.list.of))
	for _, i := range part {
		keep[i] = true
	}
	cuts := x.caching.list.Without(func(i int) bool { return keep[i] })
	kept := edits[:0]
	for _, e := range edits {
		in := slices.IndexFunc(cuts, func(gone jsonscan.Span) bool { return gone.Start <= e.at.Start && e.at.End <= gone.End })
		if in < 0 {
			kept = append(kept, e)
		}
	}
	for _, gone := range cuts {
		kept = append(kept, edit{at: gone})
	}
	return kept
}
