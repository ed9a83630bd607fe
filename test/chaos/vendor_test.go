package chaos_test

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// vendor is how the vendors of one dialect talk.
type vendor struct {
	kind   string
	base   string // behind the host, in base_url
	whole  string // an answer; %s is its text
	before string // the events of a stream before its first content
	piece  string // the event with some text; %s is that
	after  string // the events behind the last text
	failed string // the event of a failure
	refuse string // the body of an error; %d is the status
	media  string // the type of a stream; "" = text/event-stream
}

// The text of a first vendor, as it comes, and that of a second.
var alpha = []string{"alpha ", "beta ", "gamma"}

const omega = "omega"

var vendors = map[string]*vendor{
	"chat": {
		kind: "openai-compatible", base: "/v1",
		whole:  `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`,
		before: "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
		piece:  "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n",
		after:  "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
		failed: "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n",
		refuse: `{"error":{"message":"refused with %d","type":"some_error"}}`,
	},
	"responses": {
		kind: "openai", base: "/v1",
		whole: `{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"%s","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`,
		before: "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"status\":\"in_progress\",\"model\":\"m\",\"output\":[]}}\n\n" +
			"event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"msg_1\",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}\n\n",
		piece:  "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":3,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\"}\n\n",
		after:  "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":9,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"status\":\"completed\",\"model\":\"m\",\"output\":[{\"id\":\"msg_1\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}]}],\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2}}}\n\n",
		failed: "event: error\ndata: {\"type\":\"error\",\"sequence_number\":4,\"code\":\"server_error\",\"message\":\"overloaded\",\"param\":null}\n\n",
		refuse: `{"error":{"message":"refused with %d","type":"some_error"}}`,
	},
	"messages": {
		kind:  "anthropic",
		whole: `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`,
		before: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n" +
			"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n",
		piece: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}\n\n",
		after: "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" +
			"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":3}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
		failed: "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"overloaded\"}}\n\n",
		refuse: `{"type":"error","error":{"type":"some_error","message":"refused with %d"}}`,
	},
	"gemini": {
		kind:   "gemini",
		whole:  `{"candidates":[{"content":{"role":"model","parts":[{"text":"%s"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}`,
		piece:  "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"%s\"}]},\"index\":0}]}\r\n\r\n",
		after:  "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":3,\"totalTokenCount\":4}}\r\n\r\n",
		failed: "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n",
		refuse: `{"error":{"code":%d,"message":"refused","status":"SOMETHING"}}`,
	},
	"array": { // Gemini's streams as one JSON array
		kind: "gemini", media: "application/json",
		before: "[",
		piece:  "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"%s\"}]},\"index\":0}]},\r\n",
		after:  "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":3,\"totalTokenCount\":4}}]",
	},
}

// stream gives the events of a stream that says some pieces.
func (v *vendor) stream(pieces ...string) string {
	all := v.before
	for _, p := range pieces {
		all += fmt.Sprintf(v.piece, p)
	}
	return all + v.after
}

// errorBody is the body of an error with a status.
func (v *vendor) errorBody(status int) string { return fmt.Sprintf(v.refuse, status) }

// answer says a text, in the way that was asked for.
func (v *vendor) answer(c *testup.Call, pieces ...string) {
	if streams(c) {
		c.StreamAs(cmp.Or(v.media, events), nil, v.stream(pieces...))
		return
	}
	c.JSON(200, fmt.Sprintf(v.whole, strings.Join(pieces, "")))
}

// called gives the vendor that a call takes us for.
func called(c *testup.Call) *vendor {
	switch {
	case strings.Contains(c.URI, "/chat/completions"):
		return vendors["chat"]
	case strings.Contains(c.URI, "/responses"):
		return vendors["responses"]
	case strings.Contains(c.URI, "/messages"):
		return vendors["messages"]
	case streams(c) && !strings.Contains(c.URI, "alt=sse"):
		return vendors["array"]
	}
	return vendors["gemini"]
}

func streams(c *testup.Call) bool {
	return strings.Contains(c.URI, ":streamGenerateContent") || strings.Contains(string(c.Body), `"stream":true`)
}

const events = "text/event-stream"

// raw gives the beginning of a chunked event stream as bytes, without its end.
func raw(text string) string { return rawAs(events, text) }

func rawAs(media, text string) string {
	head := "HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\nTransfer-Encoding: chunked\r\n\r\n"
	if text == "" {
		return head
	}
	return head + fmt.Sprintf("%x\r\n%s\r\n", len(text), text)
}

// pause waits for so long, or until the caller is gone.
func pause(c *testup.Call, d time.Duration) {
	select {
	case <-c.Gone():
	case <-time.After(d):
	}
}
