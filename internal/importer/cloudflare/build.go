package cloudflare

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/provider/slug"
)

// route is one in the making.
type route struct {
	name  string
	limit *limit
	steps []step
}

type step struct {
	when, use string
	split     []share
	fallback  []string
}

type share struct {
	target string
	weight float64
}

type limit struct {
	name, per, unit, amount, reroute string
	fixed                            bool
}

// builder makes routes of one flow.
type builder struct {
	flow     *flow
	name     string
	notes    *Notes
	targets  map[string]string // kind, or the name of one without, by provider's name
	routes   []*route
	made     map[string]string // names of routes within, by element; "" = in the making
	open     map[string]bool   // elements on the way to the present one
	taken    map[string]bool   // names of routes and providers
	elements map[string]*element
}

func (b *builder) note(g Group, id, format string, args ...any) {
	about := b.name
	if id != "" {
		about += ", element " + strconv.Quote(id)
	}
	*b.notes = append(*b.notes, Note{g, about, fmt.Sprintf(format, args...)})
}

// build makes the routes of the flow; none when nothing of it can be carried.
func (b *builder) build() {
	start := ""
	for i := range b.flow.Elements {
		e := &b.flow.Elements[i]
		b.elements[e.ID] = e
		if strings.EqualFold(e.Type, "start") {
			start = e.Outputs.to("next")
		}
	}
	if start == "" {
		b.note(Lost, "", "has no start that leads anywhere")
		return
	}
	b.route(b.name, start)
}

// route makes a route of an element and what follows, and says whether it has any step.
func (b *builder) route(name, id string) bool {
	r := &route{name: name}
	at := len(b.routes)
	b.routes = append(b.routes, r)
	b.fill(r, id)
	if len(r.steps) == 0 {
		b.routes = slices.Delete(b.routes, at, at+1)
		b.note(Lost, id, "leads to no model")
		return false
	}
	return true
}

// kind gives an element's type in one spelling, "end" for what is not there.
func (b *builder) kind(id string) (*element, string) {
	e := b.elements[id]
	if e == nil {
		return nil, "end"
	}
	kind := strings.ToLower(e.Type)
	if strings.HasPrefix(kind, "rate") || strings.HasPrefix(kind, "budget") {
		kind = "rate"
	}
	return e, kind
}

// fill appends the steps that an element and what follows make.
func (b *builder) fill(r *route, id string) {
	if b.open[id] {
		b.note(Lost, id, "leads back to itself; the way ends here")
		return
	}
	b.open[id] = true
	defer delete(b.open, id)
	e, kind := b.kind(id)
	switch kind {
	case "end":
	case "conditional":
		b.conditional(r, e)
	case "rate":
		b.rate(r, e)
	default:
		if s := (step{}); b.branch(&s, id) {
			r.steps = append(r.steps, s)
		}
	}
}

// branch gives a step the targets that an element leads to, and says whether there are any.
func (b *builder) branch(s *step, id string) bool {
	e, kind := b.kind(id)
	switch kind {
	case "end":
		return false
	case "model":
		if s.use = b.model(e); s.use != "" {
			s.fallback = b.fallbacks(e, s.use)
		}
	case "percentage":
		return b.percentage(s, e)
	case "conditional", "rate":
		s.use = b.within(id)
	default:
		b.note(Lost, id, "elements of the type %q are not known", e.Type)
	}
	return s.use != ""
}

func (b *builder) conditional(r *route, e *element) {
	yes, no := e.Outputs.to("true"), e.Outputs.to("false")
	when, err := cel(e.Properties.condition)
	if err != nil {
		b.note(Lost, e.ID, "the condition cannot be carried (%v); what follows where it does not hold is always taken", err)
		b.fill(r, no)
		return
	}
	if _, kind := b.kind(yes); kind == "end" {
		b.note(Changed, e.ID, "calls for which the condition holds end without a model: here they find no step, which is a 404")
		if s := (step{when: "!(" + when + ")"}); b.branch(&s, no) {
			r.steps = append(r.steps, s)
		}
		return
	}
	if s := (step{when: when}); b.branch(&s, yes) {
		r.steps = append(r.steps, s)
	}
	b.fill(r, no)
}

func (b *builder) percentage(s *step, e *element) bool {
	left, rest := 100.0, ""
	for _, o := range e.Outputs {
		w, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(o.name), "%"), 64)
		if err != nil {
			rest = o.to
			continue
		}
		left -= w
		b.share(s, e, o.to, w)
	}
	if rest != "" && left > 0 {
		b.share(s, e, rest, left)
	}
	return len(s.split) > 0
}

func (b *builder) share(s *step, e *element, to string, weight float64) {
	target := b.target(to)
	if target == "" {
		b.note(Lost, e.ID, "%s %% lead to no model; the others share them", number(weight))
		return
	}
	for i := range s.split {
		if s.split[i].target == target {
			s.split[i].weight += weight
			return
		}
	}
	s.split = append(s.split, share{target, weight})
}

// target gives one name for an element and what follows: a model's, or that of a route
// within; "" when there is nothing.
func (b *builder) target(id string) string {
	e, kind := b.kind(id)
	switch kind {
	case "end":
		return ""
	case "model":
		if _, next := b.kind(e.Outputs.to("fallback")); next == "end" {
			return b.model(e)
		}
	}
	return b.within(id)
}

// fallbacks follows what is tried after a model.
func (b *builder) fallbacks(e *element, first string) (out []string) {
	seen := map[string]bool{e.ID: true}
	for {
		next, kind := b.kind(e.Outputs.to("fallback"))
		switch {
		case kind == "end":
			return out
		case seen[next.ID]:
			b.note(Lost, e.ID, "its fallback leads back to a model that has been tried")
			return out
		}
		seen[next.ID] = true
		t := ""
		if kind == "model" {
			t = b.model(next)
		} else {
			t = b.within(next.ID)
		}
		if t != "" && t != first && !slices.Contains(out, t) {
			out = append(out, t)
		}
		if kind != "model" {
			return out
		}
		e = next
	}
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9._:@+-]+`)

// fit makes a name that a route can have.
func fit(name string) string {
	name = strings.TrimLeft(unfit.ReplaceAllString(name, "-"), "-._:@+")
	return name[:min(len(name), 100)]
}

// free makes a name that nothing has yet.
func (b *builder) free(name string) string {
	for b.taken[name] || slug.Known(name) {
		name += "-2"
	}
	b.taken[name] = true
	return name
}

// within gives the name of a route of its own for an element, "" when it leads to nothing.
func (b *builder) within(id string) string {
	if name, ok := b.made[id]; ok {
		if name == "" {
			b.note(Lost, id, "leads back to itself; the way ends here")
		}
		return name
	}
	b.made[id] = ""
	name := b.free(fit(b.name + "." + id))
	if !b.route(name, id) {
		return ""
	}
	b.made[id] = name
	return name
}

// model gives the target that a model element means, "" when it names none.
func (b *builder) model(e *element) string {
	p := &e.Properties
	if p.provider == "" || p.model == "" {
		b.note(Lost, e.ID, "names no provider and model")
		return ""
	}
	name, kind := providerOf(p.provider)
	b.targets[name] = kind
	if next, kind := b.kind(e.Outputs.to("success")); kind != "end" {
		b.note(Lost, e.ID, "what follows its success (%s) is not run: the first answer is the answer", next.ID)
	}
	if ms, err := p.timeout.Float64(); err == nil && ms > 0 {
		b.note(Lost, e.ID, "its time-out until the first byte belongs to the provider here: providers.%s.timeouts.first_byte: %s", name, config.FormatDuration(time.Duration(ms)*time.Millisecond))
	}
	if n := p.retries.String(); n != "" && n != "0" {
		b.note(Lost, e.ID, "its retries belong to the provider here: providers.%s.retries.max: %s", name, n)
	}
	return name + "/" + p.model
}

// providerOf gives the name and kind of the provider that a slug means; kind is "" for
// what has none.
func providerOf(name string) (string, string) {
	if kind := slug.Kind(name); kind != "" {
		return kind, kind
	}
	return unfitLimit.ReplaceAllString(strings.ToLower(strings.TrimPrefix(name, slug.Custom)), "-"), ""
}
