package proxy

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/membuf"
	"github.com/sluice-gateway/sluice/internal/resume"
)

// restPath leads to the rest of a stream; what follows it is the request id of the call.
const restPath = "/v1/streams/"

func restEndpoint(d *dialect.Dialect) *endpoint {
	return &endpoint{Endpoint: &dialect.Endpoint{Op: llm.OpStreams}, dialect: d, label: "GET /v1/streams/{id}"}
}

func (x *exchange) acceptRest(id string) error {
	x.ep, x.pathID = x.p.restEndpoint, id
	return x.methodOf(http.MethodGet)
}

// answerRest gives the rest of a stream that was sent, or is still being sent, to this
// caller.
func (x *exchange) answerRest() error {
	from, err := restFrom(x.r.URL.RawQuery)
	if err != nil {
		return err
	}
	tape := x.p.tapes.Find(x.pathID)
	if tape != nil {
		defer tape.Release()
	}
	if tape == nil || tape.Owner != x.tapeOwner() {
		f := fault.Newf(fault.NotFound, "There is no stream '%s' to be resumed here: its caller has to ask for that with sluice-resume: on, and it is kept for a few minutes behind its end.", clip(x.pathID))
		f.NoRetry = true
		return f
	}
	w := x.headWriter(len(tape.Head))
	x.ownHead(&w)
	for _, field := range tape.Head {
		w.set(field[0], field[1])
	}
	w.set("Sluice-Resume", "on")
	x.streaming = true
	x.p.observer.StreamOpen(1)
	x.writeHead(http.StatusOK)
	x.flush()
	return x.play(tape, from)
}

// restFrom reads how many events the caller has already.
func restFrom(query string) (n int64, err error) {
	values, err := url.ParseQuery(query)
	if err == nil && !values.Has("from") {
		return 0, nil
	}
	if err == nil && len(values["from"]) == 1 {
		n, err = strconv.ParseInt(values.Get("from"), 10, 64)
	}
	if err != nil || n < 0 || len(values["from"]) != 1 {
		return 0, fault.New(fault.InvalidRequest, "The parameter from must be the number of events received so far: a whole number, 0 or more.").Field("from")
	}
	return n, nil
}

// play sends what a tape holds behind so many events, and follows it to its end.
func (x *exchange) play(tape *resume.Tape, events int64) error {
	page := membuf.Get(32 << 10)
	defer page.Release()
	buf, out := page.Bytes[:cap(page.Bytes)], x.sender()
	at, err := x.skip(tape, buf, events)
	for err == nil {
		var n int
		if n, err = tape.ReadAt(x.r.Context(), buf, at); err != nil {
			break
		}
		at += int64(n)
		err = out.send(buf[:n])
	}
	switch {
	case err == io.EOF:
		h := x.w.Header()
		for _, field := range tape.Trailer() {
			h[http.TrailerPrefix+field[0]] = []string{field[1]}
		}
		return nil
	case errors.Is(err, resume.ErrCut), errors.Is(err, resume.ErrLost):
		x.abort = true
		return nil
	case x.r.Context().Err() != nil:
		return gone(err)
	}
	x.abort = true
	return err
}

// skip gives the offset behind so many events of a tape, for which it waits.
func (x *exchange) skip(tape *resume.Tape, buf []byte, events int64) (at int64, err error) {
	if events == 0 {
		return 0, nil
	}
	framer := framerOf(headOf(tape, "Content-Type"))
	defer framer.Release()
	var read, seen int64
	count := func(e *dialect.Event) {
		if seen == events {
			return
		}
		if at += int64(len(e.Raw)); !e.Comment && !e.Partial {
			seen++
		}
	}
	for seen < events {
		n, err := tape.ReadAt(x.r.Context(), buf, read)
		if err != nil {
			return read, err
		}
		read += int64(n)
		framer.Feed(buf[:n], count)
	}
	return at, nil
}

func headOf(tape *resume.Tape, name string) string {
	for _, field := range tape.Head {
		if strings.EqualFold(field[0], name) {
			return field[1]
		}
	}
	return ""
}

func readResume(c *controls, v string) error {
	if v != "on" && v != "off" {
		return badHeader("sluice-resume", "it is on or off")
	}
	c.resume = v == "on"
	return nil
}
