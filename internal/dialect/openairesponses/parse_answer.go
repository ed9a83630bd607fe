package openairesponses

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// response is a response object as spans.
type response struct {
	id, model, tier, created []byte
	status, reason, failure  []byte
	output, usage            []byte
}

func (r *response) read(raw []byte) error {
	*r = response{}
	return jsonscan.Members(raw, r.member)
}

func (r *response) member(key, v []byte) bool {
	if isNull(v) {
		return true
	}
	switch string(key) {
	case "id":
		r.id = v
	case "model":
		r.model = v
	case "service_tier":
		r.tier = v
	case "created_at":
		r.created = v
	case "status":
		r.status = v
	case "incomplete_details":
		r.reason = jsonscan.Get(v, "reason")
	case "error":
		r.failure = v
	case "output":
		r.output = v
	case "usage":
		r.usage = v
	}
	return true
}

// fault gives the failure that a response tells of, nil when it tells of none.
func (r *response) fault() *fault.Fault {
	if string(bare(r.status)) != "failed" && !openai.IsError(r.failure) {
		return nil
	}
	return dialect.ParseVendorError(200, nil, r.failure)
}

// createdAt gives the time of creation; some servers write it with a fraction.
func (r *response) createdAt() int64 {
	f, _ := jsonscan.Float(r.created)
	return int64(f)
}

// finish gives why the response ended, and the vendor's word for it.
func (r *response) finish(called bool) (llm.Finish, string) {
	status := word(r.status)
	switch {
	case r.reason != nil:
		reason := text(r.reason)
		switch reason {
		case "max_output_tokens", "max_tokens", "length":
			return llm.FinishLength, reason
		case "content_filter":
			return llm.FinishFilter, reason
		}
		return llm.FinishLength, reason // max_messages, steered: it would have gone on
	case status == "incomplete":
		return llm.FinishLength, status
	case status == "cancelled":
		return llm.FinishError, status
	case status == "queued" || status == "in_progress":
		return llm.FinishPause, status
	case called:
		return llm.FinishTools, status
	}
	return llm.FinishStop, status
}

// ParseAnswer implements dialect.Codec.
func (codec) ParseAnswer(body []byte, c *dialect.Call) (*llm.Answer, error) {
	var r response
	if err := r.read(bytes.TrimSpace(body)); err != nil {
		return nil, fault.New(fault.UpstreamError, "The provider's answer is no JSON object.").With(err)
	}
	if f := r.fault(); f != nil {
		return nil, f
	}
	a := &llm.Answer{ID: text(r.id), Model: text(r.model), Tier: text(r.tier), Created: r.createdAt()}
	out := outputReader{c: c}
	jsonscan.Elements(r.output, out.item)
	choice := llm.Choice{Parts: out.parts, Logprobs: out.logprobs}
	choice.Finish, choice.Vendor = r.finish(out.called)
	a.Choices = []llm.Choice{choice}
	if isObject(r.usage) {
		openai.ToldUsage(&a.Usage, r.usage)
	}
	return a, nil
}

// outputReader turns the items of an answer into parts.
type outputReader struct {
	c        *dialect.Call
	it       item
	parts    []llm.Part
	logprobs llm.Raw
	called   bool // there is a call that the caller must answer
}

func (o *outputReader) item(raw []byte) bool {
	it := &o.it
	if !isObject(raw) || it.read(raw) != nil {
		return true
	}
	switch string(it.kind) {
	case "message":
		o.message(it)
	case "reasoning":
		o.parts = append(o.parts, llm.Part{Kind: llm.Thinking, Text: reasoningText(it), State: stateOf(it, o.c)})
	case "function_call", "custom_tool_call", "tool_search_call":
		o.call(it)
	default:
		o.parts = append(o.parts, otherPart(it))
	}
	return true
}

func (o *outputReader) message(it *item) {
	if isString(it.content) {
		o.parts = append(o.parts, llm.Part{Kind: llm.Text, Text: it.content})
		return
	}
	var c content
	jsonscan.Elements(it.content, func(raw []byte) bool {
		if !isObject(raw) || c.read(raw) != nil {
			return true
		}
		switch {
		case c.refusal != nil:
			o.parts = append(o.parts, llm.Part{Kind: llm.Refusal, Text: c.refusal})
		case isString(c.text):
			o.parts = append(o.parts, llm.Part{Kind: llm.Text, Text: c.text, Cites: readCites(c.annotations)})
			o.logprobs = joinArrays(o.logprobs, c.logprobs)
		default:
			o.parts = append(o.parts, llm.Part{Kind: llm.Vendor, Raw: c.raw})
		}
		return true
	})
}

func (o *outputReader) call(it *item) {
	call := callOf(it, o.c)
	if call == nil {
		o.parts = append(o.parts, otherPart(it))
		return
	}
	o.called = true
	o.parts = append(o.parts, llm.Part{Kind: llm.ToolCall, Call: call})
}

// callOf reads a call that the caller must answer; nil when the vendor does it itself.
func callOf(it *item, c *dialect.Call) *llm.Call {
	call := &llm.Call{ID: text(it.callID), Arguments: it.arguments, Quoted: isString(it.arguments)}
	switch string(it.kind) {
	case "custom_tool_call":
		call.Custom, call.Arguments, call.Quoted = true, it.input, false
	case "tool_search_call":
		if !it.searches() {
			return nil
		}
		call.Name = toolSearch
		return call
	}
	call.Name = c.ToolName(it.callName(c.Request))
	return call
}

// stateOf gives a reasoning item's blob with its origin.
func stateOf(it *item, c *dialect.Call) []llm.Opaque {
	if !isString(it.encrypted) || len(it.encrypted) <= 2 {
		return nil
	}
	return []llm.Opaque{{Dialect: own, Provider: c.Provider, Model: c.Model, Kind: encrypted, ID: text(it.id), Value: text(it.encrypted)}}
}

// otherPart keeps an item that has no neutral word. An image that the vendor made is
// one besides.
func otherPart(it *item) llm.Part {
	if string(it.kind) == "image_generation_call" && isString(it.result) && len(it.result) > 2 {
		kind := word(jsonscan.Get(it.raw, "output_format"))
		m := &llm.Media{Data: dialect.Base64(it.result)}
		if kind != "" {
			m.Type = "image/" + kind
		}
		return llm.Part{Kind: llm.Image, Media: m, Raw: it.raw}
	}
	return llm.Part{Kind: llm.Vendor, Raw: it.raw}
}

// joinArrays joins two JSON arrays to one; an empty one adds nothing.
func joinArrays(a, b llm.Raw) llm.Raw {
	switch {
	case !isArray(b) || len(bytes.TrimSpace(b[1:len(b)-1])) == 0:
		return a
	case a == nil:
		return b
	}
	out := append(make([]byte, 0, len(a)+len(b)), a[:len(a)-1]...)
	return append(append(out, ','), b[1:]...)
}
