package openaichat

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamFormatter writes one stream of chunks.
type streamFormatter struct {
	answerWriter
	head    []byte // of every chunk, up to its choices
	first   []byte // the same, up to the members of the first choice's delta
	from    int    // where the rest of the current one begins
	asked   bool   // the caller wants usage
	choices []written
	usage   llm.Usage
	counted bool
	tier    string
}

// written is what a caller was told of one choice.
type written struct {
	begun    bool
	calls    int // how many have begun
	thoughts int
	audio    bool
	said     int64          // characters of text so far
	from     int64          // where the text began that is open
	cited    []llm.Citation // of it, told when it ends, since only then its place is known
	parts    []writtenPart
}

// writtenPart is a part that is open.
type writtenPart struct {
	part  int
	place int // among the calls, or among the thoughts
	said  bool
	free  bool                  // called with free text
	input *dialect.CustomStream // a function that stands for such a tool
	kind  llm.PartKind
}

// NewStreamFormatter implements dialect.Codec.
func (codec) NewStreamFormatter(c *dialect.Call) dialect.StreamFormatter {
	f := &streamFormatter{answerWriter: answerWriter{c: c, legacy: legacy(c.Request)}}
	f.asked = c.Request != nil && c.Request.Has.Has(llm.FStreamUsage)
	return f
}

// Format implements dialect.StreamFormatter.
func (f *streamFormatter) Format(dst []byte, e *llm.Event) []byte {
	f.B = dst
	switch e.Kind {
	case llm.Start:
		f.start(e)
	case llm.PartStart:
		f.partStart(f.of(e), e)
	case llm.Delta:
		f.delta(f.of(e), e)
	case llm.PartEnd:
		f.partEnd(f.of(e), e)
	case llm.Finished:
		f.finished(e)
	case llm.UsageEvent:
		f.usage, f.counted = *e.Usage, true
	case llm.End:
		f.end()
	}
	dst, f.B = f.B, nil
	return dst
}

// start learns what stands in every chunk, and says that the answer begins.
func (f *streamFormatter) start(e *llm.Event) {
	f.setHead(e)
	f.choice(0)
}

func (f *streamFormatter) setHead(e *llm.Event) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.B = append(w.B, "data: {"...)
	w.Text("id", answerID(e.ID, f.c))
	w.Text("object", "chat.completion.chunk")
	w.Number("created", createdAt(e.Created, f.c))
	w.Text("model", modelName(e.Model, f.c))
	w.TextIf("service_tier", e.Tier)
	w.Array("choices")
	f.head, f.tier = w.B, e.Tier
	f.first = append(w.B, `{"index":0,"delta":{`...)
}

// of gives what was told of an event's choice, which begins with it if need be.
func (f *streamFormatter) of(e *llm.Event) *written { return f.choice(e.Choice) }

func (f *streamFormatter) choice(index int) *written {
	if f.head == nil {
		f.setHead(&llm.Event{})
	}
	for len(f.choices) <= index {
		f.choices = append(f.choices, written{})
	}
	c := &f.choices[index]
	if !c.begun {
		c.begun = true
		f.open(index)
		f.Text("role", "assistant")
		f.Text("content", "")
		f.shut()
	}
	return c
}

// open begins a chunk with a delta of a choice.
func (f *streamFormatter) open(choice int) {
	if choice == 0 {
		f.B = append(f.B, f.first...)
		f.from = len(f.B)
		return
	}
	f.B = append(f.B, f.head...)
	f.from = len(f.B)
	f.Begin('{')
	f.Number("index", int64(choice))
	f.Object("delta")
}

// shut ends it.
func (f *streamFormatter) shut() { f.shutWith(nil, "") }

func (f *streamFormatter) shutWith(logprobs llm.Raw, finish string) {
	f.B = append(f.B, '}')
	switch {
	case logprobs == nil && finish == "": // nearly all
		f.B = append(f.B, `,"logprobs":null,"finish_reason":null}]`...)
	default:
		f.shutRarely(logprobs, finish)
	}
	if f.asked {
		f.B = append(f.B, `,"usage":null`...)
	}
	jsonout.OneLine(f.B[f.from:])
	f.B = append(f.B, "}\n\n"...)
}

func (f *streamFormatter) shutRarely(logprobs llm.Raw, finish string) {
	if logprobs == nil {
		f.B = append(f.B, `,"logprobs":null`...)
	} else {
		f.logprobs(logprobs)
	}
	if finish == "" {
		f.B = append(f.B, `,"finish_reason":null}]`...)
	} else {
		f.Text("finish_reason", finish)
		f.B = append(f.B, "}]"...)
	}
}

func (f *streamFormatter) partStart(c *written, e *llm.Event) {
	p := writtenPart{part: e.Part, kind: e.What, free: e.Custom}
	switch e.What {
	case llm.ToolCall:
		p.place = c.calls
		c.calls++
		if !e.Custom && dialect.CalledFreely(f.c.Request, e.CallName) {
			p.free, p.input = true, new(dialect.CustomStream)
		}
		f.beginCall(&p, e)
		c.parts = append(c.parts, p)
		f.delta(c, &llm.Event{Kind: llm.Delta, Choice: e.Choice, Part: e.Part, What: e.What, Text: e.Text})
		return
	case llm.Thinking:
		p.place = c.thoughts
		c.thoughts++
		c.parts = append(c.parts, p)
		f.delta(c, e)
		return
	case llm.Image:
		f.open(e.Choice)
		f.Array("images")
		f.image(p.part, e.Media)
		f.End(']')
		f.shut()
	case llm.Text, llm.Refusal, llm.Audio:
		f.delta(c, e)
	default:
		return
	}
	c.parts = append(c.parts, p)
}

// beginCall writes the chunk that names a call.
func (f *streamFormatter) beginCall(p *writtenPart, e *llm.Event) {
	if f.legacy {
		if p.place == 0 {
			f.open(e.Choice)
			f.Object("function_call")
			f.Text("name", e.CallName)
			f.Member("arguments", emptyText)
			f.End('}')
			f.shut()
		}
		return
	}
	f.open(e.Choice)
	f.Array("tool_calls")
	f.Begin('{')
	f.Number("index", int64(p.place))
	f.Text("id", f.callID(e.CallID, p.place+1))
	if p.free {
		f.Text("type", "custom")
		f.Object("custom")
		f.Text("name", e.CallName)
		f.Member("input", emptyText)
	} else {
		f.Text("type", "function")
		f.Object("function")
		f.Text("name", e.CallName)
		f.Member("arguments", emptyText)
	}
	f.End('}')
	f.callState(e.State)
	f.End('}')
	f.End(']')
	f.shut()
}

// find gives an open part.
func (c *written) find(part int) *writtenPart {
	for i := range c.parts {
		if c.parts[i].part == part {
			return &c.parts[i]
		}
	}
	return nil
}

func (f *streamFormatter) delta(c *written, e *llm.Event) {
	switch e.What {
	case llm.Text:
		if len(e.Text) > 2 || e.Raw != nil || len(e.Cites) > 0 || len(e.State) > 0 {
			f.text(c, e)
		}
	case llm.Refusal:
		if len(e.Text) > 2 {
			f.open(e.Choice)
			f.Member("refusal", e.Text)
			f.shut()
		}
	case llm.Thinking:
		if p := c.find(e.Part); p != nil {
			f.thinking(p, e)
		}
	case llm.ToolCall:
		if p := c.find(e.Part); p != nil {
			f.arguments(p, e)
		}
	case llm.Audio:
		if e.Media != nil {
			f.audioPiece(c, e)
		}
	}
}

func (f *streamFormatter) text(c *written, e *llm.Event) {
	c.said += dialect.Characters(e.Text)
	for i := range e.Cites {
		if s := &e.Cites[i]; len(s.URL) > 0 {
			c.cited = append(c.cited, llm.Citation{URL: slices.Clone(s.URL), Title: slices.Clone(s.Title), Text: slices.Clone(s.Text), Start: s.Start, End: s.End})
		}
	}
	if len(e.Text) <= 2 && e.Raw == nil && len(e.State) == 0 {
		return
	}
	f.open(e.Choice)
	if len(e.Text) > 0 {
		f.Member("content", e.Text)
	}
	f.callState(e.State)
	f.shutWith(e.Raw, "")
}

// sources writes those of the text that ends.
func (f *streamFormatter) sources(c *written, choice int) {
	if len(c.cited) > 0 {
		f.open(choice)
		f.Array("annotations")
		for i := range c.cited {
			f.annotation(&c.cited[i], c.from, c.said)
		}
		f.End(']')
		f.shut()
	}
	c.from, c.cited = c.said, c.cited[:0]
}

// thinking writes reasoning as text, and as an entry that can be sent back.
func (f *streamFormatter) thinking(p *writtenPart, e *llm.Event) {
	if len(e.Text) <= 2 && len(e.State) == 0 {
		return
	}
	text := e.Text
	if len(text) <= 2 {
		text = nil
	}
	p.said = p.said || text != nil
	f.open(e.Choice)
	if text != nil {
		f.Member("reasoning_content", text)
	}
	f.Array("reasoning_details")
	if text == nil && p.said { // the signature of a text that was told before
		text = emptyText
	}
	f.thought(p.place, text, e.State)
	f.End(']')
	f.shut()
}

func (f *streamFormatter) arguments(p *writtenPart, e *llm.Event) {
	if len(e.State) > 0 && !f.legacy {
		f.piece(p, e.Choice, emptyText, e.State)
	}
	if len(e.Text) <= 2 {
		return
	}
	p.said = true
	text := e.Text
	if p.input != nil {
		text = quoted(p.input.Feed([]byte{'"'}, text))
	}
	if len(text) > 2 {
		f.piece(p, e.Choice, text, nil)
	}
}

func quoted(open []byte) llm.Raw { return append(open, '"') }

// piece writes the next fragment of a call's arguments.
func (f *streamFormatter) piece(p *writtenPart, choice int, text llm.Raw, state []llm.Opaque) {
	if f.legacy {
		if p.place == 0 {
			f.open(choice)
			f.Object("function_call")
			f.Member("arguments", text)
			f.End('}')
			f.shut()
		}
		return
	}
	f.open(choice)
	f.Array("tool_calls")
	f.Begin('{')
	f.Number("index", int64(p.place))
	if p.free {
		f.Object("custom")
		f.Member("input", text)
	} else {
		f.Object("function")
		f.Member("arguments", text)
	}
	f.End('}')
	f.callState(state)
	f.End('}')
	f.End(']')
	f.shut()
}

func (f *streamFormatter) audioPiece(c *written, e *llm.Event) {
	f.open(e.Choice)
	f.Object("audio")
	if !c.audio {
		c.audio = true
		f.Member("id", or(e.Media.FileID, llm.Raw(`"audio_`+f.c.ID+`"`)))
	}
	if len(e.Media.Data) > 0 {
		f.Key("data")
		f.B = append(append(append(f.B, '"'), e.Media.Data...), '"')
	}
	f.MemberIf("transcript", e.Text)
	f.End('}')
	f.shut()
}

func (f *streamFormatter) partEnd(c *written, e *llm.Event) {
	p := c.find(e.Part)
	if p == nil {
		return
	}
	if len(e.State) > 0 {
		f.delta(c, &llm.Event{Kind: llm.Delta, Choice: e.Choice, Part: e.Part, What: p.kind, State: e.State})
	}
	if p.kind == llm.Text {
		f.sources(c, e.Choice)
	}
	if p.input != nil {
		if rest := quoted(p.input.End([]byte{'"'})); len(rest) > 2 {
			f.piece(p, e.Choice, rest, nil)
		}
	}
	if p.kind == llm.ToolCall && !p.said && !p.free {
		f.piece(p, e.Choice, llm.Raw(`"{}"`), nil) // a call without arguments is one of an empty object
	}
	*p = c.parts[len(c.parts)-1]
	c.parts = c.parts[:len(c.parts)-1]
}

func (f *streamFormatter) finished(e *llm.Event) {
	f.choice(e.Choice)
	f.open(e.Choice)
	f.shutWith(nil, f.finish(e.Finish, e.Vendor))
}

// end writes the usage, if it was asked for and is known, and the word that ends.
func (f *streamFormatter) end() {
	if f.asked && f.counted {
		if f.head == nil {
			f.setHead(&llm.Event{})
		}
		f.B = append(append(f.B, f.head...), `],"usage":`...)
		f.answerWriter.usage(&f.usage)
		f.B = append(f.B, "}\n\n"...)
	}
	f.B = append(f.B, "data: [DONE]\n\n"...)
}
