package sandbox

import (
	"bytes"
	"iter"
	"net/http"
)

// stream is a streamed answer; every event is flushed by itself.
type stream struct {
	x     *exchange
	flush *http.ResponseController
	buf   bytes.Buffer
}

// stream begins a streamed answer.
func (x *exchange) stream(contentType string) *stream {
	h := x.w.Header()
	h["Content-Type"] = []string{contentType}
	h["Cache-Control"] = []string{"no-cache"}
	x.nameRequest()
	return &stream{x: x, flush: http.NewResponseController(x.w)}
}

const eventStream = "text/event-stream"

// event sends one server-sent event, without a name when that is "".
func (s *stream) event(name string, v any) {
	if name != "" {
		s.buf.WriteString("event: " + name + "\n")
	}
	s.buf.WriteString("data: ")
	if err := encodeTo(&s.buf, v); err != nil {
		panic("BUG: " + err.Error())
	}
	s.buf.WriteByte('\n')
	s.send()
}

// raw sends bytes as they are.
func (s *stream) raw(text string) {
	s.buf.WriteString(text)
	s.send()
}

// send puts out what is written. A caller who has left ends the exchange.
func (s *stream) send() {
	_, err := s.x.w.Write(s.buf.Bytes())
	s.buf.Reset()
	if err == nil {
		err = s.flush.Flush()
	}
	if err != nil && !s.x.inner {
		panic(http.ErrAbortHandler)
	}
}

// pieces gives a text as a stream sends it: cut and delayed as the request asks, and
// broken off half way by the model that does so.
func (x *exchange) pieces(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		all := pieces(text, x.chunks)
		for i, p := range all {
			if x.cuts() && i > 0 && i >= len(all)/2 {
				break
			}
			if i > 0 {
				x.wait(x.delay)
			}
			if !yield(p) {
				return
			}
		}
		if x.cuts() {
			panic(http.ErrAbortHandler)
		}
	}
}
