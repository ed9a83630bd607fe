package proxy

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Again is a call that was recorded, to be made once more.
type Again struct {
	Gateway     string
	Who         *gateway.Principal // who makes it now; not nil
	From        string             // the address that it comes from, with a port; "" = unknown
	Dialect     string
	Operation   string
	Endpoint    string // as its entry tells it; "" = the dialect's first for the operation
	Model       string // asked for; it takes the place of the body's
	Provider    string // "" = as the model says; else the body goes there as it is, to the provider's own path
	Stream      bool
	ContentType string
	Body        []byte
}

// Replay makes a call once more, through all that a caller's own goes through but the
// check of a credential, and gives the id of its entry. What is kept is not served. It
// returns when the answer has ended; the answer itself is in the entry.
func (p *Proxy) Replay(ctx context.Context, a *Again) (id string, status int, err error) {
	r, err := p.requestAgain(ctx, a)
	if err != nil {
		return "", 0, err
	}
	x := newExchange()
	w := &discarded{header: http.Header{}}
	x.p, x.w, x.r, x.view = p, w, r, p.view.Load()
	x.who, x.anew = a.Who, true
	id = p.ids.next(time.Now())
	x.id = id
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler { // an answer that broke off
			panic(v)
		}
		status = w.status
	}()
	p.run(x)
	return id, w.status, nil
}

// requestAgain makes the request of a call that is made once more.
func (p *Proxy) requestAgain(ctx context.Context, a *Again) (*http.Request, error) {
	ep := p.endpointOf(a)
	if ep == nil {
		return nil, fault.Newf(fault.UnsupportedOperation, "Calls of the operation '%s' in the dialect '%s' cannot be made again: they have no path of their own.", a.Operation, a.Dialect)
	}
	body := a.Body
	if ep.Model == dialect.InBody || ep.Model == dialect.InForm {
		body = renamed(body, a.Model)
	}
	path, err := p.pathAgain(ep, a)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sluice"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New(fault.InvalidRequest, "The call cannot be made again: its model has no place in a path.").Field("target")
	}
	r.Header.Set("Content-Type", a.ContentType)
	r.RemoteAddr = a.From
	r.Header.Set("User-Agent", "sluice replay")
	return r, nil
}

// pathAgain gives the path and query of the call.
func (p *Proxy) pathAgain(ep *dialect.Endpoint, a *Again) (string, error) {
	path := strings.Replace(ep.Pattern, "{model}", escapeModel(a.Model), 1)
	d := p.byName[dialect.Name(a.Dialect)]
	query := ""
	if a.Stream && d.StreamQuery != "" {
		query = "?" + d.StreamQuery
	}
	if a.Provider == "" {
		prefix := ""
		if a.Gateway != "" && a.Gateway != "default" {
			prefix = "/gateways/" + a.Gateway
		}
		return prefix + path + query, nil
	}
	l := p.view.Load().lanes[a.Provider]
	if l == nil {
		return "", fault.Newf(fault.InvalidRequest, "There is no provider '%s' any more.", clip(a.Provider)).Field("direct")
	}
	native := l.provider.URLPath(provider.PathRequest{Op: ep.Op, Path: path, Model: a.Model, Stream: a.Stream})
	return "/gateways/" + a.Gateway + "/providers/" + a.Provider + native + query, nil
}

// endpointOf gives the endpoint of a call; nil where there is none that such a body alone
// can be sent to.
func (p *Proxy) endpointOf(a *Again) *dialect.Endpoint {
	d := p.byName[dialect.Name(a.Dialect)]
	if d == nil {
		return nil
	}
	if e := exactly(d, a); e != nil {
		return e
	}
	var found *dialect.Endpoint
	for i := range d.Endpoints {
		e := &d.Endpoints[i]
		if string(e.Op) != a.Operation || e.Method != "" && e.Method != http.MethodPost || strings.Contains(e.Pattern, "{id}") || e.Body != dialect.JSON {
			continue
		}
		if fits := (e.Streaming == dialect.Always) == a.Stream || e.Streaming != dialect.Always && e.Streaming != dialect.Never; fits {
			return e
		}
		if found == nil && e.Streaming != dialect.Always {
			found = e
		}
	}
	return found
}

// exactly gives the endpoint that an entry names, if a JSON body can be sent to it alone.
func exactly(d *dialect.Dialect, a *Again) *dialect.Endpoint {
	for i := range d.Endpoints {
		e := &d.Endpoints[i]
		if e.Method != http.MethodPost || e.Method+" "+e.Pattern != a.Endpoint || strings.Contains(e.Pattern, "{id}") {
			continue
		}
		if e.Body == dialect.JSON || e.Body == dialect.Multipart && strings.HasPrefix(a.ContentType, "application/json") {
			return e
		}
	}
	return nil
}

// renamed gives a JSON body with another model's name in it; the rest stays as it is.
func renamed(body []byte, model string) []byte {
	var at [1]jsonscan.Span
	if jsonscan.ScanObject(body, []string{"model"}, at[:]) != nil || !at[0].Found() {
		return body // which the call's own path has words for
	}
	out := append([]byte(nil), body[:at[0].Start]...)
	return append(appendQuoted(out, model), body[at[0].End:]...)
}
