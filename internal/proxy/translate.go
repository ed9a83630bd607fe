package proxy

import (
	"iter"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/membuf"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// translation is what a call needs whose request cannot be forwarded as it came: its
// provider speaks another dialect, or the request holds reasoning state of another
// provider. The request is read once and written anew for each attempt.
type translation struct {
	asked   *llm.Request // as it was read
	request *llm.Request // as it is written for the target
	written dialect.Written
	call    dialect.Call
	room    *membuf.Buffer // what written.Body is a part of, unless it outgrew it
	dropped []string

	// of an operation beside conversation
	task   *llm.Task
	order  dialect.OpOrder
	opCall dialect.OpCall
}

// speak gives the dialect in which to talk to a provider: the caller's if it is
// spoken there, else the first one that can be translated to; nil when there is none.
func (x *exchange) speak(l *lane) *dialect.Dialect {
	switch {
	case x.native != "":
		return x.dialect
	case x.ep.Op != llm.OpChat:
		return x.speakOp(l, x.target.Model)
	case l.takes(x.ep, x.target.Model):
		return x.dialect
	}
	if x.dialect.Codec == nil || x.ep.Own {
		return nil
	}
	return l.target(x.target.Model)
}

// translates reports whether a call that a provider does not take in its caller's
// dialect can be put into one that it does.
func (x *exchange) translates(l *lane, model string) bool {
	if x.ep.Op != llm.OpChat {
		return x.speakOp(l, model) != nil || x.estimates(l, model)
	}
	return !x.ep.Own && x.dialect.Codec != nil && l.target(model) != nil
}

// translated reports whether the answer comes in another dialect than the caller's.
func (x *exchange) translated() bool { return x.spoken != nil && x.spoken != x.dialect }

// rewrites reports whether the request must be written anew.
func (x *exchange) rewrites() bool {
	switch {
	case x.translated():
		return true
	case x.ep.Op != llm.OpChat || x.ep.Own || x.dialect.Codec == nil || x.native != "":
		return false
	}
	return x.narrates() || x.said != nil || x.way.OverrideAt(&x.target).Speaks() || dialect.HoldsEnvelope(x.body.bytes())
}

// translateRequest writes the request in the words of the target.
func (x *exchange) translateRequest(req *upstream.Request) error {
	if x.ep.Op != llm.OpChat {
		return x.sendTask(req)
	}
	tr, err := x.parsed()
	if err != nil {
		return err
	}
	if tr.request = tr.asked; x.translated() {
		tr.request = dialect.Unmarked(tr.asked)
	}
	tr.request = x.limitCeiling(ordered(tr.request, x.way.OverrideAt(&x.target)))
	l, p := x.lane, x.target.Provider
	to := dialect.Target{Provider: p.Name, Model: bareModel(x.target.Model), Stream: x.stream, Facts: l.facts(x.p.catalogue, x.target.Model), Traits: p.Spec.Traits}
	if err := x.refuseLoss(tr); err != nil {
		return err
	}
	if err := x.inlineMedia(tr.request); err != nil {
		return err
	}
	if tr.room == nil {
		tr.room = membuf.Get(written(len(x.body.bytes())))
	}
	if tr.written, err = x.writeFor(tr, &to); err != nil {
		return err
	}
	if x.translated() {
		tr.dropped = x.lost(tr)
		if x.gw.RefuseUnsupported && len(tr.dropped) > 0 {
			return unsupported(p.Name, tr.dropped[0], "")
		}
	}
	tr.call = dialect.Call{
		ID: x.id, Provider: p.Name, Model: to.Model, Asked: x.ask.model, Time: x.began, Request: tr.request, Names: tr.written.Names,
		Array: x.asksArray(),
	}
	for _, h := range tr.written.Header {
		req.Header = append(req.Header, upstream.Field{Name: h[0], Value: h[1]})
	}
	body := x.editWritten(tr.written.Body)
	req.Body = append(x.scratch.parts[:0], body)
	x.keepTranslated(body)
	return nil
}

// written guesses the size of a text of n bytes in the words of another dialect.
func written(n int) int { return n + n/8 + 512 }

// translations are reused as exchanges are.
var translations = sync.Pool{New: func() any { return new(translation) }}

func newTranslation() *translation { return translations.Get().(*translation) }

// releaseTranslation gives back what a translation was written to. Nothing may use the
// request's body any more.
func (x *exchange) releaseTranslation() {
	if x.tr == nil {
		return
	}
	x.tr.room.Release()
	*x.tr = translation{}
	translations.Put(x.tr)
	x.tr = nil
}

func hasQuery(raw, pair string) bool {
	return slices.Contains(strings.Split(raw, "&"), pair)
}

// parsed reads the caller's request into neutral words, once.
func (x *exchange) parsed() (*translation, error) {
	if x.tr != nil {
		return x.tr, nil
	}
	r, err := x.dialect.Codec.ParseRequest(x.words())
	if err != nil {
		return nil, err
	}
	r.Model, r.Stream = x.ask.model, x.stream
	if x.said != nil {
		r.Previous = x.said.Previous
	}
	x.p.recall.Restore(x.who.Workspace, r)
	x.tr = newTranslation()
	x.tr.asked = r
	return x.tr, nil
}

// refuseLoss refuses what must not be left out for a target of another dialect.
func (x *exchange) refuseLoss(tr *translation) error {
	if !x.translated() {
		return nil
	}
	name := x.target.Provider.Name
	if len(tr.request.Refuse) > 0 {
		return unsupported(name, tr.request.Refuse[0], "")
	}
	for f := range features(tr.request.Has) {
		if c := x.spoken.Carries[f]; c.Fate == dialect.Refused {
			return unsupported(name, x.fieldOf(f), c.How)
		}
	}
	return nil
}

func unsupported(provider, field, why string) error {
	if why != "" {
		why = ": " + why
	}
	return fault.Newf(fault.UnsupportedParameter, "The provider '%s' has no way to express '%s'%s. Leave it out, or use a model of another provider.", provider, field, why).Field(field)
}

// fieldOf gives a feature in the caller's words.
func (x *exchange) fieldOf(f llm.Feature) string {
	return dialect.PathsOf(x.dialect.Fields, llm.Of(f), x.words())[0]
}

// maxDropped bounds how many dropped fields are named.
const maxDropped = 40

// lost lists what the target does not get, in the caller's words, each once.
func (x *exchange) lost(tr *translation) []string {
	r := tr.request
	var names []string
	add := func(name string) {
		if len(names) < maxDropped && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	lost := tr.written.Lost
	for f := range features(r.Has) {
		if x.spoken.Carries[f].Fate == dialect.Dropped {
			lost.Add(f)
		}
	}
	if lost != (llm.Features{}) {
		for _, path := range dialect.PathsOf(x.dialect.Fields, lost, x.words()) {
			add(path)
		}
	}
	for _, path := range r.Unnamed {
		add(path)
	}
	addOwn(r.Own, r.Unnamed, add)
	for i := range r.Messages {
		m := &r.Messages[i]
		addOwn(m.Own, r.Unnamed, add)
		for n := range m.Parts {
			addOwn(m.Parts[n].Own, r.Unnamed, add)
		}
	}
	for i := range r.Tools {
		addOwn(r.Tools[i].Own, r.Unnamed, add)
	}
	return names
}

// features gives the members of a set in order.
func features(s llm.Features) iter.Seq[llm.Feature] {
	return func(yield func(llm.Feature) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(llm.Feature(i<<6 | bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// addOwn names members that only the caller's dialect has, unless a path says more.
func addOwn(own []llm.Member, paths []string, add func(string)) {
	for _, m := range own {
		told := func(p string) bool {
			return p == m.Name || strings.HasSuffix(p, "."+m.Name) || strings.HasPrefix(p, m.Name+".")
		}
		if !slices.ContainsFunc(paths, told) {
			add(m.Name)
		}
	}
}

// chatPath is the path of the conversation in the dialect spoken with the provider.
func (x *exchange) chatPath() string {
	e := chatEndpoint(x.spoken, x.stream)
	path := e.Pattern
	if before, after, ok := strings.Cut(path, "{model}"); ok {
		path = before + escapeModel(bareModel(x.target.Model)) + after
	}
	path = x.lane.provider.URLPath(provider.PathRequest{Op: llm.OpChat, Path: path, Model: x.target.Model, Stream: x.stream})
	if q := x.spoken.StreamQuery; q != "" && x.stream {
		return provider.Target(path, q)
	}
	return provider.Target(path, "")
}

// chatEndpoint finds the conversation among a dialect's endpoints.
func chatEndpoint(d *dialect.Dialect, stream bool) *dialect.Endpoint {
	for i := range d.Endpoints {
		e := &d.Endpoints[i]
		if e.Op != llm.OpChat || e.Shared {
			continue
		}
		if e.Streaming == dialect.ByMember || (e.Streaming == dialect.Always) == stream {
			return e
		}
	}
	panic("BUG: the dialect " + string(d.Name) + " has no conversation")
}
