package front

import (
	"net/http"
	"strconv"
	"time"
)

// answer is the http.ResponseWriter of one request. Its Header belongs to the handler
// until the handler returns. It is for one goroutine at a time.
//
// What is written is gathered in one page:
//
//	out: | head as far as known | room for its rest and a chunk's size | body … |
//	     0                      headEnd                                data     len
//
// so that a short answer, or one chunk of a stream, is one write.
type answer struct {
	c        *conn
	req      *http.Request
	body     *body // nil when the request has none
	header   http.Header
	status   int   // 0 = not decided
	length   int64 // declared; -1 = not
	written  int64
	trailers []string // announced in the header

	wants10  bool // HTTP/1.0 with keep-alive
	closes   bool // the handler wants it to end
	close    bool // the connection ends with this answer
	headSent bool
	over     bool // the handler has returned
	duplex   bool
	chunked  bool
	identity bool // the handler wants the connection's end to end the body
	coded    bool // the handler has set a Transfer-Encoding
	typed    bool // the Content-Type is set, or not to be guessed
	dated    bool
	late     bool // a trailer was set before the head
	tagged   bool // a Connection header stands in the head

	lines   []byte // of the head, beside the header
	page    *[pageSize]byte
	out     []byte
	headEnd int
	data    int
	vec     [3][]byte
	gather  [][]byte
}

const (
	tailRoom  = 256 // for the lines that depend on the body, and a chunk's size
	chunkRoom = 18  // for a chunk's size
	sniffLen  = 512
)

// Header implements http.ResponseWriter.
func (w *answer) Header() http.Header { return w.header }

// HeadLines puts whole lines into the head beside the header, each ended by CRLF, for
// handlers that write many of them; the last ones given before WriteHeader count. No name
// in them may stand in the header or be one that HTTP itself obeys. p is copied.
func (w *answer) HeadLines(p []byte) {
	if len(p) > 0 && cap(w.lines) >= len(p) && &p[0] == &w.lines[:1][0] {
		w.lines = p // they are in its room already
		return
	}
	w.lines = append(w.lines[:0], p...)
}

// HeadRoom gives memory in which the lines may be written that HeadLines is told next.
func (w *answer) HeadRoom() []byte { return w.lines[:0] }

// WriteHeader implements http.ResponseWriter. Interim answers (1xx) are not sent.
func (w *answer) WriteHeader(status int) {
	switch {
	case status < 100 || status > 999:
		panic("invalid WriteHeader code " + strconv.Itoa(status))
	case w.status != 0:
		w.c.s.log.Debug("superfluous WriteHeader in a handler", "status", status)
		return
	case status < 200 && status != http.StatusSwitchingProtocols:
		return
	}
	w.status = status
	w.page = w.c.s.pages.Get().(*[pageSize]byte)
	w.out = appendStatus(w.page[:0], w.req.ProtoMinor, status)
	w.appendHeader()
	w.out = append(w.out, w.lines...)
	w.headEnd = len(w.out)
	w.data = w.headEnd + tailRoom
	if w.data > cap(w.out) {
		w.out = append(make([]byte, 0, w.data+pageSize), w.out...)
	}
	w.out = w.out[:w.data]
}

// bodyAllowed obeys RFC 9110 §6.4.1.
func (w *answer) bodyAllowed() bool {
	return w.status >= 200 && w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

func (w *answer) head() bool { return w.req.Method == http.MethodHead }

// Write implements http.ResponseWriter.
func (w *answer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !w.bodyAllowed() {
		return 0, http.ErrBodyNotAllowed
	}
	w.written += int64(len(p))
	switch {
	case w.length >= 0 && w.written > w.length:
		return 0, http.ErrContentLength
	case w.head():
		w.pretend(p)
		return len(p), nil
	case w.c.writeErr != nil:
		return 0, w.c.writeErr
	}
	w.takePage()
	if len(p) <= w.room() {
		w.out = append(w.out, p...)
		return len(p), nil
	}
	if err := w.send(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// room is how much more may be gathered; the end of a chunk must fit, too.
func (w *answer) room() int { return cap(w.out) - len(w.out) - 2 }

// takePage makes room for a chunk after the head has been sent.
func (w *answer) takePage() {
	if w.out != nil {
		return
	}
	w.page = w.c.s.pages.Get().(*[pageSize]byte)
	w.data = chunkRoom
	w.out = w.page[:w.data]
}

func (w *answer) dropPage() {
	if w.page != nil {
		w.c.s.pages.Put(w.page)
	}
	w.page, w.out = nil, nil
}

// pretend treats the body of an answer to HEAD: only its type and length matter.
func (w *answer) pretend(p []byte) {
	if w.headSent {
		return
	}
	if have := len(w.out) - w.data; have < sniffLen {
		w.out = append(w.out, p[:min(len(p), sniffLen-have, max(w.room(), 0))]...)
	}
}

// WriteNow writes p and sends it at once, together with what was written before. It is
// Write and Flush in one, for answers that come in many small pieces.
func (w *answer) WriteNow(p []byte) (int, error) {
	if w.out == nil && w.chunked && w.headSent && len(p) > 0 && len(p) <= pageSize-chunkRoom-len("\r\n") {
		w.written += int64(len(p))
		page := w.c.s.pages.Get().(*[pageSize]byte)
		b := append(strconv.AppendInt(page[:0], int64(len(p)), 16), "\r\n"...)
		err := w.c.write(append(append(b, p...), "\r\n"...))
		w.c.s.pages.Put(page)
		if err != nil {
			return 0, err
		}
		return len(p), nil
	}
	n, err := w.Write(p)
	if err == nil {
		err = w.FlushError()
	}
	return n, err
}

// Flush implements http.Flusher.
func (w *answer) Flush() { _ = w.FlushError() }

// FlushError sends what has been written so far; for http.ResponseController.
func (w *answer) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.c.writeErr != nil || (w.headSent && len(w.out) <= w.data) {
		return w.c.writeErr
	}
	return w.send(nil)
}

// SetReadDeadline bounds the reading of the body; for http.ResponseController. A
// deadline in the past ends a read in progress.
func (w *answer) SetReadDeadline(t time.Time) error { return w.c.readDeadline(t) }

// SetReadIdle bounds the time that any one read of the body may wait; 0 = no bound.
func (w *answer) SetReadIdle(d time.Duration) { w.c.readIdle(d) }

// SetWriteDeadline bounds the writing, in place of the server's WriteIdle; for
// http.ResponseController.
func (w *answer) SetWriteDeadline(t time.Time) error {
	w.c.writeSet = true
	return w.c.nc.SetWriteDeadline(t)
}

// EnableFullDuplex lets the handler read the body after it began to answer; for
// http.ResponseController.
func (w *answer) EnableFullDuplex() error {
	w.duplex = true
	return nil
}

// finish ends the answer of a handler that has returned.
func (w *answer) finish() {
	w.over = true
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	defer w.dropPage()
	if w.length >= 0 && w.written != w.length && w.bodyAllowed() && !w.head() {
		w.close = true // the caller must not take the next answer for the rest
	}
	if w.c.writeErr != nil {
		return
	}
	if !w.headSent || w.chunked || len(w.out) > w.data {
		_ = w.send(nil)
	}
	w.settleBody()
}
