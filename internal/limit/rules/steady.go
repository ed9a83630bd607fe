package rules

import (
	"hash/maphash"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// steady are the claims of a call under a set whose rules count by who calls alone: but
// for what the call wants, they are the same for every call of the same caller.
type steady struct {
	gateway, workspace, key, name string
	claims                        []limit.Claim
	of                            []*Rule
	names                         []*counterName
}

func (k *steady) fits(f *Facts) bool {
	return k.key == f.Key.ID && k.workspace == f.Workspace && k.gateway == f.Gateway && k.name == f.Key.Name
}

// isSteady reports whether a rule counts by who calls alone.
func (r *Rule) isSteady() bool {
	return r.when == nil && len(r.nets) == 0 && !slices.ContainsFunc(r.Per, func(p gateway.Per) bool {
		return p != "gateway" && p != "workspace" && p != "key"
	})
}

// addSteady is Add of the rules that are held per call, where all of them are steady.
func (s *Set) addSteady(t *Taken, f *Facts, w *Want, skip func(*Rule) bool) error {
	hash := maphash.String(s.known.seed, f.Key.ID)
	k := s.known.get(hash)
	if k == nil || !k.fits(f) {
		var err error
		if k, err = s.steadyOf(f); err != nil {
			return err
		}
		if !s.known.crowded() {
			s.known.put(hash, k)
		}
	}
	from := len(t.Claims)
	t.Claims, t.Of, t.names = append(t.Claims, k.claims...), append(t.Of, k.of...), append(t.names, k.names...)
	for i, r := range k.of {
		c := &t.Claims[from+i]
		if skip != nil && skip(r) {
			c.Observe = true
		}
		if err := r.wants(c, f, w); err != nil {
			t.cut(from + i)
			return err
		}
	}
	return nil
}

// steadyOf works the claims out.
func (s *Set) steadyOf(f *Facts) (*steady, error) {
	var t Taken
	for _, r := range s.rules {
		if r.Attempt {
			continue
		}
		if err := t.name(r, f); err != nil {
			return nil, err
		}
	}
	return &steady{f.Gateway, f.Workspace, f.Key.ID, f.Key.Name, t.Claims, t.Of, t.names}, nil
}
