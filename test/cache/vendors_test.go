package cache_test

import (
	"fmt"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// everything configures a provider for each dialect at the upstream.
const everything = `discover: false
providers:
  one: { kind: openai-compatible, base_url: "%[1]s/v1", api_key: env:K, retries: { max: 0 }, models: { m: { price: { input: 1, output: 2 } } } }
  res: { kind: openai, base_url: "%[1]s/v1", api_key: env:K, speaks: [responses], retries: { max: 0 } }
  ant: { kind: anthropic, base_url: "%[1]s", api_key: env:K, retries: { max: 0 } }
  gem: { kind: gemini, base_url: "%[1]s", api_key: env:K, retries: { max: 0 } }
  con: { kind: bedrock, base_url: "%[1]s", api_key: env:K, region: us-east-1, retries: { max: 0 } }
  coh: { kind: cohere, base_url: "%[1]s", api_key: env:K, retries: { max: 0 } }
`

// all answers every operation in every dialect, each with the number of the call, a
// thought, a call of a tool and usage where the dialect has them.
func (c *counter) all(call *testup.Call) {
	path, _, _ := strings.Cut(call.URI, "?")
	n := fmt.Sprint(c.next())
	number := func(text string) string { return strings.ReplaceAll(text, "#", n) }
	streams := strings.Contains(string(call.Body), `"stream":true`)
	for _, v := range vendorAnswers {
		if !strings.HasSuffix(path, v.path) {
			continue
		}
		switch {
		case v.stream != nil && (streams || v.always):
			array := strings.HasSuffix(path, ":streamGenerateContent") && !strings.Contains(call.URI, "alt=sse")
			pieces, kind := v.stream(n), v.kind
			if array {
				pieces, kind = asArray(pieces), "application/json"
			}
			call.StreamAs(kind, nil, pieces...)
		case v.kind != "" && !v.always && v.stream == nil:
			call.Answer(200, v.kind, []byte(number(v.whole)))
		default:
			call.JSON(200, number(v.whole))
		}
		return
	}
	call.JSON(404, `{"error":{"message":"nothing at `+call.URI+`"}}`)
}

// asArray makes a JSON array of an event stream.
func asArray(events []string) []string {
	out := []string{"["}
	for i, e := range events {
		comma := ","
		if i == len(events)-1 {
			comma = "]"
		}
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(e, "data: "), "\n\n")+comma)
	}
	return out
}

type vendorAnswer struct {
	path   string // ends so
	whole  string
	kind   string // of the stream, or of a whole answer that is no JSON
	stream func(n string) []string
	always bool // a stream
}

const sse = "text/event-stream"

// lines makes an event of each line.
func lines(prefix, text string) func(string) []string {
	return func(n string) (out []string) {
		for line := range strings.Lines(strings.ReplaceAll(text, "#", n)) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, prefix+line+"\n\n")
			}
		}
		return out
	}
}

// named makes events that say their type twice of lines "name {data}".
func named(text string) func(string) []string {
	return func(n string) (out []string) {
		for line := range strings.Lines(strings.ReplaceAll(text, "#", n)) {
			if name, data, ok := strings.Cut(strings.TrimSpace(line), " {"); ok {
				out = append(out, "event: "+name+"\ndata: {\"type\":\""+name+"\","+data+"\n\n")
			}
		}
		return out
	}
}

// framed makes messages of the AWS event stream of lines "name {data}".
func framed(text string) func(string) []string {
	return func(n string) (out []string) {
		for line := range strings.Lines(strings.ReplaceAll(text, "#", n)) {
			if name, data, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				head := []dialect.EventHeader{{Name: ":event-type", Value: name}, {Name: ":content-type", Value: "application/json"}, {Name: ":message-type", Value: "event"}}
				out = append(out, string(dialect.AppendEventStream(nil, head, []byte(data))))
			}
		}
		return out
	}
}

var vendorAnswers = []vendorAnswer{
	{path: "/chat/completions", kind: sse,
		whole: `{"id":"c#","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"because #","content":"answer #","tool_calls":[{"id":"t#","type":"function","function":{"name":"find","arguments":"{\"q\":#}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1234,"completion_tokens":567,"total_tokens":1801}}`,
		stream: lines("data: ", `
{"id":"c#","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
{"id":"c#","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"reasoning_content":"because #"},"finish_reason":null}]}
{"id":"c#","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"answer #"},"finish_reason":null}]}
{"id":"c#","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t#","type":"function","function":{"name":"find","arguments":"{\"q\":#}"}}]},"finish_reason":null}]}
{"id":"c#","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
{"id":"c#","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":1234,"completion_tokens":567,"total_tokens":1801}}
[DONE]`)},
	{path: "/v1/completions", kind: sse,
		whole: `{"id":"c#","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"answer #","logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1234,"completion_tokens":567,"total_tokens":1801}}`,
		stream: lines("data: ", `
{"id":"c#","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"answer #","logprobs":null,"finish_reason":"stop"}]}
[DONE]`)},
	{path: "/responses", kind: sse,
		whole: `{"id":"resp_#","object":"response","created_at":1,"status":"completed","model":"m","output":[{"id":"rs_#","type":"reasoning","summary":[{"type":"summary_text","text":"because #"}]},{"id":"msg_#","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"answer #","annotations":[]}]},{"id":"fc_#","type":"function_call","call_id":"t#","name":"find","arguments":"{\"q\":#}","status":"completed"}],"usage":{"input_tokens":1234,"output_tokens":567,"total_tokens":1801}}`,
		stream: named(`
response.created {"sequence_number":0,"response":{"id":"resp_#","object":"response","created_at":1,"status":"in_progress","model":"m","output":[]}}
response.output_item.added {"sequence_number":1,"output_index":0,"item":{"id":"rs_#","type":"reasoning","summary":[]}}
response.reasoning_summary_part.added {"sequence_number":2,"item_id":"rs_#","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}
response.reasoning_summary_text.delta {"sequence_number":3,"item_id":"rs_#","output_index":0,"summary_index":0,"delta":"because #"}
response.reasoning_summary_text.done {"sequence_number":4,"item_id":"rs_#","output_index":0,"summary_index":0,"text":"because #"}
response.reasoning_summary_part.done {"sequence_number":5,"item_id":"rs_#","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":"because #"}}
response.output_item.done {"sequence_number":6,"output_index":0,"item":{"id":"rs_#","type":"reasoning","summary":[{"type":"summary_text","text":"because #"}]}}
response.output_item.added {"sequence_number":7,"output_index":1,"item":{"id":"msg_#","type":"message","role":"assistant","status":"in_progress","content":[]}}
response.content_part.added {"sequence_number":8,"item_id":"msg_#","output_index":1,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}
response.output_text.delta {"sequence_number":9,"item_id":"msg_#","output_index":1,"content_index":0,"delta":"answer #"}
response.output_text.done {"sequence_number":10,"item_id":"msg_#","output_index":1,"content_index":0,"text":"answer #"}
response.content_part.done {"sequence_number":11,"item_id":"msg_#","output_index":1,"content_index":0,"part":{"type":"output_text","text":"answer #","annotations":[]}}
response.output_item.done {"sequence_number":12,"output_index":1,"item":{"id":"msg_#","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"answer #","annotations":[]}]}}
response.output_item.added {"sequence_number":13,"output_index":2,"item":{"id":"fc_#","type":"function_call","call_id":"t#","name":"find","arguments":"","status":"in_progress"}}
response.function_call_arguments.delta {"sequence_number":14,"item_id":"fc_#","output_index":2,"delta":"{\"q\":#}"}
response.function_call_arguments.done {"sequence_number":15,"item_id":"fc_#","output_index":2,"arguments":"{\"q\":#}"}
response.output_item.done {"sequence_number":16,"output_index":2,"item":{"id":"fc_#","type":"function_call","call_id":"t#","name":"find","arguments":"{\"q\":#}","status":"completed"}}
response.completed {"sequence_number":17,"response":{"id":"resp_#","object":"response","created_at":1,"status":"completed","model":"m","output":[{"id":"rs_#","type":"reasoning","summary":[{"type":"summary_text","text":"because #"}]},{"id":"msg_#","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"answer #","annotations":[]}]},{"id":"fc_#","type":"function_call","call_id":"t#","name":"find","arguments":"{\"q\":#}","status":"completed"}],"usage":{"input_tokens":1234,"output_tokens":567,"total_tokens":1801}}}`)},
	{path: "/v1/messages", kind: sse,
		whole: `{"id":"msg_#","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"because #","signature":"c2ln"},{"type":"text","text":"answer #"},{"type":"tool_use","id":"t#","name":"find","input":{"q":#}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1234,"output_tokens":567}}`,
		stream: named(`
message_start {"message":{"id":"msg_#","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1234,"output_tokens":1}}}
content_block_start {"index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
content_block_delta {"index":0,"delta":{"type":"thinking_delta","thinking":"because #"}}
content_block_delta {"index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}
content_block_stop {"index":0}
content_block_start {"index":1,"content_block":{"type":"text","text":""}}
content_block_delta {"index":1,"delta":{"type":"text_delta","text":"answer #"}}
content_block_stop {"index":1}
content_block_start {"index":2,"content_block":{"type":"tool_use","id":"t#","name":"find","input":{}}}
content_block_delta {"index":2,"delta":{"type":"input_json_delta","partial_json":"{\"q\":#}"}}
content_block_stop {"index":2}
message_delta {"delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":567}}
message_stop {"x":1}`)},
	{path: ":generateContent",
		whole: `{"candidates":[{"content":{"role":"model","parts":[{"text":"because #","thought":true},{"text":"answer #"},{"functionCall":{"name":"find","args":{"q":#}}}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1234,"candidatesTokenCount":567,"totalTokenCount":1801},"modelVersion":"m","responseId":"r#"}`},
	{path: ":streamGenerateContent", kind: sse, always: true, stream: lines("data: ", `
{"candidates":[{"content":{"role":"model","parts":[{"text":"because #","thought":true}]},"index":0}],"usageMetadata":{"promptTokenCount":1234},"modelVersion":"m","responseId":"r#"}
{"candidates":[{"content":{"role":"model","parts":[{"text":"answer #"}]},"index":0}],"modelVersion":"m","responseId":"r#"}
{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"find","args":{"q":#}}}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1234,"candidatesTokenCount":567,"totalTokenCount":1801},"modelVersion":"m","responseId":"r#"}`)},
	{path: "/converse",
		whole: `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"because #","signature":"c2ln"}}},{"text":"answer #"},{"toolUse":{"toolUseId":"t#","name":"find","input":{"q":#}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1234,"outputTokens":567,"totalTokens":1801},"metrics":{"latencyMs":1}}`},
	{path: "/converse-stream", kind: dialect.EventStreamType, always: true, stream: framed(`
messageStart {"role":"assistant"}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"because #"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}
contentBlockStop {"contentBlockIndex":0}
contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"answer #"}}
contentBlockStop {"contentBlockIndex":1}
contentBlockStart {"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t#","name":"find"}}}
contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"q\":#}"}}}
contentBlockStop {"contentBlockIndex":2}
messageStop {"stopReason":"tool_use"}
metadata {"usage":{"inputTokens":1234,"outputTokens":567,"totalTokens":1801},"metrics":{"latencyMs":1}}`)},
	{path: "/v2/chat", kind: sse,
		whole: `{"id":"c#","message":{"role":"assistant","content":[{"type":"thinking","thinking":"because #"},{"type":"text","text":"answer #"}],"tool_calls":[{"id":"t#","type":"function","function":{"name":"find","arguments":"{\"q\":#}"}}]},"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":1234,"output_tokens":567},"tokens":{"input_tokens":1234,"output_tokens":567}}}`,
		stream: named(`
message-start {"id":"c#","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}
content-start {"index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}
content-delta {"index":0,"delta":{"message":{"content":{"thinking":"because #"}}}}
content-end {"index":0}
content-start {"index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}
content-delta {"index":1,"delta":{"message":{"content":{"text":"answer #"}}}}
content-end {"index":1}
tool-call-start {"index":0,"delta":{"message":{"tool_calls":{"id":"t#","type":"function","function":{"name":"find","arguments":""}}}}}
tool-call-delta {"index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"q\":#}"}}}}}
tool-call-end {"index":0}
message-end {"delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":1234,"output_tokens":567},"tokens":{"input_tokens":1234,"output_tokens":567}}}}`)},
	{path: "/embeddings", whole: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[#,0.5]}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}`},
	{path: ":embedContent", whole: `{"embedding":{"values":[#,0.5]}}`},
	{path: "/v2/embed", whole: `{"id":"e#","embeddings":{"float":[[#,0.5]]},"texts":["hello"],"meta":{"billed_units":{"input_tokens":3}},"response_type":"embeddings_by_type"}`},
	{path: "/rerank", whole: `{"id":"r#","results":[{"index":0,"relevance_score":0.9}],"meta":{"billed_units":{"search_units":1}}}`},
	{path: "/moderations", whole: `{"id":"m#","model":"m","results":[{"flagged":false,"categories":{},"category_scores":{}}]}`},
	{path: "/images/generations", whole: `{"created":#,"data":[{"b64_json":"iVBORw0KGgo="}],"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}`},
	{path: "/images/edits", whole: `{"created":#,"data":[{"b64_json":"iVBORw0KGgo="}]}`},
	{path: "/audio/speech", kind: "audio/mpeg", whole: "ID3\x04\x00\xff\xfb#\x00\r\n\x00"},
	{path: "/audio/transcriptions", whole: `{"text":"answer #","usage":{"type":"tokens","input_tokens":3,"output_tokens":4,"total_tokens":7}}`},
}
