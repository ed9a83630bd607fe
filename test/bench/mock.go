//go:build linux

package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// runMock serves an upstream on plain TCP, so that it costs as little as it can: one
// read and one write per call, one write per chunk of a stream.
func runMock(args []string) error {
	f := flag.NewFlagSet("mock", flag.ExitOnError)
	addr := f.String("addr", "127.0.0.1:0", "where to listen")
	if err := f.Parse(args); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go serveMock(c)
	}
}

// tongue is how the upstream says things in one dialect.
type tongue struct {
	whole            []byte
	begin, each, end string // of a stream
}

// isOTLP reports whether a request line, as far as it is known, is that of an exporter of
// OpenTelemetry.
func isOTLP(line []byte) bool {
	for _, signal := range []string{"/v1/traces", "/v1/metrics", "/v1/logs"} {
		if bytes.HasPrefix(line, []byte("POST "+signal)) {
			return true
		}
	}
	return false
}

// serveMock answers the calls of one connection until it is closed.
func serveMock(c net.Conn) {
	chat, messages := chatTongue(), messagesTongue()
	defer c.Close()
	in := bufio.NewReaderSize(c, 32<<10)
	var body []byte
	for {
		line, err := in.Peek(20)
		if err != nil {
			return
		}
		say, collects := chat, isOTLP(line)
		if bytes.Contains(line, []byte("/v1/messages")) {
			say = messages
		}
		n, err := readHead(in)
		if err != nil {
			return
		}
		if body, err = readBody(in, body[:0], n); err != nil {
			return
		}
		if collects {
			_, err = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")
		} else if bytes.Contains(body, []byte(`"stream":true`)) {
			err = streamMock(c, paceOf(body), say)
		} else {
			_, err = c.Write(say.whole)
		}
		if err != nil {
			return
		}
	}
}

// readHead reads a request's or an answer's head and gives the length of its body: -1 =
// it comes in chunks.
func readHead(in *bufio.Reader) (int, error) {
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return length, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			length = -1
		}
	}
}

// readBody reads a body of n bytes, or, where n is -1, one that comes in chunks, behind what
// into holds.
func readBody(in *bufio.Reader, into []byte, n int) ([]byte, error) {
	if n >= 0 {
		into = slices.Grow(into, n)[:n]
		_, err := io.ReadFull(in, into)
		return into, err
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return into, err
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return into, fmt.Errorf("a chunk's size: %w", err)
		}
		at := len(into)
		into = slices.Grow(into, int(size)+2)[:at+int(size)+2]
		if _, err := io.ReadFull(in, into[at:]); err != nil {
			return into, err
		}
		into = into[:len(into)-2] // the end of the line
		if size == 0 {
			return into, nil
		}
	}
}

// pace is how a stream comes.
type pace struct {
	chunks int
	every  time.Duration
}

func (p pace) String() string { return fmt.Sprintf("%dx%s", p.chunks, p.every) }

// paceOf reads what a request asks for in its member user, such as 50x20ms.
func paceOf(body []byte) pace {
	p := pace{10, 20 * time.Millisecond}
	_, rest, ok := bytes.Cut(body, []byte(`"user":"`))
	if !ok {
		_, rest, ok = bytes.Cut(body, []byte(`"user_id":"`))
	}
	if !ok {
		return p
	}
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	chunks, every, _ := strings.Cut(string(text), "x")
	if n, err := strconv.Atoi(chunks); err == nil {
		p.chunks = n
	}
	if d, err := time.ParseDuration(every); err == nil {
		p.every = d
	}
	return p
}

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nx-request-id: req_bench\r\nTransfer-Encoding: chunked\r\n\r\n"

// streamMock sends a stream: its head with the first chunk, then one chunk at a time.
func streamMock(c net.Conn, p pace, say tongue) error {
	event := []byte(chunked(say.each))
	first := streamHead
	if say.begin != "" {
		first += chunked(say.begin)
	}
	if _, err := c.Write(append([]byte(first), event...)); err != nil {
		return err
	}
	began := time.Now()
	for i := 1; i < p.chunks; i++ {
		time.Sleep(time.Until(began.Add(time.Duration(i) * p.every)))
		if _, err := c.Write(event); err != nil {
			return err
		}
	}
	_, err := c.Write([]byte(chunked(say.end) + "0\r\n\r\n"))
	return err
}

func chunked(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }

func chatTongue() tongue {
	const chunk = `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini","choices":[`
	return tongue{
		whole: wholeAnswer(`{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"`,
			`","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":120,"total_tokens":320,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`),
		each: chunk + `{"index":0,"delta":{"content":" measure"},"finish_reason":null}]}` + "\n\n",
		end: chunk + `{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
			chunk + `],"usage":{"prompt_tokens":200,"completion_tokens":50,"total_tokens":250}}` + "\n\n" + "data: [DONE]\n\n",
	}
}

// messagesTongue says the same in another dialect, for translation.
func messagesTongue() tongue {
	const usage = `"usage":{"input_tokens":200,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":120}`
	return tongue{
		whole: wholeAnswer(`{"id":"msg_bench","type":"message","role":"assistant","model":"claude-bench","content":[{"type":"text","text":"`,
			`"}],"stop_reason":"end_turn","stop_sequence":null,`+usage+`}`),
		begin: `event: message_start` + "\n" + `data: {"type":"message_start","message":{"id":"msg_bench","type":"message","role":"assistant","model":"claude-bench","content":[],"stop_reason":null,"stop_sequence":null,` + usage + `}}` + "\n\n" +
			`event: content_block_start` + "\n" + `data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n",
		each: `event: content_block_delta` + "\n" + `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" measure"}}` + "\n\n",
		end: `event: content_block_stop` + "\n" + `data: {"type":"content_block_stop","index":0}` + "\n\n" +
			`event: message_delta` + "\n" + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":50}}` + "\n\n" +
			`event: message_stop` + "\n" + `data: {"type":"message_stop"}` + "\n\n",
	}
}

// wholeAnswer is an answer with a body of 1 KB.
func wholeAnswer(begin, end string) []byte {
	body := begin + filler(1024-len(begin)-len(end)) + end
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// filler is n bytes of text.
func filler(n int) string {
	const words = "a gateway forwards what it is given and writes down what that cost, no more and no less, "
	return strings.Repeat(words, n/len(words)+1)[:max(n, 0)]
}
