package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const chatStream = `data: {"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-mini","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}],"usage":null}

data: {"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

`

const usageEvent = `data: {"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}

`

const doneEvent = "data: [DONE]\n\n"

func TestUsageIsAskedForAndItsEventHiddenAgain(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.Stream(nil, testup.Events(chatStream+usageEvent+doneEvent)...) }, "")
	cases := map[string]struct{ body, sent, got string }{
		"not asked":        {`{"model":"gpt-4o-mini","stream":true}`, `{"stream_options":{"include_usage":true},"model":"gpt-4o-mini","stream":true}`, chatStream + doneEvent},
		"null":             {`{"model":"gpt-4o-mini","stream":true,"stream_options":null}`, `{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}`, chatStream + doneEvent},
		"empty":            {`{"model":"gpt-4o-mini","stream":true,"stream_options":{}}`, `{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}`, chatStream + doneEvent},
		"other option":     {`{"model":"gpt-4o-mini","stream":true,"stream_options":{"x":1}}`, `{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true,"x":1}}`, chatStream + doneEvent},
		"asked against":    {`{"stream_options":{"include_usage" : false },"model":"openai/gpt-4o-mini","stream":true}`, `{"stream_options":{"include_usage" : true },"model":"gpt-4o-mini","stream":true}`, chatStream + doneEvent},
		"asked":            {`{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}`, `{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}`, chatStream + usageEvent + doneEvent},
		"with model edits": {`{"model":"openai/gpt-4o-mini","stream":true}`, `{"stream_options":{"include_usage":true},"model":"gpt-4o-mini","stream":true}`, chatStream + doneEvent},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			resp, b := g.Post("/v1/chat/completions", c.body)
			if string(b) != c.got {
				t.Errorf("the caller got %s", b)
			}
			if got := string(u.Last().Body); got != c.sent {
				t.Errorf("the vendor got %s", got)
			}
			if resp.Trailer.Get("sluice-usage") == "" || resp.Trailer.Get("sluice-cost-usd") == "" {
				t.Errorf("trailers %v", resp.Trailer)
			}
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if e.Usage.InputTokens.N != 9 || e.Usage.OutputTokens.N != 3 || !e.Cost.Known || !e.Stream || e.FinishReason != "stop" || e.ErrorCode != "" {
				t.Errorf("entry %+v", e)
			}
		})
	}
}

func TestAStreamsBytesSurviveEveryCut(t *testing.T) {
	odd := ": a comment\r\n\r\nevent: x\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\ndata: {\"choices\":[{\"delta\":\r\ndata: {\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\r\n\r\nid: 7\rretry: 3\r\rdata:[DONE]"
	large := "data: {\"choices\":[{\"delta\":{\"content\":\"" + strings.Repeat("x", 700<<10) + "\"},\"finish_reason\":\"stop\"}]}\n\n" + usageEvent + doneEvent
	for name, stream := range map[string]string{"odd framing": odd, "usual": chatStream + usageEvent + doneEvent, "an event of 700 KB": large} {
		for _, hide := range []bool{true, false} {
			g, _ := start(t, func(c *testup.Call) {
				rng := rand.New(rand.NewPCG(1, uint64(len(stream))))
				var pieces []string
				for rest := stream; rest != ""; {
					n := 1 + rng.IntN(min(len(rest), 1+len(stream)/40))
					pieces, rest = append(pieces, rest[:n]), rest[n:]
				}
				c.Stream(nil, pieces...)
			}, "")
			want := strings.Replace(stream, usageEvent, "", 1)
			body := `{"model":"gpt-4o-mini","stream":true}`
			if !hide {
				want, body = stream, `{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}`
			}
			if _, b := g.Post("/v1/chat/completions", body); string(b) != want {
				t.Errorf("%s, hide %v: %d bytes became %d", name, hide, len(want), len(b))
			}
		}
	}
}

func TestNoEventWaitsForTheNext(t *testing.T) {
	step := make(chan struct{})
	g, _ := start(t, func(c *testup.Call) {
		c.Stream(func(int) { <-step }, testup.Events(chatStream+usageEvent+doneEvent)...)
	}, "")
	resp, err := http.DefaultTransport.RoundTrip(g.Request("POST", "/v1/chat/completions", []byte(`{"model":"gpt-4o-mini","stream":true}`)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for _, want := range testup.Events(chatStream) {
		step <- struct{}{}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	step <- struct{}{}
	step <- struct{}{}
	if rest, err := io.ReadAll(in); err != nil || string(rest) != doneEvent {
		t.Fatalf("rest %q, %v", rest, err)
	}
}

func TestACallerWhoLeavesCancelsTheUpstream(t *testing.T) {
	gone := make(chan time.Time, 1)
	g, _ := start(t, func(c *testup.Call) {
		c.Stream(func(i int) {
			if i == 1 {
				<-c.Gone()
				gone <- time.Now()
			}
		}, testup.Events(chatStream)...)
	}, "")
	resp, err := http.DefaultTransport.RoundTrip(g.Request("POST", "/v1/chat/completions", []byte(`{"model":"gpt-4o-mini","stream":true}`)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	left := time.Now()
	resp.Body.Close()
	select {
	case at := <-gone:
		if d := at.Sub(left); d > 5*time.Second {
			t.Errorf("it took %v", d)
		}
	case <-time.After(time.Minute):
		t.Fatal("the upstream call went on")
	}
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if e.Status != 499 || e.ErrorCode != "client_closed" || e.Usage.OutputTokens.Known || e.Cost.Known || e.Attempts[0].Fault != "gone" {
		t.Errorf("entry %+v", e)
	}
}

func TestACutStreamEndsWithAnErrorInTheCallersDialect(t *testing.T) {
	cases := map[string]struct{ path, body, stream, want string }{
		"chat":     {"/v1/chat/completions", `{"model":"gpt-4o-mini","stream":true}`, testup.Events(chatStream)[0], `data: {"error":`},
		"messages": {"/v1/messages", `{"model":"anthropic/claude-sonnet-4-5","stream":true,"max_tokens":9,"messages":[]}`, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n", "event: error\ndata: {"},
		"gemini":   {"/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", `{"contents":[]}`, "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n", `data: {"error":`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g, _ := start(t, func(call *testup.Call) {
				call.Raw(func(conn net.Conn, _ *bufio.ReadWriter) {
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(c.stream), c.stream)
				})
			}, "")
			resp, b := g.Post(c.path, c.body)
			if !strings.HasPrefix(string(b), c.stream) || !strings.HasPrefix(string(b[len(c.stream):]), c.want) {
				t.Errorf("got %s", b)
			}
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if e.Status != 200 || e.ErrorCode != "upstream_error" {
				t.Errorf("entry %+v", e)
			}
		})
	}
}

func TestTheNativeStreamWithoutSSEIsRelayedAsAnArray(t *testing.T) {
	answer := "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n,\r\n{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":2,\"totalTokenCount\":6},\"modelVersion\":\"gemini-2.5-flash\"}]"
	g, _ := start(t, func(c *testup.Call) { c.Answer(200, "application/json; charset=UTF-8", []byte(answer)) }, "")
	resp, b := g.Post("/v1beta/models/gemini-2.5-flash:streamGenerateContent", `{"contents":[]}`)
	if string(b) != answer {
		t.Errorf("got %s", b)
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Usage.InputTokens.N != 4 || e.Usage.OutputTokens.N != 2 || !e.Stream {
		t.Errorf("entry %+v", e)
	}
}

func TestACompressedStreamPassesAsItCameAndIsStillMetered(t *testing.T) {
	zipped := gzipped(t, chatStream+usageEvent+doneEvent)
	g, _ := start(t, func(c *testup.Call) {
		c.Set("Content-Encoding", "gzip").Stream(nil, string(zipped[:20]), string(zipped[20:]))
	}, "")
	r := g.Request("POST", "/v1/chat/completions", []byte(`{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}`))
	r.Header.Set("Accept-Encoding", "gzip")
	resp, b := g.Do(r)
	if !bytes.Equal(b, zipped) || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("%d bytes became %d", len(zipped), len(b))
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Usage.InputTokens.N != 9 {
		t.Errorf("usage %+v", e.Usage)
	}
}

func TestASlowReaderHoldsTheUpstreamBackAndNobodyElse(t *testing.T) {
	piece := "data: {\"choices\":[{\"delta\":{\"content\":\"" + strings.Repeat("y", 4000) + "\"}}]}\n\n"
	sent := make(chan int, 1)
	g, _ := start(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), "quick") {
			c.JSON(200, chatAnswer)
			return
		}
		n := 0
		c.Stream(func(i int) { n = i }, repeated(piece, 20_000)...)
		sent <- n
	}, "")
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}`
	fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", testgw.Key, len(body), body)
	if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if resp, _ := g.Post("/v1/chat/completions", `{"model":"gpt-4o-mini","x":"quick"}`); resp.StatusCode != 200 {
			t.Fatal(resp.Status)
		}
	}
	select {
	case n := <-sent:
		t.Fatalf("all %d pieces went into buffers", n)
	default:
	}
	conn.Close()
	if n := <-sent; n > 19_000 {
		t.Errorf("%d pieces were taken though nobody read them", n)
	}
}

func repeated(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}
