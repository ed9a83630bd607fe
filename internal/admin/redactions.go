package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Redactions are what was taken out of what is kept of calls, over time.
type Redactions struct {
	From  time.Time   `json:"from" doc:"A quarter of an hour begins there."`
	To    time.Time   `json:"to"`
	Step  string      `json:"step"`
	Times []time.Time `json:"times" doc:"When each span begins."`
	Data  []Redaction `json:"data" doc:"By kind, the one that was found most first."`
}

// Redaction is one kind.
type Redaction struct {
	Kind  string  `json:"kind" doc:"secret, email, card, phone, iban, ip, or the name of a gateway's own pattern."`
	Total int64   `json:"total" doc:"How often it was found."`
	Calls int64   `json:"calls" doc:"In how many calls."`
	Found []int64 `json:"found" doc:"How often in each span."`
}

// longestRedactions is the longest time that is added up at once.
const longestRedactions = 92 * 24 * time.Hour

var redactionSteps = []analytics.Step{analytics.Step15, analytics.StepHour, analytics.StepDay, analytics.StepWeek, analytics.StepMonth}

var redactionParams = []Param{
	{"from", "Calls from this time on (RFC 3339), from the beginning of its quarter of an hour; 24 hours before the end unless given. 92 days at most."},
	{"to", "Calls before this time (RFC 3339), to the end of its quarter of an hour; now unless given."},
	{"step", "15m, hour, day, week or month: the spans; hour unless given."},
	{"tz", "The time zone of days, as in Europe/Berlin; UTC unless given."},
	{"gateway", "Calls of this gateway."},
	{"workspace", "Calls of this workspace."},
}

func (a *api) getRedactions(c *call) (Redactions, error) {
	out := Redactions{Data: []Redaction{}}
	q := store.RedactionQuery{Within: c.within(), Gateway: c.query.Get("gateway"), Workspace: c.query.Get("workspace")}
	var of Compared
	if err := a.period(c, &of); err != nil {
		return out, err
	}
	const quarter = 15 * time.Minute
	q.From, q.To = of.From.UTC().Truncate(quarter), of.To.UTC().Add(quarter-1).Truncate(quarter)
	zone, err := zoneOf("tz", c.query.Get("tz"))
	if err != nil {
		return out, err
	}
	step := analytics.Step(c.query.Get("step"))
	if step == analytics.StepNone {
		step = analytics.StepHour
	}
	if !slices.Contains(redactionSteps, step) {
		return out, invalid("step", "there is no step "+strconv.Quote(string(step))+"; there are "+strings.Join(texts(redactionSteps), ", "))
	}
	edges := step.Edges(q.From, q.To, zone)
	if q.To.Sub(q.From) > longestRedactions || edges == nil {
		return out, invalid("from", "that is too long: 92 days, and "+strconv.Itoa(analytics.MaxSpans)+" spans, are the most")
	}
	all, err := a.Store.Redactions(c.ctx(), q)
	out.From, out.To, out.Step, out.Times = q.From, q.To, string(step), edges[:len(edges)-1]
	out.add(all, edges)
	return out, err
}

// add puts each quarter of an hour into its span.
func (r *Redactions) add(all []store.Redaction, edges []time.Time) {
	at := make([]int64, len(edges))
	for i, t := range edges {
		at[i] = t.UnixMicro()
	}
	for _, one := range all {
		i := slices.IndexFunc(r.Data, func(k Redaction) bool { return k.Kind == one.Kind })
		if i < 0 {
			i = len(r.Data)
			r.Data = append(r.Data, Redaction{Kind: one.Kind, Found: make([]int64, len(r.Times))})
		}
		k := &r.Data[i]
		k.Total += one.Found
		k.Calls += one.Calls
		k.Found[analytics.SpanOf(at, one.Quarter.UnixMicro())] += one.Found
	}
	slices.SortStableFunc(r.Data, func(x, y Redaction) int { return int(min(max(y.Total-x.Total, -1), 1)) })
}
