package proxy

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// Probe asks a provider once for a sign of life, in the way that its configuration says:
// a path, or one token of a model. It leaves no entry and says nothing to the health of
// targets. nil means that the provider did what it was asked for; an error is a
// *fault.Fault, one of the caller's kind when the provider answered something else.
func (p *Proxy) Probe(ctx context.Context, provider string) error {
	v := p.view.Load()
	if v == nil || v.lanes[provider] == nil {
		return fault.Newf(fault.NotFound, "There is no provider '%s'.", provider)
	}
	x := newExchange()
	x.p, x.w, x.view, x.began, x.quiet = p, &discarded{header: http.Header{}}, v, time.Now(), true
	x.lane, x.gw = v.lanes[provider], v.Gateway("default")
	defer x.finish()
	x.who = p.anonymous
	if own := x.lane.provider.Credentials; len(own) > 0 && own[len(own)-1].Workspace != "" {
		x.who = &gateway.Principal{Workspace: own[0].Workspace} // nobody else may use one
	}
	if err := x.aimProbe(ctx); err != nil {
		return err
	}
	return answered(x.probe(ctx))
}

// aimProbe makes the call that the probe is.
func (x *exchange) aimProbe(ctx context.Context) (err error) {
	to := &x.lane.provider.Health.Probe
	x.target = route.Target{Provider: x.lane.provider, Model: to.Model}
	if to.Model != "" {
		return x.aimAtModel(ctx, to.Model)
	}
	u, err := url.Parse(to.Path)
	if err != nil {
		return fault.New(fault.InvalidRequest, "The probe's path is none.").With(err)
	}
	x.r = (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: u.RawQuery}, Header: http.Header{}}).WithContext(ctx)
	x.ep, x.dialect, x.native = x.p.nativeEndpoint, x.p.fallback, x.lane.provider.NativePath(u.EscapedPath())
	if x.native == "" {
		return fault.New(fault.InvalidRequest, "The probe's path holds '.' or '..' segments.")
	}
	if x.lane.dialect != nil {
		x.dialect = x.lane.dialect
	}
	x.spoken = x.dialect
	return nil
}

// aimAtModel makes a call for one token in the first dialect's words, which go through
// the translation that any call goes through.
func (x *exchange) aimAtModel(ctx context.Context, model string) error {
	body := append(appendQuoted([]byte(`{"model":`), model), `,"max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}`...)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sluice"+x.p.pathOf(""), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	x.r, x.path, x.body.part, x.bodyDone = r, r.URL.Path, body, true
	x.dialect = x.p.fallback
	if err := x.acceptEndpoint(x.path); err != nil {
		return err
	}
	if err := x.understand(); err != nil {
		return err
	}
	if x.spoken = x.speak(x.lane); x.spoken == nil {
		return x.notSpoken(x.lane)
	}
	return nil
}

// probe sends the call and reads its answer.
func (x *exchange) probe(ctx context.Context) error {
	if _, err := x.chooseCredential(places{}); err != nil {
		return err
	}
	if err := x.prepare(ctx); err != nil {
		return err
	}
	resp := &x.scratch.resp
	if err := x.lane.client.Do(ctx, &x.scratch.req, resp); err != nil {
		return err
	}
	defer resp.Close()
	if resp.Status >= 400 {
		return x.vendorError(resp)
	}
	return drained(resp)
}

// drained reads an answer to its end, so that its connection can be used again.
func drained(resp *upstream.Response) error {
	_, err := readUpTo(resp, wholeUpTo)
	return err
}

// answered takes faults that only a provider in service gives for no sign that it is out
// of it: a refused credential or too many calls say nothing about its other credentials.
func answered(err error) error {
	if err == nil {
		return nil
	}
	f := *asFault(err)
	if f.Kind == fault.Credential || f.Kind == fault.RateLimited || f.Kind == fault.ContextWindow || f.Kind == fault.ContentPolicy {
		f.Kind = fault.Caller
	}
	return &f
}
