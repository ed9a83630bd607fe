package invoke

import (
	"encoding/base64"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The members that the vendor adds to the last chunk: of every stream, and of one that a
// guardrail ended.
const (
	metrics   = "amazon-bedrock-invocationMetrics"
	guardrail = "amazon-bedrock-guardrailAction"
)

// meter reads one answer, whatever model it is of. Claude's own words are read by the
// meter of their dialect.
type meter struct {
	report dialect.Report
	claude dialect.Meter // nil until the answer turns out to be Claude's
	aws    dialect.Meter // of exceptions
	inner  []byte        // what a chunk holds
}

func newMeter(op llm.Operation) dialect.Meter {
	return &meter{aws: converse.Dialect.NewMeter(op)}
}

// Event reads one event of
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html.
func (m *meter) Event(name, data []byte) dialect.Sign {
	if string(name) != "chunk" {
		sign := m.aws.Event(name, data) & dialect.Failed
		m.report.Fault = m.aws.Report().Fault
		return sign
	}
	chunk := m.open(jsonscan.Get(data, "bytes"))
	if typ := jsonscan.Get(chunk, "type"); m.claude != nil || string(typ) == `"message_start"` {
		return m.claudes(chunk)
	}
	m.members(chunk)
	m.usage(jsonscan.Get(chunk, "metadata", "usage"))
	m.members(jsonscan.Get(chunk, "messageStop"))
	if told := jsonscan.Get(chunk, metrics); told != nil || m.report.FinishReason != "" || string(jsonscan.Get(chunk, guardrail)) == `"INTERVENED"` {
		m.count(told)
		m.report.Ended = true
		return dialect.Content | dialect.Ended
	}
	return dialect.Content
}

// open undoes the encoding of a chunk; the result is valid until the next one.
func (m *meter) open(raw []byte) []byte {
	text, ok := jsonscan.Plain(raw)
	if !ok {
		return nil
	}
	m.inner = m.inner[:0]
	out, err := base64.StdEncoding.AppendDecode(m.inner, text)
	if err != nil {
		return nil
	}
	m.inner = out
	return out
}

// claudes reads a chunk that is an event of Claude's own API.
func (m *meter) claudes(chunk []byte) dialect.Sign {
	if m.claude == nil {
		m.claude = anthropic.Dialect.NewMeter(llm.OpChat)
	}
	return m.claude.Event(nil, chunk)
}

// Answer reads a whole answer, or an error that came with a successful status.
func (m *meter) Answer(contentType string, body []byte) {
	if string(jsonscan.Get(body, "type")) == `"message"` {
		m.claude = anthropic.Dialect.NewMeter(llm.OpChat)
		m.claude.Answer(contentType, body)
		return
	}
	m.members(body)
	m.report.Ended = true
}

// members reads the counts and the reason of the end that models name in their own ways:
// Llama, Titan, Cohere, and those that follow OpenAI's or the vendor's newer form.
func (m *meter) members(obj []byte) {
	u := &m.report.Usage
	_ = jsonscan.Members(obj, func(key, value []byte) bool {
		switch string(key) {
		case "prompt_token_count", "inputTextTokenCount":
			set(&u.InputTokens, value)
		case "generation_token_count", "totalOutputTextTokenCount":
			set(&u.OutputTokens, value)
		case "usage":
			m.usage(value)
		case "results", "choices", "generations", "outputs":
			m.texts(value)
		default:
			m.reason(key, value)
		}
		return true
	})
}

// texts reads the list of what a model wrote: the first one tells why it ended, and
// Titan's count their tokens one by one
// (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html).
func (m *meter) texts(list []byte) {
	var output llm.Count
	first := true
	_ = jsonscan.Elements(list, func(text []byte) bool {
		_ = jsonscan.Members(text, func(key, value []byte) bool {
			if string(key) == "tokenCount" {
				var n llm.Count
				set(&n, value)
				output = output.Add(n)
			} else if first {
				m.reason(key, value)
			}
			return true
		})
		first = false
		return true
	})
	if output.Known {
		m.report.Usage.OutputTokens = output
	}
}

// reason takes the reason of the end, whatever a model calls it.
func (m *meter) reason(key, value []byte) {
	switch string(key) {
	case "stop_reason", "stopReason", "completionReason", "finish_reason":
		if s, ok := jsonscan.String(value); ok && s != "" {
			m.report.FinishReason = s
		}
	}
}

func (m *meter) usage(obj []byte) {
	u := &m.report.Usage
	var input llm.Count
	split := false
	_ = jsonscan.Members(obj, func(key, value []byte) bool {
		switch string(key) {
		case "inputTokens":
			split = true
			set(&input, value)
		case "prompt_tokens", "input_tokens":
			set(&input, value)
		case "outputTokens", "completion_tokens", "output_tokens":
			set(&u.OutputTokens, value)
		case "cacheReadInputTokens", "cacheReadInputTokenCount":
			set(&u.CacheReadTokens, value)
		case "cacheWriteInputTokens", "cacheWriteInputTokenCount":
			set(&u.CacheWriteTokens, value)
		}
		return true
	})
	if split { // the vendor's own form counts cached input apart
		input = input.Add(u.CacheReadTokens).Add(u.CacheWriteTokens)
	}
	if input.Known {
		u.InputTokens = input
	}
}

// count reads the vendor's own count of a stream, which the model's may lack.
func (m *meter) count(obj []byte) {
	var input, output llm.Count
	set(&input, jsonscan.Get(obj, "inputTokenCount"))
	set(&output, jsonscan.Get(obj, "outputTokenCount"))
	u := &m.report.Usage
	if input.Known && !u.InputTokens.Known {
		u.InputTokens = input
	}
	if output.Known {
		u.OutputTokens = output
	}
}

// set takes what is a plausible number of tokens.
func set(c *llm.Count, raw []byte) {
	if n, ok := jsonscan.Int(raw); ok && n >= 0 && n < 1<<53 {
		*c = llm.Known(n)
	}
}

// Report gives what is known so far; it stays the meter's and changes with it.
func (m *meter) Report() *dialect.Report {
	if m.claude != nil {
		fault := m.report.Fault
		m.report = *m.claude.Report()
		if m.report.Fault == nil {
			m.report.Fault = fault
		}
	}
	return &m.report
}
