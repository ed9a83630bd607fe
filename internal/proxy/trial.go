package proxy

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// Try says what to try at a provider.
type Try struct {
	Provider   string
	Model      string // asked for one token; "" = its list of models is read, or its first model asked where it has none
	Credential string // its name; "" = the first one
	Workspace  string // whose credential it is; "" = one that all share, or else the first
}

// Trial is what one small call at a provider found.
type Trial struct {
	Asked       string   // the model; "" = the list of models
	Credential  string   // "" = none
	Status      int      // the vendor's; 0 = it did not answer
	ContentType string   // of its answer, without parameters
	Said        string   // how an answer that is no success begins, without our secrets
	Models      []string // of its list
	Latency     time.Duration
	Clock       time.Duration // how far the vendor's clock is ahead of ours; 0 = less than a few seconds, or unknown
	Fault       *fault.Fault  // nil = it is well
	Problem     Problem       // whose fault it is, as far as it can be told
}

// Problem says what has to be looked at when a provider does not work.
type Problem string

// What can be wrong with a provider.
const (
	NoProblem         Problem = ""
	ProblemCredential Problem = "credential"
	ProblemBaseURL    Problem = "base_url" // what answers there is not the vendor's API
	ProblemDNS        Problem = "dns"
	ProblemTLS        Problem = "tls"
	ProblemClock      Problem = "clock"
	ProblemConnect    Problem = "connect"
	ProblemTimeout    Problem = "timeout"
	ProblemLimit      Problem = "rate_limited" // too many calls, or no money
	ProblemModel      Problem = "model"        // it does not have the model
	ProblemVendor     Problem = "vendor"       // it fails
	ProblemRequest    Problem = "request"      // it refuses the call for another reason
)

const (
	maxSaid   = 1000
	clockSlip = 5 * time.Second // what its header and the way here may cost
)

// Try makes one small call at a provider, for a person who wants to know whether it works.
// It leaves no entry, says nothing to the health of targets and asks what rests or is out
// of use, too. An error is a *fault.Fault about what is asked for; what is wrong with the
// provider stands in the Trial.
func (p *Proxy) Try(ctx context.Context, t *Try) (Trial, error) {
	v := p.view.Load()
	if v == nil || v.lanes[t.Provider] == nil {
		return Trial{}, fault.Newf(fault.NotFound, "There is no provider '%s'.", clip(t.Provider))
	}
	x := newExchange()
	x.p, x.w, x.view, x.began, x.quiet = p, &discarded{header: http.Header{}}, v, time.Now(), true
	x.lane, x.gw, x.who = v.lanes[t.Provider], v.Gateway("default"), &gateway.Principal{Workspace: t.Workspace}
	x.r = (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}}).WithContext(ctx) // until it is known
	defer x.finish()
	model, err := x.triedModel(t.Model)
	if err != nil {
		return Trial{}, err
	}
	x.target = route.Target{Provider: x.lane.provider, Model: model}
	if err := x.triedCredential(t.Credential); err != nil {
		return Trial{}, err
	}
	if model == "" {
		err = x.aimAtList(ctx)
	} else {
		err = x.aimAtModel(ctx, model)
	}
	if err != nil {
		return Trial{}, err
	}
	out := Trial{Asked: model, Credential: x.credentialName()}
	x.try(ctx, &out)
	return out, nil
}

// triedModel gives the model to ask: none where there is a list to read.
func (x *exchange) triedModel(named string) (string, error) {
	if named != "" || x.listEndpoint() != nil {
		return named, nil
	}
	if known := x.view.Models(x.lane.provider); len(known) > 0 {
		return known[0], nil
	}
	return "", fault.Newf(fault.InvalidRequest, "The provider '%s' has no list of models to read; name a model to ask.", x.lane.provider.Name).Field("model")
}

// listEndpoint is the provider's list of models; nil = it has none.
func (x *exchange) listEndpoint() *endpoint {
	for _, d := range x.p.dialects {
		for i := range d.Endpoints {
			e := &d.Endpoints[i]
			if e.Op != llm.OpModels || strings.Contains(e.Pattern, "{") {
				continue
			}
			for _, m := range x.p.router.find(e.Pattern) {
				if m.ep.Endpoint == e && x.lane.serves(m.ep) {
					return m.ep
				}
			}
		}
	}
	return nil
}

// triedCredential takes the credential that is to be tried, whether it rests or not.
func (x *exchange) triedCredential(name string) error {
	p := x.lane.provider
	own, shared := p.Usable(x.who.Workspace)
	if len(own)+len(shared) == 0 && x.who.Workspace == "" && len(p.Credentials) > 0 { // every one is some workspace's
		x.who = &gateway.Principal{Workspace: p.Credentials[0].Workspace}
		own, shared = p.Usable(x.who.Workspace)
	}
	if name != "" {
		if x.cred, _ = p.Named(x.who.Workspace, name); x.cred == nil {
			return fault.Newf(fault.InvalidRequest, "The provider '%s' has no credential '%s'.", p.Name, clip(name)).Field("credential")
		}
		return nil
	}
	for _, some := range [][]provider.Credential{own, shared} {
		if x.cred == nil && len(some) > 0 {
			x.cred = &some[0]
		}
	}
	return nil
}

// aimAtList makes a call for the provider's list of models.
func (x *exchange) aimAtList(ctx context.Context) error {
	ep := x.listEndpoint()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://sluice"+ep.Pattern, nil)
	if err != nil {
		return err
	}
	x.r, x.path, x.bodyDone = r, ep.Pattern, true
	x.ep, x.dialect, x.spoken = ep, ep.dialect, ep.dialect
	return nil
}

// try sends the call and reads what comes back.
func (x *exchange) try(ctx context.Context, t *Trial) {
	began := time.Now()
	err := x.sendTry(ctx, t)
	t.Latency = time.Since(began)
	if err != nil {
		t.Fault = x.safe(asFault(err))
		t.Said = string(x.withoutKeys([]byte(strings.ToValidUTF8(t.Said, ""))))
		t.Problem = t.problem()
	}
}

// skewed is the slip of clocks from which on vendors refuse what is signed.
const skewed = 5 * time.Minute

// problem says where to look.
func (t *Trial) problem() Problem {
	f := t.Fault
	page := t.Status > 0 && !strings.HasSuffix(t.ContentType, "json")
	switch {
	case f.Code == fault.UpstreamUnreachable:
		return unreachable(f)
	case f.Kind == fault.Timeout:
		return ProblemTimeout
	case f.Kind == fault.Credential && t.Clock.Abs() > skewed:
		return ProblemClock
	case f.Kind == fault.RateLimited:
		return ProblemLimit
	case page && t.Status < 500, t.Status == http.StatusMethodNotAllowed, t.Status == http.StatusNotFound && t.Asked == "":
		return ProblemBaseURL
	case f.Kind == fault.Credential:
		return ProblemCredential
	case t.Status == http.StatusNotFound:
		return ProblemModel
	case f.Kind == fault.Upstream:
		return ProblemVendor
	}
	return ProblemRequest
}

// unreachable says why no connection came about.
func unreachable(f *fault.Fault) Problem {
	var (
		dns     *net.DNSError
		plain   tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		alert   tls.AlertError
	)
	switch {
	case errors.As(f, &dns):
		return ProblemDNS
	case errors.As(f, &plain), errors.As(f, &unknown), errors.As(f, &name), errors.As(f, &invalid), errors.As(f, &verify), errors.As(f, &alert):
		return ProblemTLS
	}
	return ProblemConnect
}

// sendTry is the call itself. Where no credential is needed and none is there, none is sent.
func (x *exchange) sendTry(ctx context.Context, t *Trial) error {
	if x.cred == nil {
		if _, err := x.chooseCredential(places{}); err != nil {
			return err
		}
	}
	if err := x.prepare(ctx); err != nil {
		return err
	}
	resp := &x.scratch.resp
	if err := x.lane.client.Do(ctx, &x.scratch.req, resp); err != nil {
		return err
	}
	defer resp.Close()
	t.Status = resp.Status
	t.ContentType, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	t.Clock = clockOf(resp.Header)
	if resp.Status >= 400 {
		err := x.vendorError(resp)
		if t.Said = x.saidOf(x.refused.body); asFault(err).Upstream != nil { // which is decoded
			t.Said = x.saidOf(asFault(err).Upstream.Body)
		}
		return err
	}
	body, err := readUpTo(resp, 8*wholeUpTo)
	if err != nil {
		return err
	}
	plain, err := decoded(resp.Header.Get("Content-Encoding"), body, 8*wholeUpTo)
	if err != nil || !json.Valid(plain) {
		t.Said = x.saidOf(plain)
		return fault.Newf(fault.UpstreamError, "%s answered something that is no JSON (%s).", x.lane.host, t.ContentType)
	}
	if t.Asked == "" {
		t.Models = listed(plain)
	}
	return nil
}

func (x *exchange) saidOf(body []byte) string {
	return strings.TrimSpace(string(body[:min(len(body), maxSaid)]))
}

// clockOf says how far a vendor's clock is ahead, 0 when it is no matter.
func clockOf(h upstream.Header) time.Duration {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	if ahead := time.Until(at); ahead.Abs() > clockSlip {
		return ahead.Round(time.Second)
	}
	return 0
}

// listed gives the ids of a list of models, in any dialect's words.
func listed(list []byte) []string {
	type model struct{ ID, Name string }
	var l struct {
		Data, Models []model
	}
	if json.Unmarshal(list, &l) != nil {
		return nil
	}
	var ids []string
	for _, m := range append(l.Data, l.Models...) {
		if id := cmp.Or(m.ID, strings.TrimPrefix(m.Name, "models/")); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
