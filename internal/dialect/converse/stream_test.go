package converse_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// parseStream reads a stream in pieces of a size. What the events point to is copied.
func parseStream(stream []byte, size int) (all []llm.Event, err error) {
	f := dialect.NewEventStream(nil)
	p := codec.NewStreamParser(call())
	var events []llm.Event
	take := func(events []llm.Event) {
		for _, e := range events {
			if e.Kind == llm.Fail {
				err = e.Err
			}
			all = append(all, clone(e))
		}
	}
	see := func(e *dialect.Event) {
		if !e.Comment && !e.Partial {
			events = p.Parse(events[:0], e.Name, e.Data)
			take(events)
		}
	}
	for piece := range slices.Chunk(stream, size) {
		piece = slices.Clone(piece)
		f.Feed(piece, see)
		clear(piece)
	}
	f.Close(see)
	take(p.End(events[:0]))
	return all, err
}

func clone(e llm.Event) llm.Event {
	e.Text, e.Raw, e.StopText = slices.Clone(e.Text), slices.Clone(e.Raw), slices.Clone(e.StopText)
	e.State = slices.Clone(e.State)
	e.Cites = slices.Clone(e.Cites)
	for i := range e.Cites {
		c := &e.Cites[i]
		c.Raw, c.Title, c.Text, c.URL = slices.Clone(c.Raw), slices.Clone(c.Title), slices.Clone(c.Text), slices.Clone(c.URL)
	}
	if e.Usage != nil {
		u := *e.Usage
		e.Usage = &u
	}
	if e.Media != nil {
		m := *e.Media
		m.Data = slices.Clone(m.Data)
		e.Media = &m
	}
	return e
}

// collected is what the vendor's own framing and a plain reading make of a stream.
type collected struct {
	Blocks []string
	Stop   string
	Usage  string
}

// collect reads a stream with the vendor's decoder and checks its order: messageStart,
// whole blocks one after the other with rising indices, messageStop, metadata.
func collect(stream []byte) (c collected, why string) {
	r := bytes.NewReader(stream)
	var b *block
	last := -1
	closeBlock := func() {
		if b != nil {
			if s := b.String(); s != "" {
				c.Blocks = append(c.Blocks, s)
			}
		}
		b = nil
	}
	for {
		m, err := eventstream.NewDecoder().Decode(r, nil)
		if errors.Is(err, io.EOF) {
			closeBlock()
			return c, ""
		}
		if err != nil {
			return c, err.Error()
		}
		var e wireEvent
		if err := json.Unmarshal(m.Payload, &e); err != nil {
			return c, err.Error() + ": " + string(m.Payload)
		}
		switch name := m.Headers.Get(":event-type").String(); name {
		case "contentBlockStart", "contentBlockDelta":
			if e.Index != last {
				closeBlock()
			}
			if e.Index < last || c.Stop != "" {
				return c, fmt.Sprintf("block %d after %d, stop %q", e.Index, last, c.Stop)
			}
			if b == nil {
				b, last = &block{}, e.Index
			}
			b.add(&e)
		case "contentBlockStop":
			closeBlock()
		case "messageStop":
			closeBlock()
			c.Stop = e.StopReason
		case "metadata":
			c.Usage = fmt.Sprint(e.Usage)
		}
	}
}

type wireEvent struct {
	Index int `json:"contentBlockIndex"`
	Start struct {
		ToolUse *struct{ ToolUseID, Name, Type string }
		Other   json.RawMessage `json:"toolResult"`
	}
	Delta struct {
		Text             string
		ToolUse          struct{ Input string }
		ReasoningContent struct{ Text, Signature, RedactedContent string }
		Citation         json.RawMessage
	}
	StopReason string
	Usage      struct{ InputTokens, OutputTokens, TotalTokens, CacheReadInputTokens, CacheWriteInputTokens int }
}

// block is one content block as it grows.
type block struct {
	tool, text, thinking, signature, redacted, cites string
	server                                           bool
}

func (b *block) add(e *wireEvent) {
	if u := e.Start.ToolUse; u != nil {
		b.tool = u.ToolUseID + " " + u.Name + " "
		b.server = u.Type == "server_tool_use"
	}
	b.server = b.server || e.Start.Other != nil
	d := &e.Delta
	b.text += d.Text + d.ToolUse.Input
	b.thinking += d.ReasoningContent.Text
	b.signature += d.ReasoningContent.Signature
	b.redacted += d.ReasoningContent.RedactedContent
	b.cites += string(d.Citation)
}

func (b *block) String() string {
	if b.server || b.tool+b.text+b.thinking+b.signature+b.redacted+b.cites == "" {
		return ""
	}
	return strings.Join([]string{b.tool, b.text, b.thinking, b.signature, b.redacted, b.cites}, "|")
}
