package admin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// A route's picture is drawn from this many of its newest calls, which are looked for
// among this many calls of all routes.
const (
	mostDrawn  = 20_000
	drawnAmong = 200_000
)

var trafficParams = []Param{
	{"from", "Calls from this time on (RFC 3339); 24 hours before the end unless given."},
	{"to", "Calls before this time (RFC 3339); now unless given."},
	{"gateway", "Calls of this gateway."},
	{"workspace", "Calls of this workspace."},
}

// RouteTraffic is which way the calls of a route went.
type RouteTraffic struct {
	Name    string          `json:"name"`
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	Calls   int64           `json:"calls" doc:"That were looked at; shadows are not among them."`
	Failed  int64           `json:"failed" doc:"Answered with an error, refused ones included."`
	Cached  int64           `json:"cached" doc:"Served from the cache: no target was asked."`
	Refused int64           `json:"refused" doc:"Refused before any target was asked."`
	Steps   []StepTraffic   `json:"steps" doc:"All steps of the route, in order; one whose name is empty = calls of steps that the route has no more."`
	Edges   []EdgeTraffic   `json:"edges" doc:"The busiest first."`
	Targets []TargetTraffic `json:"targets" doc:"What was asked, and what the steps name, by name."`
	Cut     bool            `json:"cut" doc:"There were more calls than are looked at: only the newest ones count."`
	Warning string          `json:"warning" doc:"What to know about the figures, for people; empty = nothing."`
}

// StepTraffic are the calls of which one step gave the targets.
type StepTraffic struct {
	Step   string   `json:"step" doc:"Its name, or its place as steps[1]."`
	Calls  int64    `json:"calls"`
	Failed int64    `json:"failed"`
	P50    *float64 `json:"latency_p50_ms"`
	P95    *float64 `json:"latency_p95_ms"`
}

// EdgeTraffic are the calls that went one way.
type EdgeTraffic struct {
	Step  string `json:"step"`
	From  string `json:"from" doc:"The target that was tried before; empty = the step itself."`
	To    string `json:"to" doc:"The target that was tried."`
	Arm   string `json:"arm" doc:"The name in the step that leads to the target; empty = none: it came as a fallback, or the step says something else by now."`
	Calls int64  `json:"calls"`
}

// TargetTraffic is how one target did in the calls of a route.
type TargetTraffic struct {
	Target   string           `json:"target"`
	Attempts int64            `json:"attempts"`
	Failed   int64            `json:"failed" doc:"Of the attempts."`
	Repeats  int64            `json:"repeats" doc:"Attempts right after another one at the same target."`
	Faults   map[string]int64 `json:"faults" doc:"What made attempts fail."`
	P50      *float64         `json:"latency_p50_ms" doc:"Of attempts that answered."`
	P95      *float64         `json:"latency_p95_ms"`
	First    *float64         `json:"first_p50_ms" doc:"Time to the first content."`
	Cost     gateway.USD      `json:"cost_usd" doc:"Of the attempts whose cost is known."`
	Level    string           `json:"level" enum:",healthy,probing,cooling,drained" doc:"Of its best credential; empty = it was not called lately."`
	Until    *time.Time       `json:"until" doc:"When its rest ends."`
	Why      string           `json:"why" doc:"The kind of fault that made it rest."`
}

func (a *api) getRouteTraffic(c *call) (RouteTraffic, error) {
	out := RouteTraffic{Name: c.path["name"]}
	c.scoped = true
	s, err := a.snapshot()
	if err != nil {
		return out, err
	}
	r := s.Routes[out.Name]
	if r == nil {
		return out, notFound("there is no route " + asStored(out.Name) + "; /api/v1/routes lists them")
	}
	if err := out.period(c, a.now()); err != nil {
		return out, err
	}
	q := store.OutcomeQuery{Routes: []string{r.Name}, Gateway: c.query.Get("gateway"), Workspace: c.query.Get("workspace"), Within: c.within(),
		From: out.From, To: out.To, Most: mostDrawn, All: true, Among: drawnAmong}
	d := newDrawing(r, a.reachedFrom)
	if out.Cut, err = a.Store.Outcomes(c.ctx(), q, d.add); err != nil {
		return out, err
	}
	if out.Cut {
		out.Warning = fmt.Sprintf("Only the newest calls of the period were looked at: %d of this route at most, among %d of all routes. Ask for a shorter one.", mostDrawn, drawnAmong)
	}
	d.finish(&out)
	if a.Targets != nil {
		out.stand(a.Targets())
	}
	return out, nil
}

// reachedFrom gives the targets that a name may lead to.
func (a *api) reachedFrom(name string) []string {
	if a.Reach == nil {
		return []string{name}
	}
	return a.Reach(name)
}

func (t *RouteTraffic) period(c *call, now time.Time) error {
	var badFrom, badTo error
	t.From, badFrom = c.moment("from")
	t.To, badTo = c.moment("to")
	if err := errors.Join(badFrom, badTo); err != nil {
		return err
	}
	if t.To.IsZero() {
		t.To = now
	}
	if t.From.IsZero() {
		t.From = t.To.Add(-comparedPeriod)
	}
	if !t.From.Before(t.To) {
		return invalid("from", "from is not before to")
	}
	return nil
}

// levels are those of targets, the best first.
var levels = []string{"healthy", "probing", "cooling", "drained"}

// stand says how the targets stand now: as their best credential does.
func (t *RouteTraffic) stand(all []TargetHealth) {
	for i := range t.Targets {
		own := &t.Targets[i]
		for _, h := range all {
			if h.Provider+"/"+h.Model != own.Target && (h.Model != "" || providerOf(own.Target) != h.Provider || h.Level == levels[0]) {
				continue
			}
			if own.Level == "" || slices.Index(levels, h.Level) < slices.Index(levels, own.Level) {
				own.Level, own.Until, own.Why = h.Level, h.Until, h.Why
			}
		}
	}
}

// busiest puts the busiest edges first.
func busiest(a, b EdgeTraffic) int {
	return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Step, b.Step), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}
