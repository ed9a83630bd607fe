package pairs_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answers hold of each dialect's whole answers what is copied as JSON: arguments that are
// objects, sources, log probabilities, and pieces that only the dialect has.
var answers = map[dialect.Name]string{
	dialect.Chat: `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls",
		"logprobs":{"content":[{"token":"so","logprob":-0.5,"bytes":[115,111],"top_logprobs":[{"token":"no","logprob":-1,"bytes":null}]}],"refusal":null},
		"message":{"role":"assistant","content":"so","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"x","index":0}],
		"annotations":[{"type":"url_citation","url_citation":{"url":"https://a","title":"A","start_index":0,"end_index":2}}],
		"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\n[1]}"}},{"id":"c2","type":"function","function":{"name":"f","arguments":{"a":[1,2]}}}]}}]}`,
	dialect.Responses: `{"id":"r","object":"response","created_at":1,"model":"m","status":"completed","output":[
		{"type":"web_search_call","id":"ws","status":"completed","action":{"type":"search","query":"q"}},{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA"},
		{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"so","annotations":[{"type":"url_citation","url":"https://a","title":"A","start_index":0,"end_index":2}],
		"logprobs":[{"token":"so","logprob":-0.5,"bytes":[115,111],"top_logprobs":[]}]}]},
		{"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":{"a":[1,2]}},
		{"type":"tool_search_call","id":"ts","call_id":"c2","execution":"client","arguments":{"q":["x"]}},
		{"type":"image_generation_call","id":"ig","status":"completed","result":"iVBORw0KGgo="}]}`,
	dialect.Messages: `{"id":"msg","type":"message","role":"assistant","model":"m","stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1},"content":[
		{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"server_tool_use","id":"s1","name":"web_search","input":{"query":"q"}},
		{"type":"web_search_tool_result","tool_use_id":"s1","content":[{"type":"web_search_result","url":"https://a","title":"A","encrypted_content":"x"}]},
		{"type":"text","text":"so","citations":[{"type":"web_search_result_location","url":"https://a","title":"A","encrypted_index":"x","cited_text":"t"}]},
		{"type":"tool_use","id":"c1","name":"f","input":{"a":[1,2]}}]}`,
	dialect.Gemini: `{"responseId":"g","modelVersion":"m","usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2},"candidates":[{"index":0,"finishReason":"STOP",
		"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"so"},{"executableCode":{"language":"PYTHON","code":"1"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}},
		{"functionCall":{"name":"f","args":{"a":[1,2]}},"thoughtSignature":"c2ln"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]},
		"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a","title":"A"}}],"groundingSupports":[{"segment":{"startIndex":0,"endIndex":2,"text":"so"},"groundingChunkIndices":[0]}]},
		"logprobsResult":{"chosenCandidates":[{"token":"so","tokenId":1,"logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"so","logProbability":-0.5}]}]}}]}`,
	dialect.Converse: `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"c2ln"}}},
		{"citationsContent":{"content":[{"text":"so"}],"citations":[{"title":"A","sourceContent":[{"text":"t"}],"location":{"web":{"url":"https://a","domain":"a"}}}]}},
		{"toolUse":{"toolUseId":"c1","name":"f","input":{"a":[1,2]}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}`,
	dialect.Cohere: `{"id":"co","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"hm","content":[{"type":"text","text":"so"}],
		"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\n[1]}"}}],
		"citations":[{"start":0,"end":2,"text":"so","type":"TEXT_CONTENT","sources":[{"type":"document","id":"d","document":{"id":"d","title":"A","url":"https://a"}}]}]},
		"logprobs":[{"text":"so","token_ids":[1],"logprobs":[-0.5]}],"usage":{"tokens":{"input_tokens":1,"output_tokens":1}}}`,
}

// asks are requests whose settings some dialects repeat in the answer.
var asks = map[dialect.Name]string{
	dialect.Chat: `{"model":"m","stream":true,"stream_options":{"include_usage":true},"logprobs":true,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"array"}}}}}]}`,
	dialect.Responses: `{"model":"m","stream":true,"input":"hi","metadata":{"k":"v"},"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}},
		"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"type":"array"}}}},{"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]},{"type":"tool_search","execution":"client"},{"type":"custom","name":"p","format":{"type":"text"}}]}`,
	dialect.Messages: `{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}`,
	dialect.Gemini:   `{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}]}`,
	dialect.Converse: `{"messages":[{"role":"user","content":[{"text":"hi"}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}]}}`,
	dialect.Cohere:   `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}`,
}

// spread writes a JSON text over many lines that end in end.
func spread(t *testing.T, text, end string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "\t"); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte(end))
}

// TestAnEventIsOneLineHoweverTheVendorSpreadsItsJSON replays what came over many lines as
// a stream in every dialect: a line's end within the data would cut the event.
func TestAnEventIsOneLineHoweverTheVendorSpreadsItsJSON(t *testing.T) {
	all := conversing(t)
	for _, vendor := range all {
		for _, caller := range all {
			for _, end := range []string{"\n", "\r\n", "\r"} {
				r, err := caller.Codec.ParseRequest(spread(t, asks[caller.Name], end))
				if err != nil {
					t.Fatal(err)
				}
				c := &dialect.Call{ID: "0198c0de-0000-7000-8000-000000000001", Provider: "p", Model: "m", Asked: "m", Time: time.Unix(1700000000, 0), Request: r}
				a, err := vendor.Codec.ParseAnswer(spread(t, answers[vendor.Name], end), c)
				if err != nil {
					t.Fatalf("%s: %v", vendor.Name, err)
				}
				f := caller.Codec.NewStreamFormatter(c)
				var out []byte
				llm.Replay(a, func(e *llm.Event) { out = f.Format(out, e) })
				if caller.StreamType == "" {
					checkLines(t, string(vendor.Name)+" to "+string(caller.Name), out)
				}
			}
		}
	}
}

// checkLines wants every line of a stream to be a whole field.
func checkLines(t *testing.T, what string, stream []byte) {
	t.Helper()
	lines := strings.Split(strings.ReplaceAll(string(stream), "\r\n", "\n"), "\n")
	if len(lines) < 6 {
		t.Errorf("%s: a stream of %d lines", what, len(lines))
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "", name == "event" && !strings.Contains(value, "\r"):
		case name == "data" && (value == "[DONE]" || json.Valid([]byte(value)) && !strings.Contains(value, "\r")):
		default:
			t.Fatalf("%s: the line %.200q is no field of an event", what, line)
		}
	}
}
