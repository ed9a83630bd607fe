// Package cache_test calls a whole gateway that has a cache, as applications do.
package cache_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const vendorKey = "vendor-key-0123456789"

// start runs a gateway whose providers one (chat) and ant (messages) are the upstream.
func start(t testing.TB, up *testup.Upstream, cache string) *testgw.Gateway {
	t.Helper()
	return startWith(t, up, "gateways: { default: { cache: "+cache+" } }\n")
}

func startWith(t testing.TB, up *testup.Upstream, more string) *testgw.Gateway {
	t.Helper()
	retries := "retries: { max: 0 }"
	return testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(`discover: false
providers:
  one: { kind: openai-compatible, base_url: "%s/v1", api_key: env:K, models: { m: { price: { input: 1, output: 2 } } }, %s }
  two: { kind: openai-compatible, base_url: "%s/v1", api_key: env:K, models: { m: {} }, %s }
  ant: { kind: anthropic, base_url: "%s", api_key: env:K, models: { c: {} }, %s }
%s`, up.URL, retries, up.URL, retries, up.URL, retries, more),
		Env: map[string]string{"K": vendorKey},
	})
}

// answer is what a caller got.
type answer struct {
	*http.Response
	body []byte
	err  error
}

func (a *answer) cache() string { return a.Header.Get("sluice-cache") }
func (a *answer) id() string    { return a.Header.Get("sluice-request-id") }

// call sends a body to a path, with header fields in pairs.
func call(t testing.TB, g *testgw.Gateway, path, body string, header ...string) *answer {
	t.Helper()
	r := g.Request("POST", path, []byte(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return &answer{Response: &http.Response{Header: http.Header{}}, err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return &answer{resp, b, err}
}

const chat = "/v1/chat/completions"

// ask is a chat request.
func ask(model, text string, stream bool) string {
	return fmt.Sprintf(`{"model":%q,"stream":%v,"messages":[{"role":"user","content":%q}]}`, model, stream, text)
}

// counter numbers answers, so that no two of a vendor are alike.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// vendor answers in chat and messages, whole or as a stream, with the number of the call.
func (c *counter) vendor(call *testup.Call) {
	n := c.next()
	streams := strings.Contains(string(call.Body), `"stream":true`)
	switch {
	case strings.HasSuffix(call.URI, "/messages") && streams:
		call.Stream(nil, messagesStream(fmt.Sprint("answer ", n))...)
	case strings.HasSuffix(call.URI, "/messages"):
		call.JSON(200, fmt.Sprintf(`{"id":"msg_%d","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"answer %d"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}`, n, n))
	case streams:
		call.Stream(nil, chatStream(fmt.Sprint("answer ", n))...)
	default:
		call.JSON(200, fmt.Sprintf(`{"id":"c%d","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"answer %d"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000000,"completion_tokens":500000,"total_tokens":1500000}}`, n, n))
	}
}

func chatStream(text string) []string {
	chunk := func(delta, finish string) string {
		return `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":` + delta + `,"finish_reason":` + finish + `}]}` + "\n\n"
	}
	out := []string{chunk(`{"role":"assistant","content":""}`, "null")}
	for _, word := range strings.SplitAfter(text, " ") {
		b, _ := json.Marshal(word)
		out = append(out, chunk(`{"content":`+string(b)+`}`, "null"))
	}
	return append(out, chunk(`{}`, `"stop"`), `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`+"\n\n", "data: [DONE]\n\n")
}

func messagesStream(text string) []string {
	event := func(name, data string) string {
		return "event: " + name + "\ndata: {\"type\":\"" + name + "\"," + data + "}\n\n"
	}
	b, _ := json.Marshal(text)
	return []string{
		event("message_start", `"message":{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}`),
		event("content_block_start", `"index":0,"content_block":{"type":"text","text":""}`),
		event("content_block_delta", `"index":0,"delta":{"type":"text_delta","text":`+string(b)+`}`),
		event("content_block_stop", `"index":0`),
		event("message_delta", `"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}`),
		event("message_stop", `"x":1`),
	}
}

// text gives what a chat answer says, a stream or whole.
func text(a *answer) string {
	if !strings.HasPrefix(a.Header.Get("content-type"), "text/event-stream") {
		var v struct {
			Choices []struct{ Message struct{ Content string } }
			Content []struct{ Text string }
		}
		if json.Unmarshal(a.body, &v) != nil {
			return "unreadable: " + string(a.body)
		}
		if len(v.Choices) > 0 {
			return v.Choices[0].Message.Content
		}
		if len(v.Content) > 0 {
			return v.Content[0].Text
		}
		return "nothing: " + string(a.body)
	}
	var out strings.Builder
	for _, line := range strings.Split(string(a.body), "\n") {
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var v struct {
			Choices []struct{ Delta struct{ Content string } }
			Delta   struct{ Text string }
		}
		_ = json.Unmarshal([]byte(data), &v)
		if len(v.Choices) > 0 {
			out.WriteString(v.Choices[0].Delta.Content)
		}
		out.WriteString(v.Delta.Text)
	}
	return out.String()
}

// stored fails unless an answer and its entry are as they must be.
func expect(t testing.TB, g *testgw.Gateway, a *answer, word, says string) gateway.Entry {
	t.Helper()
	if a.StatusCode != 200 || a.cache() != word || text(a) != says {
		t.Errorf("%d, %s, %q and not %s, %q: %.300s", a.StatusCode, a.cache(), text(a), word, says, a.body)
	}
	e := g.Entry(a.id())
	if e.Cache != word {
		t.Errorf("the entry says %s and not %s", e.Cache, word)
	}
	return e
}
