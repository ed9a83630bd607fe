package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/membuf"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// wholeUpTo is the size up to which an answer that is no stream is read whole, so that
// its usage and cost can stand in its header.
const wholeUpTo = 1 << 20

// answer relays one vendor's answer to the caller. An error before the head went out
// means that the attempt failed and nothing reached the caller.
func (x *exchange) answer(resp *upstream.Response) error {
	switch s := resp.Status; {
	case s >= 400:
		return x.vendorError(resp)
	case s == http.StatusSwitchingProtocols, s >= 300 && s != http.StatusNotModified:
		// A redirect would lead the caller, and its key, somewhere else.
		return fault.Newf(fault.UpstreamError, "The provider answered %d, which Sluice neither follows nor passes on: check its base_url.", s)
	}
	if x.r.Method == http.MethodHead || resp.Status == http.StatusNoContent || resp.Status == http.StatusNotModified {
		x.relayHead(resp)
		x.writeHead(resp.Status)
		return nil
	}
	if x.translated() {
		if x.ep.Op != llm.OpChat {
			return x.answerTask(resp)
		}
		return x.answerTranslated(resp)
	}
	if x.narrates() || x.recast() {
		return x.answerTranslated(resp)
	}
	if x.ep.Object.Lists {
		return x.answerList(resp)
	}
	if framer := x.framer(resp); framer != nil {
		return x.relayStream(resp, framer)
	}
	if x.stream && x.tooLate() {
		return fault.New(fault.UpstreamError, "The provider answered in one piece though a stream was asked for.")
	}
	if resp.ContentLength > wholeUpTo || x.ep.Op == llm.OpPassthrough {
		return x.relayLarge(resp, nil)
	}
	return x.relayWhole(resp)
}

// framer says how to cut the answer into events; nil when it is no stream.
func (x *exchange) framer(resp *upstream.Response) dialect.Framer {
	switch {
	case x.isKept():
		return x.keptFramer(resp)
	case x.spoken.NewMeter == nil, x.ep.Op == llm.OpPassthrough, x.ep.Op == llm.OpFiles, x.ep.Op == llm.OpBatches:
		return nil // lines of a file are no events
	}
	ct := resp.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(ct, "text/event-stream"):
		return dialect.NewSSE(x.spoken.Digest)
	case strings.HasPrefix(ct, dialect.EventStreamType):
		return dialect.NewEventStream(x.spoken.Digest)
	case strings.HasPrefix(ct, "application/x-ndjson"), strings.HasPrefix(ct, "application/jsonl"), strings.HasPrefix(ct, "application/json-seq"):
		return dialect.NewJSONLines(x.spoken.Digest)
	case x.stream && !x.translated() && x.spoken.StreamType == dialect.JSONLinesType && strings.HasPrefix(ct, "application/json"):
		return dialect.NewJSONLines(x.spoken.Digest) // a cloud names its lines so
	case x.stream && x.translated() && x.spoken.StreamQuery != "" && strings.HasPrefix(ct, "application/json"),
		!x.translated() && x.ep.Streaming == dialect.Always && x.asksArray() && strings.HasPrefix(ct, "application/json"):
		return dialect.NewJSONArray(x.spoken.Digest)
	}
	return nil
}

// relayWhole reads an answer of bounded size to its end, learns its usage, and sends
// it as it came. One that outgrows the bound flows on.
func (x *exchange) relayWhole(resp *upstream.Response) error {
	if a := x.keptWhole(); a != nil {
		if err := x.readKept(resp, a); err != nil {
			return err
		}
		return x.giveWhole(resp, a.Body)
	}
	buf := membuf.Get(int(max(resp.ContentLength, 0)) + 1)
	defer func() { buf.Release() }()
	for {
		n, err := resp.Read(buf.Bytes[len(buf.Bytes):cap(buf.Bytes)])
		buf.Bytes = buf.Bytes[:len(buf.Bytes)+n]
		if err == io.EOF || (err == nil && int64(len(buf.Bytes)) == resp.ContentLength) {
			break
		}
		if err != nil {
			x.estimateWhole(resp, buf.Bytes)
			return err
		}
		if len(buf.Bytes) > wholeUpTo {
			return x.relayLarge(resp, buf.Bytes)
		}
		if len(buf.Bytes) == cap(buf.Bytes) {
			buf = buf.Grow(1)
		}
	}
	x.waited += resp.Waited
	resp.Waited = 0
	x.learn(resp, buf.Bytes)
	if err := x.sound(resp, buf.Bytes); err != nil {
		return err
	}
	return x.giveWhole(resp, buf.Bytes)
}

// giveWhole sends an answer that was read to its end. It does not keep body.
func (x *exchange) giveWhole(resp *upstream.Response, body []byte) error {
	if x.report != nil && x.report.Fault != nil {
		x.refused = refusal{header: resp.Header, status: resp.Status}
		x.keepRefusal(resp.Header.Get("Content-Type"), body)
		return x.report.Fault // vendors do say 200 and then an error
	}
	x.firstByte = time.Now()
	if len(x.ep.Object.Links) > 0 && resp.Header.Get("Content-Encoding") == "" {
		body = x.pointLinks(body)
	}
	w := x.relayHead(resp)
	x.costHead(&w)
	w.set("Content-Length", itoa(int64(len(body))))
	x.keepAnswer(resp, body)
	x.writeHead(resp.Status)
	x.lightenWhole(resp)
	return x.writeAll(body)
}

// learn reads what a whole answer says about itself.
func (x *exchange) learn(resp *upstream.Response, body []byte) {
	if x.spoken.NewMeter == nil || x.ep.Op == llm.OpPassthrough {
		return
	}
	plain, err := decoded(resp.Header.Get("Content-Encoding"), body, wholeUpTo*8)
	if err != nil {
		return
	}
	m := x.dialect.NewMeter(x.ep.Op)
	m.Answer(resp.Header.Get("Content-Type"), plain)
	x.report = m.Report()
	x.report.Ended = true
	x.learnObject(plain)
	x.learnBatch(resp, plain)
	x.bill()
}

// relayLarge relays an answer as it comes, after what was read already. Its usage is
// learnt from a digest, and stands in the trailers.
func (x *exchange) relayLarge(resp *upstream.Response, head []byte) error {
	var digest *jsonscan.Digest
	ct := resp.Header.Get("Content-Type")
	if x.dialect.NewMeter != nil && x.ep.Op != llm.OpPassthrough && strings.Contains(ct, "json") && resp.Header.Get("Content-Encoding") == "" {
		digest = jsonscan.NewDigest(x.dialect.Digest)
	}
	x.waited += resp.Waited
	resp.Waited = 0
	x.firstByte = time.Now()
	w := x.relayHead(resp)
	if resp.ContentLength >= 0 && (digest == nil || !x.r.ProtoAtLeast(1, 1)) {
		w.set("Content-Length", itoa(resp.ContentLength)) // else chunked, for the trailers' sake
	}
	x.keepAnswer(resp, nil)
	x.writeHead(resp.Status)
	stopTap := x.tapLarge(resp)
	begun, err := x.flow(resp, head, digest)
	if stopTap(err == nil); err != nil {
		x.estimateWhole(resp, begun)
		return err
	}
	if digest != nil {
		m := x.dialect.NewMeter(x.ep.Op)
		m.Answer(ct, digest.JSON())
		x.report = m.Report()
		x.report.Ended = true
		x.learnObject(digest.JSON())
	} else if x.dialect.NewMeter != nil && x.ep.Op != llm.OpPassthrough {
		x.report = &dialect.Report{Ended: true} // bytes that tell nothing, such as speech
	}
	x.costTrailer()
	return nil
}

// flow relays what was read already and what comes until the end, and gives the
// beginning of it.
func (x *exchange) flow(resp *upstream.Response, head []byte, digest *jsonscan.Digest) (begun []byte, err error) {
	buf := membuf.Get(32 << 10)
	defer buf.Release()
	begun = head
	var lighter lightening
	lighter.beginWhole(x)
	if err := x.pass(head, digest); err != nil {
		return begun, err
	}
	for {
		n, err := resp.Read(buf.Bytes[:cap(buf.Bytes)])
		if len(begun) == 0 && x.asksUsage() {
			begun = bytes.Clone(buf.Bytes[:n])
		}
		lighter.tryOn(x, resp)
		if n > 0 {
			if err := x.pass(buf.Bytes[:n], digest); err != nil {
				return begun, err
			}
		}
		if err == io.EOF {
			return begun, nil
		}
		if err != nil {
			x.abort = true // there is no other way to tell that the answer is cut
			return begun, err
		}
	}
}

// pass sends a piece on at once.
func (x *exchange) pass(p []byte, digest *jsonscan.Digest) error {
	if len(p) == 0 {
		return nil
	}
	if digest != nil {
		digest.Write(p)
	}
	x.answerKept.add(p)
	if x.batch != nil && x.batch.tap != nil {
		x.batch.tap(p)
	}
	began := time.Now()
	err := x.write(p)
	if err == nil {
		x.flush()
	}
	x.linger(time.Since(began)) // however small it is: the caller may have yet to read those before
	return err
}

// unseenWrite is how much is written to a caller without looking whether that blocks: an
// answer so small is gathered, or fits into what the kernel holds.
const unseenWrite = 16 << 10

// writeAll is write for what is no piece of a stream that is read by Each, and notes for
// how long the caller kept it waiting.
func (x *exchange) writeAll(p []byte) error {
	if len(p) < unseenWrite {
		return x.write(p)
	}
	began := time.Now()
	err := x.write(p)
	x.linger(time.Since(began))
	return err
}

// linger notes how long writing took.
func (x *exchange) linger(took time.Duration) {
	if took >= upstream.Linger {
		x.lingered += took
	}
}

// write sends bytes to the caller; a caller who left is no fault of anybody.
func (x *exchange) write(p []byte) error {
	x.boundWrite()
	if _, err := x.w.Write(p); err != nil {
		if errors.Is(err, http.ErrBodyNotAllowed) {
			return nil
		}
		return gone(err)
	}
	return nil
}

// sender writes the pieces of a stream, each of which goes out at once.
type sender struct {
	x     *exchange
	now   func([]byte) (int, error) // of what writes and sends in one; nil where nothing does
	bound bool                      // each write has to be bounded here
}

// sender makes a sender, once the head is out.
func (x *exchange) sender() sender {
	s := sender{x: x, bound: x.r.ProtoMajor != 1}
	if w, ok := x.w.(interface{ WriteNow([]byte) (int, error) }); ok {
		s.now = w.WriteNow
	}
	return s
}

func (s *sender) send(p []byte) error {
	if s.now == nil || s.bound {
		err := s.x.write(p)
		s.x.flush()
		return err
	}
	if _, err := s.now(p); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		return gone(err)
	}
	return nil
}

func gone(err error) error {
	return fault.New(fault.ClientClosed, "The caller left before the answer ended.").With(err)
}

func (x *exchange) flush() {
	if f, ok := x.w.(http.Flusher); ok {
		f.Flush()
	}
}

// keepAnswer begins to keep the answer for the entry, by policy.
func (x *exchange) keepAnswer(resp *upstream.Response, body []byte) {
	x.answerKept.contentType = resp.Header.Get("Content-Type")
	if len(body) > 0 {
		x.answerKept.add(body)
	}
}

// vendorError reads a vendor's error answer and says what it means. One that is the
// caller's fault is kept as it came, to be passed on unchanged.
func (x *exchange) vendorError(resp *upstream.Response) error {
	body, err := readUpTo(resp, wholeUpTo)
	if err != nil {
		return err
	}
	h := make(http.Header, len(resp.Header))
	for _, f := range resp.Header {
		h.Add(f.Name, f.Value)
	}
	plain, err := decoded(h.Get("Content-Encoding"), body, wholeUpTo)
	if err != nil {
		plain = nil
	}
	d := x.spoken
	if d.ParseError == nil {
		d = x.p.fallback
	}
	f := d.ParseError(resp.Status, h, plain)
	if c := x.target.Provider.Spec.Classify; c != nil {
		c(f, resp.Status, h, plain)
	}
	if x.brought != nil && f.Kind == fault.Credential {
		f.NoRetry = true // the caller's own credential: the caller must hear it
		f.Kind = fault.Caller
	}
	if f.Kind == fault.Credential && f.Code == fault.UpstreamAuth {
		f.Message = fmt.Sprintf("The provider '%s' refused this gateway's credential '%s' (status %d); the log has its words.", x.target.Provider.Name, x.credentialName(), resp.Status)
	}
	x.refused = refusal{header: resp.Header, body: body, status: resp.Status}
	x.keepRefusal(h.Get("Content-Type"), plain)
	return f
}

// refusal is a vendor's error answer as it came.
type refusal struct {
	header upstream.Header
	body   []byte
	status int
}

func readUpTo(resp *upstream.Response, limit int) ([]byte, error) {
	var body []byte
	buf := membuf.Get(4096)
	defer buf.Release()
	for len(body) < limit {
		n, err := resp.Read(buf.Bytes[:cap(buf.Bytes)])
		body = append(body, buf.Bytes[:n]...)
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
	return body, nil
}
