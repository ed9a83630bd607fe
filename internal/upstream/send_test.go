package upstream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// sent gives the bytes that reach the host.
func sent(t *testing.T, r *upstream.Request) string {
	t.Helper()
	got := make(chan string, 1)
	h := serve(t, func(p *peer) {
		var raw bytes.Buffer
		p.in.Reset(io.TeeReader(p.Conn, &raw))
		p.request()
		p.write(ok("x"))
		got <- raw.String()
	})
	c := newClient(t, upstream.Options{BaseURL: h.url + "/ignored"})
	if _, err := send(c, r); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(<-got, strings.TrimPrefix(h.url, "http://"), "HOST")
}

func TestRequestGoesOutAsGiven(t *testing.T) {
	segments := [][]byte{[]byte(`{"model":"`), []byte(`m`), nil, []byte(`"}`)}
	long := bytes.Repeat([]byte("0123456789abcdef"), 700) // beyond what is copied
	for name, tc := range map[string]struct {
		r    upstream.Request
		want string
	}{
		"no body":          {upstream.Request{Method: "GET", Path: "/v1/models?limit=2&x=%20"}, "GET /v1/models?limit=2&x=%20 HTTP/1.1\r\nHost: HOST\r\n\r\n"},
		"order and case":   {upstream.Request{Method: "DELETE", Path: "/a", Host: "other.test:81", Header: []upstream.Field{{"x-b", "1"}, {"X-A", ""}, {"x-b", "2"}}}, "DELETE /a HTTP/1.1\r\nHost: other.test:81\r\nx-b: 1\r\nX-A: \r\nx-b: 2\r\n\r\n"},
		"empty post":       {upstream.Request{Method: "POST", Path: "/a"}, "POST /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n"},
		"segments":         {upstream.Request{Method: "POST", Path: "/a", Body: segments}, "POST /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}"},
		"gathered":         {upstream.Request{Method: "POST", Path: "/a", Body: [][]byte{long, []byte("z")}}, "POST /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 11201\r\n\r\n" + string(long) + "z"},
		"stream":           {upstream.Request{Method: "PUT", Path: "/a", Stream: strings.NewReader("abcdef"), Length: 4}, "PUT /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\n\r\nabcd"},
		"chunked":          {upstream.Request{Method: "PUT", Path: "/a", Stream: io.MultiReader(strings.NewReader("abc"), strings.NewReader("0123456789abcdef")), Length: -1}, "PUT /a HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"},
		"stream of none":   {upstream.Request{Method: "POST", Path: "/a", Stream: strings.NewReader(""), Length: 0}, "POST /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n"},
		"tab and obs-text": {upstream.Request{Method: "GET", Path: "/", Header: []upstream.Field{{"X-A", "a\tb \xe9 and more than eight"}}}, "GET / HTTP/1.1\r\nHost: HOST\r\nX-A: a\tb \xe9 and more than eight\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sent(t, &tc.r); got != tc.want {
				t.Fatalf("sent\n%q, want\n%q", got, tc.want)
			}
		})
	}
}

func TestBodiesOfAnySizeArriveWhole(t *testing.T) {
	for _, size := range []int{1, 4 << 10, 60 << 10, 64 << 10, 64<<10 + 1, 300 << 10, 5 << 20} {
		for kind, request := range map[string]func([]byte) *upstream.Request{
			"memory": func(b []byte) *upstream.Request {
				return &upstream.Request{Method: "POST", Path: "/", Body: [][]byte{b[:1], b[1:]}}
			},
			"stream": func(b []byte) *upstream.Request {
				return &upstream.Request{Method: "POST", Path: "/", Stream: bytes.NewReader(b), Length: int64(len(b))}
			},
			"chunked": func(b []byte) *upstream.Request {
				return &upstream.Request{Method: "POST", Path: "/", Stream: bytes.NewReader(b), Length: -1}
			},
		} {
			t.Run(kind+" "+itoa(size), func(t *testing.T) {
				body := bytes.Repeat([]byte("abcdefghijklmnop"), size/16+1)[:size]
				h := serve(t, func(p *peer) {
					for r := p.request(); r != nil; r = p.request() {
						got, _ := io.ReadAll(r.Body)
						p.write(ok(map[bool]string{true: "same", false: "other"}[bytes.Equal(got, body)]))
					}
				})
				c := newClient(t, upstream.Options{BaseURL: h.url})
				for range 2 {
					if a, err := send(c, request(body)); err != nil || a.body != "same" {
						t.Fatal(a.body, err)
					}
				}
				if h.count() != 1 {
					t.Fatalf("%d connections for two requests", h.count())
				}
			})
		}
	}
}

func TestRequestThatCouldBeMisreadIsRefused(t *testing.T) {
	field := func(name, value string) upstream.Request {
		return upstream.Request{Method: "GET", Path: "/", Header: []upstream.Field{{name, value}}}
	}
	for name, tc := range map[string]struct {
		r    upstream.Request
		kind fault.Kind
	}{
		"line break in a value":      {field("X-A", "a\r\nX-B: c"), fault.Caller},
		"line feed in a value":       {field("X-A", "long enough for a word\nb"), fault.Caller},
		"nul in a value":             {field("X-A", "a\x00"), fault.Caller},
		"delete in a value":          {field("X-A", "12345\x7f78"), fault.Caller},
		"space in a name":            {field("X A", "b"), fault.Caller},
		"colon in a name":            {field("X:", "b"), fault.Caller},
		"empty name":                 {field("", "b"), fault.Caller},
		"the client's own length":    {field("content-length", "3"), fault.Internal},
		"the client's own coding":    {field("Transfer-Encoding", "chunked"), fault.Internal},
		"the client's own host":      {field("HOST", "evil.test"), fault.Internal},
		"space in the path":          {upstream.Request{Method: "GET", Path: "/a b"}, fault.Caller},
		"line break in the path":     {upstream.Request{Method: "GET", Path: "/a\r\nX: y"}, fault.Caller},
		"raw utf-8 in the path":      {upstream.Request{Method: "GET", Path: "/ä"}, fault.Caller},
		"no path":                    {upstream.Request{Method: "GET"}, fault.Caller},
		"a whole URL":                {upstream.Request{Method: "GET", Path: "http://other.test/"}, fault.Caller},
		"a method that is none":      {upstream.Request{Method: "GE T", Path: "/"}, fault.Caller},
		"no method":                  {upstream.Request{Path: "/"}, fault.Caller},
		"a host with a path":         {upstream.Request{Method: "GET", Path: "/", Host: "a/b"}, fault.Caller},
		"a host with a line break":   {upstream.Request{Method: "GET", Path: "/", Host: "a\r\nX: y"}, fault.Caller},
		"two bodies":                 {upstream.Request{Method: "PUT", Path: "/", Body: [][]byte{{1}}, Stream: strings.NewReader("x")}, fault.Internal},
		"a stream of negative bytes": {upstream.Request{Method: "PUT", Path: "/", Stream: strings.NewReader("x"), Length: -2}, fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			dial := func(context.Context, string, string) (net.Conn, error) {
				t.Error("a connection was opened")
				return nil, io.EOF
			}
			c := newClient(t, upstream.Options{BaseURL: "http://vendor.test", Dial: dial})
			_, err := send(c, &tc.r)
			wantFault(t, err, tc.kind, "")
		})
	}
}

// A host that does not want the body answers, does not read on, and closes.
func TestEarlyAnswerIsGivenWhileTheBodyIsStillOnItsWay(t *testing.T) {
	const tooLarge = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large"
	big := bytes.Repeat([]byte("x"), 32<<20)
	scripts := map[string]func(*peer){
		"and closes":           func(p *peer) { readHead(p); p.write(tooLarge) },
		"and resets":           func(p *peer) { readHead(p); p.write(tooLarge); p.Conn.(*net.TCPConn).SetLinger(0) },
		"and leaves it unread": func(p *peer) { readHead(p); p.write(tooLarge); <-p.over },
		"and half-closes":      func(p *peer) { readHead(p); p.write(tooLarge); p.Conn.(*net.TCPConn).CloseWrite(); <-p.over },
		"and would be kept open": func(p *peer) {
			readHead(p)
			p.write(strings.Replace(tooLarge, "Connection: close\r\n", "", 1))
			<-p.over
		},
	}
	for name, script := range scripts {
		for kind, r := range map[string]*upstream.Request{
			"memory":  {Method: "POST", Path: "/", Body: [][]byte{big}},
			"stream":  {Method: "POST", Path: "/", Stream: bytes.NewReader(big), Length: int64(len(big))},
			"chunked": {Method: "POST", Path: "/", Stream: bytes.NewReader(big), Length: -1},
			"small":   {Method: "POST", Path: "/", Body: [][]byte{big[:60<<10]}},
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				h := serve(t, script)
				c := newClient(t, upstream.Options{BaseURL: h.url})
				soon(t, "the exchange", func() {
					a, err := send(c, r)
					if name == "and resets" && err != nil {
						wantFault(t, err, fault.Upstream, "") // the answer may be lost with the reset itself
						return
					}
					if err != nil || a.resp.Status != 413 || a.body != "too large" {
						t.Error(a.resp.Status, a.body, err)
					}
				})
				if kind != "small" && upstream.Idle(c) != 0 {
					t.Fatal("a connection with half a request on it was kept")
				}
			})
		}
	}
}

// readHead reads the head of a request and nothing of its body, but for what came with it.
func readHead(p *peer) {
	for {
		line, err := p.in.ReadString('\n')
		if err != nil || line == "\r\n" {
			return
		}
	}
}

func TestAnswerAndBodyCanFlowAtTheSameTime(t *testing.T) {
	pr, pw := io.Pipe()
	h := serve(t, func(p *peer) {
		readHead(p)
		p.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for range 3 {
			b := make([]byte, len("4\r\nping\r\n"))
			io.ReadFull(p.in, b)
			p.write(string(b))
		}
		io.ReadFull(p.in, make([]byte, 5))
		p.write("0\r\n\r\n")
		awaitEOF(p)
	})
	c := newClient(t, upstream.Options{BaseURL: h.url})
	var resp upstream.Response
	if err := c.Do(context.Background(), &upstream.Request{Method: "POST", Path: "/", Stream: pr, Length: -1}, &resp); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		io.WriteString(pw, "ping")
		b := make([]byte, 10)
		if n, err := resp.Read(b); string(b[:n]) != "ping" || err != nil {
			t.Fatal(string(b[:n]), err)
		}
	}
	pw.Close()
	if rest, err := io.ReadAll(&resp); len(rest) != 0 || err != nil {
		t.Fatal(rest, err)
	}
	resp.Close()
	if upstream.Idle(c) != 1 {
		t.Fatal("a connection whose exchange ended properly was not kept")
	}
}

func awaitEOF(p *peer) { io.Copy(io.Discard, p.in) }

func TestStreamThatFailsEndsTheRequest(t *testing.T) {
	limit := fault.New(fault.BodyTooLarge, "the body is too large")
	for name, tc := range map[string]struct {
		stream io.Reader
		length int64
		kind   fault.Kind
		text   string
	}{
		"too short":          {strings.NewReader("abc"), 10, fault.Gone, "request body ended"},
		"broken":             {io.MultiReader(strings.NewReader("abc"), broken{errors.New("reset")}), -1, fault.Gone, "request body ended"},
		"a fault of its own": {io.MultiReader(strings.NewReader("abc"), broken{limit}), -1, fault.Caller, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, awaitEOF)
			c := newClient(t, upstream.Options{BaseURL: h.url})
			soon(t, "the exchange", func() {
				_, err := send(c, &upstream.Request{Method: "POST", Path: "/", Stream: tc.stream, Length: tc.length})
				wantFault(t, err, tc.kind, tc.text)
			})
		})
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// A caller's slow upload must not outlive an answer that came early.
func TestCloseStopsAStreamThatIsBlocked(t *testing.T) {
	for kind, make := range kinds {
		t.Run(kind, func(t *testing.T) {
			h := serve(t, func(p *peer) {
				readHead(p)
				p.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
				awaitEOF(p)
			})
			pr, pw := io.Pipe()
			stopped := false
			c := make(t, upstream.Options{BaseURL: h.url})
			soon(t, "the exchange", func() {
				a, err := send(c, &upstream.Request{Method: "POST", Path: "/", Stream: pr, Length: 1 << 20,
					StopStream: func() { stopped = true; pr.CloseWithError(io.ErrClosedPipe) }})
				if err != nil || a.resp.Status != 401 || a.body != "no" {
					t.Error(a.resp.Status, a.body, err)
				}
			})
			if !stopped {
				t.Error("the stream was not stopped")
			}
			if _, err := pw.Write([]byte("x")); err == nil {
				t.Error("something still reads the stream")
			}
		})
	}
}

var kinds = map[string]func(testing.TB, upstream.Options) *upstream.Client{
	"direct": newClient,
	"transport": func(t testing.TB, o upstream.Options) *upstream.Client {
		c, err := upstream.NewViaTransport(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	},
}

func TestHostThatStopsTakingTheBodyIsTimedOut(t *testing.T) {
	h := serve(t, func(p *peer) { readHead(p); <-p.over })
	c := newClient(t, upstream.Options{BaseURL: h.url, Timeouts: provider.Timeouts{Idle: 40e6}})
	soon(t, "the exchange", func() {
		_, err := send(c, &upstream.Request{Method: "POST", Path: "/", Body: [][]byte{make([]byte, 64<<20)}})
		wantFault(t, err, fault.Timeout, "stopped taking the request")
	})
}
