package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// callState is one tool call of a stream.
type callState struct {
	index   int64 // as the vendor counts
	indexed bool
	id      string // as the vendor gave it
	part    int
	open    bool
	begun   bool // its name was told
	ended   bool
	nesting nesting
	state   [1]llm.Opaque
}

// delta is what one piece says of a call.
type delta struct {
	id, name, arguments, input []byte
	index                      int64
	indexed                    bool
	extra                      []byte
}

func readDelta(v []byte) (d delta) {
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "index":
			d.index, d.indexed = jsonscan.Int(v)
		case "id":
			d.id = stringOnly(v)
		case "function":
			d.readFunction(v)
		case "custom":
			if input := jsonscan.Get(v, "input"); len(jsonscan.Get(v, "name")) > 2 || len(input) > 2 {
				d.input = input
				if d.name == nil {
					d.name = stringOnly(jsonscan.Get(v, "name"))
				}
			}
		case "extra_content":
			d.extra = v
		}
		return true
	})
	return d
}

func (d *delta) readFunction(v []byte) {
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "name":
			d.name = stringOnly(v)
		case "arguments":
			d.arguments = v
		}
		return true
	})
}

// call gives a piece of a tool call.
func (p *streamParser) call(ch *choice, v []byte) {
	d := readDelta(v)
	c := ch.find(&d)
	if c == nil {
		p.settle(ch)
		ch.calls = append(ch.calls, callState{index: d.index, indexed: d.indexed})
		c = &ch.calls[len(ch.calls)-1]
	}
	learn(&c.id, d.id)
	if !c.begun {
		if len(d.name) <= 2 && len(d.arguments) <= 2 {
			return
		}
		p.beginCall(ch, c, &d)
	}
	p.arguments(ch, c, &d)
}

// find gives the call that a piece belongs to, nil when a new one begins: by its
// index; by its id where some vendors count no index, or always 0; else the last one.
func (ch *choice) find(d *delta) *callState {
	known := len(d.id) > 2
	for i := len(ch.calls) - 1; i >= 0; i-- {
		c := &ch.calls[i]
		switch {
		case d.indexed && c.indexed && c.index != d.index:
			continue
		case known && c.id != "" && !quotes(d.id, c.id):
			if d.indexed && len(d.name) <= 2 { // a new id for each piece
				return c
			}
			continue
		}
		return c
	}
	return nil
}

// settle ends what must have ended when another call begins: the text, and calls whose
// arguments are complete. Calls that are told by turns stay open.
func (p *streamParser) settle(ch *choice) {
	p.close(ch)
	for i := range ch.calls {
		if c := &ch.calls[i]; c.nesting.complete() {
			p.closeCall(ch, c)
		}
	}
}

func (p *streamParser) beginCall(ch *choice, c *callState, d *delta) {
	name, _ := jsonscan.String(d.name)
	name = p.c.ToolName(name)
	if c.id == "" {
		c.id = p.c.MadeID(ch.index, len(ch.calls))
	}
	c.begun, c.open, c.part = true, true, ch.parts
	ch.parts++
	e := llm.Event{Kind: llm.PartStart, Part: c.part, What: llm.ToolCall, CallID: c.id, CallName: name, Custom: d.input != nil}
	if o := thoughtOf(d.extra, p.c); o.Value != "" {
		c.state[0] = o
		e.State = c.state[:]
	}
	p.emit(ch, e)
}

// arguments gives the next fragment.
func (p *streamParser) arguments(ch *choice, c *callState, d *delta) {
	text := d.arguments
	switch {
	case c.ended:
		return
	case d.input != nil:
		text = d.input
	case len(text) > 2 && text[0] == '{': // an object instead of a text
		text = jsonout.Quote(string(text))
	}
	if len(text) <= 2 || text[0] != '"' || !c.nesting.begun && string(text) == `"null"` { // which is none
		return
	}
	c.nesting.read(text[1 : len(text)-1])
	p.emit(ch, llm.Event{Kind: llm.Delta, Part: c.part, What: llm.ToolCall, Text: text})
}

func (p *streamParser) closeCall(ch *choice, c *callState) {
	if !c.open {
		return
	}
	c.open, c.ended = false, true
	p.emit(ch, llm.Event{Kind: llm.PartEnd, Part: c.part, What: llm.ToolCall})
}

// function gives a piece of the older form of a call, of which there is one.
func (p *streamParser) function(ch *choice) {
	var d delta
	d.readFunction(p.said.function)
	if len(ch.calls) == 0 {
		if len(d.name) <= 2 {
			return
		}
		p.close(ch)
		ch.calls = append(ch.calls, callState{})
		p.beginCall(ch, &ch.calls[0], &d)
	}
	p.arguments(ch, &ch.calls[0], &d)
}
