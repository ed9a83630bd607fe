package proxy

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// tryTarget gives a target one turn: an attempt with one credential after the other,
// while it is the credentials that fail; when it had one before, a single attempt.
func (x *exchange) tryTarget(ctx context.Context, t route.Target, again bool) error {
	x.target, x.lane, x.passedOver = t, x.view.lanes[t.Provider.Name], false
	if x.spoken = x.speak(x.lane); x.spoken == nil {
		return x.answerEstimate()
	}
	if x.tr != nil {
		x.tr.dropped = nil // of another target
	}
	x.bills.turn, x.bills.asked = x.spent(), len(x.attempts)
	if err := x.holdMore(ctx); err != nil {
		return err
	}
	if err := x.holdAttempt(ctx); err != nil {
		x.passedOver = true
		return err
	}
	err := x.tryCredentials(ctx, again)
	if err != nil && (!x.wrote || x.committed) {
		x.settleAttempt() // the next target has limits of its own
	}
	return err
}

// tryCredentials makes the attempts of one turn.
func (x *exchange) tryCredentials(ctx context.Context, again bool) error {
	var failed places
	var last error
	for switches := 0; ; switches++ {
		i, err := x.chooseCredential(failed)
		if err != nil {
			return cmp.Or(last, err) // what the vendor said tells more
		}
		failed.add(i)
		more := !again && x.otherCredential(failed)
		holds := x.holds
		x.holds = holds || more
		last = x.attempt(ctx)
		x.holds = holds
		if last == nil || x.wrote && !x.committed {
			return last
		}
		f := asFault(last)
		if !more || f.Kind != fault.Credential && f.Kind != fault.RateLimited || !x.repeatable(f) || ctx.Err() != nil {
			return last
		}
		if switches > 0 && !x.mayRepeat(&x.target) {
			return last
		}
	}
}

// mayRepeat reports whether the retry budget has room for one more attempt at a target. A
// call's first change of credential does not need any: it goes to another account.
func (x *exchange) mayRepeat(t *route.Target) bool {
	return x.p.health.Repeat(health.Target{Provider: t.Provider.Name, Model: bareModel(t.Model)}, x.gw.RetryBudget)
}

// places is a set of credentials, by their places among those that may be used. The first
// 64 take no memory.
type places struct {
	first uint64
	rest  map[int]bool
}

func (p *places) add(i int) {
	if i < 64 {
		p.first |= 1 << i
		return
	}
	if p.rest == nil {
		p.rest = map[int]bool{}
	}
	p.rest[i] = true
}

func (p places) has(i int) bool { return i < 64 && p.first&(1<<i) != 0 || i >= 64 && p.rest[i] }

func (p places) empty() bool { return p.first == 0 && len(p.rest) == 0 }

// attempt sends the request once and relays the answer. A fault before the answer's
// head went to the caller may be tried again.
func (x *exchange) attempt(ctx context.Context) error {
	if err := x.admitBatch(ctx); err != nil {
		return err
	}
	if err := x.prepare(ctx); err != nil {
		return err
	}
	a := x.startAttempt()
	open := x.watch()
	defer func() {
		if open { // a panic, which says nothing about the target
			x.p.health.Done(&x.scratch.pass, health.Outcome{Fault: fault.New(fault.InternalError, "Something broke inside Sluice.")})
		}
	}()
	ctx, cancel := x.boundAttempt(ctx)
	defer cancel()
	resp := &x.scratch.resp
	err := x.do(ctx, resp)
	if err == nil {
		err = x.taken(a, resp)
	}
	x.waited += resp.Waited
	x.lingered += resp.Lingered
	err = x.outOfTime(ctx, err)
	x.endAttempt(a, err)
	if open {
		open = false
		x.p.health.Done(&x.scratch.pass, x.outcome(a, err))
	}
	return err
}

// taken relays the answer of an attempt, and closes it whatever happens.
func (x *exchange) taken(a *gateway.Attempt, resp *upstream.Response) error {
	defer resp.Close()
	a.FirstByteMS, a.Status = since(a.Started), resp.Status
	if !resp.Reused {
		a.ConnectMS = llm.Known(resp.Connect.Milliseconds())
	}
	return x.answerRecorded(resp)
}

// startAttempt notes a new attempt; what an earlier one reported stays its own.
func (x *exchange) startAttempt() *gateway.Attempt {
	x.firstByte = time.Time{}
	x.refused = refusal{}
	x.lose()
	if x.attempts == nil {
		x.newLog()
		x.attempts = x.log.attempt[:0]
	}
	x.attempts = append(x.attempts, gateway.Attempt{Provider: x.target.Provider.Name, Model: x.target.Model, Credential: x.credentialName(), Started: time.Now(), Span: gateway.SpanID(x.span)})
	return &x.attempts[len(x.attempts)-1]
}

func (x *exchange) credentialName() string {
	if x.cred != nil {
		return x.cred.Name
	}
	return ""
}

func (x *exchange) endAttempt(a *gateway.Attempt, err error) {
	a.LatencyMS = since(a.Started)
	if err != nil {
		f := asFault(err)
		a.Fault = f.Kind.String()
		if f.RetryAfter > 0 {
			a.RetryAfterMS = llm.Known(f.RetryAfter.Milliseconds())
		}
	}
	if x.report != nil {
		x.bill()
		a.Usage, a.Cost = x.report.Usage, x.cost
	}
}

func since(t time.Time) llm.Count { return llm.Known(time.Since(t).Milliseconds()) }

// chooseCredential sets the credential of the next attempt and gives its place among
// those that the caller's workspace may use.
func (x *exchange) chooseCredential(refused places) (int, error) {
	p := x.target.Provider
	x.cred = nil
	if x.gw.CallerCredentials && x.lane.presents() {
		if own := x.presented(); own != "" && x.ownersTarget() {
			if x.ctl.credential != "" {
				return 0, fault.New(fault.InvalidRequest, "The header sluice-credential and a credential of the caller's own exclude each other.").Field("sluice-credential")
			}
			x.brought = &provider.Credential{Name: "caller", Key: own}
			x.cred = x.brought
			return 0, nil
		}
	}
	if name := x.wantedCredential(); name != "" {
		c, place := p.Named(x.who.Workspace, name)
		if x.cred = c; c != nil {
			if x.p.health.Level(x.healthID(watchedAs(c))) == health.Drained {
				return 0, fault.Newf(fault.NoHealthyTarget, "The credential '%s' of the provider '%s' has been taken out of use.", clip(name), p.Name)
			}
			return place, nil
		}
		return 0, fault.Newf(fault.InvalidRequest, "The provider '%s' has no credential '%s'.", p.Name, clip(name)).Field("sluice-credential")
	}
	c, place := x.pickCredential(refused)
	if x.cred = c; c != nil {
		return place, nil
	}
	own, shared := p.Usable(x.who.Workspace)
	switch none := len(own)+len(shared) == 0; {
	case none && (p.Spec.KeyFree || p.Spec.Ambient || p.Spec.Auth == provider.Auth{}):
		return 0, nil
	case none:
		return 0, fault.Newf(fault.UpstreamAuth, "The provider '%s' has no credential: set providers.%s.api_key, or add one with: sluice credentials add %s", p.Name, p.Name, p.Name)
	}
	return 0, fault.Newf(fault.UpstreamAuth, "No credential of the provider '%s' works at the moment.", p.Name)
}

// ownersTarget reports whether the present target is the one that the caller named, and so
// may see the credential that the caller brought: no route's and no fallback is.
func (x *exchange) ownersTarget() bool {
	return x.way.Route == "" && len(x.plan) > 0 && x.target.Provider == x.plan[0].Provider
}

// wantedCredential gives the credential that must be used: where an object lives, or
// the caller's choice.
func (x *exchange) wantedCredential() string {
	if x.home != nil && x.home.Credential != "" {
		return x.home.Credential
	}
	return x.ctl.credential
}

// otherCredential reports whether a credential is left that has not failed.
func (x *exchange) otherCredential(refused places) bool {
	if x.wantedCredential() != "" || x.brought != nil {
		return false
	}
	own, shared := x.target.Provider.Usable(x.who.Workspace)
	for i := range len(own) + len(shared) {
		if !refused.has(i) {
			return true
		}
	}
	return false
}

// prepare makes the upstream request: path, header, body with the named edits.
func (x *exchange) prepare(ctx context.Context) error {
	x.newSpan()
	l, req := x.lane, &x.scratch.req
	if x.translated() && x.ep.Op != llm.OpChat {
		if err := x.orderTask(); err != nil {
			return err
		}
	}
	*req = upstream.Request{Method: x.r.Method, Host: l.host, Path: x.upstreamPath()}
	req.Header = x.upstreamHeader(x.scratch.fields[:0])
	if key := x.key(); key != "" && l.signer == nil {
		if name, value := l.provider.AuthField(key); name != "" && !overridden(l.forced, name) {
			req.Header = append(req.Header, upstream.Field{Name: name, Value: value})
		}
		if name, value := l.provider.AuthQuery(key); name != "" {
			req.Path = provider.AddQuery(req.Path, name, value)
		}
	}
	if err := x.upstreamBody(req); err != nil || l.signer == nil {
		return err
	}
	return x.sign(ctx, req)
}

// sign puts the credential on a request that is complete.
func (x *exchange) sign(ctx context.Context, req *upstream.Request) error {
	in := provider.Signing{Method: req.Method, Host: req.Host, Path: req.Path, Body: req.Body, Credential: x.cred}
	if x.target.Provider.Spec.SignsBody {
		if req.Stream != nil {
			return fault.Newf(fault.UnsupportedOperation, "The provider '%s' signs what it is sent, so uploads cannot flow through.", x.target.Provider.Name)
		}
		for _, f := range req.Header {
			in.Header = append(in.Header, provider.Header(f))
		}
	}
	fields, err := x.lane.signer.Sign(ctx, &in)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if !overridden(x.lane.forced, f.Name) {
			req.Header = append(req.Header, upstream.Field(f))
		}
	}
	return nil
}

func (x *exchange) key() string {
	if x.cred == nil {
		return ""
	}
	return x.cred.Key
}

func (x *exchange) upstreamBody(req *upstream.Request) error {
	x.hide = false
	if x.rewrites() {
		return x.translateRequest(req)
	}
	switch x.ep.Body {
	case dialect.NoBody:
		return nil
	case dialect.Opaque:
		if whole := x.body.bytes(); whole != nil {
			req.Body = append(x.scratch.parts[:0], whole)
		} else if x.r.ContentLength != 0 {
			req.Stream, req.Length, req.StopStream = x.opaqueBody(), x.r.ContentLength, x.stopBody
		}
		return nil
	}
	edits := x.scratch.edits[:0]
	if x.ep.Body == dialect.JSON {
		edits = x.repeatEdits(x.modelEdit(edits, x.target.Model), x.target.Model)
		if x.stream && x.dialect.UsageOption != nil && x.target.Provider.Spec.StreamUsage == provider.UsageOnRequest && x.asksUsage() {
			var err error
			if edits, x.hide, err = x.usageEdit(edits); err != nil {
				return err
			}
		}
	} else if at := x.ask.spans[wantModel]; at.Found() && x.ask.model != x.target.Model {
		edits = append(edits, edit{at, []byte(x.target.Model)})
	}
	if x.ep.Body == dialect.JSON {
		edits = x.vendorEdits(x.ceilingEdit(x.partEdits(edits, x.part())), x.body.bytes())
	}
	sortEdits(edits)
	req.Body = splice(x.scratch.parts[:0], x.body.bytes(), edits)
	x.keepSent(req.Body)
	return nil
}

// asksUsage reports operations whose streams have the usage option.
func (x *exchange) asksUsage() bool { return x.ep.Op == llm.OpChat || x.ep.Op == llm.OpCompletions }

// upstreamPath gives the path and query at the provider.
func (x *exchange) upstreamPath() string {
	if x.translated() {
		if x.ep.Op != llm.OpChat {
			return x.taskPath()
		}
		return x.chatPath()
	}
	path := x.native
	if path == "" {
		var ok bool
		if path, ok = x.lane.paths[x.ep.Endpoint]; !ok {
			path = x.lane.provider.URLPath(provider.PathRequest{Op: x.ep.Op, Path: x.dialectPath(), Model: x.target.Model, Stream: x.stream})
		}
	}
	return provider.Target(path, x.r.URL.RawQuery)
}

// dialectPath is the path in the dialect's own form, with the vendor's model id in it.
func (x *exchange) dialectPath() string {
	if x.ep.Model != dialect.InPath || x.target.Model == x.pathModel {
		return x.path
	}
	head := x.ep.Pattern[:strings.Index(x.ep.Pattern, "{model}")]
	return head + escapeModel(x.target.Model) + x.ep.verb
}
