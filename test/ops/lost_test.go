package ops_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// searched is an answer of a vendor that has searched itself.
const searched = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[
	{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"rain"}},
	{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://e.com","title":"T","encrypted_content":"x"}]},
	{"type":"text","text":"It rains."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":7}}`

// TestWhatIsLeftOutOfAnAnswerIsNamed: in the entry always, and in the header as far as it
// is known when that goes out.
func TestWhatIsLeftOutOfAnAnswerIsNamed(t *testing.T) {
	s := newStage(t, "")
	for _, c := range []struct{ name, ask, answer, header, entry string }{
		{"blocks of the vendor's own tools", `{"model":"anthropic/claude-sonnet-4-5","messages":[{"role":"user","content":"hi"}],"seed":1}`, searched,
			"seed, answer: content[].type, answer: content[].content, answer: content[].tool_use_id", "seed, answer: content[].type, answer: content[].content, answer: content[].tool_use_id"},
		{"the same in a stream", `{"model":"anthropic/claude-sonnet-4-5","messages":[{"role":"user","content":"hi"}],"stream":true}`, searchedStream,
			"answer: content[].type (server_tool_use), answer: content[].type (web_search_tool_result)", "answer: content[].type (server_tool_use), answer: content[].type (web_search_tool_result)"},
		{"code that the vendor ran", `{"model":"gemini/gemini-2.5-pro","messages":[{"role":"user","content":"hi"}]}`,
			`{"candidates":[{"content":{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"1"}},{"text":"One."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}`,
			"answer: candidates[].content.parts[].executableCode", "answer: candidates[].content.parts[].executableCode"},
		{"nothing", `{"model":"gemini/gemini-2.5-pro","messages":[{"role":"user","content":"hi"}]}`,
			`{"candidates":[{"content":{"role":"model","parts":[{"text":"One."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.up.Script(func(up *testup.Call) {
				if strings.HasPrefix(c.answer, "event:") {

					up.Answer(200, "text/event-stream", []byte(c.answer))
					return
				}
				up.JSON(200, c.answer)
			})
			resp, body := s.Post("/v1/chat/completions", c.ask)
			if resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, body)
			}
			if got := resp.Header.Get("Sluice-Dropped-Params"); got != c.header {
				t.Errorf("the header names %q, want %q", got, c.header)
			}
			if got := strings.Join(s.Entry(resp.Header.Get("Sluice-Request-Id")).DroppedParams, ", "); got != c.entry {
				t.Errorf("the entry names %q, want %q", got, c.entry)
			}
		})
	}
}

// searchedStream is the same answer as a stream.
const searchedStream = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"It rains."}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}

event: message_stop
data: {"type":"message_stop"}

`
