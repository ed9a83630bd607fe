package proxy

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/membuf"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/recall"
	"github.com/sluice-gateway/sluice/internal/tokens"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// maxTranslated bounds an answer, or one event of a stream, that is translated: it
// has to be held whole.
const maxTranslated = 64 << 20

// answerTranslated gives a vendor's successful answer in the caller's dialect.
func (x *exchange) answerTranslated(resp *upstream.Response) error {
	if framer := x.framer(resp); framer != nil {
		if !x.stream && x.isKept() {
			return x.gather(resp, framer)
		}
		if !x.stream {
			return fault.New(fault.UpstreamError, "The provider streamed its answer though it was not asked to. Ask for a stream.")
		}
		return x.relayTranslated(resp, framer)
	}
	buf, err := readWhole(resp, maxTranslated)
	defer func() { buf.Release() }()
	if err != nil {
		x.estimateWhole(resp, buf.Bytes)
		return err
	}
	x.waited += resp.Waited
	resp.Waited = 0
	plain, err := decoded(resp.Header.Get("Content-Encoding"), buf.Bytes, maxTranslated)
	if err != nil {
		return fault.New(fault.UpstreamError, "The provider's answer cannot be decompressed.").With(err)
	}
	x.learnPlain(resp.Header.Get("Content-Type"), plain)
	x.keepVendorWhole(resp.Header.Get("Content-Type"), plain)
	if x.report != nil && x.report.Fault != nil {
		x.refused = refusal{header: resp.Header, status: resp.Status}
		return x.report.Fault
	}
	a, err := x.spoken.Codec.ParseAnswer(plain, &x.tr.call)
	if err != nil {
		return unreadable(err)
	}
	if x.holds && isEmpty(a) {
		return emptyAnswer()
	}
	x.keep(a)
	if x.translated() {
		x.noteLost(a, plain)
	}
	x.firstByte = time.Now()
	if x.stream {
		return x.replay(resp, a)
	}
	return x.formatWhole(resp, a, len(plain))
}

// formatWhole sends an answer in the caller's words; size is about what it takes.
func (x *exchange) formatWhole(resp *upstream.Response, a *llm.Answer, size int) error {
	room := membuf.Get(written(size))
	defer room.Release()
	body := x.dialect.Codec.FormatAnswer(room.Bytes, a, &x.tr.call)
	x.remember(body)
	return x.writeTranslated(resp, body)
}

// unreadable is what an answer means that its own dialect cannot read.
func unreadable(err error) error {
	f := asFault(err)
	if f.Code == fault.InternalError || f.Kind == fault.Caller && f.Upstream == nil {
		return fault.New(fault.UpstreamError, "The provider's answer is not what its dialect says: "+err.Error()).With(err)
	}
	return f
}

// writeTranslated sends a whole answer.
func (x *exchange) writeTranslated(resp *upstream.Response, body []byte) error {
	w := x.translatedHead(resp, "application/json")
	x.costHead(&w)
	w.set("Content-Length", itoa(int64(len(body))))
	x.answerKept.contentType = "application/json"
	x.answerKept.add(body)
	x.writeHead(resp.Status)
	x.lightenWhole(resp)
	return x.writeAll(body)
}

// translatedHead sets the head of an answer that has another form than the vendor's:
// of the vendor's header only limits and request ids pass.
func (x *exchange) translatedHead(resp *upstream.Response, contentType string) headWriter {
	w := x.headWriter(6)
	for _, h := range resp.Header {
		if provider.LimitHeader(h.Name) && h.Name != "Retry-After-Ms" {
			w.add(h.Name, h.Value)
		}
	}
	x.ownHead(&w)
	w.set("Content-Type", contentType)
	return w
}

// replay gives a whole answer to a caller who asked for a stream.
func (x *exchange) replay(resp *upstream.Response, a *llm.Answer) error {
	if x.story.goesOn() {
		return fault.New(fault.UpstreamError, "The provider answered in one piece though a stream was asked for.")
	}
	f := x.dialect.Codec.NewStreamFormatter(&x.tr.call)
	room := membuf.Get(streamBuffer)
	defer room.Release()
	out, last := room.Bytes, 0
	llm.Replay(a, func(e *llm.Event) {
		last = len(out)
		out = f.Format(out, e)
	})
	x.remember(out[last:])
	w := x.translatedHead(resp, x.streamType())
	x.costHead(&w)
	x.answerKept.contentType = x.streamType()
	x.answerKept.add(out)
	x.writeHead(resp.Status)
	x.lightenWhole(resp)
	return x.writeAll(out)
}

// streamType is the media type of the stream that the caller gets.
func (x *exchange) streamType() string {
	switch {
	case x.asksArray():
		return "application/json"
	case x.dialect.StreamType != "":
		return x.dialect.StreamType
	}
	return "text/event-stream"
}

// asksArray reports whether the caller gets its stream as one JSON array.
func (x *exchange) asksArray() bool {
	return x.stream && x.dialect.StreamQuery != "" && !hasQuery(x.r.URL.RawQuery, x.dialect.StreamQuery)
}

// readWhole reads an answer to its end, and gives what there was of it where it fails.
func readWhole(resp *upstream.Response, limit int) (*membuf.Buffer, error) {
	buf := membuf.Get(int(min(max(resp.ContentLength, 0), int64(limit))) + 1)
	for {
		n, err := resp.Read(buf.Bytes[len(buf.Bytes):cap(buf.Bytes)])
		buf.Bytes = buf.Bytes[:len(buf.Bytes)+n]
		switch {
		case err == io.EOF || (err == nil && int64(len(buf.Bytes)) == resp.ContentLength):
			return buf, nil
		case err != nil:
			return buf, err
		case len(buf.Bytes) > limit:
			return buf, fault.Newf(fault.UpstreamError, "The provider's answer is larger than %d MiB, which is the most that is translated.", limit>>20)
		case len(buf.Bytes) == cap(buf.Bytes):
			buf = buf.Grow(len(buf.Bytes))
		}
	}
}

// learnPlain reads what a whole answer says about itself, in the vendor's dialect.
func (x *exchange) learnPlain(contentType string, plain []byte) {
	m := x.spoken.NewMeter(x.ep.Op)
	m.Answer(contentType, plain)
	x.report = m.Report()
	x.report.Ended = true
	x.bill()
}

// streamBuffer is what a stream's events are written to; a larger event grows it.
const streamBuffer = 4 << 10

// translatedStream is one stream on its way from one dialect to another: each event is
// read, written in the caller's words, and sent before the next one is waited for.
type translatedStream struct {
	x       *exchange
	meter   dialect.Meter
	parser  dialect.StreamParser
	writer  dialect.StreamFormatter
	recall  recall.Stream
	marker  marker
	events  []llm.Event
	out     []byte
	room    *membuf.Buffer // what out is a part of, unless it outgrew it; nil = none is lent
	sender  sender         // once the head is out
	story   *story         // what the writer is part of; nil = nobody could go on with it
	content bool           // the first content event was seen
	held    bool           // nothing goes out before the first content
	said    tokens.Stream
	ended   bool
	failed  *fault.Fault
	lighter lightening // of the exchange

	mu   sync.Mutex // guards the above and the exchange between run and commit
	late bool       // commitAfter is over
	over bool       // run has returned
	lost error      // of writing to the caller, in commit
}

// commitAfter is how long the events that only begin a stream are held. What fails until
// then is an error with its status, or is tried elsewhere.
const commitAfter = 5 * time.Second

func (x *exchange) relayTranslated(resp *upstream.Response, framer dialect.Framer) error {
	x.detachCall()
	s := &translatedStream{
		x: x, meter: x.spoken.NewMeter(x.ep.Op), parser: x.spoken.Codec.NewStreamParser(&x.tr.call), writer: x.dialect.Codec.NewStreamFormatter(&x.tr.call),
		recall: x.p.recall.Stream(), marker: marker{state: []llm.Opaque{dialect.Mark(x.spoken.Name, &x.tr.call)}},
	}
	x.narrate(s)
	x.report = s.meter.Report()
	framer.HoldUpTo(maxTranslated)
	defer framer.Release()
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return fault.New(fault.UpstreamError, "The provider compressed a stream though it was asked not to.")
	}
	resp.AwaitEvent(x.target.Provider.Timeouts.FirstEvent)
	x.waited += resp.Waited
	resp.Waited = 0
	x.vendorKept.contentType = resp.Header.Get("Content-Type")
	err := s.run(resp, framer)
	x.report = s.meter.Report()
	switch {
	case err != nil && s.ended && asFault(err).Kind != fault.Gone:
		err = nil // what is cut behind the last word is no loss
	case (err != nil || s.failed != nil) && s.completes(err):
		err = s.send(resp)
		s.yield()
	}
	x.keepVendorAnswer(&x.vendorKept)
	return s.end(err)
}

// run reads until the stream ends. One read, one write, one flush.
func (s *translatedStream) run(resp *upstream.Response, framer dialect.Framer) error {
	defer s.yield()
	switch s.held = s.x.holds && !s.story.goesOn(); {
	case s.held:
		s.x.commitLater()
	case !s.story.goesOn():
		timer := time.AfterFunc(s.x.commitAfter(), func() { s.commit(resp) })
		defer s.close(timer)
	}
	see := s.see // bound once, since that allocates
	err := resp.Each(func(p []byte) error { return s.got(resp, framer, see, p) })
	switch {
	case err == errSaid:
		return nil
	case err != nil:
		return err
	}
	return s.last(resp, framer, see)
}

// errSaid ends the reading of a stream whose failure the caller has been told.
var errSaid = errors.New("the failure has been told")

// got takes what one read gave.
func (s *translatedStream) got(resp *upstream.Response, framer dialect.Framer, see func(*dialect.Event), p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		return s.lost
	}
	s.x.vendorKept.add(p)
	s.lend()
	framer.Feed(p, see)
	had := !s.x.firstByte.IsZero()
	if err := s.send(resp); err != nil {
		return err
	}
	if !had && !s.x.firstByte.IsZero() {
		s.lighter.begin(s.x, s.meter.Report().Usage.InputTokens.Known)
	}
	s.lighter.tryOn(s.x, resp)
	if len(s.out) == 0 {
		s.yield()
	}
	if s.failed != nil {
		return errSaid
	}
	return nil
}

// lend takes room for what is written. A stream that waits holds none, so that streams use
// the same few pages in turn, which are in the CPU's cache.
func (s *translatedStream) lend() {
	if s.room == nil {
		s.room = membuf.Get(streamBuffer)
		s.out = s.room.Bytes
	}
}

func (s *translatedStream) yield() {
	s.room.Release()
	s.room, s.out = nil, nil
}

// last takes what stands behind the last event.
func (s *translatedStream) last(resp *upstream.Response, framer dialect.Framer, see func(*dialect.Event)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		return s.lost
	}
	s.lend()
	framer.Close(see)
	s.take(s.parser.End(s.events[:0]))
	return s.send(resp)
}

// commit sends what is held when nothing was said for long: a caller, and what stands
// between, then wait no longer for a head that tells everything.
func (s *translatedStream) commit(resp *upstream.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = true
	if !s.over && s.lost == nil {
		s.lost = s.send(resp)
	}
}

func (s *translatedStream) close(timer *time.Timer) {
	timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

// see translates one event of the vendor's.
func (s *translatedStream) see(e *dialect.Event) {
	switch {
	case e.Comment || s.failed != nil:
		return
	case e.Partial:
		s.failed = fault.Newf(fault.UpstreamError, "The provider sent an event of more than %d MiB.", maxTranslated>>20)
		return
	}
	if sign := s.meter.Event(e.Name, e.Data); sign.Has(dialect.Content) {
		s.content = true
		s.said.Content(e.Name, e.Data)
	}
	s.events = s.parser.Parse(s.events[:0], e.Name, e.Data)
	s.take(s.events)
}

func (s *translatedStream) take(events []llm.Event) {
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case llm.Fail:
			s.failed = asFault(unreadable(e.Err))
			return
		case llm.End:
			s.ended = true
			s.recall.Keep(s.x.who.Workspace) // before the caller, who may answer at once, sees the end
		}
		if e.Kind == llm.PartStart && s.x.translated() {
			s.x.noteLostEvent(e)
		}
		marked := s.marker.see(e)
		s.recall.See(e)
		if marked && !s.x.dialect.SignsThoughts {
			e.State = nil
		}
		from := len(s.out)
		if s.story != nil {
			s.out = s.story.write(s.out, e)
		} else {
			s.out = s.writer.Format(s.out, e)
		}
		if e.Kind == llm.End {
			s.x.remember(s.out[from:])
		}
	}
}

// send sends what was translated; the head goes out before the first of it.
func (s *translatedStream) send(resp *upstream.Response) error {
	x := s.x
	if len(s.out) == 0 {
		return nil
	}
	if !x.wrote || x.committed {
		if s.failed != nil && (s.held || !s.passable()) || !s.content && (s.held || !s.ended && !s.late) {
			return nil // the caller has seen nothing: it can still be an error, or tried again
		}
		s.begin(resp)
	}
	x.answerKept.add(s.out)
	err := s.sender.send(s.out)
	s.out = s.out[:0]
	if s.content && x.firstByte.IsZero() {
		x.contentCame()
		resp.AwaitEvent(0)
	}
	return err
}

func (s *translatedStream) begin(resp *upstream.Response) {
	x := s.x
	if s.story.goesOn() {
		x.begunAgain()
		s.sender = x.sender()
		return
	}
	x.streaming = true
	x.p.observer.StreamOpen(1)
	w := x.translatedHead(resp, x.streamType())
	w.set("X-Accel-Buffering", "no")
	x.answerKept.contentType = x.streamType()
	x.writeHead(resp.Status)
	s.sender = x.sender()
}

// end finishes the caller's stream: trailers after a proper end, an error event in the
// caller's dialect after anything else.
func (s *translatedStream) end(err error) error {
	x := s.x
	if s.ended && vendors(err) {
		err = nil // what came is whole
	}
	if err == nil && s.failed != nil {
		err = s.failed
	}
	if err == nil && !s.ended {
		err = fault.New(fault.UpstreamError, "The provider's stream ended before it was complete.")
	}
	if err == nil && s.held && !s.content {
		err = emptyAnswer()
	}
	if err == nil {
		x.costTrailer()
		return nil
	}
	x.estimate(s.said.Tokens())
	f := asFault(err)
	if f.Kind == fault.Gone {
		f = x.whyGone(f)
	}
	if !x.wrote || x.committed {
		x.refused = refusal{status: 0}
		return f
	}
	if s.breaks(f) {
		return f
	}
	if f.Kind != fault.Gone {
		s.tell(f)
	}
	x.costTrailer()
	return f
}

// tell ends the caller's stream with an error event in its own framing.
func (s *translatedStream) tell(f *fault.Fault) {
	x := s.x
	var event []byte
	if x.tr.call.Array {
		_, event = x.dialect.FormatError(x.safe(f), x.id)
		event = append(append([]byte{','}, event...), ']')
	} else if w, ok := s.writer.(dialect.StreamFailer); ok {
		event = w.FormatFailure(nil, x.safe(f), x.id)
	} else {
		event = x.dialect.FormatStreamError(x.safe(f), x.id)
	}
	x.answerKept.add(event)
	if x.write(event) == nil {
		x.flush()
	}
}
