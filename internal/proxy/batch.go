package proxy

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/policy"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/tokens"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// batchCall is what a call needs that submits a batch, asks after one, or reads what one
// brought.
type batchCall struct {
	provider string                // whose lines were looked at
	models   map[string]*batchMost // what the lines may take at the most, by model
	unknown  bool                  // there are lines that cannot be looked at

	held    batchHold
	kept    bool // the batch exists: what is held for it stays held
	partial bool // the caller took only a part of the results
	object  gateway.Object
	ticket  *ticket
	ran     *batchRan
	reader  *batchReader
	tap     func([]byte) // reads an answer while it passes
}

// batchMost is what the lines of one model may take at the most.
type batchMost struct {
	input, output int64
	cost          gateway.USD
	unpriced      bool // the cost, or how long an answer may become, is not known
}

// submits reports whether the call asks for a new batch.
func (x *exchange) submits() bool {
	return x.ep.Op == llm.OpBatches && x.ep.Object.Creates && x.ep.Body == dialect.JSON
}

// asksOnly reports a call that no model answers and that makes nothing new: it takes no
// amount of anything, and a batch whose hold fills a budget could not be settled if it
// were refused for that.
func (x *exchange) asksOnly() bool {
	return x.r.Method != http.MethodPost || x.ep.Object.Kind != "" && !x.ep.Object.Creates
}

// admitBatch looks at the lines of a batch before it is submitted, since nobody asks
// again later: may the caller use their models, and is there room for all of them?
func (x *exchange) admitBatch(ctx context.Context) error {
	if !x.submits() {
		return nil
	}
	counts := x.countsBatch()
	if !counts && (!x.restricted() && !x.p.health.Drains(x.target.Provider.Name) || x.ask.model != "") {
		return nil // and a model that the path or body names was checked
	}
	if x.batch == nil {
		x.batch = &batchCall{}
	}
	if b := x.batch; b.provider != x.target.Provider.Name {
		x.giveBackBatch()
		*b = batchCall{provider: x.target.Provider.Name, models: map[string]*batchMost{}}
		if err := x.surveyBatch(ctx, counts); err != nil {
			return err
		}
		if counts {
			return x.holdBatch(ctx)
		}
	}
	return nil
}

// restricted reports whether the caller may use some models only, or those of some regions.
func (x *exchange) restricted() bool {
	fences, known := x.fences()
	return len(x.gw.Models) > 0 || (x.who.Key != nil && len(x.who.Key.Models) > 0) || !known || len(fences[0])+len(fences[1])+len(fences[2]) > 0
}

// Where a batch has its lines: in the body itself, or in files.
var (
	batchLines  = [][]string{{"requests"}, {"batch", "inputConfig", "requests", "requests"}, {"batch", "input_config", "requests", "requests"}}
	batchFile   = "input_file_id"
	batchUnread = [][]string{{"input_files"}, {"batch", "inputConfig", "fileName"}, {"batch", "input_config", "file_name"}, {"batch", "inputConfig", "file_name"}, {"batch", "input_config", "fileName"}}
	lineMembers = []string{"params", "body", "request"}
)

// surveyBatch checks each line, and adds up what all may take.
func (x *exchange) surveyBatch(ctx context.Context, counts bool) error {
	body := x.body.bytes()
	var span [1]jsonscan.Span
	if err := jsonscan.ScanObject(body, []string{batchFile}, span[:]); err != nil {
		return badJSON(err)
	}
	found := false
	for _, path := range batchLines {
		if lines := jsonscan.Get(body, path...); lines != nil {
			found = true
			if err := x.surveyInline(lines, counts); err != nil {
				return err
			}
		}
	}
	id, named := jsonscan.String(span[0].Of(body))
	unread := !found && !named
	for _, path := range batchUnread {
		unread = unread || jsonscan.Get(body, path...) != nil
	}
	x.batch.unknown = unread
	if unread && x.restricted() && x.ask.model == "" {
		return fault.New(fault.Forbidden, "This call may use certain models only, or those of certain regions, and the models of this batch cannot be checked.")
	}
	if named {
		return x.surveyFile(ctx, id, counts)
	}
	return nil
}

func (x *exchange) surveyInline(lines []byte, counts bool) (err error) {
	walk := jsonscan.Elements(lines, func(v []byte) bool {
		err = x.surveyLine(v, counts)
		return err == nil
	})
	if walk != nil {
		return badJSON(walk)
	}
	return err
}

// surveyLine looks at one request of a batch, whose parameters stand in a member. One
// whose model cannot be read without doubt is refused.
func (x *exchange) surveyLine(line []byte, counts bool) error {
	line = bytes.TrimSpace(line)
	var spans [3]jsonscan.Span
	if err := jsonscan.ScanObject(line, lineMembers, spans[:]); err != nil {
		return badJSON(err)
	}
	var params []byte
	for _, s := range spans {
		if s.Found() {
			params = s.Of(line)
			break
		}
	}
	name := x.target.Model
	if x.ask.model == "" {
		var span [1]jsonscan.Span
		if err := jsonscan.ScanObject(params, []string{"model"}, span[:]); err != nil {
			return badJSON(err)
		}
		var ok bool
		if name, ok = jsonscan.String(span[0].Of(params)); !ok {
			return fault.New(fault.InvalidRequest, "A request of this batch names no model, so it cannot be checked against this key's rights and limits.")
		}
		t := route.Target{Provider: x.target.Provider, Model: name}
		if err := policy.Target(x.gw, x.who, x.ep.Op, "", t.Provider.Name, bareModel(name)); err != nil {
			return err
		}
		if why := x.out(&t); why != "" {
			return fault.Newf(fault.NoHealthyTarget, "'%s/%s', which a request of this batch names, cannot be used now: %s.", t.Provider.Name, clip(name), why)
		}
		if id := (health.ID{Provider: t.Provider.Name, Model: bareModel(name), Credential: watchedAs(x.cred)}); x.p.health.Level(id) == health.Drained {
			return fault.Newf(fault.NoHealthyTarget, "'%s/%s', which a request of this batch names, has been taken out of use with the credential '%s'.", t.Provider.Name, clip(name), x.credentialName())
		}
	}
	if counts {
		x.countLine(line, params, bareModel(name))
	}
	return nil
}

// countLine adds what a line may take at the most.
func (x *exchange) countLine(line, params []byte, model string) {
	bound := tokens.MostOf(params)
	most := account.Most{Batch: true, Input: bound.Tokens, Media: bound.Media, Caches: bound.Caches}
	one, known := x.lineCeiling(line, params, model)
	most.Output = one
	b := x.batch.models[model]
	if b == nil {
		b = &batchMost{}
		x.batch.models[model] = b
	}
	m, free := x.lane.modelOf(x.p.catalogue, model)
	if !free {
		cost, ok := x.p.catalogue.Ceiling(m, most, x.began)
		b.cost += cost
		b.unpriced = b.unpriced || !ok || !known
	}
	b.input += most.Input
	b.output += most.Output
}

// lineCeiling says how long the answers to a line may become, and whether that is known.
func (x *exchange) lineCeiling(line, params []byte, model string) (n int64, known bool) {
	d, answers := x.lineForm(line)
	if !answers {
		return 0, true
	}
	stated, at, times := d.Ceiling.Stated(params)
	if at == nil {
		stated = int64(x.lane.facts(x.p.catalogue, model).MaxOutput)
	}
	return stated * times, stated > 0
}

// lineForm gives the dialect of a line, and whether a model answers it in tokens.
func (x *exchange) lineForm(line []byte) (*dialect.Dialect, bool) {
	if x.dialect.Codec != nil {
		return x.dialect, !strings.Contains(strings.ToLower(x.ep.Pattern), "embed")
	}
	path, ok := jsonscan.String(jsonscan.Get(line, "url"))
	if !ok {
		path, _ = jsonscan.String(jsonscan.Get(x.body.bytes(), "endpoint"))
	}
	for _, m := range x.p.router.static[path] {
		if ep := m.ep; ep.dialect.Family == x.dialect.Family {
			return ep.dialect, ep.Op == llm.OpChat || ep.Op == llm.OpCompletions
		}
	}
	return x.dialect, true
}

// maxBatchLine bounds one line of a batch file.
const maxBatchLine = 64 << 20

// surveyFile reads the file of a batch from where it lives.
func (x *exchange) surveyFile(ctx context.Context, id string, counts bool) error {
	path := x.lane.provider.URLPath(provider.PathRequest{Op: llm.OpFiles, Path: "/v1/files/" + url.PathEscape(id) + "/content"})
	var resp upstream.Response
	if err := x.fetchOwn(ctx, path, &resp); err != nil {
		return err
	}
	defer func() { x.waited += resp.Waited }()
	defer resp.Close()
	if resp.Status != 200 {
		return fault.Newf(fault.UpstreamError, "The batch's file could not be read to check the requests in it: the provider answered %d.", resp.Status)
	}
	lines := bufio.NewScanner(&resp)
	lines.Buffer(make([]byte, 64<<10), maxBatchLine)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := x.surveyLine(lines.Bytes(), counts); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fault.New(fault.UpstreamError, "The batch's file could not be read to check the requests in it.").With(err)
	}
	return nil
}

// fetchOwn reads something of the present target with its credential.
func (x *exchange) fetchOwn(ctx context.Context, path string, resp *upstream.Response) error {
	req := &upstream.Request{Method: "GET", Host: x.lane.host, Path: path}
	req.Header = append(req.Header, upstream.Field{Name: "Accept-Encoding", Value: "identity"})
	req.Header = append(append(req.Header, x.lane.fixed...), x.lane.forced...)
	if name, value := x.lane.provider.AuthField(x.key()); name != "" && !overridden(x.lane.forced, name) {
		req.Header = append(req.Header, upstream.Field{Name: name, Value: value})
	}
	if name, value := x.lane.provider.AuthQuery(x.key()); name != "" {
		req.Path = provider.AddQuery(req.Path, name, value)
	}
	return x.lane.client.Do(ctx, req, resp)
}
