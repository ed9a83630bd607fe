package route

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// way is one compiled route.
type way struct {
	*gateway.Route
	name  string
	steps []*step
	terms terms
	refs  []*ref // every name in it
	asks  bool   // a condition of it, or of one within it, speaks of healthy
}

func (w *way) owner() string { return "route/" + w.name }

// step is one compiled step.
type step struct {
	*gateway.Step
	in    string        // its route
	label string        // its name, or steps[1]
	place string        // support/steps[1]
	salt  uint64        // tells its draws from those of other routes and of steps with other names
	when  *expr.Program // nil = always
	kind  kind
	arms  []arm
	own   terms
	terms terms // own, over those of the route
	turn  atomic.Uint64
}

func (s *step) owner() string { return "route/" + s.place }

// kind is how a step gives its targets.
type kind uint8

const (
	gives    kind = iota // no targets, but what else it says
	uses                 // the only arm
	splits               // one arm, by weight
	tries                // one arm, by the stage of a canary: from, to
	balances             // all arms, in order of how they stand
)

// arm is one of the targets that a step chooses among.
type arm struct {
	ref
	weight float64
	hash   uint64
}

// ref is a name of a target, ready to be looked up.
type ref struct {
	text          string
	prefix, model string // of provider/model; "" otherwise
	way           *way   // nil = no route
}

func (t *Table) ref(name string) ref {
	r := ref{text: name, way: t.way(name)}
	if prefix, model, ok := strings.Cut(name, "/"); ok && model != "" {
		r.prefix, r.model = prefix, model
	}
	return r
}

func (t *Table) compile(w *way) (err error) {
	if len(w.Steps) == 0 {
		return errors.New("it has no steps")
	}
	if w.terms, err = t.ofRoute(w); err != nil {
		return err
	}
	for i := range w.Steps {
		s := &step{Step: &w.Steps[i], in: w.name, label: "steps[" + strconv.Itoa(i) + "]"}
		s.place = w.name + "/" + s.label
		if s.Name != "" {
			s.label = s.Name
		}
		s.salt = hash(hash(0, w.name), s.Name)
		if err := t.compileStep(w, s); err != nil {
			return fmt.Errorf("%s: %w", s.label, err)
		}
		w.steps = append(w.steps, s)
	}
	for _, s := range w.steps {
		for i := range s.arms {
			w.refs = append(w.refs, &s.arms[i].ref)
		}
		w.refs = append(w.refs, s.own.refs()...)
	}
	w.refs = append(w.refs, w.terms.refs()...)
	return nil
}

func (t *Table) compileStep(w *way, s *step) (err error) {
	if s.When != "" {
		if s.when, err = expr.Compile(s.When, expr.Bool); err != nil {
			return fmt.Errorf("when: %w", err)
		}
	}
	if err := t.compileArms(s); err != nil {
		return err
	}
	if s.own, err = t.ofStep(s); err != nil {
		return err
	}
	s.terms = s.own.over(&w.terms)
	return nil
}

func (t *Table) compileArms(s *step) error {
	said := 0
	if s.Use != "" {
		said, s.kind = said+1, uses
		t.arm(s, s.Use, 1)
	}
	if len(s.Split) > 0 {
		said, s.kind = said+1, splits
		t.shares(s, s.Split)
	}
	if b := s.Balance; b != nil {
		said, s.kind = said+1, balances
		if !slices.Contains([]string{gateway.ByWeight, gateway.ByTurn, gateway.ByLoad, gateway.ByLatency, gateway.ByPrice, gateway.ByValue}, b.By) {
			return fmt.Errorf("balance by %q is unknown", b.By)
		}
		t.shares(s, b.Targets)
	}
	if c := s.Canary; c != nil {
		said, s.kind = said+1, tries
		t.arm(s, c.From, 1)
		t.arm(s, c.To, 1)
	}
	if said > 1 {
		return errors.New("only one of use, split, balance and canary may say which targets")
	}
	return s.weighed()
}

func (t *Table) shares(s *step, shares []gateway.Share) {
	for _, share := range shares {
		t.arm(s, share.Target, share.Weight)
	}
}

func (t *Table) arm(s *step, name string, weight float64) {
	s.arms = append(s.arms, arm{ref: t.ref(name), weight: weight, hash: hash(s.salt, name)})
}

// weighed checks the arms, and takes targets of a balance that all weigh nothing as equal.
func (s *step) weighed() error {
	sum := 0.0
	for i := range s.arms {
		a := &s.arms[i]
		if a.text == "" {
			return errors.New("a target has no name")
		}
		if a.weight < 0 || math.IsNaN(a.weight) || math.IsInf(a.weight, 0) {
			return fmt.Errorf("the weight of %s must be a number from 0", a.text)
		}
		sum += a.weight
	}
	switch {
	case s.kind != gives && len(s.arms) == 0:
		return errors.New("it has no targets")
	case sum > 0 || s.kind == gives:
		return nil
	case s.kind != balances:
		return errors.New("one of the weights must be more than 0")
	}
	for i := range s.arms {
		s.arms[i].weight = 1
	}
	return nil
}
