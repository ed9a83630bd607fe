package proxy

import (
	"net/http"
	"runtime/debug"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/policy"
	"github.com/sluice-gateway/sluice/internal/route"
)

// ServeHTTP takes one request from its head to its entry.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.ServeAs(w, r, nil) }

// ServeAs is ServeHTTP for a caller whom somebody else has authenticated, as the admin API
// has: no credential of the request says who it is, and all else is as for any call. nil =
// nobody has.
func (p *Proxy) ServeAs(w http.ResponseWriter, r *http.Request, who *gateway.Principal) {
	x := newExchange()
	x.p, x.w, x.r, x.who, x.view = p, w, r, who, p.view.Load()
	p.run(x)
}

// run serves an exchange that knows its request, and ends it.
func (p *Proxy) run(x *exchange) {
	if x.began = time.Now(); x.id == "" {
		x.id = p.ids.next(x.began)
	}
	defer x.finish()
	defer x.recover()
	if p.answerHealth(x) {
		return
	}
	if err := x.serve(); err != nil {
		x.fail(err)
	}
}

// serve is the path of a request.
func (x *exchange) serve() error {
	if err := x.enter(); err != nil {
		return err
	}
	if done := x.crossOrigin(); done {
		return nil
	}
	if err := x.accept(); err != nil {
		return err
	}
	if err := x.admit(); err != nil {
		return err
	}
	if err := x.authenticate(); err != nil {
		return err
	}
	if err := x.control(); err != nil {
		return err
	}
	if x.ep == x.p.universalEndpoint {
		return x.serveSteps()
	}
	if err := policy.Enter(x.gw, x.who, x.ep.Op); err != nil {
		return err
	}
	if err := x.prepareHold(); err != nil {
		return err
	}
	switch {
	case x.ep.Op == llm.OpSelf:
		return x.answerSelf()
	case x.ep == x.p.restEndpoint:
		return x.answerRest()
	case x.ep == x.p.feedbackEndpoint:
		return x.takeFeedback()
	case x.ep.Op == llm.OpModels && x.native == "":
		return x.answerModels()
	case x.ep.Op == llm.OpRealtime, x.r.Header.Get("Upgrade") != "" && x.native != "":
		f := fault.New(fault.UnsupportedOperation, "Realtime sessions and WebSockets are not built in this version of Sluice.")
		f.Status, f.NoRetry = http.StatusNotImplemented, true
		return f
	}
	if err := x.gate(); err != nil {
		return err
	}
	if err := x.read(); err != nil {
		return err
	}
	return x.run()
}

// run is the path of a request whose body is known.
func (x *exchange) run() error {
	if err := x.recollect(); err != nil {
		return err
	}
	if err := x.choosePlan(); err != nil {
		return err
	}
	if err := x.holdRoute(); err != nil {
		return err
	}
	return x.answerOrAsk()
}

// admit refuses before the process is in danger.
func (x *exchange) admit() error {
	x.admitted = true
	switch {
	case x.p.inFlight.Add(1) > x.view.Limits.InFlight:
		return overloaded("too many calls are in flight")
	case x.p.memory.used(x.began) > x.view.Limits.Memory:
		return overloaded("its memory is used up")
	case !x.p.recorder.Room():
		return overloaded("the log's spool is full, and no call goes unrecorded")
	}
	return nil
}

// control reads what the caller asks of the gateway itself.
func (x *exchange) control() (err error) {
	if x.ctl, err = readControls(x.r.Header, x.gw.Controls); err != nil {
		return err
	}
	x.ctl.cache.noCache = x.ctl.cache.noCache || x.anew
	x.keepBodies()
	return nil
}

// read reads the body.
func (x *exchange) read() error {
	if enc := x.r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" && x.ep.Body != dialect.Opaque {
		return fault.New(fault.InvalidRequest, "The body is compressed ("+clip(enc)+"); send it plain.").Field("content-encoding")
	}
	if err := x.readBody(); err != nil {
		return err
	}
	return x.understand()
}

// understand reads the few members of the body that matter.
func (x *exchange) understand() error {
	switch x.ep.Body {
	case dialect.JSON:
		return x.scan()
	case dialect.Multipart:
		return x.scanFields()
	}
	x.ask.model = x.pathModel
	return nil
}

// choosePlan says which targets may serve the call, and that the caller may use them.
func (x *exchange) choosePlan() (err error) {
	if !pathSafe(x.ask.model) {
		return fault.New(fault.InvalidRequest, "The model's name holds '.' or '..' segments or control characters.").Field("model")
	}
	if x.pinned != nil {
		if p := x.ctl.provider; p != "" && p != x.pinned.Name {
			return fault.Newf(fault.InvalidRequest, "The header sluice-provider says '%s', and the path is '%s'.", clip(p), x.pinned.Name).Field("sluice-provider")
		}
		x.plan = append(x.scratch.plan[:0], route.Target{Provider: x.pinned, Model: x.ask.model})
	} else {
		model, err := x.modelName()
		if err != nil {
			return err
		}
		if err = x.planHome(x.askFor(model)); err != nil {
			return err
		}
	}
	if err := x.checkPlan(); err != nil {
		return err
	}
	return x.checkObjects()
}

// notSpoken says why a provider cannot take the call.
func (x *exchange) notSpoken(l *lane) error {
	name := l.provider.Name
	if x.ep.Own {
		return fault.Newf(fault.UnsupportedOperation, "The provider '%s' has no counterpart of %s: only providers that speak the %s dialect have.", name, x.ep.Pattern, x.dialect.Name)
	}
	if x.ep.Op != llm.OpChat {
		return fault.Newf(fault.UnsupportedOperation, "The provider '%s' has no %s operation in the %s dialect.", name, x.ep.Op, x.dialect.Family)
	}
	return fault.Newf(fault.UnsupportedOperation, "The provider '%s' has no conversations.", name)
}

// recover turns a panic into an internal error; the entry is still written.
func (x *exchange) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	x.p.log.Error("panic while serving a call", "request_id", x.id, "panic", v, "stack", string(debug.Stack()))
	x.closeAfter, x.abort = true, x.wrote
	if x.dialect == nil {
		x.dialect = x.p.fallback
	}
	x.fail(fault.New(fault.InternalError, "Something broke inside Sluice; the request id leads to its log."))
}

var anonymous = &gateway.Principal{Workspace: gateway.DefaultWorkspace}
