package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/policy"
	"github.com/sluice-gateway/sluice/internal/route"
)

// Question is a call as it would be made, to be explained.
type Question struct {
	Gateway   string             // "" = the default one
	Who       *gateway.Principal // nil = nobody in particular
	IP        netip.Addr         // the caller's; not valid = unknown
	Model     string             // the route's name, or any other that callers write; it takes the place of the body's
	Operation llm.Operation      // "" = chat, or what Path means
	Path      string             // "" = as the first dialect that has the operation writes it
	Header    http.Header        // the caller's, controls among them
	Body      []byte             // a JSON object; nil = one without anything
}

// Explain tells what would become of a call. It sends nothing, counts nothing and
// advances nothing. What a route draws by chance is drawn anew each time.
func (p *Proxy) Explain(ctx context.Context, q *Question) (gateway.Explained, error) {
	r, err := p.requestOf(ctx, q)
	if err != nil {
		return gateway.Explained{}, err
	}
	x := newExchange()
	x.p, x.w, x.r, x.view, x.began = p, &discarded{header: http.Header{}}, r, p.view.Load(), time.Now()
	x.id = p.ids.next(x.began)
	x.who, x.ip = q.Who, q.IP
	if x.who == nil {
		x.who = p.anonymous
	}
	defer func() {
		x.quiet = true
		x.finish()
	}()
	out := gateway.Explained{Steps: []gateway.Looked{}, Targets: []gateway.Choice{}, Owners: []string{}}
	if err := x.explain(q, &out); err != nil {
		f := asFault(err)
		if f.Code == fault.InternalError {
			return out, err
		}
		out.Refused, out.Code = x.safe(f).Message, string(f.Code)
	}
	return out, nil
}

// requestOf makes the request that a question is about.
func (p *Proxy) requestOf(ctx context.Context, q *Question) (*http.Request, error) {
	path := q.Path
	if path == "" {
		if path = p.pathOf(q.Operation); path == "" {
			return nil, fault.Newf(fault.InvalidRequest, "There is no path of the operation '%s' that names a model in its body; give the path.", q.Operation).Field("operation")
		}
	}
	body, err := withModel(q.Body, q.Model)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sluice"+path, bytes.NewReader(body))
	if err != nil || !strings.HasPrefix(path, "/") {
		return nil, fault.New(fault.InvalidRequest, "The path is none.").Field("path")
	}
	if q.Header != nil {
		r.Header = q.Header.Clone()
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Del("Content-Encoding")
	return r, nil
}

// pathOf gives the first dialect's path for an operation that names a model in its body;
// "" when none has one.
func (p *Proxy) pathOf(op llm.Operation) string {
	if op == "" {
		op = llm.OpChat
	}
	for _, d := range p.dialects {
		for i := range d.Endpoints {
			e := &d.Endpoints[i]
			if e.Op == op && e.Method == http.MethodPost && (e.Model == dialect.InBody || e.Model == dialect.InForm) && !strings.Contains(e.Pattern, "{") {
				return e.Pattern
			}
		}
	}
	return ""
}

// withModel puts a model's name into a body.
func withModel(body []byte, model string) ([]byte, error) {
	members := map[string]json.RawMessage{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &members); err != nil || members == nil {
			return nil, fault.New(fault.InvalidRequest, "The body is no JSON object.").Field("body")
		}
	}
	members["model"] = appendQuoted(nil, model)
	return json.Marshal(members)
}

// explain goes the way of a call as far as its plan.
func (x *exchange) explain(q *Question, out *gateway.Explained) error {
	if err := x.enter(); err != nil {
		return err
	}
	if q.Gateway != "" {
		if x.gw = x.view.Gateway(q.Gateway); x.gw == nil {
			x.gw = x.view.Gateway("default")
			return noSuchGateway(q.Gateway)
		}
	}
	if err := x.accept(); err != nil {
		return err
	}
	if err := x.control(); err != nil {
		return err
	}
	if err := policy.Enter(x.gw, x.who, x.ep.Op); err != nil {
		return err
	}
	if err := x.prepareHold(); err != nil {
		return err
	}
	if err := x.read(); err != nil {
		return err
	}
	x.ask.model = q.Model
	if err := x.recollect(); err != nil {
		return err
	}
	return x.explainPlan(out)
}

// explainPlan makes the plan of the call, and tells of it.
func (x *exchange) explainPlan(out *gateway.Explained) error {
	model, err := x.modelName()
	if err != nil {
		return err
	}
	a := x.askFor(model)
	if a.State == nil {
		x.tell(a) // so that the standing of what is no route is told, too
	}
	a.Explain = true
	err = x.planWay(a)
	w := &x.way
	for _, t := range w.Trace {
		out.Steps = append(out.Steps, gateway.Looked{Route: t.Route, Step: t.Step, When: t.When, Matched: t.Matched, Why: t.Why, Targets: t.Targets})
	}
	if err != nil {
		return err
	}
	out.Route, out.Step, out.Arm = w.Route, w.Step, w.Arm
	out.Targets = x.choices(x.plan)
	if err := x.checkPlan(); err != nil {
		return err
	}
	out.ContextWindow, out.ContentPolicy, out.ContinueOn, out.Shadow = targetNames(w.ContextWindow), targetNames(w.ContentPolicy), targetNames(w.ContinueOn), targetNames(w.Shadow)
	if w.Hedge != nil {
		if out.Hedge = targetNames(w.Hedge.To); len(out.Hedge) == 0 && len(x.plan) > 1 {
			out.Hedge = targetNames(x.plan[1:2])
		}
	}
	out.Sticky, out.Override = w.Sticky != 0, w.Override != nil
	out.TimeoutMS, out.MaxOutput = x.budgetOfTime().Milliseconds(), w.MaxOutput
	if w.Owners != nil {
		out.Owners = w.Owners
	}
	return nil
}

// choices tells of targets one by one.
func (x *exchange) choices(targets []route.Target) []gateway.Choice {
	out := make([]gateway.Choice, len(targets))
	for i := range targets {
		t := &targets[i]
		out[i] = gateway.Choice{Target: targetName(t), Region: t.Provider.RegionOf(bareModel(t.Model)), Level: x.standingOf(t).String(), Rests: t.Rests}
		if err := x.mayUse(t); err != nil {
			out[i].Not = asFault(err).Message
		} else if f := x.tooLong(t); f != nil {
			out[i].Not = f.Message
		}
	}
	return out
}

func targetName(t *route.Target) string { return t.Provider.Name + "/" + t.Model }

func targetNames(targets []route.Target) (names []string) {
	for i := range targets {
		names = append(names, targetName(&targets[i]))
	}
	return names
}

// Canaries gives the canaries of the routes in force by their places. They are not the
// caller's.
func (p *Proxy) Canaries() map[string]*gateway.Canary {
	v := p.view.Load()
	if v == nil {
		return nil
	}
	return v.routes.Canaries()
}
