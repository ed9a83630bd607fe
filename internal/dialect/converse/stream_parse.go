package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamParser reads a vendor's stream
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html).
// Blocks come one after the other. Those of text and reasoning begin with their first
// delta, and an empty one is none.
type streamParser struct {
	call     *dialect.Call
	started  bool
	finished bool
	failed   bool
	open     bool // a part is open
	shown    bool // the open piece of thinking has text
	what     llm.PartKind
	part     int // the open part, or the next one
	block    int64

	// What events point to.
	usage llm.Usage
	state [1]llm.Opaque
	cites [1]llm.Citation
	media llm.Media
}

// NewStreamParser implements dialect.Codec.
func (codec) NewStreamParser(c *dialect.Call) dialect.StreamParser { return &streamParser{call: c} }

// Parse implements dialect.StreamParser.
func (s *streamParser) Parse(dst []llm.Event, name, data []byte) []llm.Event {
	if s.failed {
		return dst
	}
	switch string(name) {
	case "contentBlockDelta":
		return s.delta(s.start(dst), data)
	case "contentBlockStart":
		return s.blockStart(s.start(dst), data)
	case "contentBlockStop":
		return s.end(dst)
	case "messageStart":
		return s.start(dst)
	case "messageStop":
		return s.stop(s.start(dst), data)
	case "metadata":
		return s.metadata(s.start(dst), data)
	}
	if isException(name) {
		s.failed = true
		return append(dst, llm.Event{Kind: llm.Fail, Err: parseException(string(name), data)})
	}
	return dst
}

// start begins the stream, also where its messageStart is missing.
func (s *streamParser) start(dst []llm.Event) []llm.Event {
	if s.started {
		return dst
	}
	s.started = true
	return append(dst, llm.Event{Kind: llm.Start})
}

// End implements dialect.StreamParser.
func (s *streamParser) End(dst []llm.Event) []llm.Event {
	switch {
	case s.failed:
		return dst
	case !s.finished:
		s.failed = true
		return append(dst, llm.Event{Kind: llm.Fail, Err: fault.New(fault.UpstreamError, "The provider's stream ended before it was complete.")})
	}
	return append(dst, llm.Event{Kind: llm.End})
}

// begin begins a part of a kind, unless it goes on; one of another kind ends.
func (s *streamParser) begin(dst []llm.Event, what llm.PartKind, block int64) []llm.Event {
	if s.open && s.what == what && s.block == block {
		return dst
	}
	dst = s.end(dst)
	s.open, s.what, s.block, s.shown = true, what, block, false
	return append(dst, llm.Event{Kind: llm.PartStart, Part: s.part, What: what})
}

// end ends the open part.
func (s *streamParser) end(dst []llm.Event) []llm.Event {
	if !s.open {
		return dst
	}
	s.open = false
	s.part++
	return append(dst, llm.Event{Kind: llm.PartEnd, Part: s.part - 1, What: s.what})
}

// blockStart reads the start of a tool call or an image.
func (s *streamParser) blockStart(dst []llm.Event, data []byte) []llm.Event {
	var block int64
	var start []byte
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "contentBlockIndex":
			block, _ = jsonscan.Int(v)
		case "start":
			start = v
		}
		return true
	})
	_ = jsonscan.Members(start, func(key, v []byte) bool {
		switch string(key) {
		case "toolUse":
			dst = s.toolUse(dst, v, block)
		case "toolResult":
			dst = s.vendor(dst, "toolResult", v)
		case "image":
			format, _ := jsonscan.String(jsonscan.Get(v, "format"))
			s.media = llm.Media{Type: typeOf(imageTypes, format)}
		}
		return true
	})
	return dst
}

func (s *streamParser) toolUse(dst []llm.Event, v []byte, block int64) []llm.Event {
	var id, name string
	server := false
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "toolUseId":
			id, _ = jsonscan.String(v)
		case "name":
			name, _ = jsonscan.String(v)
		case "type":
			server = string(v) == `"server_tool_use"`
		}
		return true
	})
	if server {
		return s.vendor(dst, "toolUse", v)
	}
	dst = s.begin(s.end(dst), llm.ToolCall, block)
	e := &dst[len(dst)-1]
	e.CallID, e.CallName = id, s.call.ToolName(name)
	return dst
}

// vendor gives the start of a block that only this dialect has; its deltas are lost.
func (s *streamParser) vendor(dst []llm.Event, kind string, v []byte) []llm.Event {
	dst = s.end(dst)
	raw := append(make([]byte, 0, len(v)+len(kind)+5), `{"`...)
	raw = append(append(append(append(raw, kind...), `":`...), v...), '}')
	s.part++
	return append(dst, llm.Event{Kind: llm.PartStart, Part: s.part - 1, What: llm.Vendor, Raw: raw}, llm.Event{Kind: llm.PartEnd, Part: s.part - 1, What: llm.Vendor})
}

// delta reads a piece of a block.
func (s *streamParser) delta(dst []llm.Event, data []byte) []llm.Event {
	if s.finished {
		return dst
	}
	block, delta := s.block, []byte(nil)
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "contentBlockIndex":
			if n, ok := jsonscan.Int(v); ok {
				block = n
			}
		case "delta":
			delta = v
		}
		return true
	})
	_ = jsonscan.Members(delta, func(key, v []byte) bool {
		switch string(key) {
		case "text":
			dst = s.text(dst, llm.Text, block, v)
		case "toolUse":
			dst = s.arguments(dst, block, jsonscan.Get(v, "input"))
		case "reasoningContent":
			dst = s.reasoning(dst, block, v)
		case "citation":
			s.cites[0] = readCitation(v)
			dst = s.begin(dst, llm.Text, block)
			dst = append(dst, llm.Event{Kind: llm.Delta, Part: s.part, What: llm.Text, Cites: s.cites[:]})
		case "image":
			dst = s.image(dst, v)
		}
		return true
	})
	return dst
}

// text gives a piece of text or of reasoning.
func (s *streamParser) text(dst []llm.Event, what llm.PartKind, block int64, v []byte) []llm.Event {
	if len(v) <= len(`""`) || v[0] != '"' {
		return dst
	}
	dst = s.begin(dst, what, block)
	s.shown = true
	return append(dst, llm.Event{Kind: llm.Delta, Part: s.part, What: what, Text: v})
}

// arguments gives a piece of a call's arguments. One without a call before it is lost.
func (s *streamParser) arguments(dst []llm.Event, block int64, v []byte) []llm.Event {
	if len(v) <= len(`""`) || v[0] != '"' || !s.open || s.what != llm.ToolCall {
		return dst
	}
	return append(dst, llm.Event{Kind: llm.Delta, Part: s.part, What: llm.ToolCall, Text: v})
}

// reasoning gives a piece of reasoning: its text, the signature after it, or a redacted
// piece, which is a part of its own.
func (s *streamParser) reasoning(dst []llm.Event, block int64, delta []byte) []llm.Event {
	_ = jsonscan.Members(delta, func(key, v []byte) bool {
		switch string(key) {
		case "text":
			dst = s.text(dst, llm.Thinking, block, v)
		case "signature":
			dst = s.signature(dst, block, v)
		case "redactedContent":
			if s.blob(v, kindRedacted) {
				dst = s.begin(s.end(dst), llm.Thinking, block)
				dst[len(dst)-1].State = s.state[:]
				dst = s.end(dst)
			}
		}
		return true
	})
	return dst
}

// signature gives the state of the open piece of thinking; where it shows nothing, with
// its start.
func (s *streamParser) signature(dst []llm.Event, block int64, v []byte) []llm.Event {
	if !s.blob(v, kindSignature) {
		return dst
	}
	if s.open && s.what == llm.Thinking && s.shown {
		return append(dst, llm.Event{Kind: llm.Delta, Part: s.part, What: llm.Thinking, State: s.state[:]})
	}
	dst = s.begin(s.end(dst), llm.Thinking, block)
	dst[len(dst)-1].State = s.state[:]
	return dst
}

func (s *streamParser) blob(v []byte, kind string) bool {
	value, ok := jsonscan.String(v)
	s.state[0] = llm.Opaque{Dialect: own, Provider: s.call.Provider, Model: s.call.Model, Kind: kind, Value: value}
	return ok && value != ""
}

// image gives an image, which comes whole.
func (s *streamParser) image(dst []llm.Event, v []byte) []llm.Event {
	data, ok := jsonscan.Plain(jsonscan.Get(v, "source", "bytes"))
	if !ok || len(data) == 0 {
		return dst
	}
	s.media.Data = data
	dst = s.end(dst)
	s.part++
	return append(dst, llm.Event{Kind: llm.PartStart, Part: s.part - 1, What: llm.Image, Media: &s.media}, llm.Event{Kind: llm.PartEnd, Part: s.part - 1, What: llm.Image})
}

// stop ends the message. The usage comes after it.
func (s *streamParser) stop(dst []llm.Event, data []byte) []llm.Event {
	if s.finished {
		return dst
	}
	s.finished = true
	dst = s.end(dst)
	e := llm.Event{Kind: llm.Finished}
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "stopReason":
			e.Vendor, _ = jsonscan.String(v)
		case "additionalModelResponseFields":
			e.StopText = stopText(v)
		}
		return true
	})
	e.Finish = finishOf(e.Vendor)
	return append(dst, e)
}

// metadata tells the usage.
func (s *streamParser) metadata(dst []llm.Event, data []byte) []llm.Event {
	e := llm.Event{Kind: llm.UsageEvent, Usage: &s.usage}
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "usage":
			s.usage = readUsage(v)
		case "serviceTier":
			e.Tier, _ = jsonscan.String(jsonscan.Get(v, "type"))
		}
		return true
	})
	return append(dst, e)
}
