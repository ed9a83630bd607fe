package proxy

import (
	"sync"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// compileRules compiles the rules of all gateways and providers.
func (v *view) compileRules() error {
	v.rules, v.held, v.waiting = map[string]*rules.Set{}, map[string]*rules.Set{}, map[string]waiting{}
	for name, g := range v.Gateways {
		set, err := rules.Compile("gateway/"+name, g.Rules, false)
		if err != nil {
			return err
		}
		if set != nil {
			v.rules[name] = set
		}
		if v.waiting[name], err = newWaiting(g.Queue.Callers); err != nil {
			return err
		}
	}
	for owner, list := range v.routes.Limits() {
		set, err := rules.Compile(owner, list, false)
		if err != nil {
			return err
		}
		v.rules[owner] = set // no gateway's name has a slash
	}
	for name, list := range v.Held {
		set, err := rules.Compile("provider/"+name, list, true)
		if err != nil {
			return err
		}
		if set != nil {
			v.held[name] = set
		}
	}
	return nil
}

// waiting are the places of a gateway's callers in its queues.
type waiting []struct {
	when  *expr.Program // nil = every caller
	place *catalog.Waiting
}

func newWaiting(list []catalog.Waiting) (w waiting, err error) {
	w = make(waiting, len(list))
	for i := range list {
		w[i].place = &list[i]
		if list[i].When == "" {
			continue
		}
		if w[i].when, err = expr.Compile(list[i].When, expr.Bool); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// place gives the first that fits; nil when none does.
func (w waiting) place(f *rules.Facts) *catalog.Waiting {
	for i := range w {
		if w[i].when == nil {
			return w[i].place
		}
		if ok, err := w[i].when.Bool(&f.Vars); ok && err == nil {
			return w[i].place
		}
	}
	return nil
}

// keyRules are the compiled rules of keys that have some of their own.
type keyRules struct{ sets sync.Map } // id → *keySet

type keySet struct {
	of  *gateway.Key // another one has other rules, perhaps
	set *rules.Set
	err error
}

// of gives the rules of a key; a key whose rules cannot be compiled is told by an error,
// since nobody may call without the limits that somebody meant.
func (k *keyRules) of(key *gateway.Key) (*rules.Set, error) {
	if key == nil || len(key.Limits) == 0 {
		return nil, nil
	}
	if known, ok := k.sets.Load(key.ID); ok && known.(*keySet).of == key {
		return known.(*keySet).set, known.(*keySet).err
	}
	list := make([]*gateway.Rule, len(key.Limits))
	for i := range key.Limits {
		list[i] = &key.Limits[i]
	}
	one := &keySet{of: key}
	one.set, one.err = rules.Compile(keyOwner+key.ID, list, false)
	k.sets.Store(key.ID, one)
	return one.set, one.err
}
