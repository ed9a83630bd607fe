package front_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
)

// seen is a request as a handler saw it.
type seen struct {
	Method, URI, Path, RawPath, Query, URLHost, Scheme, Opaque string
	Host, Proto, Body, BodyError, Escaped                      string
	Length                                                     int64
	Coding                                                     []string
	Close, ForceQuery                                          bool
	Header                                                     http.Header
}

const mark = "seen-by-the-handler"

// echo answers with what it saw.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s := seen{
		Method: r.Method, URI: r.RequestURI, Path: r.URL.Path, RawPath: r.URL.RawPath, Query: r.URL.RawQuery, URLHost: r.URL.Host,
		Scheme: r.URL.Scheme, Opaque: r.URL.Opaque, Host: r.Host, Proto: r.Proto, Body: string(body), Escaped: r.URL.EscapedPath(),
		Length: r.ContentLength, Coding: r.TransferEncoding, Close: r.Close, ForceQuery: r.URL.ForceQuery, Header: r.Header,
	}
	if err != nil {
		s.BodyError = "broken"
		w.Header().Set("Connection", "close")
	}
	w.Header().Set("X-Mark", mark)
	b, _ := json.Marshal(&s)
	w.Write(b)
}

// script is a connection whose caller says everything at once and hangs up.
type script struct {
	mu    sync.Mutex
	in    *bytes.Reader
	out   bytes.Buffer
	once  sync.Once
	ended chan struct{}
}

func newScript(in []byte) *script {
	return &script{in: bytes.NewReader(in), ended: make(chan struct{})}
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in.Read(p)
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *script) Close() error                     { s.once.Do(func() { close(s.ended) }); return nil }
func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// stage hands scripts to a server.
type stage struct {
	next chan net.Conn
	quit chan struct{}
	once sync.Once
}

func newStage() *stage { return &stage{next: make(chan net.Conn), quit: make(chan struct{})} }

func (s *stage) Accept() (net.Conn, error) {
	select {
	case c := <-s.next:
		return c, nil
	case <-s.quit:
		return nil, net.ErrClosed
	}
}
func (s *stage) Close() error   { s.once.Do(func() { close(s.quit) }); return nil }
func (s *stage) Addr() net.Addr { return &net.TCPAddr{} }

func (s *stage) play(in []byte) []byte {
	c := newScript(in)
	s.next <- c
	select {
	case <-c.ended:
	case <-time.After(patience):
		panic(fmt.Sprintf("not closed after %q", in))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Bytes()
}

// both gives our server and net/http's, each on a stage.
func both(t testing.TB) (ours, theirs *stage) {
	ours, theirs = newStage(), newStage()
	s := &front.Server{Handler: http.HandlerFunc(echo)}
	h := &http.Server{Handler: http.HandlerFunc(echo), ErrorLog: log.New(io.Discard, "", 0)}
	var wg sync.WaitGroup
	wg.Go(func() { s.Serve(ours) })
	wg.Go(func() { h.Serve(theirs) })
	t.Cleanup(func() {
		s.Close()
		h.Close()
		wg.Wait()
	})
	return ours, theirs
}

// reply is one answer: what the handler saw, or a refusal's status and text.
type reply struct {
	status int
	seen   *seen
	text   string
	close  bool
}

// replies takes an answer's bytes apart. The methods of the requests come with what
// the handler saw, except for HEAD, whose answers have no body.
func replies(raw []byte) (out []reply) {
	in := bufio.NewReaderSize(bytes.NewReader(raw), 64<<10)
	for {
		method := http.MethodGet
		in.Peek(1)
		if p, err := in.Peek(in.Buffered()); err == nil && headAnswer(p) {
			method = http.MethodHead
		}
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return out
		}
		body, _ := io.ReadAll(resp.Body)
		r := reply{status: resp.StatusCode, text: string(body), close: resp.Close}
		if resp.Header.Get("X-Mark") == mark && method != http.MethodHead {
			r.seen, r.text = &seen{}, ""
			json.Unmarshal(body, r.seen)
		}
		if resp.StatusCode != http.StatusContinue {
			out = append(out, r)
		}
	}
}

// headAnswer reports whether no body follows the answer's head.
func headAnswer(p []byte) bool {
	_, rest, ok := bytes.Cut(p, []byte("\r\n\r\n"))
	return ok && bytes.Contains(p[:len(p)-len(rest)], []byte(mark)) && !bytes.HasPrefix(rest, []byte("{"))
}

// stricter are the texts of refusals where net/http goes on.
var stricter = []string{
	"there are both Content-Length and Transfer-Encoding", "HTTP/1.0 has no Transfer-Encoding", "a header line is folded",
	"unsupported protocol version", "the Host header is missing", "there are too many header fields", "unsupported transfer encoding",
	"malformed protocol version", "the request ends in its header", "only 100-continue can be expected",
}

func isStricter(text string) bool {
	for _, s := range stricter {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// compare checks that both servers understood the bytes in the same way, up to a
// refusal that ours has and net/http has not, by design.
func compare(t *testing.T, in []byte, ours, theirs []reply) {
	for i := range max(len(ours), len(theirs)) {
		switch {
		case i < len(ours) && ours[i].seen == nil && isStricter(ours[i].text):
			return
		case i >= len(ours) || i >= len(theirs):
			t.Fatalf("%q: %d answers, net/http gives %d\n%v\n%v", in, len(ours), len(theirs), ours, theirs)
		case ours[i].seen == nil && theirs[i].seen == nil && ours[i].status >= 400 && theirs[i].status >= 400:
			return // for which of several faults may differ
		case strictTrailer(ours[i].seen, theirs[i].seen):
			return
		case ours[i].status != theirs[i].status, ours[i].close != theirs[i].close:
			t.Fatalf("%q: answer %d is %+v, net/http's %+v", in, i, ours[i], theirs[i])
		case !reflect.DeepEqual(ours[i].seen, theirs[i].seen):
			t.Fatalf("%q: request %d is\n%+v, net/http sees\n%+v", in, i, ours[i].seen, theirs[i].seen)
		}
	}
}

// strictTrailer reports bodies that differ only in what stands behind the last chunk:
// net/http takes names with spaces there.
func strictTrailer(ours, theirs *seen) bool {
	return ours != nil && theirs != nil && len(ours.Coding) == 1 && ours.BodyError != "" && theirs.BodyError == "" && ours.Body == theirs.Body
}

// sameByDesign reports inputs whose treatment does not differ by design in ways that
// the answers do not tell.
func sameByDesign(in []byte) bool {
	return !bytes.HasPrefix(in, []byte("PRI ")) && // HTTP/2 is handed over
		!bytes.Contains(in, []byte("\n\n")) && !bytes.Contains(in, []byte("\n\r\n\n")) &&
		!emptyLineFirst(in) && !bytes.Contains(bytes.ToLower(in), []byte("trailer"))
}

// emptyLineFirst: ours skips one empty line before any request, net/http up to two
// after a POST.
func emptyLineFirst(in []byte) bool {
	return len(in) == 0 || in[0] == '\r' || in[0] == '\n' || bytes.Contains(in, []byte("\n\r\n\r\n")) || bytes.Contains(in, []byte("\r\n\r\n\r"))
}

var corpus = []string{
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b?x=1&y=%20 HTTP/1.1\r\nHost: b\r\nAccept: x\r\naccept:  y \t\r\n\r\n",
	"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\nhello",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello",
	"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: y\x00z\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: y\x7fz01234567\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9 \xff\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
	"GET / HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	"GET / HTTP/1.1\r\nHost:\r\n\r\n",
	"GET / HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
	"GET http://h:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET HTTPS://u@h/p HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET mailto:x HTTP/1.1\r\nHost: a\r\n\r\n",
	"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET //x//y HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /%2F%zz HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /a%2Fb%20c HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /? HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /a?b?c#d HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /a#d HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /a?b\tc HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /\xc3\xa9!*'()[]{}|\\^`\"<> HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /!*'() HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
	"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
	"GET / http/1.1\r\nHost: a\r\n\r\n",
	"GET /\r\n\r\n",
	"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 2\r\n\r\nhi",
	"GET / HTTP/1.1\r\nHost: a\r\nPragma: no-cache\r\n\r\n",
	"GET / HTTP/1.1\nHost: a\nX: y\n\r\n",
	"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}

func TestRequestsAreSeenAsNetHTTPSeesThem(t *testing.T) {
	ours, theirs := both(t)
	for _, in := range corpus {
		compare(t, []byte(in), replies(ours.play([]byte(in))), replies(theirs.play([]byte(in))))
	}
	for c := range 256 { // every byte in a path, a query and a name
		for _, in := range []string{"GET /a" + string([]byte{byte(c)}) + "b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a?" + string([]byte{byte(c)}) + "b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nx" + string([]byte{byte(c)}) + "y: z\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nxy: 01234z" + string([]byte{byte(c)}) + "a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a" + string([]byte{byte(c)}) + "\r\n\r\n"} {
			compare(t, []byte(in), replies(ours.play([]byte(in))), replies(theirs.play([]byte(in))))
		}
	}
}

func FuzzRequestsAreSeenAsNetHTTPSeesThem(f *testing.F) {
	for _, in := range corpus {
		f.Add([]byte(in))
	}
	ours, theirs := both(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 32<<10 || !sameByDesign(in) {
			return
		}
		compare(t, in, replies(ours.play(in)), replies(theirs.play(in)))
	})
}
