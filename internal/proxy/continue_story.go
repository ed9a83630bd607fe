package proxy

import (
	"bytes"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// story is one stream as its caller hears it, whoever tells it. It keeps what another
// target needs in order to go on, and makes the events of that one follow those before:
// the same head, a text that goes on where it stopped, parts that are numbered on, one
// end, and the usage of all.
type story struct {
	writer dialect.StreamFormatter
	call   dialect.Call // as the writer knows it: of the first who told

	text     []byte // so far
	parts    int    // how many have begun
	at       int    // the text that is open; -1 = none
	thoughts int    // that are open
	closed   bool   // it holds what cannot be gone on from: a call of a tool, media, …
	finished bool

	broken  bool // another target has to go on
	tellers int  // how many have gone on
	spent   *llm.Usage
	first   time.Time // when the first content came

	// Of the one who goes on:
	seam    seam
	places  map[int]int // its parts by their numbers in the story
	counted bool        // it has told its usage
	usage   llm.Usage   // of all
}

func newStory(codec dialect.Codec, call *dialect.Call) *story {
	t := &story{call: *call, at: -1}
	t.writer = codec.NewStreamFormatter(&t.call)
	return t
}

// goesOn reports whether a target that is tried now goes on with what another has begun.
// A nil story has no one.
func (t *story) goesOn() bool { return t != nil && t.tellers > 0 }

// open reports whether another target could go on: what there is are words, and whole
// thoughts before them.
func (t *story) open() bool {
	return !t.closed && !t.finished && t.thoughts == 0 && len(bytes.TrimSpace(t.text)) > 0
}

// next makes room for the next one to go on.
func (t *story) next() {
	t.broken, t.counted, t.places = false, false, map[int]int{}
	t.tellers++
	t.seam = newSeam(t.text)
}

// write writes what an event adds.
func (t *story) write(dst []byte, e *llm.Event) []byte {
	if !t.goesOn() {
		return t.tell(dst, e)
	}
	if e.Choice != 0 {
		return dst
	}
	switch e.Kind {
	case llm.PartStart:
		return t.begin(dst, e)
	case llm.Delta:
		return t.more(dst, e)
	case llm.PartEnd:
		return t.end(dst, e)
	case llm.Finished:
		dst = t.shut(dst)
		last := *e
		last.ID, last.Model, last.Tier, last.Created = "", "", "", 0
		return t.tell(dst, &last)
	case llm.UsageEvent:
		return t.count(dst, e.Usage)
	case llm.End:
		if !t.counted {
			dst = t.count(dst, &llm.Usage{})
		}
		return t.tell(dst, e)
	}
	return dst
}

// tell writes an event and notes what the caller knows then.
func (t *story) tell(dst []byte, e *llm.Event) []byte {
	t.closed = t.closed || e.Choice != 0
	switch e.Kind {
	case llm.PartStart:
		t.parts = max(t.parts, e.Part+1)
		switch e.What {
		case llm.Text:
			t.at = e.Part
		case llm.Thinking:
			t.thoughts++
		default:
			t.closed = true
		}
	case llm.Delta:
		if s, ok := jsonscan.String(e.Text); ok && e.What == llm.Text {
			t.text = append(t.text, s...)
		}
	case llm.PartEnd:
		if e.What == llm.Thinking {
			t.thoughts--
		}
		if t.at == e.Part {
			t.at = -1
		}
	case llm.Finished:
		t.finished = true
	}
	return t.writer.Format(dst, e)
}

// begin takes the start of a part: its first text is the one that was cut, anything else
// ends that.
func (t *story) begin(dst []byte, e *llm.Event) []byte {
	if e.What == llm.Text && t.at >= 0 && len(t.places) == 0 {
		t.places[e.Part] = t.at
		return t.more(dst, &llm.Event{Kind: llm.Delta, Part: e.Part, What: llm.Text, Text: e.Text})
	}
	dst = t.shut(dst)
	t.places[e.Part] = t.parts
	return t.tell(dst, t.placed(e))
}

// placed gives an event with its part's number in the story.
func (t *story) placed(e *llm.Event) *llm.Event {
	p := *e
	p.Part = t.places[e.Part]
	return &p
}

// more takes what is new of a part.
func (t *story) more(dst []byte, e *llm.Event) []byte {
	p := t.placed(e)
	if p.Part != t.at || t.seam.over {
		return t.tell(dst, p)
	}
	if s, ok := jsonscan.String(e.Text); ok {
		p.Text = nil
		if s := t.seam.join([]byte(s)); len(s) > 0 {
			p.Text = jsonout.Quote(string(s))
		}
	}
	if p.Text == nil && len(p.Cites) == 0 && len(p.State) == 0 {
		return dst
	}
	return t.tell(dst, p)
}

// end takes the end of a part.
func (t *story) end(dst []byte, e *llm.Event) []byte {
	p := t.placed(e)
	if p.Part == t.at {
		dst = t.held(dst)
	}
	return t.tell(dst, p)
}

// held writes what the seam holds.
func (t *story) held(dst []byte) []byte {
	if len(t.seam.held) == 0 {
		return dst
	}
	if s := t.seam.close(); len(s) > 0 {
		dst = t.tell(dst, &llm.Event{Kind: llm.Delta, Part: t.at, What: llm.Text, Text: jsonout.Quote(string(s))})
	}
	return dst
}

// shut ends the text that is open.
func (t *story) shut(dst []byte) []byte {
	if t.at < 0 {
		return dst
	}
	dst = t.held(dst)
	return t.tell(dst, &llm.Event{Kind: llm.PartEnd, Part: t.at, What: llm.Text})
}

// count tells the usage of all attempts.
func (t *story) count(dst []byte, u *llm.Usage) []byte {
	t.counted, t.usage = true, llm.Usage{}
	addUsage(&t.usage, t.spent)
	addUsage(&t.usage, u)
	return t.tell(dst, &llm.Event{Kind: llm.UsageEvent, Usage: &t.usage})
}
