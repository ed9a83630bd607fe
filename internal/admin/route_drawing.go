package admin

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// drawing adds up which way calls of a route went.
type drawing struct {
	labels  []string                       // of the steps, in order
	arms    map[string]map[string][]string // by step: the names in it, and the targets that each may lead to
	total   RouteTraffic                   // its counts alone
	steps   map[string]*way
	edges   map[EdgeTraffic]int64 // by all but the count
	targets map[string]*TargetTraffic
	times   map[string]*way // of targets
}

// way is how long something took.
type way struct {
	calls, failed   int64
	latency, firsts []int64 // milliseconds
}

func newDrawing(r *gateway.Route, reach func(string) []string) *drawing {
	d := &drawing{arms: map[string]map[string][]string{}, steps: map[string]*way{}, edges: map[EdgeTraffic]int64{}, targets: map[string]*TargetTraffic{}, times: map[string]*way{}}
	for i := range r.Steps {
		label := r.Steps[i].Name
		if label == "" {
			label = "steps[" + strconv.Itoa(i) + "]"
		}
		d.labels = append(d.labels, label)
		d.arms[label], d.steps[label] = map[string][]string{}, &way{}
		for _, share := range newRouteStep(&r.Steps[i]).Targets {
			d.arms[label][share.Target] = reach(share.Target)
			for _, target := range d.arms[label][share.Target] {
				d.target(target)
			}
		}
	}
	return d
}

// add adds one call.
func (d *drawing) add(o *gateway.Outcome) {
	if o.ShadowOf != "" {
		return
	}
	n, failed := int64(max(o.Count, 1)), o.ErrorCode != ""
	d.total.Calls += n
	if failed {
		d.total.Failed += n
	}
	step := d.stepOf(o)
	if w := d.step(step, len(o.Attempts) > 0 || o.Step != ""); w != nil {
		w.calls += n
		if failed {
			w.failed += n
		} else if o.LatencyMS.Known {
			w.latency = append(w.latency, o.LatencyMS.N)
		}
	}
	switch {
	case len(o.Attempts) > 0:
		d.attempts(step, o.Attempts)
	case failed:
		d.total.Refused += n
	default:
		d.total.Cached += n
	}
}

// step gives the counts of a step; nil = the call came to none.
func (d *drawing) step(label string, reached bool) *way {
	if d.steps[label] == nil && reached {
		d.steps[label] = &way{}
	}
	return d.steps[label]
}

// stepOf gives the step that an entry names or, of entries that name none, the first one
// that leads to what was tried first.
func (d *drawing) stepOf(o *gateway.Outcome) string {
	if d.arms[o.Step] != nil {
		return o.Step
	}
	if o.Step == "" && len(o.Attempts) > 0 {
		for _, label := range d.labels {
			if d.armOf(label, o.Attempts[0].Target()) != "" {
				return label
			}
		}
	}
	return ""
}

// armOf gives the name in a step that leads to a target, "" = none.
func (d *drawing) armOf(step, target string) string {
	for _, name := range slices.Sorted(maps.Keys(d.arms[step])) {
		if slices.Contains(d.arms[step][name], target) {
			return name
		}
	}
	return ""
}

func (d *drawing) target(name string) *TargetTraffic {
	if d.targets[name] == nil {
		d.targets[name], d.times[name] = &TargetTraffic{Target: name, Faults: map[string]int64{}}, &way{}
	}
	return d.targets[name]
}

func (d *drawing) attempts(step string, all []gateway.Trial) {
	before := ""
	for i := range all {
		tr := &all[i]
		name := tr.Target()
		t, w := d.target(name), d.times[name]
		t.Attempts++
		if tr.Cost.Known {
			t.Cost += tr.Cost.USD
		}
		switch {
		case tr.Fault != "":
			t.Failed++
			t.Faults[tr.Fault]++
		case tr.LatencyMS.Known:
			w.latency = append(w.latency, tr.LatencyMS.N)
		}
		if tr.Fault == "" && tr.FirstByteMS.Known {
			w.firsts = append(w.firsts, tr.FirstByteMS.N)
		}
		if name == before {
			t.Repeats++
			continue
		}
		edge := EdgeTraffic{Step: step, From: before, To: name}
		if before == "" {
			edge.Arm = d.armOf(step, name)
		}
		d.edges[edge]++
		before = name
	}
}

// finish writes what was added up.
func (d *drawing) finish(out *RouteTraffic) {
	out.Calls, out.Failed, out.Cached, out.Refused = d.total.Calls, d.total.Failed, d.total.Cached, d.total.Refused
	labels := d.labels
	if d.steps[""] != nil {
		labels = append(slices.Clip(labels), "")
	}
	out.Steps, out.Edges, out.Targets = []StepTraffic{}, []EdgeTraffic{}, []TargetTraffic{}
	for _, label := range labels {
		w := d.steps[label]
		out.Steps = append(out.Steps, StepTraffic{Step: label, Calls: w.calls, Failed: w.failed, P50: quantileOf(w.latency, 50), P95: quantileOf(w.latency, 95)})
	}
	for edge, n := range d.edges {
		edge.Calls = n
		out.Edges = append(out.Edges, edge)
	}
	slices.SortFunc(out.Edges, busiest)
	for _, name := range slices.Sorted(maps.Keys(d.targets)) {
		t, w := d.targets[name], d.times[name]
		t.P50, t.P95, t.First = quantileOf(w.latency, 50), quantileOf(w.latency, 95), quantileOf(w.firsts, 50)
		out.Targets = append(out.Targets, *t)
	}
}

// quantileOf gives the nearest rank of a sample, which it sorts; nil = there is none.
func quantileOf(sample []int64, percent int) *float64 {
	if len(sample) == 0 {
		return nil
	}
	slices.Sort(sample)
	v := float64(sample[(len(sample)*percent+99)/100-1])
	return &v
}

func providerOf(target string) string {
	name, _, _ := strings.Cut(target, "/")
	return name
}
