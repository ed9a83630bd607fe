package proxy

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/tokens"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// formOf gives the dialect in which a provider has an operation beside conversation and
// to which it can be translated, and whether the provider says so itself; nil when there
// is none.
func (x *exchange) formOf(l *lane, model string) (d *dialect.Dialect, own bool) {
	op, spec := x.ep.Op, l.provider.Spec
	if spec.Forms != nil {
		if d := spec.Forms(op, bareModel(model)); d != nil {
			return writes(d, op), true
		}
	}
	switch {
	case !slices.Contains(spec.Operations, op):
		return nil, false
	case spec.Tongue != nil:
		return writes(l.target(model), op), false
	}
	for _, name := range l.provider.Speaks {
		if d := writes(x.p.byName[name], op); d != nil {
			return d, false
		}
	}
	for _, d := range x.p.dialects {
		if slices.Contains(l.families, d.Family) && writes(d, op) != nil {
			return d, false
		}
	}
	return nil, false
}

// writes gives the dialect if an operation can be translated to it.
func writes(d *dialect.Dialect, op llm.Operation) *dialect.Dialect {
	if d == nil || d.Ops[op] == nil || d.Ops[op].Format == nil {
		return nil
	}
	return d
}

// callerOp is the caller's side of the operation; nil = it is not translated.
func (x *exchange) callerOp() *dialect.Op {
	if op := x.dialect.Ops[x.ep.Op]; op != nil && op.Parse != nil {
		return op
	}
	return nil
}

// speakOp gives the dialect in which to ask a provider for an operation beside
// conversation: the caller's where the provider has it so, unless the provider has a
// form of its own whose words the body is not in; nil when there is none.
func (x *exchange) speakOp(l *lane, model string) *dialect.Dialect {
	form, own := x.formOf(l, model)
	if own && form == nil && x.ep.Op == llm.OpCountTokens {
		return nil // what the vendor does not count is estimated
	}
	if l.takes(x.ep, model) {
		if !own || form == nil || form == x.dialect || x.callerOp() == nil {
			return x.dialect
		}
		if native := form.Ops[x.ep.Op].Native; native != nil && native(x.body.bytes()) {
			return x.dialect
		}
	}
	if x.callerOp() == nil {
		return nil
	}
	return form
}

// estimates reports whether a count of tokens is answered here, since the provider has
// none that can be asked.
func (x *exchange) estimates(l *lane, model string) bool {
	return x.native == "" && x.ep.Op == llm.OpCountTokens && x.callerOp() != nil && x.speakOp(l, model) == nil
}

// task reads the caller's request, once.
func (x *exchange) task() (*translation, error) {
	if x.tr != nil {
		return x.tr, nil
	}
	t, err := x.callerOp().Parse(&dialect.OpRequest{Path: x.ep.Pattern, ContentType: x.r.Header.Get("Content-Type"), Body: x.words()})
	if err != nil {
		return nil, err
	}
	t.Op, t.Dialect, t.Model, t.Stream = x.ep.Op, string(x.dialect.Name), x.ask.model, x.stream
	x.tr = newTranslation()
	x.tr.task = t
	if t.Chat != nil {
		t.Chat.Model = x.ask.model
		x.p.recall.Restore(x.who.Workspace, t.Chat)
		t.Chat = dialect.Unmarked(t.Chat)
		x.tr.request = t.Chat
	}
	return x.tr, nil
}

// orderTask writes the request in the words of the target.
func (x *exchange) orderTask() error {
	tr, err := x.task()
	if err != nil {
		return err
	}
	p, op := x.target.Provider, x.spoken.Ops[x.ep.Op]
	to := dialect.Target{Provider: p.Name, Model: bareModel(x.target.Model), Facts: x.lane.facts(x.p.catalogue, x.target.Model), Traits: p.Spec.Traits}
	if err := x.refuseOption(tr, op, &to); err != nil {
		return err
	}
	task := x.askedTask(tr.task)
	if err := x.inlineTask(task, op); err != nil {
		return err
	}
	if tr.order, err = op.Format(task, &to); err != nil {
		return err
	}
	tr.dropped = x.lostOfTask(tr, op)
	if x.gw.RefuseUnsupported && len(tr.dropped) > 0 {
		return unsupported(p.Name, tr.dropped[0], "")
	}
	tr.opCall = dialect.OpCall{ID: x.id, Provider: p.Name, Model: to.Model, Asked: x.ask.model, Time: x.began, Task: tr.task}
	return nil
}

// refuseOption refuses what must not be left out.
func (x *exchange) refuseOption(tr *translation, op *dialect.Op, to *dialect.Target) error {
	for i := range tr.task.Options {
		o := &tr.task.Options[i]
		if c := op.Carries[o.Param]; c.Fate == dialect.Refused {
			return dialect.Unsupported(to, o.Path, c.How)
		}
	}
	if tr.task.Chat != nil {
		return x.refuseLoss(tr)
	}
	return nil
}

// indexes are those of a path's elements.
var indexes = regexp.MustCompile(`\[[0-9]+\]`)

// lostOfTask lists what the target does not get, in the caller's words, each once.
func (x *exchange) lostOfTask(tr *translation, op *dialect.Op) []string {
	var names []string
	if tr.task.Chat != nil {
		tr.written.Lost = tr.order.LostOfChat
		names = x.lost(tr)
	}
	for i := range tr.task.Options {
		o := &tr.task.Options[i]
		if o.Param != "" && op.Carries[o.Param].Fate != dialect.Dropped && !slices.Contains(tr.order.Lost, o.Param) {
			continue
		}
		if name := indexes.ReplaceAllString(o.Path, "[]"); len(names) < maxDropped && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// inlineTask fetches what the target takes only as bytes and the caller gave by URL.
func (x *exchange) inlineTask(t *llm.Task, op *dialect.Op) error {
	if t.Chat != nil {
		return x.inlineMedia(t.Chat)
	}
	var wanted []*llm.Media
	for i := range t.Inputs {
		eachMediaOf(t.Inputs[i].Parts, func(m *llm.Media) {
			if op.Inline != nil && len(m.URL) > 0 && m.Data == nil && op.Inline(m) {
				wanted = append(wanted, m)
			}
		})
	}
	return x.fetchAll(wanted)
}

// taskPath is where the target has the operation.
func (x *exchange) taskPath() string {
	o := &x.tr.order
	path := o.Path
	if before, after, ok := strings.Cut(path, "{model}"); ok {
		path = before + escapeModel(bareModel(x.target.Model)) + after
	}
	path, query, _ := strings.Cut(path, "?")
	path = x.lane.provider.URLPath(provider.PathRequest{Op: x.ep.Op, Path: path, Model: x.target.Model, Root: o.Root})
	return provider.Target(path, query)
}

// sendTask puts the written request on its way.
func (x *exchange) sendTask(req *upstream.Request) error {
	o := &x.tr.order
	contentType := o.ContentType
	if contentType == "" {
		contentType = "application/json"
		o.Body = x.editWritten(o.Body)
	}
	req.Header = append(req.Header, upstream.Field{Name: "Content-Type", Value: contentType})
	for _, h := range o.Header {
		req.Header = append(req.Header, upstream.Field{Name: h[0], Value: h[1]})
	}
	req.Body = append(x.scratch.parts[:0], o.Body)
	x.keepTranslated(o.Body)
	return nil
}

// answerTask gives a vendor's successful answer in the caller's dialect.
func (x *exchange) answerTask(resp *upstream.Response) error {
	buf, err := readWhole(resp, maxTranslated)
	defer func() { buf.Release() }()
	if err != nil {
		return err
	}
	x.waited += resp.Waited
	resp.Waited = 0
	plain, err := decoded(resp.Header.Get("Content-Encoding"), buf.Bytes, maxTranslated)
	if err != nil {
		return fault.New(fault.UpstreamError, "The provider's answer cannot be decompressed.").With(err)
	}
	reply := dialect.OpReply{ContentType: resp.Header.Get("Content-Type"), Header: resp.Header.Get, Body: plain}
	x.keepVendorWhole(reply.ContentType, plain)
	x.report = &dialect.Report{}
	if x.spoken.NewMeter != nil {
		x.learnPlain(reply.ContentType, plain)
	}
	if f := x.report.Fault; f != nil {
		x.refused = refusal{header: resp.Header, status: resp.Status}
		return f
	}
	a, err := x.spoken.Ops[x.ep.Op].Read(&reply, &x.tr.opCall)
	if err == nil {
		err = complete(a, x.tr.task)
	}
	if err != nil {
		return unreadable(err)
	}
	x.accountTask(a)
	x.countInput(a)
	x.firstByte = time.Now()
	return x.writeTask(resp, a)
}

// complete reports what an answer lacks that must have something for every input.
func complete(a *llm.Outcome, t *llm.Task) error {
	have, want := 0, len(t.Inputs)
	switch t.Op {
	case llm.OpEmbeddings:
		seen := make([]bool, want)
		for i := range a.Vectors {
			if n := a.Vectors[i].Index; n >= 0 && n < want && !seen[n] {
				seen[n] = true
				have++
			}
		}
	case llm.OpModerations:
		have = len(a.Verdicts)
	default:
		return nil
	}
	if have != want {
		return fault.Newf(fault.UpstreamError, "The provider answered for %d of %d inputs.", have, want)
	}
	return nil
}

// accountTask takes what the answer itself says of its usage where no meter read it.
func (x *exchange) accountTask(a *llm.Outcome) {
	r := x.report
	r.Ended = true
	if r.Usage.IsZero() {
		r.Usage = a.Usage
	} else if a.Usage.IsZero() {
		a.Usage = r.Usage
	}
	if r.Model == "" {
		r.Model = a.Model
	}
	x.billed = false
	x.bill()
}

// countInput estimates what went in where the vendor does not say and the caller's form
// requires it. The entry's usage stays unknown.
func (x *exchange) countInput(a *llm.Outcome) {
	if a.Usage.InputTokens.Known || !x.callerOp().Counts {
		return
	}
	a.Usage.InputTokens = llm.Known(tokens.Input(x.body.bytes(), bareModel(x.target.Model)))
	a.Estimated, x.estimated = true, true
}

// writeTask sends an answer.
func (x *exchange) writeTask(resp *upstream.Response, a *llm.Outcome) error {
	out, err := x.callerOp().Answer(a, &x.tr.opCall)
	if err != nil {
		return err
	}
	if out.ContentType == "" {
		out.ContentType = "application/json"
	}
	w := x.translatedHead(resp, out.ContentType)
	x.costHead(&w)
	w.set("Content-Length", itoa(int64(len(out.Body))))
	x.answerKept.contentType = out.ContentType
	x.answerKept.add(out.Body)
	x.writeHead(resp.Status)
	x.lightenWhole(resp)
	return x.writeAll(out.Body)
}

// answerEstimate answers a count of tokens by an estimate that says that it is one.
func (x *exchange) answerEstimate() error {
	tr, err := x.task()
	if err != nil {
		return err
	}
	if r := tr.request; r != nil && len(r.Refuse) > 0 {
		return unsupported(x.target.Provider.Name, r.Refuse[0], "it has no count of tokens, and what is not in the call cannot be estimated")
	}
	tr.opCall = dialect.OpCall{ID: x.id, Provider: x.target.Provider.Name, Model: x.target.Model, Asked: x.ask.model, Time: x.began, Task: tr.task}
	n := tokens.Input(tr.task.Body, bareModel(x.target.Model))
	out, err := x.callerOp().Answer(&llm.Outcome{Tokens: llm.Known(n), Estimated: true}, &tr.opCall)
	if err != nil {
		return err
	}
	x.estimated = true
	return x.answerBytes(out.Body)
}
