package front_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
)

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// TestAnswersAreThoseOfNetHTTP asks both servers and compares what matters of the
// answers: status, body, framing, connection, trailers.
func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 5000)
	handlers := map[string]http.HandlerFunc{
		"nothing":          func(w http.ResponseWriter, r *http.Request) {},
		"status alone":     func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) },
		"little":           func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hi") },
		"html":             func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html><b>x") },
		"much":             func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, big) },
		"much in pieces":   func(w http.ResponseWriter, r *http.Request) { writeIn(w, big, 1000) },
		"much, big pieces": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x"); writeIn(w, big, 4096) },
		"flushed":          func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a"); flush(w); io.WriteString(w, "b") },
		"flushed head":     func(w http.ResponseWriter, r *http.Request) { flush(w); io.WriteString(w, "b") },
		"flushed twice":    func(w http.ResponseWriter, r *http.Request) { flush(w); flush(w) },
		"length":           func(w http.ResponseWriter, r *http.Request) { set(w, "Content-Length", "2"); io.WriteString(w, "hi") },
		"length, big": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Content-Length", "80000")
			io.WriteString(w, big)
		},
		"length, flushed": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Content-Length", "2")
			flush(w)
			io.WriteString(w, "hi")
		},
		"204": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204); io.WriteString(w, "hi") },
		"304": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Content-Type", "x/y")
			set(w, "Etag", "1")
			w.WriteHeader(304)
		},
		"close": func(w http.ResponseWriter, r *http.Request) { set(w, "Connection", "close"); io.WriteString(w, "hi") },
		"keep-alive": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Connection", "keep-alive")
			io.WriteString(w, "hi")
		},
		"identity": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Transfer-Encoding", "identity")
			io.WriteString(w, "hi")
		},
		"chunked by hand": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Transfer-Encoding", "chunked")
			io.WriteString(w, "hi")
		},
		"broken value": func(w http.ResponseWriter, r *http.Request) { set(w, "X-A", " a\r\nX-B: c\n") },
		"broken name": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X A"] = []string{"b"}
			w.Header()["X-C"] = nil
		},
		"several values": func(w http.ResponseWriter, r *http.Request) { w.Header().Add("X-A", "1"); w.Header().Add("X-A", "2") },
		"own date":       func(w http.ResponseWriter, r *http.Request) { set(w, "Date", "never") },
		"no date":        func(w http.ResponseWriter, r *http.Request) { w.Header()["Date"] = nil },
		"late header": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(201)
			set(w, "X-A", "1")
			w.WriteHeader(500)
			io.WriteString(w, "x")
		},
		"trailer": func(w http.ResponseWriter, r *http.Request) {
			flush(w)
			io.WriteString(w, "x")
			set(w, http.TrailerPrefix+"X-T", "1")
		},
		"trailer, early": func(w http.ResponseWriter, r *http.Request) {
			set(w, http.TrailerPrefix+"X-T", "1")
			io.WriteString(w, "x")
		},
		"announced trailer": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Trailer", "X-T, Content-Length")
			io.WriteString(w, "x")
			set(w, "X-T", "1")
		},
		"no type": func(w http.ResponseWriter, r *http.Request) { w.Header()["Content-Type"] = nil; io.WriteString(w, "x") },
		"encoded": func(w http.ResponseWriter, r *http.Request) {
			set(w, "Content-Encoding", "gzip")
			io.WriteString(w, "x")
		},
		"aborted": func(w http.ResponseWriter, r *http.Request) {
			flush(w)
			io.WriteString(w, "x")
			panic(http.ErrAbortHandler)
		},
		"aborted early":  func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x"); panic(http.ErrAbortHandler) },
		"panic":          func(w http.ResponseWriter, r *http.Request) { panic("something") },
		"too little":     func(w http.ResponseWriter, r *http.Request) { set(w, "Content-Length", "5"); io.WriteString(w, "hi") },
		"too much":       func(w http.ResponseWriter, r *http.Request) { set(w, "Content-Length", "1"); io.WriteString(w, "hi") },
		"read, answered": func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) },
		"body closed": func(w http.ResponseWriter, r *http.Request) {
			r.Body.Close()
			_, err := r.Body.Read(make([]byte, 1))
			fmt.Fprint(w, err)
		},
		"odd status": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(299) },
	}
	requests := []string{
		get, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	}
	for name, h := range handlers {
		t.Run(name, func(t *testing.T) {
			ours := serveFunc(t, h)
			ts := httptest.NewUnstartedServer(h)
			ts.Config.ErrorLog = log.New(io.Discard, "", 0)
			ts.Start()
			defer ts.Close()
			for _, in := range requests {
				method, _, _ := strings.Cut(in, " ")
				a, b := told(t, ours, in, method), told(t, ts.Listener.Addr().String(), in, method)
				switch {
				case strings.HasPrefix(name, "much") && method == "HEAD": // ours gives the length, however large
					a.header.Del("Content-Length")
					a.length = b.length
				case strings.HasPrefix(name, "too "): // ours says that it is going to close
					a.close = b.close
					b.header.Del("Connection")
				}
				if !reflect.DeepEqual(a, b) {
					t.Errorf("%q:\nours   %+v\ntheirs %+v", in, a, b)
				}
			}
		})
	}
}

func set(w http.ResponseWriter, name, value string) { w.Header().Set(name, value) }
func flush(w http.ResponseWriter)                   { w.(http.Flusher).Flush() }
func writeIn(w io.Writer, s string, n int) {
	for ; len(s) > n; s = s[n:] {
		io.WriteString(w, s[:n])
	}
	io.WriteString(w, s)
}

// story is what a caller is told.
type story struct {
	status, body string
	header       http.Header
	length       int64
	coding       []string
	close        bool
	trailer      http.Header
	cut          bool
	again        string // the answer to another request on the same connection
}

func told(t *testing.T, addr, in, method string) (s story) {
	t.Helper()
	p := dial(t, addr).send(in)
	resp, err := http.ReadResponse(p.in, &http.Request{Method: method})
	if err != nil {
		s.cut = true
		return s
	}
	body, err := io.ReadAll(resp.Body)
	s = story{status: resp.Proto + resp.Status, body: string(body), header: resp.Header, length: resp.ContentLength, coding: resp.TransferEncoding, close: resp.Close, trailer: resp.Trailer, cut: err != nil}
	if d := resp.Header.Get("Date"); d != "" && d != "never" {
		if _, err := http.ParseTime(d); err != nil {
			t.Errorf("the date is %q", d)
		}
		resp.Header.Set("Date", "now")
	}
	if len(s.trailer) == 0 {
		s.trailer = nil
	}
	if !s.close && !s.cut {
		io.WriteString(p.Conn, get)
		resp, err := http.ReadResponse(p.in, &http.Request{Method: "GET"})
		if err == nil {
			s.again = resp.Status
		}
	}
	return s
}

func TestWritingReportsItsErrors(t *testing.T) {
	errs := make(chan error, 3)
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			set(w, "Content-Length", "1")
			_, err := io.WriteString(w, "hi")
			errs <- err
			return
		}
		w.WriteHeader(304)
		_, err := io.WriteString(w, "hi")
		errs <- err
	})
	dial(t, addr).send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n").rest()
	if err := await(t, errs, "the error"); !errors.Is(err, http.ErrContentLength) {
		t.Errorf("too much gives %v", err)
	}
	dial(t, addr).send(get).answer("GET")
	if err := await(t, errs, "the error"); !errors.Is(err, http.ErrBodyNotAllowed) {
		t.Errorf("a body for 304 gives %v", err)
	}
}

func TestControllerAbilities(t *testing.T) {
	got := make(chan error, 8)
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_, _, err := rc.Hijack()
		got <- err
		got <- rc.SetReadDeadline(time.Now().Add(time.Hour))
		got <- rc.SetWriteDeadline(time.Now().Add(time.Hour))
		got <- rc.EnableFullDuplex()
		got <- rc.Flush()
	})
	dial(t, addr).send(get).answer("GET")
	if err := <-got; !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("Hijack gives %v", err)
	}
	for range 4 {
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
}

func TestContinueIsSentWhenTheBodyIsRead(t *testing.T) {
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/read" {
			io.Copy(w, r.Body)
		}
	})
	head := " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
	p := dial(t, addr).send("POST /read" + head)
	if line, _ := p.in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q", line)
	}
	p.in.ReadString('\n')
	if _, body := p.send("hi").answer("POST"); body != "hi" {
		t.Errorf("body %q", body)
	}
	resp, _ := p.send("POST /ignore" + head).answer("POST")
	if resp.StatusCode != 200 || !resp.Close {
		t.Errorf("without reading: %v", resp)
	}
}

func TestAPipelineIsAnsweredInOrder(t *testing.T) {
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	p := dial(t, addr)
	var all strings.Builder
	for i := range 300 {
		fmt.Fprintf(&all, "\r\nGET /%d HTTP/1.1\r\nHost: a\r\nX-Fill: %s\r\n\r\n", i, strings.Repeat("x", i))
	}
	go io.WriteString(p.Conn, all.String())
	for i := range 300 {
		if _, body := p.answer("GET"); body != fmt.Sprint("/", i) {
			t.Fatalf("answer %d is %q", i, body)
		}
	}
}

func TestAnUnreadBodyIsDrainedOrCostsTheConnection(t *testing.T) {
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "no") })
	p := dial(t, addr)
	small := strings.Repeat("x", 200<<10)
	for _, in := range []string{
		fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(small), small),
		fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(small), small),
	} {
		if resp, _ := p.send(in).answer("POST"); resp.Close {
			t.Error("a small body cost the connection")
		}
	}
	resp, body := p.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n").answer("POST")
	if !resp.Close || body != "no" {
		t.Errorf("a large body: %v %q", resp, body)
	}
	p = dial(t, addr)
	go io.WriteString(p.Conn, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"+strings.Repeat("x", 500<<10))
	if resp, body := p.answer("POST"); !resp.Close || body != "no" {
		t.Errorf("a large chunked body: %v %q", resp, body)
	}
}

func TestHeaderLimits(t *testing.T) {
	addr := serve(t, &front.Server{MaxHeaderBytes: 10 << 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, len(r.Header.Get("X-A"))) })})
	for want, in := range map[string]string{
		"HTTP/1.1 200": "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-A: " + strings.Repeat("x", 9000) + "\r\n\r\n",
		"HTTP/1.1 431": "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("x", 11000) + "\r\n\r\n",
		"HTTP/1.1 414": "GET /" + strings.Repeat("x", 11000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		if got := talk(t, addr, in); !strings.HasPrefix(got, want) {
			t.Errorf("got %.200q instead of %s", got, want)
		}
	}
	if got := talk(t, addr, "GET / HTTP/1.1\r\nHost: a\r\n"+strings.Repeat("a: b\r\n", 1001)+"\r\n"); !strings.HasPrefix(got, "HTTP/1.1 431") {
		t.Errorf("got %.200q", got)
	}
}

func TestLinesOfTheHeadStandBesideTheHeaderAndDoNotOutliveTheirAnswer(t *testing.T) {
	calls := 0
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-One", "1")
		if calls++; calls == 1 {
			lines := w.(interface{ HeadLines([]byte) })
			lines.HeadLines([]byte("X-Forgotten: 1\r\n"))
			lines.HeadLines([]byte("X-Two: 2\r\nX-Three: 3\r\n"))
		}
		_, _ = w.Write([]byte("ok"))
	})
	for i, want := range []string{"3", ""} {
		resp, err := http.Get("http://" + addr)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.Header.Get("X-One") != "1" || resp.Header.Get("X-Three") != want || resp.Header.Get("X-Forgotten") != "" {
			t.Errorf("answer %d: %v", i, resp.Header)
		}
	}
}
