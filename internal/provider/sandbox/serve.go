package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds a request, files included.
const maxBody = 64 << 20

// server is the vendor: its paths and its memory.
type server struct {
	options   Options
	mux       http.ServeMux
	files     *shelf[file]
	uploads   *shelf[upload]
	batches   *shelf[batch]
	responses *shelf[storedResponse]
	caches    *shelf[cachedContent]
	parted    *shelf[partedUpload]
	parts     *shelf[uploadPart]
	videos    *shelf[video]
}

// endpoint answers one request, or gives the problem that is to be answered instead.
type endpoint func(*exchange) *problem

func newServer(o Options) *server {
	s := &server{
		options: o, files: newShelf[file](), uploads: newShelf[upload](), batches: newShelf[batch](),
		responses: newShelf[storedResponse](), caches: newShelf[cachedContent](),
		parted: newShelf[partedUpload](), parts: newShelf[uploadPart](), videos: newShelf[video](),
	}
	s.routes()
	return s
}

// ServeHTTP is http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// on serves a path in one dialect's family, or (shared) in that of the headers.
func (s *server) on(pattern string, f family, e endpoint) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{server: s, w: w, r: r, family: f}
		if f == shared {
			x.family = familyOf(r)
		}
		x.serve(e)
	})
}

// exchange is one request and its answer.
type exchange struct {
	server *server
	w      http.ResponseWriter
	r      *http.Request
	family family
	body   []byte
	seed   seed
	inner  bool // a line of a batch: nothing waits and nothing is cut
	model
}

func (x *exchange) serve(e endpoint) {
	body, p := x.read()
	if p == nil {
		x.body = body
		x.seed = newSeed(x.r.Method, x.r.URL.RequestURI(), body)
		p = e(x)
	}
	if p != nil {
		x.fail(p)
	}
}

func (x *exchange) read() ([]byte, *problem) {
	r := http.MaxBytesReader(x.w, x.r.Body, maxBody)
	b := bytes.NewBuffer(make([]byte, 0, min(max(x.r.ContentLength, 0), maxBody)+bytes.MinRead))
	_, err := b.ReadFrom(r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &problem{status: http.StatusRequestEntityTooLarge, code: "request_too_large", message: "the sandbox takes requests up to 64 MiB"}
	case err != nil:
		return nil, invalid("", "the request ended before its body did")
	}
	return b.Bytes(), nil
}

// decode reads the body as JSON.
func (x *exchange) decode(v any) *problem {
	err := json.Unmarshal(x.body, v)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind) && kind.Field != "":
		return invalid(kind.Field, "invalid type for '"+kind.Field+"': a JSON "+kind.Value+" cannot stand there")
	case errors.As(err, &kind):
		return invalid("", "invalid type: a JSON "+kind.Value+" cannot stand there")
	}
	return invalid("", "the body is not valid JSON: "+strings.TrimPrefix(err.Error(), "json: "))
}

// use settles which model answers, waits for its latency, and fails when it is this
// request's turn to fail.
func (x *exchange) use(a ability, name string) *problem {
	m, p := parseModel(x.server.options, a, name)
	if p != nil {
		return p
	}
	x.model = m
	x.wait(m.latency)
	if x.seed.share() < m.tuning.fail {
		return failure(m.status)
	}
	return nil
}

// wait lets time pass. A caller who has left ends the exchange.
func (x *exchange) wait(d time.Duration) {
	if d <= 0 || x.inner {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-x.r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// cuts reports whether this answer is to break off.
func (x *exchange) cuts() bool { return x.name == "cut" && !x.inner }

// answer sends a whole JSON answer.
func (x *exchange) answer(v any) *problem {
	x.write(http.StatusOK, "application/json", encode(v))
	return nil
}

// write sends a whole answer.
func (x *exchange) write(status int, contentType string, body []byte) {
	h := x.w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.nameRequest()
	x.w.WriteHeader(status)
	if x.cuts() && status == http.StatusOK {
		x.w.Write(body[:len(body)/2])
		http.NewResponseController(x.w).Flush()
		panic(http.ErrAbortHandler)
	}
	x.w.Write(body)
}

// nameRequest gives the answer the request id that vendors of its family send.
func (x *exchange) nameRequest() {
	switch x.family {
	case anthropic:
		x.w.Header()["Request-Id"] = []string{x.requestID()}
	case openai:
		x.w.Header()["X-Request-Id"] = []string{x.requestID()}
	}
}

func (x *exchange) requestID() string { return x.seed.id("req_", 0) }

// encode is json.Marshal that leaves <, > and & alone. It takes only values of this
// package, all of which can be encoded.
func encode(v any) []byte {
	var b bytes.Buffer
	if err := encodeTo(&b, v); err != nil {
		panic("BUG: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func encodeTo(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
