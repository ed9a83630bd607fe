package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxChoices bounds how many alternatives are read (the dialect's n goes to 128).
const maxChoices = 128

// streamParser reads one stream of chunks. That a choice has finished is told at the
// stream's end: vendors say it twice, or with content after it, and usage comes later.
type streamParser struct {
	c        *dialect.Call
	out      []llm.Event
	choices  []*choice
	said     spoken // of the delta that is being read
	finish   []byte
	logprobs []byte
	stopText []byte
	sources  []byte // one vendor's search results, which stand in every chunk
	failure  []byte
	data     []byte // the chunk that is being read
	usage    llm.Usage
	counted  bool // usage is known
	started  bool
	done     bool
	cut      bool // the last chunk was no whole JSON
	id       string
	model    string
	tier     string
	created  int64

	// Of the last chunk that said nothing but a piece of text: one like it is not read
	// again.
	form  jsonscan.Form
	at    int    // the choice whose text it is
	plain []byte // of the chunk that is being read: its text,
	of    int    // the choice that said it,
	read  int    // and how many choices there were
}

// NewStreamParser implements dialect.Codec.
func (codec) NewStreamParser(c *dialect.Call) dialect.StreamParser { return &streamParser{c: c} }

// Parse implements dialect.StreamParser.
func (p *streamParser) Parse(dst []llm.Event, name, data []byte) []llm.Event {
	if p.done {
		return dst
	}
	p.out = dst
	switch {
	case openai.IsDone(data):
		p.end()
	case string(name) != "error" && p.known(data):
	default:
		p.chunk(data)
		if string(name) == "error" && p.failure == nil {
			p.failure = data
		}
		if p.failure != nil {
			p.fail(openai.ParseError(200, nil, p.failure))
		}
	}
	dst, p.out = p.out, nil
	return dst
}

// End implements dialect.StreamParser. Some vendors send no [DONE]: where every choice
// has finished, the stream has.
func (p *streamParser) End(dst []llm.Event) []llm.Event {
	if p.done {
		return dst
	}
	p.out = dst
	whole := len(p.choices) > 0 && !p.cut
	for _, ch := range p.choices {
		whole = whole && (ch.finish != "" || !ch.seen)
	}
	if whole {
		p.end()
	} else {
		p.fail(fault.New(fault.UpstreamError, "The provider's stream ended before it was complete."))
	}
	dst, p.out = p.out, nil
	return dst
}

func (p *streamParser) fail(f *fault.Fault) {
	p.done = true
	p.out = append(p.out, llm.Event{Kind: llm.Fail, Err: f})
}

// end tells what is left to tell at the proper end.
func (p *streamParser) end() {
	if len(p.choices) == 0 {
		p.fail(fault.New(fault.UpstreamError, "The provider's stream held no answer."))
		return
	}
	p.done = true
	for i, ch := range p.choices {
		if !ch.seen {
			continue
		}
		p.closeAll(ch)
		p.out = append(p.out, llm.Event{Kind: llm.Finished, Choice: i, Finish: finishOf(ch.finish, len(ch.calls) > 0), Vendor: ch.finish, StopText: ch.stopText, Tier: p.tier})
	}
	if p.counted {
		p.out = append(p.out, llm.Event{Kind: llm.UsageEvent, Usage: &p.usage, Tier: p.tier})
	}
	p.out = append(p.out, llm.Event{Kind: llm.End})
}

// known gives the text of a chunk that is like one that was read.
func (p *streamParser) known(data []byte) bool {
	text := p.form.Match(data)
	if len(text) > 2 {
		p.text(p.choices[p.at], llm.Text, text)
	}
	return text != nil
}

// chunk reads one chunk. The choices are told as they are read, once the members that
// mostly stand before them are known.
func (p *streamParser) chunk(data []byte) {
	in := jsonscan.NewReader(data)
	p.data, p.plain, p.read = data, nil, 0
	var id, model []byte
	in.Object(func(key []byte) {
		switch string(key) {
		case "id":
			id = in.Raw()
		case "model":
			model = in.Raw()
		case "created":
			if v := in.Raw(); p.created == 0 {
				p.created, _ = jsonscan.Int(v)
			}
		case "service_tier":
			openai.SetWord(&p.tier, in.Raw())
		case "usage":
			p.readUsage(&in)
		case "x_groq":
			p.groq(in.Raw())
		case "error":
			if v := in.Raw(); openai.IsError(v) {
				p.failure = data
			}
		case "search_results", "citations":
			if v := in.Raw(); p.sources == nil || string(key) == "search_results" {
				p.sources = v
			}
		case "choices":
			p.know(id, model)
			in.Array(func() { p.choice(&in) })
		}
	})
	p.cut = in.Err() != nil
	p.know(id, model)
	if p.plain != nil && p.read == 1 && p.sources == nil && p.failure == nil {
		p.form.Learn(data, p.plain)
		p.at = p.of
	}
	p.sources, p.data, p.plain = nil, nil, nil
}

func (p *streamParser) know(id, model []byte) {
	if p.id == "" || p.model == "" {
		openai.SetTexts(&p.id, id, &p.model, model)
	}
}

// readUsage takes the last usage that is told: with every vendor it counts from the start.
func (p *streamParser) readUsage(in *jsonscan.Reader) {
	if !in.At('{') {
		return
	}
	var u llm.Usage
	openai.SetWord(&p.tier, openai.ToldUsageFrom(&u, in))
	p.usage, p.counted = u, true
}

func (p *streamParser) groq(v []byte) {
	if usage := jsonscan.Get(v, "usage"); usage != nil && !p.counted {
		in := jsonscan.NewReader(usage)
		p.readUsage(&in)
	}
}

// choice reads one alternative's piece.
func (p *streamParser) choice(in *jsonscan.Reader) {
	p.said, p.finish, p.logprobs, p.stopText = spoken{}, nil, nil, nil
	var message []byte
	index, delta := int64(0), false
	in.Object(func(key []byte) {
		switch string(key) {
		case "index":
			index, _ = jsonscan.Int(in.Raw())
		case "delta":
			delta = in.Object(func(key []byte) { p.said.take(key, in.Raw()) })
		case "message":
			message = in.Raw()
		case "finish_reason":
			p.finish = in.Raw()
		case "logprobs":
			p.logprobs = logprobsOf(in.Raw())
		case "stop_reason", "matched_stop":
			p.stopText = stringOnly(in.Raw())
		case "error":
			if v := in.Raw(); openai.IsError(v) {
				p.failure = append(append([]byte(`{"error":`), v...), '}')
			}
		}
	})
	if index < 0 || index >= maxChoices {
		return
	}
	if !delta && message != nil { // some servers say it all in one chunk
		p.said.read(message)
	}
	if p.read++; delta && p.said.onlyText() && absent(p.finish) && p.logprobs == nil && p.stopText == nil {
		p.plain, p.of = p.said.content, int(index)
	}
	p.tell(p.choiceAt(int(index)))
}

func (p *streamParser) choiceAt(index int) *choice {
	for len(p.choices) <= index {
		p.choices = append(p.choices, &choice{index: len(p.choices)})
	}
	ch := p.choices[index]
	ch.seen = true
	if !p.started {
		p.started = true
		if p.id == "" || p.model == "" { // what tells them stands after the choices
			p.know(jsonscan.Get(p.data, "id"), jsonscan.Get(p.data, "model"))
		}
		if p.created == 0 {
			p.created, _ = jsonscan.Int(jsonscan.Get(p.data, "created"))
		}
		p.out = append(p.out, llm.Event{Kind: llm.Start, ID: p.id, Model: p.model, Tier: p.tier, Created: p.created})
	}
	return ch
}

// tell gives what a choice's piece says, in the order in which it was thought.
func (p *streamParser) tell(ch *choice) {
	s := &p.said
	if s.details != nil || s.reasoning != nil {
		p.thoughts(ch)
	}
	if s.content != nil {
		p.content(ch)
	}
	if s.refusal != nil {
		p.text(ch, llm.Refusal, s.refusal)
	}
	if s.annotations != nil || s.audio != nil || s.images != nil || s.extra != nil || p.logprobs != nil {
		p.rare(ch)
	}
	if s.calls != nil {
		eachCall(s.calls, func(v []byte) { p.call(ch, v) })
	}
	if s.function != nil {
		p.function(ch)
	}
	if len(p.finish) > 2 && p.finish[0] == '"' {
		p.finished(ch)
	}
}

func (p *streamParser) content(ch *choice) {
	s := &p.said
	if s.content[0] == '"' {
		p.text(ch, llm.Text, s.content)
		return
	}
	_ = jsonscan.Elements(s.content, func(v []byte) bool {
		if kind, text := chunkOf(v); len(text) > 2 {
			p.text(ch, kind, text)
		}
		return true
	})
}

// finished notes why a choice ended, and ends its parts.
func (p *streamParser) finished(ch *choice) {
	ch.finish = ""
	openai.SetWord(&ch.finish, p.finish)
	if p.stopText != nil {
		ch.stopText = append(llm.Raw(nil), p.stopText...)
	}
	if p.sources != nil && ch.open == llm.Text {
		p.emit(ch, llm.Event{Kind: llm.Delta, Part: ch.part, What: llm.Text, Cites: readSources(p.sources, nil)})
	}
	p.closeAll(ch)
}
