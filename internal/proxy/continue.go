package proxy

import (
	"bytes"
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/tokens"
)

// narrates reports whether the call's stream is written by a story, so that another
// target can go on with it. The request is then read and written anew, and the answer
// put in the caller's words, even where the target speaks them.
func (x *exchange) narrates() bool {
	return (x.story != nil || len(x.way.ContinueOn) > 0) && x.stream && x.ep.Op == llm.OpChat && !x.ep.Own && x.native == "" && x.dialect.Codec != nil && !x.shadow
}

// narrate gives a stream its story: the one that it goes on with, or a new one.
func (x *exchange) narrate(s *translatedStream) {
	if !x.narrates() {
		return
	}
	if !x.story.goesOn() {
		x.story = newStory(x.dialect.Codec, &x.tr.call)
	}
	s.story, s.writer = x.story, x.story.writer
}

// breaks reports whether another target is to go on with a stream that failed.
func (s *translatedStream) breaks(f *fault.Fault) bool {
	x := s.x
	if !x.wrote || x.committed || f.Kind == fault.Gone || x.r.Context().Err() != nil || !s.passable() {
		return false
	}
	s.story.broken = true
	return true
}

// passable reports whether another target could go on with the stream. Half a document
// is nothing to go on from.
func (s *translatedStream) passable() bool {
	return s.story != nil && s.content && s.story.open() && s.x.tr.asked.Output.Kind == "" && len(s.x.successors()) > 0
}

// completes reports whether a stream that failed had said all before, and then ends it.
func (s *translatedStream) completes(err error) bool {
	t := s.story
	if t == nil || !s.content || s.ended || s.lost != nil || err != nil && asFault(err).Kind == fault.Gone {
		return false
	}
	s.lend()
	s.x.estimate(s.said.Tokens())
	if s.failed == nil {
		if events := s.parser.End(s.events[:0]); len(events) > 0 && events[len(events)-1].Kind == llm.End {
			s.take(events)
			return true
		}
	}
	if !t.finished {
		return false
	}
	s.failed = nil
	s.take([]llm.Event{{Kind: llm.UsageEvent, Usage: &s.x.report.Usage}, {Kind: llm.End}})
	return true
}

// successors are the targets that may still go on with the stream.
func (x *exchange) successors() []route.Target {
	if !x.story.goesOn() {
		return x.way.ContinueOn
	}
	for i := range x.plan {
		if x.plan[i] == x.target {
			return x.plan[i+1:]
		}
	}
	return nil
}

// goOn prepares the plan for going on with a stream that has broken, and reports whether
// there is one. When a stream that was gone on with is over, it sums up.
func (x *exchange) goOn() bool {
	t := x.story
	switch {
	case t == nil:
		return false
	case !t.broken:
		if t.goesOn() {
			x.sumUp()
		}
		return false
	}
	x.settleAttempt()
	x.bill()
	if t.spent == nil {
		t.first, t.spent = x.firstByte, new(llm.Usage)
	}
	t.spend(x)
	x.bills.partial = x.bills.partial || !x.cost.Known
	x.lose()
	x.trying = time.Now()                      // what goes on has a time of its own
	x.plan, x.committed = x.successors(), true // as a stream of which the head alone is out
	t.next()
	x.vendorKept = capture{limit: x.vendorKept.limit}
	return true
}

// spend counts what the attempt that has ended used.
func (t *story) spend(x *exchange) {
	if x.report != nil {
		addUsage(t.spent, &x.report.Usage)
	}
}

// sumUp makes what all attempts at the stream used the call's.
func (x *exchange) sumUp() {
	t := x.story
	x.settleAttempt()
	x.bill()
	t.spend(x)
	r := dialect.Report{}
	if x.report != nil {
		r = *x.report
	}
	if x.report == nil || r.Usage.IsZero() && x.attempts[len(x.attempts)-1].Fault != "" {
		x.cost = gateway.Cost{Known: true} // it gave nothing
	}
	r.Usage = *t.spent
	x.report, x.billed, x.firstByte = &r, true, t.first
	x.costTrailer()
}

// begunAgain says in trailers who goes on with the stream; its head is out.
func (x *exchange) begunAgain() {
	x.committed = false
	x.attempts[len(x.attempts)-1].Continued = true
	x.servedTrailer()
	const name = http.TrailerPrefix + "Sluice-Continued"
	h, by := x.w.Header(), headerSafe(x.target.Provider.Name+"/"+x.target.Model)
	if before := h[name]; len(before) > 0 {
		by = before[0] + ", " + by
	}
	h[name] = []string{by}
}

// goOnWords ask a model to go on where it does not go on with a last turn of its own.
const goOnWords = "Your answer was cut off. " + dialect.GoOn + " Write only what comes next, as if there had been no interruption: repeat nothing of it, begin no new answer, and say nothing about this message."

// writeFor writes the request for the present target: the caller's, or one that goes on
// from the text so far.
func (x *exchange) writeFor(tr *translation, to *dialect.Target) (dialect.Written, error) {
	codec := x.spoken.Codec
	if x.story.goesOn() {
		if x.spoken.Continues && x.translated() { // in its own dialect a request stays as it is
			r := x.story.request(tr.request, true)
			w, err := codec.FormatRequest(tr.room.Bytes[:0], r, to)
			if err == nil && !w.Lost.Has(llm.FAssistantPrefill) {
				tr.request, x.story.seam.repeats = r, false
				return w, nil
			}
		}
		tr.request, x.story.seam.repeats = x.story.request(tr.request, false), true
	}
	return codec.FormatRequest(tr.room.Bytes[:0], tr.request, to)
}

// request gives the request that goes on from what the caller was told: with the text as
// the last turn, or with words behind it that ask for more.
func (t *story) request(asked *llm.Request, prefilled bool) *llm.Request {
	r, text := *asked, t.text
	if prefilled { // which vendors refuse with white space at its end; the seam knows of it
		text = bytes.TrimRight(text, " \t\r\n")
	}
	said := llm.Message{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.Text, Text: jsonout.Quote(string(text))}}}
	r.Messages = append(slices.Clone(asked.Messages), said)
	if prefilled {
		r.Has.Add(llm.FAssistantPrefill)
	} else {
		words := llm.Message{Role: llm.User, Parts: []llm.Part{{Kind: llm.Text, Text: jsonout.Quote(goOnWords)}}}
		r.Messages = append(r.Messages, words)
	}
	if most := r.MaxOutput; most.Known {
		r.MaxOutput = llm.Known(max(most.N-tokens.Text(t.text), 1))
	}
	return &r
}

// failure ends the caller's stream with an error in its own framing.
func (t *story) failure(x *exchange, f *fault.Fault) []byte {
	if t.call.Array {
		_, event := x.dialect.FormatError(f, x.id)
		return append(append([]byte{','}, event...), ']')
	}
	if w, ok := t.writer.(dialect.StreamFailer); ok {
		return w.FormatFailure(nil, f, x.id)
	}
	return x.dialect.FormatStreamError(f, x.id)
}
