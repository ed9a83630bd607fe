package proxy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	prov "github.com/sluice-gateway/sluice/internal/provider"
	anthropic "github.com/sluice-gateway/sluice/internal/provider/anthropic"
	vendor "github.com/sluice-gateway/sluice/internal/provider/openai"
)

// These benchmarks leave out sockets and the server in front: what a call, or an event
// of a stream, costs in the proxy itself, forwarded and translated.

// parrot is a vendor in this process: it answers every request with the same pieces,
// one a read, the middle one so often.
type parrot struct {
	head, each, tail []byte
	times            int
	rest             []byte
	step             int
}

func (p *parrot) Write(b []byte) (int, error) { p.rest, p.step = nil, 0; return len(b), nil }

func (p *parrot) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		p.rest = p.next()
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *parrot) next() []byte {
	p.step++
	switch {
	case p.step == 1:
		return p.head
	case p.step <= 1+p.times:
		return p.each
	}
	return p.tail
}

func (p *parrot) Close() error                     { return nil }
func (p *parrot) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (p *parrot) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (p *parrot) SetDeadline(time.Time) error      { return nil }
func (p *parrot) SetReadDeadline(time.Time) error  { return nil }
func (p *parrot) SetWriteDeadline(time.Time) error { return nil }

// sink is a caller who reads nothing.
type sink struct {
	header http.Header
	status int
	wrote  int
}

func (s *sink) Header() http.Header             { return s.header }
func (s *sink) WriteHeader(status int)          { s.status = status }
func (s *sink) Write(p []byte) (int, error)     { s.wrote += len(p); return len(p), nil }
func (s *sink) Flush()                          {}
func (s *sink) SetReadDeadline(time.Time) error { return nil }

// told is a vendor with its words for a whole answer and for the pieces of a stream.
type told struct {
	spec             *prov.Spec
	model            string
	whole            string
	begin, each, end string
}

func forwarded() told {
	const chunk = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini","choices":[`
	return told{
		spec: vendor.Spec, model: "openai/gpt-4o-mini",
		whole: `{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"` + strings.Repeat("word ", 130) +
			`","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":120,"total_tokens":320,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`,
		each: chunk + `{"index":0,"delta":{"content":" measure"},"finish_reason":null}]}` + "\n\n",
		end: chunk + `{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" + chunk + `],"usage":{"prompt_tokens":200,"completion_tokens":50,"total_tokens":250}}` + "\n\n" +
			"data: [DONE]\n\n",
	}
}

func translated() told {
	const usage = `"usage":{"input_tokens":200,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":120}`
	event := func(kind, more string) string {
		return "event: " + kind + "\ndata: {\"type\":\"" + kind + `"` + more + "}\n\n"
	}
	return told{
		spec: anthropic.Spec, model: "anthropic/claude-sonnet-4-5",
		whole: `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"` + strings.Repeat("word ", 150) + `"}],"stop_reason":"end_turn","stop_sequence":null,` + usage + `}`,
		begin: event("message_start", `,"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,`+usage+`}`) +
			event("content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`),
		each: event("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":" measure"}`),
		end: event("content_block_stop", `,"index":0`) + event("message_delta", `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":50}`) +
			event("message_stop", ""),
	}
}

// serves runs calls of a chat caller, with a body of so many bytes, through a proxy
// whose only vendor is p.
func serves(b testing.TB, t told, p *parrot, size int, more string) func() *sink {
	spec := *t.spec
	spec.Dial = func(context.Context, string, string) (net.Conn, error) { return p, nil }
	handler := bareFor(b, &spec, "http://vendor.test/v1")
	text := `{"model":"` + t.model + `",` + more + `"temperature":0.7,"max_tokens":256,"messages":[{"role":"system","content":"You are a concise, careful assistant."},{"role":"user","content":"`
	body := []byte(text + strings.Repeat("word ", (size-len(text))/5) + `"}]}`)
	in := bytes.NewReader(body)
	r, err := http.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + benchSecret}, "Content-Type": {"application/json"}, "Accept": {"application/json"}, "User-Agent": {"bench"}}
	r.Body, r.ContentLength, r.RemoteAddr = io.NopCloser(in), int64(len(body)), "127.0.0.1:4000"
	w := &sink{header: http.Header{}}
	return func() *sink {
		in.Reset(body)
		clear(w.header)
		w.wrote = 0
		handler.ServeHTTP(w, r)
		return w
	}
}

func BenchmarkCall(b *testing.B) {
	for name, t := range map[string]told{"forwarded": forwarded(), "translated": translated()} {
		for _, size := range []int{1 << 10, 20 << 10} {
			b.Run(fmt.Sprintf("%s/%dKB", name, size>>10), func(b *testing.B) {
				head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_1\r\nContent-Length: " + fmt.Sprint(len(t.whole)) + "\r\n\r\n"
				call := serves(b, t, &parrot{head: []byte(head + t.whole)}, size, "")
				b.ReportAllocs()
				for b.Loop() {
					if w := call(); w.status != http.StatusOK || w.wrote < 600 {
						b.Fatal(w)
					}
				}
			})
		}
	}
}

// streams runs a call whose answer is a stream of so many events, each read by itself.
func streams(b testing.TB, t told) func(events int) {
	chunk := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	if t.begin != "" {
		head += chunk(t.begin)
	}
	p := &parrot{head: []byte(head), each: []byte(chunk(t.each)), tail: []byte(chunk(t.end) + "0\r\n\r\n")}
	call := serves(b, t, p, 1<<10, `"stream":true,"stream_options":{"include_usage":true},`)
	return func(events int) {
		p.times = events
		w := call()
		if w.status != http.StatusOK || w.wrote < 100*events {
			b.Fatal(w)
		}
	}
}

// BenchmarkEvent is one event of a long stream.
func BenchmarkEvent(b *testing.B) {
	for name, t := range map[string]told{"forwarded": forwarded(), "translated": translated()} {
		b.Run(name, func(b *testing.B) {
			call := streams(b, t)
			call(1000)
			b.ReportAllocs()
			b.ResetTimer()
			call(b.N)
		})
	}
}

func TestEventsOfAStreamMakeNoGarbage(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget at random")
	}
	for name, vendor := range map[string]told{"forwarded": forwarded(), "translated": translated()} {
		call := streams(t, vendor)
		few, many := testing.AllocsPerRun(3, func() { call(100) }), testing.AllocsPerRun(3, func() { call(1100) })
		if more := (many - few) / 1000; more > 0.1 {
			t.Errorf("%s: %.1f allocations an event", name, more)
		}
	}
}
