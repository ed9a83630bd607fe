//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// result is what one run of the callers saw. Times are in microseconds.
type result struct {
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	Example  string  `json:"example"` // of an error
	Seconds  float64 `json:"seconds"`
	P50      float64 `json:"p50"` // of whole answers; of streams, of the first chunk
	P99      float64 `json:"p99"`
	Chunks   int     `json:"chunks"`
}

// calls says what is called and how.
type calls struct {
	mode  string
	addr  string
	key   string
	model string
	body  int
	conns int
	rate  int
	dur   time.Duration
	ramp  time.Duration // over which streams begin, so that they are not in step
	pace  pace
}

// runLoad calls a target and prints the result as JSON.
func runLoad(args []string) error {
	var c calls
	f := flag.NewFlagSet("load", flag.ExitOnError)
	f.StringVar(&c.mode, "mode", "closed", "closed, open or stream")
	f.StringVar(&c.addr, "addr", "", "host:port")
	f.StringVar(&c.key, "key", "", "gateway key")
	f.StringVar(&c.model, "model", "gpt-4o-mini", "model")
	f.IntVar(&c.body, "body", 1024, "bytes of a request's body")
	f.IntVar(&c.conns, "conns", 64, "connections")
	f.IntVar(&c.rate, "rate", 1000, "calls a second, mode open")
	f.DurationVar(&c.dur, "dur", 3*time.Second, "how long; streams that run then are finished")
	f.DurationVar(&c.ramp, "ramp", 0, "time over which the first streams begin")
	f.IntVar(&c.pace.chunks, "chunks", 50, "chunks of a stream")
	f.DurationVar(&c.pace.every, "every", 20*time.Millisecond, "time between two chunks")
	if err := f.Parse(args); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("load: %q is no loopback address", c.addr)
	}
	return json.NewEncoder(os.Stdout).Encode(c.run())
}

func (c *calls) run() result {
	callers := make([]*caller, c.conns)
	var t tally
	began := time.Now()
	end := began.Add(c.dur)
	due := make(chan time.Time, 1<<16)
	var wg sync.WaitGroup
	for i := range callers {
		callers[i] = &caller{calls: c, tally: &t, request: c.request(agents[i%len(agents)])}
		wg.Go(func() {
			defer callers[i].close()
			switch c.mode {
			case "open":
				callers[i].open(due)
			case "stream":
				time.Sleep(c.ramp * time.Duration(i) / time.Duration(c.conns))
				callers[i].streams(end)
			default:
				callers[i].closed(end)
			}
		})
	}
	if c.mode == "open" {
		schedule(due, began, end, c.rate)
	}
	wg.Wait()
	return collect(callers, &t, time.Since(began))
}

// schedule tells when calls are due, at a fixed rate.
func schedule(due chan<- time.Time, began, end time.Time, rate int) {
	every := time.Second / time.Duration(rate)
	for at := began; at.Before(end); at = at.Add(every) {
		if d := time.Until(at); d > 0 {
			time.Sleep(d)
		}
		due <- at
	}
	close(due)
}

func collect(callers []*caller, t *tally, took time.Duration) result {
	var all []float64
	for _, c := range callers {
		all = append(all, c.times...)
	}
	slices.Sort(all)
	r := result{Requests: len(all), Errors: int(t.errors.Load()), Seconds: took.Seconds(), Chunks: int(t.chunks.Load())}
	if e := t.example.Load(); e != nil {
		r.Example = *e
	}
	if len(all) > 0 {
		r.P50, r.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return r
}

// agents are what callers call themselves. They differ, as those of a real gateway do:
// entries that are all of one length fill the pages of a store well or badly by luck.
var agents = [...]string{
	"OpenAI/Python 1.99.0", "AsyncOpenAI/Python 1.99.0", "OpenAI/JS 5.12.2", "OpenAI/Go 2.1.1",
	"python-requests/2.32.4", "node", "langchain-openai/0.3.28 OpenAI/Python 1.99.0", "okhttp/4.12.0",
	"ai-sdk/openai/2.0.15 ai-sdk/provider-utils/3.0.3 runtime/node.js/22",
}

// request is the bytes of one call.
func (c *calls) request(agent string) []byte {
	extra := ""
	if c.mode == "stream" {
		extra = `"stream":true,"stream_options":{"include_usage":true},"user":"` + c.pace.String() + `",`
	}
	begin := `{"model":"` + c.model + `",` + extra + `"temperature":0.7,"max_tokens":256,"messages":[{"role":"system","content":"You are a concise, careful assistant."},{"role":"user","content":"`
	body := begin + filler(c.body-len(begin)-len(`"}]}`)) + `"}]}`
	return fmt.Appendf(nil, "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nx-stainless-lang: python\r\nContent-Length: %d\r\n\r\n%s", c.addr, agent, c.key, len(body), body)
}

// tally is what all callers share.
type tally struct {
	errors, chunks atomic.Int64
	example        atomic.Pointer[string]
}

func (t *tally) fail(err error) {
	t.errors.Add(1)
	text := err.Error()
	t.example.CompareAndSwap(nil, &text)
}

// caller is one connection.
type caller struct {
	*calls
	*tally
	request []byte
	conn    net.Conn
	in      *bufio.Reader
	times   []float64
}

func (c *caller) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func (c *caller) closed(end time.Time) {
	for now := time.Now(); now.Before(end); now = time.Now() {
		c.one(now)
	}
}

func (c *caller) open(due <-chan time.Time) {
	for at := range due {
		c.one(at)
	}
}

// streams runs one stream after the other, at least one.
func (c *caller) streams(end time.Time) {
	for {
		c.one(time.Now())
		if time.Now().After(end) {
			return
		}
	}
}

// one makes one call and notes the time since it was due.
func (c *caller) one(due time.Time) {
	at, err := c.call()
	if err != nil {
		c.fail(err)
		c.close()
		time.Sleep(5 * time.Millisecond)
		return
	}
	c.times = append(c.times, float64(at.Sub(due).Nanoseconds())/1000)
}

// call sends the request and reads the answer; it gives when the answer was there, of a
// stream when its first chunk was.
func (c *caller) call() (time.Time, error) {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.addr, 5*time.Second)
		if err != nil {
			return time.Time{}, err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 8<<10)
	}
	if err := c.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return time.Time{}, err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return time.Time{}, err
	}
	status, err := c.in.Peek(12)
	if err != nil {
		return time.Time{}, err
	}
	if !bytes.HasSuffix(status, []byte(" 200")) {
		rest, _ := c.in.Peek(c.in.Buffered())
		return time.Time{}, fmt.Errorf("answer %q", rest[:min(len(rest), 600)])
	}
	n, err := readHead(c.in)
	if err != nil {
		return time.Time{}, err
	}
	if n < 0 {
		return c.readChunks()
	}
	_, err = c.in.Discard(n)
	return time.Now(), err
}

// readChunks reads an answer in chunks, trailers included.
func (c *caller) readChunks() (first time.Time, err error) {
	var carry []byte
	done := false
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return first, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return first, err
		}
		if first.IsZero() {
			first = time.Now()
		}
		if n == 0 {
			break
		}
		if cap(carry) < int(n)+2 {
			carry = make([]byte, int(n)+2)
		}
		carry = carry[:n+2]
		if _, err := io.ReadFull(c.in, carry); err != nil {
			return first, err
		}
		c.chunks.Add(int64(bytes.Count(carry, []byte("data: {"))))
		done = done || bytes.Contains(carry, []byte("[DONE]"))
	}
	if !done && c.mode == "stream" {
		return first, errors.New("a stream ended before its end")
	}
	_, err = readHead(c.in) // trailers look like a head
	return first, err
}
