package proxy

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/membuf"
	"github.com/sluice-gateway/sluice/internal/tokens"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// relay is one stream on its way: what was read goes out in the same breath, but for the
// beginning of an event whose end has not come: behind it no error could be told.
type relay struct {
	x       *exchange
	framer  dialect.Framer
	meter   dialect.Meter
	decode  *copyDecoder // nil unless the vendor compressed the stream
	content bool         // the first content event was seen
	out     sender
	keeps   bool // the answer is kept for the entry
	hides   bool // some events may be kept from the caller
	array   bool // the stream is one JSON array
	failed  bool
	ended   bool           // the event that is the last has come
	hid     bool           // something was kept from the caller
	held    bool           // nothing goes out before the first content
	kept    *membuf.Buffer // what is held
	sifted  error          // of writing what passed the sieve
	open    int            // bytes of an event that has begun and not ended
	tail    []byte         // those of them that are no part of kept; nothing where the sieve writes
	sealed  bool           // no error can stand behind what went out
	parting bool           // it has failed, and not much more is waited for
	lighter lightening     // of the exchange
	closing bool           // what comes now is what stands behind the last whole event
	torn    bool           // that is no whole event
	missing string         // what the last event lacks of its proper end
	before  string         // what has to stand before one more element of an array
	said    tokens.Stream
	take    func(*dialect.Event) // see or sift, bound once, since that allocates
}

func (x *exchange) relayStream(resp *upstream.Response, framer dialect.Framer) error {
	s := &relay{x: x, framer: framer, before: "[", meter: x.dialect.NewMeter(x.ep.Op), array: x.spoken.StreamType != dialect.JSONLinesType && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json")}
	x.report = s.meter.Report()
	defer framer.Release()
	s.take = s.see
	s.held = x.holds
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		x.hide, s.held = false, false // what an encoded stream says is seen too late
		s.decode = newCopyDecoder(enc, s.examine)
		defer s.decode.close()
	}
	if x.hide {
		s.take = s.sift
	}
	resp.AwaitEvent(x.target.Provider.Timeouts.FirstEvent)
	x.waited += resp.Waited
	resp.Waited = 0
	s.keeps, s.hides = x.answerKept.limit > 0, x.hide
	if s.held {
		s.kept = membuf.Get(streamBuffer)
		defer func() { s.kept.Release() }()
		x.commitLater()
	} else {
		s.begin(resp)
	}
	err := s.run(resp)
	if s.decode != nil {
		s.decode.close() // what it has seen may be read from here on
	}
	x.report = s.meter.Report()
	if s.hid {
		x.vendorKept.contentType = x.answerKept.contentType
		x.keepVendorAnswer(&x.vendorKept)
	}
	return s.end(err)
}

// begin sends the head.
func (s *relay) begin(resp *upstream.Response) {
	x := s.x
	x.streaming = true
	x.p.observer.StreamOpen(1)
	w := x.relayHead(resp)
	w.set("X-Accel-Buffering", "no") // https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
	x.keepAnswer(resp, nil)
	x.writeHead(resp.Status)
	x.flush()
	s.out = x.sender()
}

// maxHeld bounds what is kept of a stream before its first content; one that says more
// is not held any longer.
const maxHeld = 256 << 10

// unhold sends what was held, once there is no way back: content has come, or too much
// of anything else.
func (s *relay) unhold(resp *upstream.Response) error {
	if !s.held || !s.content && len(s.kept.Bytes) < maxHeld {
		return nil
	}
	s.held = false
	s.begin(resp)
	if s.hides {
		return s.put(s.kept.Bytes)
	}
	return s.pass(s.kept.Bytes)
}

// pass sends the events that are whole with these bytes, and holds what is left.
func (s *relay) pass(p []byte) error {
	if len(s.tail) > 0 {
		s.tail = append(s.tail, p...)
		p = s.tail
	}
	whole := len(p) - s.open
	if whole > 0 {
		if err := s.put(p[:whole]); err != nil {
			return err
		}
	}
	if s.open > 0 || len(s.tail) > 0 {
		s.tail = append(s.tail[:0], p[whole:]...)
	}
	return nil
}

func (s *relay) put(p []byte) error {
	if s.keeps {
		s.x.answerKept.add(p)
	}
	return s.out.send(p)
}

// keep holds bytes back.
func (s *relay) keep(p []byte) {
	s.kept = s.kept.Grow(len(p))
	s.kept.Bytes = append(s.kept.Bytes, p...)
}

// run copies until the stream ends. One read, one write, one flush.
func (s *relay) run(resp *upstream.Response) error {
	err := resp.Each(func(p []byte) error { return s.forward(resp, p) })
	switch {
	case err == errSaid:
		return nil
	case err != nil:
		return err
	}
	return s.last(resp)
}

// forward examines what was read and sends it on.
func (s *relay) forward(resp *upstream.Response, p []byte) error {
	had := s.content
	switch {
	case s.hides:
		s.x.vendorKept.add(p)
		s.framer.Feed(p, s.take)
		if s.sifted == nil {
			s.sifted = s.unhold(resp)
		}
		if s.sifted != nil {
			return s.sifted
		}
		if !s.held {
			s.x.flush()
		}
	case s.held:
		s.keep(p)
		s.open += len(p)
		s.framer.Feed(p, s.take)
		if err := s.unhold(resp); err != nil {
			return err
		}
	case s.decode != nil:
		s.decode.write(p)
		if err := s.put(p); err != nil {
			return err
		}
	default:
		s.open += len(p)
		s.framer.Feed(p, s.take)
		if err := s.pass(p); err != nil {
			return err
		}
	}
	if s.decode != nil && !had {
		s.content, had = true, false // what the copy holds is read only after its end
	}
	if s.held && s.failed {
		return errSaid // before its first content: another target may do better
	}
	if s.content && !had {
		s.x.contentCame()
		resp.AwaitEvent(0)
		s.lighter.begin(s.x, s.decode == nil && s.meter.Report().Usage.InputTokens.Known)
	}
	s.lighter.tryOn(s.x, resp)
	if s.decode == nil && s.failed && !s.parting {
		s.parting = true
		resp.AwaitEvent(afterFailure)
	}
	return nil
}

// afterFailure is how long the rest of a stream is waited for whose failure the caller has
// been told.
const afterFailure = time.Second

func (s *relay) examine(p []byte) { s.framer.Feed(p, s.take) }

// see notes what an event means.
func (s *relay) see(e *dialect.Event) { s.note(e) }

func (s *relay) note(e *dialect.Event) dialect.Sign {
	if s.closing && !whole(e) {
		s.torn = true // and stays open
		return 0
	}
	s.open -= len(e.Raw)
	s.sealed = e.Partial
	if s.array {
		s.separate(e)
	}
	if e.Comment || e.Partial {
		return 0
	}
	s.missing = ""
	switch {
	case s.closing:
		s.missing = "\n\n"
	case bytes.HasSuffix(e.Raw, cr):
		s.missing = "\n"
	}
	sign := s.meter.Event(e.Name, e.Data)
	if sign.Has(dialect.Content) {
		s.said.Content(e.Name, e.Data)
		s.content = s.content || s.decode == nil
	}
	s.failed = s.failed || sign.Has(dialect.Failed)
	s.ended = s.ended || sign.Has(dialect.Ended)
	return sign
}

var cr = []byte("\r")

// separate notes where in an array the stream is.
func (s *relay) separate(e *dialect.Event) {
	switch {
	case !e.Comment:
		s.before = ","
	case bytes.IndexByte(e.Raw, ']') >= 0:
		s.sealed = true
	case bytes.ContainsAny(e.Raw, "[,"):
		s.before = ""
	}
}

// sift sends an event on unless it exists only because Sluice asked for usage. Its
// bytes are valid during the call only.
func (s *relay) sift(e *dialect.Event) {
	if s.note(e).Has(dialect.UsageOnly) {
		s.hid = true
		return
	}
	if s.sifted != nil || s.torn {
		return
	}
	if s.held {
		s.keep(e.Raw)
		return
	}
	s.x.answerKept.add(e.Raw)
	s.sifted = s.x.write(e.Raw)
}

// last handles what stands behind the last event.
func (s *relay) last(resp *upstream.Response) error {
	if s.decode != nil {
		s.decode.close()
	}
	s.closing = true
	s.framer.Close(s.take)
	if err := s.unhold(resp); err != nil {
		return err
	}
	switch {
	case s.held:
		return nil
	case s.hides:
		s.x.flush()
		return s.sifted
	case len(s.tail) > 0 && !s.torn:
		return s.put(s.tail)
	}
	return nil
}

// whole reports whether what stands behind the last event that had its proper end can
// pass for an event that only lacks that.
func whole(e *dialect.Event) bool {
	text := bytes.TrimSpace(e.Data) // some write a space behind [DONE]
	if e.Comment {
		text = bytes.TrimSpace(e.Raw)
		return len(text) == 0 || text[0] == ':' || text[0] == ']'
	}
	json := len(text) == 0 || text[0] == '{' || text[0] == '['
	return !json || wholeJSON(text) || string(text) == "[DONE]"
}

// end finishes the caller's stream: trailers after a proper end, an error event in the
// caller's dialect after a cut.
func (s *relay) end(err error) error {
	x := s.x
	if s.failed && x.report.Fault != nil || s.ended && s.open <= 0 && vendors(err) {
		err = nil // it has been told, or what came is whole
	}
	if err == nil && !s.failed && (s.torn || !s.complete()) {
		err = fault.New(fault.UpstreamError, "The provider's stream ended before it was complete.")
	}
	if err == nil && s.held && !s.failed {
		err = emptyAnswer()
	}
	if err != nil || s.failed {
		x.estimate(s.said.Tokens())
	}
	if s.held {
		return s.unseen(err)
	}
	if err != nil {
		f := asFault(err)
		if f.Kind == fault.Gone {
			f = x.whyGone(f)
		}
		if f.Kind != fault.Gone {
			s.tell(f)
		}
		x.costTrailer()
		return f
	}
	if s.array && s.before == "," && !s.sealed {
		_ = x.write([]byte("]")) // which the vendor left out
	}
	x.learnStreamed()
	x.costTrailer()
	if s.failed && x.report.Fault != nil {
		return x.report.Fault
	}
	return nil
}

// unseen is the fault of a stream of which the caller has seen nothing.
func (s *relay) unseen(err error) error {
	x := s.x
	x.refused = refusal{}
	if err == nil && x.report.Fault != nil {
		err = x.report.Fault
	}
	if err == nil {
		err = fault.New(fault.UpstreamError, "The provider's stream began with an error.")
	}
	f := asFault(err)
	if f.Kind == fault.Gone {
		f = x.whyGone(f)
	}
	return f
}

// emptyAnswer is what an answer without any content is while another target remains.
func emptyAnswer() error {
	return fault.New(fault.UpstreamError, "The provider's answer is empty.")
}

// tell ends the caller's stream with an error event in its own framing.
func (s *relay) tell(f *fault.Fault) {
	x := s.x
	if s.decode != nil || s.sealed {
		x.abort = true // no plain event can stand in an encoded stream, or in another event
		return
	}
	var event []byte
	switch {
	case s.array:
		_, event = x.dialect.FormatError(x.safe(f), x.id)
		event = append(append([]byte(s.before), event...), ']')
	case x.dialect.FormatStreamError != nil:
		event = append([]byte(s.missing), x.dialect.FormatStreamError(x.safe(f), x.id)...)
	}
	if x.write(event) == nil {
		x.flush()
	}
}

// vendors reports whether an error is of the vendor's making.
func vendors(err error) bool {
	f := (*fault.Fault)(nil)
	return errors.As(err, &f) && (f.Kind == fault.Upstream || f.Kind == fault.Timeout)
}

// complete reports whether the stream came to a proper end, for operations whose
// dialect has one.
func (s *relay) complete() bool {
	r := s.meter.Report()
	if s.x.ep.Op != llm.OpChat && s.x.ep.Op != llm.OpCompletions {
		r.Ended = true
	}
	return !r.Open && (r.Ended || r.FinishReason != "")
}
