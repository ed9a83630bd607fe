package compare

import "github.com/sluice-gateway/sluice/internal/gateway"

// Arm is the targets, as provider/model, that stand for one side.
type Arm map[string]bool

// ArmOf makes an Arm.
func ArmOf(targets ...string) Arm {
	a := Arm{}
	for _, t := range targets {
		a[t] = true
	}
	return a
}

// Meets gives a target that two arms share, "" when there is none: then calls can be told
// apart.
func (a Arm) Meets(b Arm) string {
	for t := range a {
		if b[t] {
			return t
		}
	}
	return ""
}

// Sides collects calls of two sides. A call belongs to the side whose target it tried
// first.
type Sides struct {
	A, B Arm
	// Shadows says that B are shadows, and A the calls that they copied: nothing else
	// counts. Without it, shadows do not count.
	Shadows bool

	a, b   Side
	copied map[string]bool
}

// Add notes a call. Calls come newest first, so that a shadow comes before the call that
// it copied.
func (s *Sides) Add(o *gateway.Outcome) {
	if len(o.Attempts) == 0 {
		return
	}
	first := o.Attempts[0].Target()
	switch {
	case s.Shadows && o.ShadowOf != "":
		if s.B[first] {
			s.note(o.ShadowOf)
			s.b.add(o, of(s.B, o))
		}
	case s.Shadows:
		if s.A[first] && s.copied[o.ID] {
			s.a.add(o, of(s.A, o))
		}
	case o.ShadowOf != "":
	case s.A[first]:
		s.a.add(o, of(s.A, o))
	case s.B[first]:
		s.b.add(o, of(s.B, o))
	}
}

func (s *Sides) note(id string) {
	if s.copied == nil {
		s.copied = map[string]bool{}
	}
	s.copied[id] = true
}

// of gives the attempts at an arm's targets.
func of(a Arm, o *gateway.Outcome) []*gateway.Trial {
	trials := make([]*gateway.Trial, 0, len(o.Attempts))
	for i := range o.Attempts {
		if t := &o.Attempts[i]; a[t.Target()] {
			trials = append(trials, t)
		}
	}
	return trials
}

// Figures works out how both sides did so far.
func (s *Sides) Figures() (a, b Figures) { return s.a.Figures(), s.b.Figures() }
