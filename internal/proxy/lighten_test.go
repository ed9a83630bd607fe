package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
	"github.com/sluice-gateway/sluice/internal/tokens"
)

// largeBody is a request for a stream of about so many bytes.
func largeBody(model string, size int) string {
	return `{"model":"` + model + `","stream":true,"messages":[{"role":"user","content":"` + strings.Repeat("What will the weather be like? ", size/31) + `"}]}`
}

// heapNow is what is in use once everything that is free is given back.
func heapNow() int64 {
	for range 3 { // pools keep things for two
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// openStreams answers every request on raw TCP with one event more each time that next
// gives leave, and keeps nothing of it.
func openStreams(t *testing.T, next <-chan struct{}) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	t.Cleanup(func() { close(over); l.Close() })
	chunk := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					return
				}
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"+chunk(role)+chunk(hello))
				select {
				case <-next:
					io.WriteString(c, chunk(hello))
				case <-over:
				}
				<-over
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestOpenStreamsDoNotHoldTheBodiesOfTheirRequests(t *testing.T) {
	const streams, size = 40, 1 << 20
	next := make(chan struct{})
	up := openStreams(t, next)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &front.Server{Handler: bare(t, up), WriteIdle: time.Minute}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	body := largeBody("openai/gpt-4o-mini", size)
	request := "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + benchSecret + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	before := heapNow()
	var callers []*bufio.Reader
	until := func(in *bufio.Reader, n int) {
		for n > 0 {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(line, err)
			}
			n -= strings.Count(line, "hello")
		}
	}
	for range streams {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		callers = append(callers, bufio.NewReaderSize(c, 4<<10))
		until(callers[len(callers)-1], 1)
	}
	for range streams {
		next <- struct{}{}
	}
	for _, in := range callers {
		until(in, 1)
	}
	if held := heapNow() - before; held > streams*size/2 {
		t.Errorf("%d open streams with bodies of 1 MiB hold %d MiB", streams, held>>20)
	}
}

// spilled counts the bodies on disk that are held now.
func spilled(t *testing.T) int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("nobody tells what is mapped")
	}
	return bytes.Count(maps, []byte("sluice-body-"))
}

// spillingBody is so large that it is kept on disk.
func spillingBody(model string) string { return largeBody(model, 5<<20) }

// talk streams, a word now and then, until it has leave to end, or the caller has left.
func talk(c *testup.Call, leave <-chan struct{}) {
	word := strings.Replace(hello, "hello", " and", 1)
	c.Stream(nil, role, hello)
	for c.More(word) {
		select {
		case <-leave:
			return
		case <-c.Gone():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// readTo reads a stream up to some text.
func readTo(t *testing.T, in io.Reader, text string) {
	t.Helper()
	var got []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(got[max(len(got)-len(text), 0):]), text); {
		if _, err := io.ReadFull(in, one); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		got = append(got, one[0])
	}
}

// begin sends a request and reads its answer up to the first content.
func begin(t *testing.T, g *testgw.Gateway, path, body string, header ...string) *http.Response {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(with(g, "POST", path, body, header...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	readTo(t, resp.Body, "hello")
	return resp
}

// keptRequest is what the entry has of the request's body.
func keptRequest(g *testgw.Gateway, id string) (kept struct {
	ContentType string `json:"content_type"`
	Body        string `json:"content"`
	Size        int64
	Truncated   bool
}) {
	var shown struct {
		Bodies struct{ Request json.RawMessage }
	}
	g.AdminGet("/api/v1/entries/"+id, &shown)
	_ = json.Unmarshal(shown.Bodies.Request, &kept)
	return kept
}

const keepBodies = "gateways: { default: { log: { bodies: full } } }\n"

func TestABodyOnDiskIsGivenBackWithTheFirstContentAndNothingOfItIsMissed(t *testing.T) {
	for name, c := range map[string]struct{ path, model string }{
		"as it came": {"/v1/chat/completions", "openai/gpt-4o-mini"},
		"translated": {"/v1/messages", "compatible/m"},
	} {
		t.Run(name, func(t *testing.T) {
			held, cut := make(chan int, 1), make(chan struct{})
			u := testup.New(t, func(c *testup.Call) {
				held <- spilled(t)
				talk(c, cut)
				c.Raw(func(net.Conn, *bufio.ReadWriter) {})
			})
			g := testgw.StartWith(t, testgw.Options{Config: vendors(u, "  compatible: { kind: openai-compatible, base_url: "+u.URL+"/v1, api_key: env:VENDOR_KEY }\n"+keepBodies), Env: map[string]string{"VENDOR_KEY": vendorKey}})
			body := strings.Replace(spillingBody(c.model), `"stream"`, `"max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object"}}],"stream"`, 1)
			if c.path == "/v1/chat/completions" {
				body = spillingBody(c.model)
			}
			eventually(t, func() bool { return spilled(t) == 0 })
			resp := begin(t, g, c.path, body)
			eventually(t, func() bool { return spilled(t) == 0 })
			close(cut)
			if n := <-held; n != 1 {
				t.Errorf("%d bodies on disk before the first content", n)
			}
			io.Copy(io.Discard, resp.Body)
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			want := tokens.Input([]byte(body), strings.TrimPrefix(strings.TrimPrefix(c.model, "openai/"), "compatible/"))
			if e.Usage.InputTokens.N != want || e.Usage.Units["estimated_input_tokens"] != float64(want) || e.Usage.OutputTokens.N == 0 {
				t.Errorf("usage %+v, want %d tokens in", e.Usage, want)
			}
			kept := keptRequest(g, e.ID)
			if kept.Size != int64(len(body)) || !kept.Truncated || kept.Body != body[:64<<10] || kept.ContentType != "application/json" {
				t.Errorf("kept %d of %d (%v), %s", len(kept.Body), kept.Size, kept.Truncated, kept.ContentType)
			}
		})
	}
}

func TestABodyStaysUntilItIsSentThoughTheAnswerBegins(t *testing.T) {
	goOn, sum := make(chan struct{}), make(chan [32]byte, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n%s%s", role, hello)
		<-goOn
		h := sha256.New()
		io.Copy(h, r.Body)
		sum <- [32]byte(h.Sum(nil))
		io.WriteString(c, hello+stopped+done)
	}()
	g := testgw.StartWith(t, testgw.Options{Config: "providers: { one: { kind: openai-compatible, base_url: 'http://" + l.Addr().String() + "/v1', api_key: env:VENDOR_KEY } }\n", Env: map[string]string{"VENDOR_KEY": vendorKey}})
	body := spillingBody("one/m")
	resp := begin(t, g, "/v1/chat/completions", body)
	close(goOn)
	if got := <-sum; got != sha256.Sum256([]byte(strings.Replace(body, `"one/m","stream":true`, `"m","stream_options":{"include_usage":true},"stream":true`, 1))) {
		sent := strings.Replace(body, "one/m", "m", 1)
		if got != sha256.Sum256([]byte(sent)) && got != sha256.Sum256([]byte(`{"stream_options":{"include_usage":true},`+sent[1:])) {
			t.Error("the vendor got another body")
		}
	}
	if rest, err := io.ReadAll(resp.Body); err != nil || !strings.HasSuffix(string(rest), done) {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestOfAHedgeTheOneThatAnswersGivesTheBodyBack(t *testing.T) {
	for name, c := range map[string]struct {
		hedge string
		first bool // answers
		asked int  // of the two
	}{
		"the first, and nobody else is asked": {"1m", true, 1},
		"the second":                          {"10ms", false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			end := make(chan struct{})
			speak := func(c *testup.Call) { talk(c, end); c.More(hello, stopped, done) }
			silent := func(c *testup.Call) { <-c.Gone() }
			first, second := speak, silent
			if !c.first {
				first, second = silent, speak
			}
			g, _, b := routed(t, first, second, "{ steps: [ { use: one/m, hedge: { after: "+c.hedge+", to: two/m } } ] }", keepBodies)
			body := spillingBody("r")
			resp := begin(t, g, "/v1/chat/completions", body)
			eventually(t, func() bool { return spilled(t) == 0 })
			close(end)
			if rest, err := io.ReadAll(resp.Body); err != nil || !strings.HasSuffix(string(rest), done) {
				t.Errorf("%q, %v", rest, err)
			}
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			kept := keptRequest(g, e.ID)
			if len(e.Attempts) != c.asked || len(b.Calls()) != c.asked-1 || kept.Size != int64(len(body)) || kept.Body != body[:64<<10] {
				t.Errorf("%d attempts, kept %d of %d", len(e.Attempts), len(kept.Body), kept.Size)
			}
		})
	}
}

func TestAHedgeWhoseTimeComesAfterTheAnswerHasBegunAsksNobody(t *testing.T) {
	late := make(chan struct{})
	g, _, b := routed(t, func(c *testup.Call) { talk(c, late); c.More(stopped, done) }, answerChat, "{ steps: [ { use: one/m, hedge: { after: 2s, to: two/m } } ] }", "")
	resp := begin(t, g, "/v1/chat/completions", streamBody("r"))
	<-time.After(2500 * time.Millisecond) // the hedge's time
	close(late)
	io.Copy(io.Discard, resp.Body)
	if e := g.Entry(resp.Header.Get("sluice-request-id")); len(e.Attempts) != 1 || len(b.Calls()) != 0 {
		t.Errorf("%d calls, attempts %+v", len(b.Calls()), e.Attempts)
	}
}

func TestWhatMayStillBeNeededOfABodyStays(t *testing.T) {
	cut := func(c *testup.Call) { c.Stream(nil, role, hello); c.Raw(func(net.Conn, *bufio.ReadWriter) {}) }
	g, _, b := routed(t, cut, streamsOf(role, strings.Replace(hello, "hello", " again", 1), stopped, done), "{ steps: [ { use: one/m, continue_on: two/m } ] }", keepBodies)
	body := spillingBody("r")
	resp, got := g.Post("/v1/chat/completions", body)
	if !strings.Contains(string(got), "again") || len(b.Calls()) != 1 || !strings.Contains(string(b.Last().Body), strings.Repeat("What will the weather be like? ", 1000)) {
		t.Errorf("%d %.300s", resp.StatusCode, got)
	}
}

func TestAStreamIsKeptThoughItsBodyIsGone(t *testing.T) {
	end := make(chan struct{})
	g, a, b := routed(t, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"no"}}`) }, func(c *testup.Call) { talk(c, end); c.More(stopped, done) },
		"{ steps: [ { use: one/m, fallback: [ two/m ] } ] }", "gateways: { default: { cache: { ttl: 1h } } }")
	body := spillingBody("r")
	leader := begin(t, g, "/v1/chat/completions", body)
	eventually(t, func() bool { return spilled(t) == 0 })
	follower, err := http.DefaultTransport.RoundTrip(with(g, "POST", "/v1/chat/completions", body).WithContext(context.Background()))
	if err != nil {
		t.Fatal(err)
	}
	defer follower.Body.Close()
	close(end)
	one, _ := io.ReadAll(leader.Body)
	two, _ := io.ReadAll(follower.Body)
	if !strings.HasSuffix(string(one), done) || !strings.HasSuffix(string(two), done) || len(a.Calls()) != 1 || len(b.Calls()) != 1 {
		t.Errorf("%d and %d calls: %q, %q", len(a.Calls()), len(b.Calls()), one, two)
	}
	direct := strings.Replace(body, `"r"`, `"two/m"`, 1)
	resp, got := g.Post("/v1/chat/completions", direct) // its target is that of the answer, which is found by it
	if said := resp.Header.Get("sluice-cache"); said != "hit" || len(b.Calls()) != 1 || !strings.HasSuffix(string(got), done) {
		t.Errorf("the cache says %q after %d calls", said, len(b.Calls()))
	}
}

// reluctant begins to read the answer to a request, and reads on when it has leave.
func reluctant(t *testing.T, g *testgw.Gateway, path, body string) (head *http.Response, rest func() []byte) {
	t.Helper()
	at := strings.TrimPrefix(g.URL, "http://")
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.(*net.TCPConn).SetReadBuffer(32 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, at, testgw.Key, len(body), body)
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp, func() []byte {
		all, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		return all
	}
}

func TestACallerWhoReadsAWholeAnswerSlowlyHoldsNoBody(t *testing.T) {
	long := strings.Repeat("It will rain. ", 8<<20/14)
	said := func(text string) string {
		return `{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + text + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}`
	}
	for name, c := range map[string]struct{ path, model, config string }{
		"as it came":     {"/v1/chat/completions", "one/m", ""},
		"translated":     {"/v1/messages", "one/m", ""},
		"kept meanwhile": {"/v1/chat/completions", "one/m", "    cache: { ttl: 1h, max_entry: 16MiB }\n"},
		"of a hedge":     {"/v1/chat/completions", "r", ""},
	} {
		t.Run(name, func(t *testing.T) {
			held := make(chan int, 2)
			answer := func(c *testup.Call) { held <- spilled(t); c.JSON(200, said(long)) }
			silent := func(c *testup.Call) { <-c.Gone() }
			first, second := answer, silent
			if c.model == "r" {
				first, second = silent, answer
			}
			g, _, _ := routed(t, first, second, "{ steps: [ { use: one/m, hedge: { after: 10ms, to: two/m } } ] }", "gateways:\n  default:\n    log: { bodies: full }\n"+c.config)
			eventually(t, func() bool { return spilled(t) == 0 })
			body := strings.Replace(spillingBody(c.model), `"stream":true`, `"max_tokens":9`, 1)
			resp, rest := reluctant(t, g, c.path, body)
			eventually(t, func() bool { return spilled(t) == 0 })
			if n := <-held; n != 1 {
				t.Errorf("%d bodies on disk before the answer", n)
			}
			if got := rest(); resp.StatusCode != 200 || !bytes.Contains(got, []byte(long)) {
				t.Errorf("%d, %d bytes", resp.StatusCode, len(got))
			}
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if kept := keptRequest(g, e.ID); kept.Size != int64(len(body)) || kept.Body != body[:64<<10] || e.Usage.InputTokens.N != 7 {
				t.Errorf("kept %d of %d; usage %+v", len(kept.Body), kept.Size, e.Usage)
			}
		})
	}
}
