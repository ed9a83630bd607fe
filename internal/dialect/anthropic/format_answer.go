package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerWriter writes what stands in whole answers and in streams alike.
type answerWriter struct {
	w    jsonout.Writer
	call *dialect.Call
}

// FormatAnswer implements dialect.Codec. Of several alternatives it writes the first.
func (codec) FormatAnswer(dst []byte, a *llm.Answer, c *dialect.Call) []byte {
	f := answerWriter{w: jsonout.Writer{B: slices.Grow(dst, 512)}, call: c}
	f.w.B = append(f.w.B, '{')
	f.messageHead(a.ID, a.Model)
	f.w.Array("content")
	var choice llm.Choice
	if len(a.Choices) > 0 {
		choice = a.Choices[0]
	}
	for i := range choice.Parts {
		f.part(&choice.Parts[i], i)
	}
	f.w.End(']')
	if a.Blocked != "" && len(a.Choices) == 0 {
		choice.Finish = llm.FinishFilter
	}
	f.stopped(choice.Finish.OrRefusal(choice.Refused()), choice.Vendor, choice.StopText, hasCall(choice.Parts))
	f.w.Key("usage")
	f.usage(&a.Usage, a.Tier)
	f.w.End('}')
	return f.w.B
}

// messageHead writes what a message begins with, whole or streamed.
func (f *answerWriter) messageHead(id, model string) {
	f.w.Key("id")
	f.id(id)
	f.w.Text("type", "message")
	f.w.Text("role", "assistant")
	if model == "" {
		model = f.call.Model
	}
	f.w.Text("model", model)
}

// id writes an id as the vendor's begin: the one that came, else the call's own.
func (f *answerWriter) id(id string) {
	const prefix = "msg_"
	if len(id) > len(prefix) && id[:len(prefix)] == prefix {
		f.w.String(id)
		return
	}
	f.w.B = append(f.w.B, '"')
	f.w.B = jsonout.AppendEscaped(append(f.w.B, prefix...), f.call.ID)
	f.w.B = append(f.w.B, '"')
}

// stopped writes why the answer ended.
func (f *answerWriter) stopped(finish llm.Finish, vendor string, stop llm.Raw, called bool) {
	if finish != llm.FinishStop {
		stop = nil
	}
	f.w.Text("stop_reason", stopReason(finish, vendor, finish == llm.FinishStop && dialect.MetStop(vendor, stop), called))
	f.w.Member("stop_sequence", stop)
	f.w.Member("stop_details", nil)
}

// stopReason gives a finish in the words of
// https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons. One that
// is unknown keeps the vendor's word.
func stopReason(finish llm.Finish, vendor string, stopped, called bool) string {
	switch finish {
	case llm.FinishLength:
		return "max_tokens"
	case llm.FinishTools:
		return "tool_use"
	case llm.FinishFilter, llm.FinishRefusal:
		return "refusal"
	case llm.FinishPause:
		return "pause_turn"
	case llm.FinishContext:
		return "model_context_window_exceeded"
	case llm.FinishUnknown, llm.FinishError:
		if vendor != "" {
			return vendor
		}
	}
	switch {
	case called:
		return "tool_use"
	case stopped:
		return "stop_sequence"
	}
	return "end_turn"
}

// part writes the nth part of an answer as one block or more.
func (f *answerWriter) part(p *llm.Part, n int) {
	switch p.Kind {
	case llm.Text, llm.Refusal:
		f.states(p.State)
		f.text(p)
	case llm.Thinking:
		f.thinking(p)
	case llm.ToolCall:
		f.states(p.State)
		f.callHead(p.Call.ID, p.Call.Name, n)
		f.w.Member("input", dialect.ArgumentsObject(p.Call))
		f.w.End('}')
	case llm.Vendor:
		if isOwnBlock(p.Raw) {
			f.w.Raw(p.Raw)
		}
	}
}

// onLine gives JSON without line ends, as the data of an event must be.
func onLine(raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return llm.Raw("null")
	}
	return b.Bytes()
}

// text writes a text; an empty one could not be sent back.
func (f *answerWriter) text(p *llm.Part) {
	if len(p.Text) <= 2 {
		return
	}
	f.w.Begin('{')
	f.w.Text("type", "text")
	f.w.Member("text", p.Text)
	if len(p.Cites) > 0 {
		f.w.Array("citations")
		for i := range p.Cites {
			f.citation(&p.Cites[i])
		}
		f.w.End(']')
	}
	f.w.End('}')
}

// citation writes a source: as it came in this dialect, else as a page that was found in
// the web or, where it has no URL, as something that a search of the caller's found: of
// documents these callers must know which of theirs it was, which other vendors do not say.
func (f *answerWriter) citation(c *llm.Citation) {
	if kind := text(jsonscan.Get(c.Raw, "type")); bytes.HasSuffix(kind, []byte("_location")) {
		f.w.Raw(onLine(c.Raw))
		return
	}
	f.w.Begin('{')
	if c.URL == nil {
		f.w.Text("type", "search_result_location")
		f.w.Member("source", orEmpty(c.Title))
		f.w.Member("title", c.Title)
		f.w.Member("cited_text", orEmpty(c.Text))
		f.w.Number("search_result_index", 0)
		f.w.Number("start_block_index", 0)
		f.w.Number("end_block_index", 0)
		f.w.End('}')
		return
	}
	f.w.Text("type", "web_search_result_location")
	f.w.Member("url", orEmpty(c.URL))
	f.w.Member("title", c.Title)
	f.w.Member("cited_text", orEmpty(c.Text))
	f.w.Text("encrypted_index", "")
	f.w.End('}')
}

var empty = llm.Raw(`""`)

func orEmpty(v llm.Raw) llm.Raw {
	if v == nil {
		return empty
	}
	return v
}

// thinking writes a thought. Its state, whoever it came from, is its signature.
func (f *answerWriter) thinking(p *llm.Part) {
	if len(p.Text) <= 2 && len(p.State) > 0 && !isSigned(p.State) {
		f.states(p.State)
		return
	}
	if len(p.Text) <= 2 && len(p.State) == 0 {
		return
	}
	f.w.Begin('{')
	f.w.Text("type", "thinking")
	f.w.Member("thinking", orEmpty(p.Text))
	f.w.Text("signature", signature(p.State))
	f.w.End('}')
	if len(p.State) > 1 {
		f.states(p.State[1:])
	}
}

// isSigned reports whether the state is a signature of this dialect's own, which may
// stand on a thought that is not shown.
func isSigned(state []llm.Opaque) bool {
	return state[0].Dialect == own && state[0].Kind == "signature"
}

// signature gives what a caller is to send back with a thought.
func signature(state []llm.Opaque) string {
	if len(state) == 0 {
		return ""
	}
	return dialect.Wrap(&state[0], dialect.Messages)
}

// states writes blobs that have no text, each as a block of its own: those of a call
// stand directly before it.
func (f *answerWriter) states(state []llm.Opaque) {
	for i := range state {
		f.redacted(&state[i])
		f.w.End('}')
	}
}

func (f *answerWriter) redacted(o *llm.Opaque) {
	f.w.Begin('{')
	f.w.Text("type", "redacted_thinking")
	f.w.Text("data", dialect.Wrap(o, dialect.Messages))
}

// callHead begins a tool call, the nth part of the answer.
func (f *answerWriter) callHead(id, name string, n int) {
	if id == "" {
		id = f.call.MadeID(0, n)
	}
	f.w.Begin('{')
	f.w.Text("type", "tool_use")
	f.w.Text("id", id)
	f.w.Text("name", name)
}

// isOwnBlock tells the blocks of this dialect's own server tools from other vendors'.
func isOwnBlock(raw llm.Raw) bool {
	switch kind := text(jsonscan.Get(raw, "type")); string(kind) {
	case "server_tool_use", "mcp_tool_use", "container_upload", "search_result", "fallback":
		return true
	case "compaction": // another vendor has one, too
		return jsonscan.Get(raw, "content") != nil
	default:
		return bytes.HasSuffix(kind, []byte("_tool_result"))
	}
}

// usage writes the counts of https://platform.claude.com/docs/en/api/messages#response-usage:
// input without what was read from or written to the cache. What is unknown is 0, as the
// SDKs want numbers.
func (f *answerWriter) usage(u *llm.Usage, tier string) {
	read, write := u.CacheReadTokens.Or(0), u.CacheWriteTokens.Or(0)
	f.w.Begin('{')
	f.w.Number("input_tokens", max(u.InputTokens.Or(0)-read-write, 0))
	f.w.Number("cache_creation_input_tokens", write)
	f.w.Number("cache_read_input_tokens", read)
	if hour := int64(u.Units[llm.UnitCacheWrite1h]); write > 0 {
		f.w.Object("cache_creation")
		f.w.Number("ephemeral_5m_input_tokens", max(write-hour, 0))
		f.w.Number("ephemeral_1h_input_tokens", hour)
		f.w.End('}')
	}
	f.w.Number("output_tokens", u.OutputTokens.Or(0))
	if u.ReasoningTokens.Known {
		f.w.Object("output_tokens_details")
		f.w.Number("thinking_tokens", u.ReasoningTokens.N)
		f.w.End('}')
	}
	f.serverTools(u)
	f.w.TextIf("service_tier", servedTier(tier))
	f.w.End('}')
}

func (f *answerWriter) serverTools(u *llm.Usage) {
	searches, fetches := u.Units[llm.UnitSearches], u.Units[unitFetches]
	if searches == 0 && fetches == 0 {
		return
	}
	f.w.Object("server_tool_use")
	f.w.Number("web_search_requests", int64(searches))
	f.w.Number("web_fetch_requests", int64(fetches))
	f.w.End('}')
}

const unitFetches = "web_fetch_requests"

// servedTier gives the tier in the words of
// https://platform.claude.com/docs/en/api/service-tiers, "" when it has none.
func servedTier(tier string) string {
	switch tier {
	case "standard", "priority", "batch":
		return tier
	case "default", "auto":
		return "standard"
	}
	return ""
}
