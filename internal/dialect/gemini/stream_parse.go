package gemini

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamParser reads one stream. A chunk has the form of a whole answer. There is no
// terminator, and a finish reason may be followed by more, so the ends of choices are
// told when the stream has ended.
type streamParser struct {
	c       *dialect.Call
	dst     []llm.Event
	started bool
	failed  bool
	counted bool // usage has been told once
	blocked string
	choices []choiceState

	usage  []byte // the last usageMetadata that counts anything
	told   llm.Usage
	images llm.Count

	// What the events of one Parse point to.
	states []llm.Opaque
	text   []byte
}

// choiceState is where one candidate stands.
type choiceState struct {
	seen      bool
	open      llm.PartKind // of the open part; 0 = none
	parts     int          // begun
	calls     int
	finish    string
	partial   *partialArgs // of a call that comes in pieces
	grounding []byte       // the last groundingMetadata, until its text ends
	citations []byte
	ascii     bool // the open text has been plain ASCII so far
	searches  int
}

// NewStreamParser implements dialect.Codec.
func (codec) NewStreamParser(c *dialect.Call) dialect.StreamParser { return &streamParser{c: c} }

// Parse implements dialect.StreamParser.
func (p *streamParser) Parse(dst []llm.Event, _, data []byte) []llm.Event {
	if p.failed || len(data) == 0 || string(data) == "[DONE]" {
		return dst
	}
	p.dst, p.states, p.text = dst, p.states[:0], p.text[:0]
	f, err := readFrame(data)
	switch {
	case err != nil:
		p.fail(fault.New(fault.UpstreamError, "The provider's stream holds what is no JSON object: "+err.Error()))
	case f.failed:
		p.fail(faultOf(data))
	default:
		p.chunk(&f)
	}
	return p.dst
}

func (p *streamParser) fail(f *fault.Fault) {
	p.failed = true
	p.emit(llm.Event{Kind: llm.Fail, Err: f})
}

func (p *streamParser) emit(e llm.Event) { p.dst = append(p.dst, e) }

func (p *streamParser) chunk(f *frame) {
	if !p.started {
		p.started = true
		e := llm.Event{Kind: llm.Start, Created: f.unix()}
		e.ID, _ = jsonscan.String(f.id)
		e.Model, _ = jsonscan.String(f.model)
		p.emit(e)
	}
	if f.usage != nil && (len(p.usage) == 0 || bytes.Contains(f.usage, tokenCount)) {
		p.usage = append(p.usage[:0], f.usage...)
		if !p.counted && bytes.Contains(f.usage, tokenCount) { // so that dialects that begin with the input's size can
			p.counted = true
			p.tellUsage(false)
		}
	}
	if why := f.blocked(); why != "" {
		p.blocked = why
	}
	if f.candidates != nil {
		_ = jsonscan.Elements(f.candidates, func(v []byte) bool { p.candidate(v); return !p.failed })
	}
}

func (p *streamParser) tellUsage(whole bool) string {
	t := readTokens(p.usage)
	p.told = t.usage(whole)
	p.told.Images = p.images
	for i := range p.choices {
		unit(&p.told, llm.UnitSearches, int64(p.choices[i].searches))
	}
	if !p.told.IsZero() {
		p.emit(llm.Event{Kind: llm.UsageEvent, Usage: &p.told, Tier: tierOf(t.served())})
	}
	return tierOf(t.served())
}

func (p *streamParser) candidate(v []byte) {
	c := readCandidate(v)
	for len(p.choices) <= c.index {
		p.choices = append(p.choices, choiceState{})
	}
	st := &p.choices[c.index]
	st.seen = true
	logprobs := llm.Raw(nil)
	if c.logprobsResult != nil {
		logprobs = readLogprobs(c.logprobsResult)
	}
	r := jsonscan.NewReader(c.content)
	r.Object(func(key []byte) {
		if string(key) == "parts" && !r.At('n') {
			eachOf(&r, func() {
				p.part(c.index, st, &r, logprobs)
				logprobs = nil
			})
		}
	})
	if c.finish != "" {
		st.finish = c.finish
	}
	if c.grounding != nil {
		st.searches = max(st.searches, length(jsonscan.Get(c.grounding, "webSearchQueries")))
		if jsonscan.Get(c.grounding, "groundingChunks") != nil {
			st.grounding = append(st.grounding[:0], c.grounding...)
		}
	}
	if c.citations != nil {
		st.citations = append(st.citations[:0], c.citations...)
	}
}

// part reads one part of a chunk.
func (p *streamParser) part(n int, st *choiceState, r *jsonscan.Reader, logprobs llm.Raw) {
	before := *r
	one, ok := readPart(r, ignore)
	if !ok {
		return
	}
	state := p.state(one.signature)
	switch {
	case one.special, one.thought && (one.inline != nil || one.file != nil):
		p.whole(n, st, llm.Event{What: llm.Vendor, Raw: before.Raw()})
	case one.call != nil:
		p.call(n, st, one.call, state)
	case one.solid() != nil:
		p.media(n, st, &one, state)
	case len(one.text) > 2:
		p.words(n, st, &one, state, logprobs)
	case state != nil:
		p.signature(n, st, one.thought, state)
	}
}

// state gives a signature as what an event points to.
func (p *streamParser) state(raw llm.Raw) []llm.Opaque {
	if len(raw) <= 2 {
		return nil
	}
	n := len(p.states)
	p.states = append(p.states, vendorsState(raw, p.c))
	return p.states[n : n+1 : n+1]
}

// begin opens a part.
func (p *streamParser) begin(n int, st *choiceState, e llm.Event) {
	p.close(n, st)
	e.Kind, e.Choice, e.Part = llm.PartStart, n, st.parts
	st.open, st.ascii = e.What, true
	st.parts++
	p.emit(e)
}

// close ends the open part.
func (p *streamParser) close(n int, st *choiceState) {
	if st.open == 0 {
		return
	}
	if st.partial != nil {
		st.partial.end()
		p.args(n, st, st.partial.take())
		st.partial = nil
	}
	if st.open == llm.Text && (st.grounding != nil || st.citations != nil) {
		p.cite(n, st)
	}
	p.emit(llm.Event{Kind: llm.PartEnd, Choice: n, Part: st.parts - 1, What: st.open})
	st.open = 0
}

// whole tells of a part that is all there.
func (p *streamParser) whole(n int, st *choiceState, e llm.Event) {
	p.begin(n, st, e)
	p.close(n, st)
}

// words tells more of a text or of thoughts.
func (p *streamParser) words(n int, st *choiceState, one *part, state []llm.Opaque, logprobs llm.Raw) {
	kind := llm.Text
	if one.thought {
		kind = llm.Thinking
	}
	if st.open != kind {
		p.begin(n, st, llm.Event{What: kind})
	}
	st.ascii = st.ascii && isASCII(one.text)
	p.emit(llm.Event{Kind: llm.Delta, Choice: n, Part: st.parts - 1, What: kind, Text: one.text, State: state, Raw: logprobs})
}

// signature tells of a signature without text: it belongs to what it follows.
func (p *streamParser) signature(n int, st *choiceState, thought bool, state []llm.Opaque) {
	if st.open == llm.Thinking || st.open == llm.Text && !thought {
		p.emit(llm.Event{Kind: llm.Delta, Choice: n, Part: st.parts - 1, What: st.open, State: state})
		return
	}
	p.whole(n, st, llm.Event{What: llm.Thinking, State: state})
}

func (p *streamParser) media(n int, st *choiceState, one *part, state []llm.Opaque) {
	var part llm.Part
	switch {
	case one.inline != nil:
		part = readInline(one.inline, ignore)
	case one.file != nil:
		part = readFile(one.file, ignore)
	default:
		return
	}
	if part.Kind == llm.Image {
		p.images = p.images.Add(llm.Known(1))
	}
	if part.Kind == llm.Audio && st.open == llm.Audio { // speech comes in pieces
		p.emit(llm.Event{Kind: llm.Delta, Choice: n, Part: st.parts - 1, What: llm.Audio, Media: part.Media, State: state})
		return
	}
	p.begin(n, st, llm.Event{What: part.Kind, Media: part.Media, State: state})
	if part.Kind != llm.Audio {
		p.close(n, st)
	}
}

// call tells of a call, whole or a piece of one.
func (p *streamParser) call(n int, st *choiceState, v llm.Raw, state []llm.Opaque) {
	c, err := readCall(v, ignore)
	if err != nil || c.name == "" && st.partial == nil {
		return
	}
	if c.name != "" {
		if c.id == "" {
			c.id = p.c.MadeID(n, st.calls)
		}
		st.calls++
		p.begin(n, st, llm.Event{What: llm.ToolCall, CallID: c.id, CallName: p.c.ToolName(c.name), State: state})
		if c.args != nil {
			p.args(n, st, c.args)
			p.close(n, st)
			return
		}
		st.partial = &partialArgs{}
	}
	more := c.continues
	_ = jsonscan.Elements(c.partial, func(v []byte) bool {
		more = st.partial.piece(v) || c.continues
		return true
	})
	if !more {
		p.close(n, st)
		return
	}
	if text := st.partial.take(); len(text) > 0 {
		p.args(n, st, text)
	}
}

// args tells a piece of the arguments, which are JSON text in a string.
func (p *streamParser) args(n int, st *choiceState, text []byte) {
	from := len(p.text)
	p.text = append(p.text, '"')
	p.text = append(jsonout.AppendEscaped(p.text, text), '"')
	p.emit(llm.Event{Kind: llm.Delta, Choice: n, Part: st.parts - 1, What: llm.ToolCall, Text: p.text[from:len(p.text):len(p.text)]})
}

// cite tells the sources of the open text. Places are counted in bytes by the vendor, so
// they are told where these are characters.
func (p *streamParser) cite(n int, st *choiceState) {
	all, _ := readSources(st.grounding, st.citations)
	cites := make([]llm.Citation, 0, len(all))
	for _, s := range all {
		if st.ascii && s.end.Known {
			s.cite.Start, s.cite.End = s.start, s.end
		}
		cites = append(cites, s.cite)
	}
	st.grounding, st.citations = nil, nil
	if len(cites) > 0 {
		p.emit(llm.Event{Kind: llm.Delta, Choice: n, Part: st.parts - 1, What: llm.Text, Cites: cites})
	}
}

// citeLate tells sources that came when the text they are of had ended, since a call
// followed it: an empty text bears them, in which they have no place.
func (p *streamParser) citeLate(n int, st *choiceState) {
	if st.grounding == nil && st.citations == nil {
		return
	}
	if all, _ := readSources(st.grounding, st.citations); len(all) == 0 {
		return
	}
	p.begin(n, st, llm.Event{What: llm.Text})
	st.ascii = false
	p.close(n, st)
}

// End implements dialect.StreamParser.
func (p *streamParser) End(dst []llm.Event) []llm.Event {
	if p.failed {
		return dst
	}
	p.dst, p.states, p.text = dst, p.states[:0], p.text[:0]
	if !p.complete() {
		p.fail(fault.New(fault.UpstreamError, "The provider's stream ended before the answer did."))
		return p.dst
	}
	for n := range p.choices {
		st := &p.choices[n]
		p.close(n, st)
		p.citeLate(n, st)
		p.emit(llm.Event{Kind: llm.Finished, Choice: n, Finish: finishOf(st.finish, st.calls > 0), Vendor: st.finish})
	}
	if len(p.choices) == 0 {
		p.emit(llm.Event{Kind: llm.Finished, Finish: llm.FinishFilter, Vendor: p.blocked})
	}
	p.tellUsage(true)
	p.emit(llm.Event{Kind: llm.End})
	return p.dst
}

// complete reports whether the stream came to an end of its own: a finish of every
// candidate, or a prompt that was refused.
func (p *streamParser) complete() bool {
	if len(p.choices) == 0 {
		return p.blocked != ""
	}
	for i := range p.choices {
		if st := &p.choices[i]; st.seen && st.finish == "" && p.blocked == "" {
			return false
		}
	}
	return true
}
