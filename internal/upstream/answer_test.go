package upstream_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

func TestAnswerIsReadByItsFraming(t *testing.T) {
	for name, tc := range map[string]struct {
		method, raw string
		body        string
		length      int64
		reused      bool
	}{
		"content length":                {"GET", ok("hello"), "hello", 5, true},
		"equal lengths twice":           {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "hi", 2, true},
		"empty":                         {"GET", ok(""), "", 0, true},
		"chunked":                       {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", "hello world", -1, true},
		"chunk sizes in capitals":       {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n000\r\n\r\n", "0123456789", -1, true},
		"until close":                   {"GET", "HTTP/1.1 200 OK\r\n\r\nall of it", "all of it", -1, false},
		"connection close":              {"GET", "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 1\r\n\r\nx", "x", 1, false},
		"http 1.0":                      {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", 1, false},
		"http 1.0 kept alive":           {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", "x", 1, true},
		"http 1.0 until close":          {"GET", "HTTP/1.0 200 OK\r\n\r\nxyz", "xyz", -1, false},
		"head":                          {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "", 10, true},
		"no content":                    {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "", 0, true},
		"not modified with a length":    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "", 0, true},
		"line feeds alone":              {"GET", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "hi", 2, true},
		"no reason phrase":              {"GET", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "hi", 2, true},
		"interim answers before it":     {"GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok("x"), "x", 1, true},
		"more bytes than its length":    {"GET", ok("x") + "HTTP/1.1 200 OK\r\n\r\n", "x", 1, false},
		"close right after the answer":  {"GET", "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy", "busy", 4, false},
		"a trailer":                     {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-sum: 9\r\n\r\n", "x", -1, true},
		"a large head before its body":  {"GET", "HTTP/1.1 200 OK\r\nX-Big: " + strings.Repeat("b", 20000) + "\r\nContent-Length: 2\r\n\r\nhi", "hi", 2, true},
		"a body larger than the buffer": {"GET", ok(strings.Repeat("0123456789", 5000)), strings.Repeat("0123456789", 5000), 50000, true},
	} {
		for by, way := range ways {
			t.Run(name+", by "+by, func(t *testing.T) {
				h := serve(t, func(p *peer) {
					for p.request() != nil {
						p.write(tc.raw)
						if strings.Contains(name, "close") {
							return
						}
					}
				})
				c := newClient(t, upstream.Options{BaseURL: h.url})
				r := &upstream.Request{Method: tc.method, Path: "/"}
				a, err := sendBy(t.Context(), way, c, r)
				if err != nil {
					t.Fatal(err)
				}
				if a.body != tc.body || a.resp.ContentLength != tc.length {
					t.Fatalf("got %d bytes with length %d, want %d with %d", len(a.body), a.resp.ContentLength, len(tc.body), tc.length)
				}
				if got := upstream.Idle(c) == 1; got != tc.reused {
					t.Fatalf("connection kept: %v, want %v", got, tc.reused)
				}
			})
		}
	}
}

func TestAnswerSplitIntoSingleBytesIsTheSame(t *testing.T) {
	raw := "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nx-a:  1 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb;x\r\n, the world\r\n0\r\nx-sum: 9\r\n\r\n"
	c := piped(t, provider.Timeouts{}, func(p *peer) {
		p.request()
		for i := range len(raw) {
			p.write(raw[i : i+1])
		}
		io.Copy(io.Discard, p)
	})
	a, err := send(c, get())
	if err != nil || a.body != "hello, the world" {
		t.Fatalf("body %q, %v", a.body, err)
	}
	if a.resp.Status != 201 || a.resp.Header.Get("X-A") != "1" || a.resp.Trailer.Get("X-Sum") != "9" {
		t.Fatalf("head %d %v, trailer %v", a.resp.Status, a.resp.Header, a.resp.Trailer)
	}
}

func TestMalformedAnswerIsTheHostsFault(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	for name, tc := range map[string]struct{ raw, says string }{
		"not http":                     {"SSH-2.0-OpenSSH_9\r\n\r\n", "status line"},
		"http 2":                       {"HTTP/2.0 200 OK\r\n\r\n", "version"},
		"short status":                 {"HTTP/1.1 20 OK\r\n\r\n", "status line"},
		"status below 100":             {"HTTP/1.1 099 X\r\n\r\n", "status line"},
		"length and coding":            {head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "both Content-Length"},
		"different lengths":            {head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "Content-Length"},
		"signed length":                {head + "Content-Length: +1\r\n\r\nx", "Content-Length"},
		"list of lengths":              {head + "Content-Length: 1, 1\r\n\r\nx", "Content-Length"},
		"gzip coding":                  {head + "Transfer-Encoding: gzip, chunked\r\n\r\n", "not chunked"},
		"chunked twice":                {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "not chunked"},
		"coding in http 1.0":           {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "1.0"},
		"folded value":                 {head + "X-A: b\r\n c\r\n\r\n", "folded"},
		"fold at the start":            {head + " X-A: b\r\n\r\n", "folded"},
		"blank before the colon":       {head + "X-A : b\r\n\r\n", "name"},
		"line without colon":           {head + "nonsense\r\n\r\n", "name"},
		"empty name":                   {head + ": x\r\n\r\n", "name"},
		"nul in a value":               {head + "X-A: a\x00b\r\n\r\n", "control"},
		"carriage return in a value":   {head + "X-A: a\rb\r\n\r\n", "control"},
		"too large":                    {head + "X-A: " + strings.Repeat("a", 70<<10) + "\r\n\r\n", "too large"},
		"too large without an end":     {head + "X-A: " + strings.Repeat("a", 70<<10), "too large"},
		"too many fields":              {head + strings.Repeat("X-A: b\r\n", 300) + "\r\n", "more than 256"},
		"endless interim answers":      {strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 50) + ok("x"), "interim"},
		"chunk size is not a number":   {head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "begin with its size"},
		"negative chunk size":          {head + "Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n", "begin with its size"},
		"overflowing chunk size":       {head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n", "begin with its size"},
		"chunk line ends with LF":      {head + "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n", "begin with its size"},
		"chunk longer than its size":   {head + "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n", "longer than its size"},
		"endless chunk extension":      {head + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("a", 5000), "too long"},
		"chunks that are extensions":   {head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+strings.Repeat("a", 2000)+"\r\nx\r\n", 20), "mostly extensions"},
		"trailer larger than a buffer": {head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: " + strings.Repeat("a", 5000) + "\r\n\r\n", "trailer"},
		"malformed trailer":            {head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX A: b\r\n\r\n", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, func(p *peer) { p.request(); p.write(tc.raw); p.Read(make([]byte, 1)) })
			c := newClient(t, upstream.Options{BaseURL: h.url})
			a, err := send(c, get())
			wantFault(t, err, fault.Upstream, "malformed")
			wantFault(t, err, fault.Upstream, tc.says)
			if upstream.Idle(c) != 0 {
				t.Fatal("the connection was kept")
			}
			if a.resp.Close(); h.count() != 1 {
				t.Fatal("a malformed answer was asked for again")
			}
		})
	}
}

func TestCutAnswerIsToldAfterWhatArrived(t *testing.T) {
	for name, raw := range map[string]string{
		"length":                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart",
		"chunk":                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\npart",
		"between chunks":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
		"before the last line":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n0\r\n",
		"within the trailer":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n0\r\nX-A: b\r\n",
		"within the chunk line": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n4",
	} {
		for by, way := range ways {
			t.Run(name+", by "+by, func(t *testing.T) {
				h := serve(t, func(p *peer) { p.request(); p.write(raw) })
				c := newClient(t, upstream.Options{BaseURL: h.url})
				soon(t, "the end", func() {
					a, err := sendBy(t.Context(), way, c, get())
					wantFault(t, err, fault.Upstream, "in the middle of its answer")
					if !errors.Is(err, io.ErrUnexpectedEOF) || a.body != "part" {
						t.Errorf("body %q, error %v", a.body, err)
					}
					if _, again := a.resp.Read(make([]byte, 1)); again == nil {
						t.Error("the failure was forgotten")
					}
				})
			})
		}
	}
}

func TestReadGivesWhatIsThereWithoutWaitingForMore(t *testing.T) {
	next := make(chan string)
	c := piped(t, provider.Timeouts{}, func(p *peer) {
		p.request()
		p.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for s := range next {
			p.write(s)
		}
	})
	var resp upstream.Response
	if err := c.Do(context.Background(), get(), &resp); err != nil {
		t.Fatal(err)
	}
	defer close(next)
	defer resp.Close()
	buf := make([]byte, 4096)
	for _, step := range []struct{ send, want string }{
		{"3\r\none\r\n", "one"},
		{"3\r\ntwo\r\n5\r\nthree\r\n5\r\nfo", "twothreefo"},
		{"urt\r\n", "urt"},
	} {
		next <- step.send
		n, err := resp.Read(buf)
		if string(buf[:n]) != step.want || err != nil {
			t.Fatalf("read %q, %v; want %q", buf[:n], err, step.want)
		}
	}
}

func TestUpgradedConnectionIsHandedOver(t *testing.T) {
	h := serve(t, func(p *peer) {
		p.request()
		p.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
		b := make([]byte, 4)
		io.ReadFull(p.in, b)
		p.write("<" + string(b) + ">")
	})
	c := newClient(t, upstream.Options{BaseURL: h.url})
	ctx, cancel := context.WithCancel(context.Background())
	var resp upstream.Response
	if err := c.Do(ctx, get(), &resp); err != nil || resp.Status != 101 {
		t.Fatal(resp.Status, err)
	}
	nc, rest, err := resp.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	cancel() // no longer matters
	io.WriteString(nc, "ping")
	more, err := io.ReadAll(nc)
	if got := string(rest) + string(more); got != "early<ping>" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, _, err := resp.Hijack(); err == nil {
		t.Fatal("handed over twice")
	}
}

func TestOnlyAnUpgradeCanBeHandedOver(t *testing.T) {
	h := serve(t, answers(ok("hello")))
	c := newClient(t, upstream.Options{BaseURL: h.url})
	var resp upstream.Response
	if err := c.Do(context.Background(), get(), &resp); err != nil {
		t.Fatal(err)
	}
	defer resp.Close()
	_, _, err := resp.Hijack()
	wantFault(t, err, fault.Internal, "101")
}
