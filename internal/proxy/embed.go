package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/intent"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/route"
)

// embedder asks an embedding model for what a call needs to know. Each question is a call
// of its own with an entry of its own, made for the same caller: it takes of the caller's
// budgets and stays in the caller's regions, and takes nothing else that is the caller's.
// It may outlive the call.
type embedder struct {
	p     *Proxy
	view  *view
	gw    *catalog.Gateway
	who   *gateway.Principal
	ip    netip.Addr
	ctl   controls
	user  string // as the call names him: what was embedded are his words, and are erased with him
	model string
}

// embedder gives one whose entries say what for.
func (x *exchange) embedder(model, purpose string) *embedder {
	ctl := controls{log: x.ctl.log, logSet: x.ctl.logSet, trace: x.ctl.trace}
	ctl.metadata = withMember(x.ctl.metadata, "purpose", purpose)
	return &embedder{p: x.p, view: x.view, gw: x.gw, who: x.who, ip: x.ip, ctl: ctl, user: x.ask.user, model: model}
}

// embed gives a vector for each text, in their order.
func (e *embedder) embed(ctx context.Context, texts []string) ([][]float32, error) {
	question, err := json.Marshal(map[string]any{"model": e.model, "input": texts})
	if err != nil {
		return nil, err
	}
	y, err := e.exchange(ctx, question)
	if err != nil {
		return nil, err
	}
	answer := &keptAnswer{discarded: discarded{header: http.Header{}}}
	y.w = answer
	if err := y.serveEmbedding(e.model, e.user); err != nil {
		if f := asFault(err); f.Kind == fault.Policy || f.Kind == fault.Caller || f.Code == fault.NoHealthyTarget {
			err = errors.Join(intent.ErrOurs, err) // one caller's own trouble, no other's
		}
		return nil, err
	}
	return answer.vectors(len(texts))
}

// exchange makes the call.
func (e *embedder) exchange(ctx context.Context, question []byte) (*exchange, error) {
	ep := e.p.embeddings
	if ep == nil {
		return nil, errors.New("the first dialect has no embeddings")
	}
	r, err := http.NewRequestWithContext(ctx, ep.Method, "http://sluice"+ep.Pattern, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	y := newExchange()
	y.p, y.view, y.r, y.began = e.p, e.view, r, time.Now()
	y.id = e.p.ids.next(y.began)
	y.gw, y.ep, y.dialect, y.path = e.gw, ep, ep.dialect, ep.Pattern
	y.who, y.ip, y.ctl = e.who, e.ip, e.ctl
	y.shadow, y.admitted, y.bodyDone = true, true, true
	y.body = body{part: question}
	y.keepBodies()
	e.p.inFlight.Add(1)
	return y, nil
}

// embeddingsEndpoint gives the first dialect's endpoint for embeddings; nil when it has
// none.
func embeddingsEndpoint(d *dialect.Dialect, r *router) *endpoint {
	for i := range d.Endpoints {
		e := &d.Endpoints[i]
		if e.Op != llm.OpEmbeddings || e.Model != dialect.InBody {
			continue
		}
		for _, m := range r.find(e.Pattern) {
			if m.ep.Endpoint == e {
				return m.ep
			}
		}
	}
	return nil
}

// serveEmbedding is the path of such a call, from its plan to its entry.
func (x *exchange) serveEmbedding(model, user string) (err error) {
	defer x.finish()
	defer func() {
		if v := recover(); v != nil {
			x.p.log.Error("panic while embedding", "request_id", x.id, "panic", v, "stack", string(debug.Stack()))
			err = fault.New(fault.InternalError, "Something broke inside Sluice; the request id leads to its log.")
		}
		x.abort = false // there is no connection to end
	}()
	if err = x.runEmbedding(model, user); err != nil {
		x.fail(err)
	}
	return err
}

func (x *exchange) runEmbedding(model, user string) error {
	if err := x.prepareHold(); err != nil {
		return err
	}
	if err := x.understand(); err != nil {
		return err
	}
	x.ask.user = user
	if err := x.planWay(x.askFor(model)); err != nil {
		return err
	}
	if err := x.placed(); err != nil {
		return err
	}
	if err := x.reserve(x.r.Context()); err != nil {
		return err
	}
	if err := x.forward(); err != nil {
		return err
	}
	if x.rerouted != "" {
		return fault.New(fault.RateLimit, "A limit sent the call to another model, whose vectors mean something else.")
	}
	return nil
}

// placed holds the target to where the caller's calls may be served. That the caller may
// not name it does not matter: the configuration does.
func (x *exchange) placed() error {
	t := &x.plan[0]
	if why := x.out(t); why != "" {
		return fault.New(fault.NoHealthyTarget, "'"+t.Provider.Name+"/"+clip(t.Model)+"' cannot be used now: "+why+".")
	}
	if l := x.view.lanes[t.Provider.Name]; !l.takes(x.ep, t.Model) && x.speakOp(l, t.Model) == nil {
		return x.notSpoken(l)
	}
	x.plan, x.way = x.plan[:1], route.Plan{}
	return nil
}

// maxEmbedding bounds an answer of an embedding model, in bytes.
const maxEmbedding = 16 << 20

// keptAnswer is the answer of a call that the gateway makes for itself.
type keptAnswer struct {
	discarded
	body bytes.Buffer
}

// Write implements http.ResponseWriter.
func (k *keptAnswer) Write(p []byte) (int, error) {
	if k.body.Len()+len(p) > maxEmbedding {
		return 0, errors.New("the answer is too long")
	}
	return k.body.Write(p)
}

// vectors reads n vectors out of an answer.
// https://platform.openai.com/docs/api-reference/embeddings/create
func (k *keptAnswer) vectors(n int) ([][]float32, error) {
	plain, err := decoded(k.header.Get("Content-Encoding"), k.body.Bytes(), maxEmbedding)
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.Unmarshal(plain, &list); err != nil {
		return nil, fmt.Errorf("the embeddings cannot be read: %w", err)
	}
	out := make([][]float32, n)
	for _, d := range list.Data {
		if d.Index < 0 || d.Index >= n || out[d.Index] != nil {
			return nil, errors.New("the embeddings are not those that were asked for")
		}
		out[d.Index] = d.Embedding
	}
	if len(list.Data) != n {
		return nil, errors.New("there are not as many embeddings as texts")
	}
	return out, nil
}

// withMember adds a text to metadata.
func withMember(meta json.RawMessage, name, value string) json.RawMessage {
	all := map[string]json.RawMessage{}
	if len(meta) > 0 && json.Unmarshal(meta, &all) != nil {
		return meta
	}
	all[name] = appendQuoted(nil, value)
	b, err := json.Marshal(all)
	if err != nil {
		return meta
	}
	return b
}
