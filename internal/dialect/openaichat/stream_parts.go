package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// choice is one alternative of a stream: which of its parts are open.
type choice struct {
	index    int
	seen     bool
	parts    int          // how many have begun
	open     llm.PartKind // the kind of the open part that is no call; 0 = none
	part     int          // its number
	thought  thoughtState
	calls    []callState
	finish   string
	stopText llm.Raw
	state    [1]llm.Opaque // what an event points to
}

// thoughtState is what was said beside the text of an entry of reasoning_details that
// comes in pieces.
type thoughtState struct {
	known     bool // the open part is such an entry
	kind      string
	index     int64
	id        string
	format    string
	signature string
}

// emit gives an event of a choice.
func (p *streamParser) emit(ch *choice, e llm.Event) {
	e.Choice = ch.index
	p.out = append(p.out, e)
}

// text gives a piece of text, reasoning or refusal.
func (p *streamParser) text(ch *choice, kind llm.PartKind, text llm.Raw) {
	if ch.open != kind || ch.thought.known {
		p.begin(ch, kind)
	}
	e := llm.Event{Kind: llm.Delta, Part: ch.part, What: kind, Text: text}
	if kind == llm.Text && p.logprobs != nil {
		e.Raw, p.logprobs = p.logprobs, nil
	}
	p.emit(ch, e)
}

// begin opens a part that is no call, after the one that is open.
func (p *streamParser) begin(ch *choice, kind llm.PartKind) {
	p.close(ch)
	ch.open, ch.part = kind, ch.parts
	ch.parts++
	p.emit(ch, llm.Event{Kind: llm.PartStart, Part: ch.part, What: kind})
}

// close ends the open part that is no call.
func (p *streamParser) close(ch *choice) {
	if ch.open == 0 {
		return
	}
	e := llm.Event{Kind: llm.PartEnd, Part: ch.part, What: ch.open}
	if t := &ch.thought; t.known {
		if t.kind != entryText || t.signature != "" || t.id != "" { // text alone is no state
			ch.state[0] = stateOf(p.c, kindDetails, t.id, t.value())
			e.State = ch.state[:]
		}
		*t = thoughtState{}
	}
	ch.open = 0
	p.emit(ch, e)
}

// value writes the entry as a vendor would have, without its text.
func (t *thoughtState) value() string {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("type", t.kind)
	w.TextIf("signature", t.signature)
	w.TextIf("format", t.format)
	w.TextIf("id", t.id)
	w.Number("index", t.index)
	w.End('}')
	return string(w.B)
}

// thoughts gives reasoning: the details where they have the text, else the text.
func (p *streamParser) thoughts(ch *choice) {
	s := &p.said
	told := false
	_ = jsonscan.Elements(s.details, func(v []byte) bool {
		told = told || len(jsonscan.Get(v, "text")) > 2 || len(jsonscan.Get(v, "summary")) > 2
		return !told
	})
	if s.reasoning != nil && !told {
		p.text(ch, llm.Thinking, s.reasoning)
	}
	_ = jsonscan.Elements(s.details, func(v []byte) bool {
		if v[0] == '{' {
			p.detail(ch, v)
		}
		return true
	})
}

// detail reads a piece of an entry: pieces of one entry have one index and one type.
func (p *streamParser) detail(ch *choice, v []byte) {
	var kind, text, signature, id, format, data []byte
	index := int64(0)
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "type":
			kind = v
		case "text", "summary":
			text = stringOnly(v)
		case "signature":
			signature = v
		case "data":
			data = v
		case "id":
			id = v
		case "format":
			format = v
		case "index":
			index, _ = jsonscan.Int(v)
		}
		return true
	})
	if len(data) > 2 {
		p.whole(ch, v)
		return
	}
	t := &ch.thought
	if ch.open != llm.Thinking || !t.known || t.index != index || !quotes(kind, t.kind) {
		p.begin(ch, llm.Thinking)
		*t = thoughtState{known: true, index: index}
		learn(&t.kind, kind)
	}
	learn(&t.id, id)
	learn(&t.format, format)
	learn(&t.signature, signature)
	if len(text) > 2 {
		p.emit(ch, llm.Event{Kind: llm.Delta, Part: ch.part, What: llm.Thinking, Text: text})
	}
}

// whole gives an entry that comes in one piece: an encrypted one.
func (p *streamParser) whole(ch *choice, v []byte) {
	p.close(ch)
	e := readEntry(v)
	part := e.answered(p.c)
	p.emit(ch, llm.Event{Kind: llm.PartStart, Part: ch.parts, What: llm.Thinking, State: part.State})
	if len(part.Text) > 2 {
		p.emit(ch, llm.Event{Kind: llm.Delta, Part: ch.parts, What: llm.Thinking, Text: part.Text})
	}
	p.emit(ch, llm.Event{Kind: llm.PartEnd, Part: ch.parts, What: llm.Thinking})
	ch.parts++
}

// quotes reports whether a raw string is s in quotes.
func quotes(v []byte, s string) bool {
	return len(v) == len(s)+2 && string(v[1:len(v)-1]) == s
}

// learn sets dst to a string that is not empty.
func learn(dst *string, v []byte) {
	if len(v) > 2 && v[0] == '"' && !quotes(v, *dst) {
		*dst, _ = jsonscan.String(v)
	}
}

// rare gives sources, media, signatures of text, and log probabilities without text.
func (p *streamParser) rare(ch *choice) {
	s := &p.said
	if p.logprobs != nil && ch.open == llm.Text {
		p.emit(ch, llm.Event{Kind: llm.Delta, Part: ch.part, What: llm.Text, Raw: p.logprobs})
	}
	if cites := readCitations(s.annotations); cites != nil {
		p.ensure(ch, llm.Text)
		p.emit(ch, llm.Event{Kind: llm.Delta, Part: ch.part, What: llm.Text, Cites: cites})
	}
	if o := thoughtOf(s.extra, p.c); o.Value != "" {
		p.ensure(ch, llm.Text)
		ch.state[0] = o
		p.emit(ch, llm.Event{Kind: llm.Delta, Part: ch.part, What: llm.Text, State: ch.state[:]})
	}
	_ = jsonscan.Elements(s.images, func(v []byte) bool {
		if m := imageOf(v); m != nil {
			p.begin(ch, llm.Image)
			p.out[len(p.out)-1].Media = m
			p.close(ch)
		}
		return true
	})
	if m, transcript := audioOf(s.audio); m != nil {
		p.ensure(ch, llm.Audio)
		p.emit(ch, llm.Event{Kind: llm.Delta, Part: ch.part, What: llm.Audio, Media: m, Text: transcript})
	}
}

func (p *streamParser) ensure(ch *choice, kind llm.PartKind) {
	if ch.open != kind {
		p.begin(ch, kind)
	}
}

// closeAll ends whatever is open.
func (p *streamParser) closeAll(ch *choice) {
	p.close(ch)
	for i := range ch.calls {
		p.closeCall(ch, &ch.calls[i])
	}
}
