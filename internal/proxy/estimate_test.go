package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// question is about 60 tokens.
var question = strings.TrimSpace(strings.Repeat("Tell me what the weather will be like in the mountains. ", 5))

// begun are streams that have said ten words and are not at their end.
var begun = map[string]struct {
	path, body, head, piece string
	input                   int64 // as reported; 0 = not yet
}{
	"chat": {
		path: "/v1/chat/completions", body: `{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"` + question + `"}]}`,
		head:  testup.Events(chatStream)[0],
		piece: "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}],\"usage\":null}\n\n",
	},
	"responses": {
		path: "/v1/responses", body: `{"model":"gpt-4o-mini","stream":true,"input":"` + question + `"}`,
		head:  "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"gpt-4o-mini\",\"usage\":null}}\n\n",
		piece: "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"m\",\"delta\":\" word\"}\n\n",
	},
	"messages": {
		path: "/v1/messages", body: `{"model":"claude-sonnet-4-5","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"` + question + `"}]}`,
		head:  "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude-sonnet-4-5\",\"usage\":{\"input_tokens\":61,\"output_tokens\":1}}}\n\n",
		piece: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n",
		input: 61,
	},
	"gemini": {
		path: "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", body: `{"contents":[{"parts":[{"text":"` + question + `"}]}]}`,
		piece: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" word\"}],\"role\":\"model\"}}],\"modelVersion\":\"gemini-2.5-flash\"}\r\n\r\n",
	},
}

// checkEstimate checks the entry of a stream that was cut after ten words.
func checkEstimate(t *testing.T, e *gateway.Entry, reported int64) {
	t.Helper()
	u := &e.Usage
	if reported > 0 {
		if _, marked := u.Units["estimated_input_tokens"]; marked || u.InputTokens.N != reported {
			t.Errorf("input %+v, units %v", u.InputTokens, u.Units)
		}
	} else if n := u.InputTokens.N; n < 50 || n > 80 || u.Units["estimated_input_tokens"] != float64(n) {
		t.Errorf("input %d, units %v", n, u.Units)
	}
	if u.OutputTokens.N != 10 || u.Units["estimated_output_tokens"] != 10 {
		t.Errorf("output %+v, units %v", u.OutputTokens, u.Units)
	}
	if !e.Cost.Known || e.Cost.USD <= 0 {
		t.Errorf("cost %+v", e.Cost)
	}
	if a := e.Attempts[len(e.Attempts)-1]; a.Cost != e.Cost || a.Usage.OutputTokens != u.OutputTokens {
		t.Errorf("attempt %+v", a)
	}
}

func TestWhatACallerWhoLeftHasReadIsBilled(t *testing.T) {
	for name, c := range begun {
		t.Run(name, func(t *testing.T) {
			g, _ := start(t, func(call *testup.Call) {
				call.Stream(func(i int) {
					if i == 1 {
						<-call.Gone()
					}
				}, c.head+strings.Repeat(c.piece, 10), c.piece)
			}, "")
			resp, err := http.DefaultTransport.RoundTrip(g.Request("POST", c.path, []byte(c.body)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(resp.Body, make([]byte, len(c.head)+10*len(c.piece))); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if e.Status != 499 || e.ErrorCode != "client_closed" {
				t.Errorf("status %d, code %s", e.Status, e.ErrorCode)
			}
			checkEstimate(t, &e, c.input)
		})
	}
}

// cutOff sends the beginning of an answer of some type and closes the connection.
func cutOff(c *testup.Call, contentType, answer string) {
	c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) {
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", contentType, len(answer), answer)
	})
}

func TestWhatAVendorSaidBeforeItBrokeOffIsBilled(t *testing.T) {
	const failure = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"server_error\",\"message\":\"oops\"}}\n\n"
	for name, c := range begun {
		t.Run(name, func(t *testing.T) {
			answer := c.head + strings.Repeat(c.piece, 10)
			g, u := start(t, func(call *testup.Call) { cutOff(call, "text/event-stream", answer) }, "")
			resp, _ := g.Post(c.path, c.body)
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if e.ErrorCode != "upstream_error" {
				t.Errorf("code %s", e.ErrorCode)
			}
			checkEstimate(t, &e, c.input)
			if resp.Trailer.Get("sluice-cost-usd") != e.Cost.USD.String() || !strings.Contains(resp.Trailer.Get("sluice-usage"), "estimated_output_tokens") {
				t.Errorf("trailers %v", resp.Trailer)
			}
			if name == "gemini" {
				return
			}
			u.Script(func(call *testup.Call) { call.Stream(nil, answer, failure) })
			resp, _ = g.Post(c.path, c.body)
			e = g.Entry(resp.Header.Get("sluice-request-id"))
			if e.ErrorCode == "" {
				t.Error("a stream with an error in it is no success")
			}
			checkEstimate(t, &e, c.input)
		})
	}
}

func TestATranslatedStreamThatIsCutIsBilled(t *testing.T) {
	if anthropic.Dialect.Codec == nil || openaichat.Dialect.Codec == nil {
		t.Skip("these dialects are not translated")
	}
	c := begun["responses"] // what the provider is asked in
	g, _ := start(t, func(call *testup.Call) { cutOff(call, "text/event-stream", c.head+strings.Repeat(c.piece, 10)) }, "")
	resp, _ := g.Post("/v1/messages", `{"model":"openai/gpt-4o-mini","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"`+question+`"}]}`)
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	checkEstimate(t, &e, 0)
}

func TestWhatAVendorSaidBeforeItFellSilentIsBilled(t *testing.T) {
	c := begun["chat"]
	u := testup.New(t, func(call *testup.Call) {
		call.Stream(func(i int) {
			if i == 1 {
				<-call.Gone()
			}
		}, c.head+strings.Repeat(c.piece, 10), c.piece)
	})
	g := testgw.StartWith(t, testgw.Options{
		Env: map[string]string{"VENDOR_KEY": vendorKey},
		Config: "providers:\n  openai: { api_key: env:VENDOR_KEY, base_url: " + u.URL + "/v1, timeouts: { idle: 1s }, " +
			"models: { gpt-4o-mini: { price: { input: 1, output: 100 } } } }\n",
	})
	resp, _ := g.Post(c.path, c.body)
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if e.ErrorCode != "upstream_timeout" {
		t.Errorf("code %s", e.ErrorCode)
	}
	checkEstimate(t, &e, 0)
	if want := float64(e.Usage.InputTokens.N)*1e-6 + 10*100e-6; math.Abs(float64(e.Cost.USD)*1e-9-want) > 1e-9 {
		t.Errorf("cost %v, want %v", e.Cost.USD, want)
	}
}

func TestAWholeAnswerThatIsCutIsBilledForWhatCame(t *testing.T) {
	c := begun["chat"]
	answer := `{"id":"c1","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"` + strings.Repeat(" word", 10)
	g, _ := start(t, func(call *testup.Call) { cutOff(call, "application/json", answer) }, "")
	resp, _ := g.Post(c.path, strings.Replace(c.body, `"stream":true,`, "", 1))
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if resp.StatusCode != 502 {
		t.Errorf("status %d", resp.StatusCode)
	}
	checkEstimate(t, &e, 0)
}

func TestNothingIsEstimatedWhereNothingWasSaidOrTheEndWasProper(t *testing.T) {
	for name, c := range begun {
		for _, answer := range []string{c.head, c.head + strings.Repeat(c.piece, 10)} {
			cut := answer == c.head
			if cut && c.head == "" {
				continue
			}
			g, _ := start(t, func(call *testup.Call) {
				switch {
				case cut:
					cutOff(call, "text/event-stream", answer)
				default:
					call.Stream(nil, answer, proper[name])
				}
			}, "")
			resp, _ := g.Post(c.path, c.body)
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if (e.ErrorCode != "") != cut {
				t.Errorf("%s, cut %v: code %q", name, cut, e.ErrorCode)
			}
			if e.Usage.OutputTokens.Known && (cut || name != "messages") || len(e.Usage.Units) > 0 || e.Usage.InputTokens.N != c.input {
				t.Errorf("%s, cut %v: usage %+v", name, cut, e.Usage)
			}
		}
	}
}

// proper are ends that tell no usage.
var proper = map[string]string{
	"chat":      testup.Events(chatStream)[2] + doneEvent,
	"responses": "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"model\":\"gpt-4o-mini\",\"status\":\"completed\"}}\n\n",
	"messages":  "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
	"gemini":    "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\n",
}

func TestAReportedCountSoFarIsKeptWhereItIsMoreThanTheEstimate(t *testing.T) {
	piece := strings.Replace(begun["gemini"].piece, `"modelVersion"`, `"usageMetadata":{"promptTokenCount":70,"candidatesTokenCount":40},"modelVersion"`, 1)
	g, _ := start(t, func(call *testup.Call) { cutOff(call, "text/event-stream", strings.Repeat(piece, 10)) }, "")
	resp, _ := g.Post(begun["gemini"].path, begun["gemini"].body)
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if e.Usage.InputTokens.N != 70 || e.Usage.OutputTokens.N != 40 || len(e.Usage.Units) > 0 || !e.Cost.Known {
		t.Errorf("usage %+v", e.Usage)
	}
}
