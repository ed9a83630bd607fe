package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// pair starts a gateway whose route "pair" leads to a first vendor and falls back to a
// second, in the first's dialect and in another.
func pair(t *testing.T, first, second func(*testup.Call), rest string) (*testgw.Gateway, *testup.Upstream, *testup.Upstream) {
	t.Helper()
	a, b := testup.New(t, first), testup.New(t, second)
	return testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(`
providers:
  one: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, timeouts: { first_event: 1s }, models: { m: {} } }
  two: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, models: { m: {} } }
  three: { kind: anthropic, base_url: %s, api_key: env:VENDOR_KEY, retries: { max: 0 } }
routes: { pair: [ one/m, two/m ], foreign: [ one/m, three/claude ] }
%s`, a.URL, b.URL, b.URL, rest),
		Env: map[string]string{"VENDOR_KEY": vendorKey},
	}), a, b
}

const (
	role    = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
	hello   = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}]}\n\n"
	stopped = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	done    = "data: [DONE]\n\n"
	failing = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n"
)

func streamsOf(pieces ...string) func(*testup.Call) {
	return func(c *testup.Call) { c.Stream(nil, pieces...) }
}

var good = streamsOf(role, hello, stopped, done)

// claude answers both ways in Anthropic's words.
func claude(c *testup.Call) {
	if !strings.Contains(string(c.Body), `"stream":true`) {
		c.JSON(200, `{"id":"m","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`)
		return
	}
	c.Stream(nil,
		"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
		"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n",
		"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n",
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
}

func streamBody(route string) string {
	return `{"model":"` + route + `","stream":true,"messages":[{"role":"user","content":"hi"}]}`
}

func TestAStreamThatFailsBeforeItsFirstContentFailsOverUnseen(t *testing.T) {
	for name, first := range map[string]func(*testup.Call){
		"an error event first":           streamsOf(failing),
		"an error event behind the role": streamsOf(role, failing),
		"cut behind the role": func(c *testup.Call) {
			c.Write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n: hi\n\r\n")
		},
		"ended behind the role": streamsOf(role),
		"nothing at all":        streamsOf(),
		"an empty answer":       streamsOf(role, stopped, done),
		"a stall":               func(c *testup.Call) { c.Stream(nil, role); <-c.Gone() },
		"an error with 200":     func(c *testup.Call) { c.JSON(200, `{"error":{"message":"overloaded","type":"server_error"}}`) },
		"503":                   func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) },
		"a page":                func(c *testup.Call) { c.Answer(200, "text/html", []byte("<html>log in</html>")) },
	} {
		for route, second := range map[string]func(*testup.Call){"pair": good, "foreign": claude} {
			g, a, b := pair(t, first, second, "")
			resp, got := g.Post("/v1/chat/completions", streamBody(route))
			if resp.StatusCode != 200 || strings.Count(string(got), "hello") != 1 || !strings.Contains(string(got), "[DONE]") || strings.Contains(string(got), "overloaded") {
				t.Errorf("%s, %s: %d %s", name, route, resp.StatusCode, got)
				continue
			}
			if resp.Header.Get("sluice-attempts") != "2" || resp.Header.Get("sluice-route") != route || len(a.Calls()) != 1 || len(b.Calls()) != 1 {
				t.Errorf("%s, %s: %v after %d and %d calls", name, route, resp.Header, len(a.Calls()), len(b.Calls()))
			}
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if e.Status != 200 || e.Route != route || len(e.Attempts) != 2 || e.Attempts[0].Fault == "" || e.Attempts[1].Fault != "" || e.ErrorCode != "" {
				t.Errorf("%s, %s: entry %+v", name, route, e)
			}
		}
	}
}

func TestAStreamThatBreaksAfterItsFirstContentIsNotBegunAgain(t *testing.T) {
	g, _, b := pair(t, streamsOf(role, hello, failing), good, "")
	resp, got := g.Post("/v1/chat/completions", streamBody("pair"))
	if resp.StatusCode != 200 || strings.Count(string(got), "hello") != 1 || !strings.Contains(string(got), "overloaded") || len(b.Calls()) != 0 {
		t.Errorf("%d %s; the second was asked %d times", resp.StatusCode, got, len(b.Calls()))
	}
}

func TestTheLastTargetsFailureIsToldAsItIs(t *testing.T) {
	g, _, _ := pair(t, streamsOf(failing), func(c *testup.Call) { c.JSON(503, `{"error":{"message":"also later"}}`) }, "")
	resp, got := g.Post("/v1/chat/completions", streamBody("pair"))
	if resp.StatusCode != 502 && resp.StatusCode != 503 || !strings.Contains(string(got), "also later") || resp.Header.Get("x-should-retry") != "false" {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, got)
	}
}

func TestAWholeAnswerThatIsNoneFailsOver(t *testing.T) {
	for name, first := range map[string]func(*testup.Call){
		"empty body":     func(c *testup.Call) { c.Answer(200, "application/json", nil) },
		"truncated JSON": func(c *testup.Call) { c.Answer(200, "application/json", []byte(chatAnswer[:150])) },
		"a page":         func(c *testup.Call) { c.Answer(200, "text/html", []byte("<html>log in</html>")) },
		"nothing said": func(c *testup.Call) {
			c.JSON(200, `{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{}}`)
		},
		"a reset": func(c *testup.Call) {
			c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) { conn.(*net.TCPConn).SetLinger(0); conn.Close() })
		},
	} {
		for route, second := range map[string]func(*testup.Call){"pair": answerChat, "foreign": claude} {
			g, _, b := pair(t, first, second, "")
			resp, got := g.Post("/v1/chat/completions", `{"model":"`+route+`","messages":[{"role":"user","content":"hi"}]}`)
			if resp.StatusCode != 200 || resp.Header.Get("sluice-attempts") != "2" || len(b.Calls()) != 1 {
				t.Errorf("%s, %s: %d %s", name, route, resp.StatusCode, got)
			}
		}
	}
}

func TestWhileNothingComesTheHeadAndCommentsGoOutAndTargetsAreStillTried(t *testing.T) {
	slow := func(c *testup.Call) { c.Stream(nil, role); <-c.Gone() }
	for name, second := range map[string]func(*testup.Call){"one answers": good, "none does": func(c *testup.Call) { c.JSON(503, `{"error":{"message":"also later"}}`) }} {
		g, _, _ := pair(t, slow, second, "gateways: { default: { commit_after: 30ms } }")
		resp, err := http.DefaultTransport.RoundTrip(g.Request("POST", "/v1/chat/completions", []byte(streamBody("pair"))))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || !strings.HasPrefix(string(body), ":") || resp.Header.Get("sluice-provider") != "" {
			t.Fatalf("%s: %d %v %v %s", name, resp.StatusCode, err, resp.Header, body)
		}
		if resp.Trailer.Get("sluice-provider") != "two" || resp.Trailer.Get("sluice-attempts") != "2" {
			t.Errorf("%s: trailers %v", name, resp.Trailer)
		}
		if want := map[string]string{"one answers": "hello", "none does": "also later"}[name]; !strings.Contains(string(body), want) {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestAFallbackThatCannotTakeTheCallHidesNoFailure(t *testing.T) {
	g, _, b := pair(t, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) }, claude, "")
	resp, got := g.Post("/v1/chat/completions", `{"model":"foreign","messages":[]}`) // which Anthropic's dialect cannot say
	if resp.StatusCode < 500 || !strings.Contains(string(got), "later") || len(b.Calls()) != 0 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

func TestOneOfTwoThatFailsHalfTheTimeIsNotNoticed(t *testing.T) {
	n := 0
	g, _, _ := pair(t, func(c *testup.Call) {
		if n++; n%2 == 0 {
			c.JSON(500, `{"error":{"message":"half"}}`)
			return
		}
		c.JSON(200, chatAnswer)
	}, answerChat, "")
	began, slowest := time.Now(), time.Duration(0)
	for range 200 {
		at := time.Now()
		if resp, b := g.Post("/v1/chat/completions", `{"model":"pair","messages":[]}`); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
		slowest = max(slowest, time.Since(at))
	}
	if slowest > 200*time.Millisecond {
		t.Logf("200 calls in %s, the slowest took %s", time.Since(began), slowest)
	}
}

func TestAnInputThatCannotFitIsNotSent(t *testing.T) {
	a, b := testup.New(t, answerChat), testup.New(t, answerChat)
	g := testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(`
providers:
  one: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, models: { m: { context: 1000 } } }
  two: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, models: { m: {} } }
routes:
  next: [ one/m, two/m ]
  own: { steps: [ { use: one/m, on_context_window: [ two/m ] } ] }
`, a.URL, b.URL),
		Env: map[string]string{"VENDOR_KEY": vendorKey},
	})
	long := strings.Repeat("a long story about nothing at all ", 400)
	for _, route := range []string{"next", "own"} {
		resp, got := g.Post("/v1/chat/completions", `{"model":"`+route+`","messages":[{"role":"user","content":"`+long+`"}]}`)
		if resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "two" || resp.Header.Get("sluice-attempts") != "1" || len(a.Calls()) != 0 {
			t.Errorf("%s: %d %s", route, resp.StatusCode, got)
		}
	}
	a.Script(func(c *testup.Call) {
		c.JSON(400, `{"error":{"message":"This model's maximum context length is 1000 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}`)
	})
	if resp, got := g.Post("/v1/chat/completions", `{"model":"own","messages":[{"role":"user","content":"short"}]}`); resp.StatusCode != 200 || resp.Header.Get("sluice-attempts") != "2" {
		t.Errorf("as the vendor says: %d %s", resp.StatusCode, got)
	}
}

func TestALastEventThatLacksItsBlankLineIsWhole(t *testing.T) {
	for _, last := range []string{"data: [DONE] \n", "data: [DONE]", "data: [DONE]\n"} {
		g, _, _ := pair(t, streamsOf(role, hello, stopped, last), good, "")
		resp, got := g.Post("/v1/chat/completions", streamBody("pair"))
		if resp.StatusCode != 200 || string(got) != role+hello+stopped+last {
			t.Errorf("%q: %d %s", last, resp.StatusCode, got)
		}
	}
}
