package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamFormatter writes a caller's stream: messageStart, for each block its deltas
// (a tool call has a start too) and contentBlockStop, messageStop, and metadata with the
// usage (https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html).
// One block is open at a time. What belongs to other parts while a tool call is open
// waits for its end.
type streamFormatter struct {
	call    *dialect.Call
	w       jsonout.Writer // one payload
	started bool
	stopped bool
	refused bool
	block   int // index of the open block, or of the next one

	part  int // the part that is being written
	what  llm.PartKind
	busy  bool // that part has not ended
	open  bool // it has a block on the wire
	shown bool // thinking: its text has begun
	done  bool // thinking: its signature was written
	id    string
	after []string // redacted pieces for after the block
	queue []waiting

	usage llm.Usage
	tier  string
}

// waiting is a part that waits for a tool call to end.
type waiting struct {
	event llm.Event // its start; text and state are those of all its events
	text  []byte    // between quotes
	state []llm.Opaque
	ended bool
}

// NewStreamFormatter implements dialect.Codec.
func (codec) NewStreamFormatter(c *dialect.Call) dialect.StreamFormatter {
	return &streamFormatter{call: c}
}

// Format implements dialect.StreamFormatter.
func (f *streamFormatter) Format(dst []byte, e *llm.Event) []byte {
	if e.Choice != 0 {
		return dst
	}
	switch e.Kind {
	case llm.PartStart, llm.Delta, llm.PartEnd:
		if f.stopped {
			return dst
		}
		f.refused = f.refused || e.What == llm.Refusal
		return f.content(f.start(dst), e)
	case llm.Start:
		f.setTier(e.Tier)
		return f.start(dst)
	case llm.Finished:
		f.setTier(e.Tier)
		return f.stop(f.start(dst), e)
	case llm.UsageEvent:
		f.setTier(e.Tier)
		f.keepUsage(e.Usage)
	case llm.End:
		return f.metadata(f.stop(f.start(dst), e))
	}
	return dst
}

// content takes an event of a part, or lets it wait.
func (f *streamFormatter) content(dst []byte, e *llm.Event) []byte {
	if f.busy && e.Part != f.part {
		if f.what == llm.ToolCall || len(f.queue) > 0 {
			f.wait(e)
			return dst
		}
		if e.Kind == llm.PartEnd {
			return dst
		}
		dst = f.finish(dst) // text that another part cuts off; more of it is a block of its own
	}
	switch e.Kind {
	case llm.PartStart:
		return f.begin(dst, e)
	case llm.Delta:
		if !f.busy {
			dst = f.begin(dst, &llm.Event{Part: e.Part, What: e.What})
		}
		return f.delta(dst, e)
	}
	if !f.busy {
		return dst
	}
	f.addState(&dst, e.State)
	return f.release(f.finish(dst))
}

// begin begins a part.
func (f *streamFormatter) begin(dst []byte, e *llm.Event) []byte {
	f.part, f.what, f.busy, f.open, f.shown, f.done = e.Part, e.What, true, false, false, false
	switch e.What {
	case llm.ToolCall:
		f.id = callID(e.CallID, f.call, e.Part)
		for i := range e.State {
			dst = f.redacted(dst, thoughtEnvelope(e.State[i], f.id))
		}
		return f.toolStart(dst, e.CallName)
	case llm.Image:
		return f.image(dst, e.Media)
	case llm.Vendor, llm.Audio, llm.File, llm.Video:
		return dst
	}
	f.addState(&dst, e.State)
	if len(e.Text) > 0 {
		return f.delta(dst, e)
	}
	return dst
}

// delta writes what an event has new of the part.
func (f *streamFormatter) delta(dst []byte, e *llm.Event) []byte {
	if len(e.Text) > len(`""`) {
		switch f.what {
		case llm.Text, llm.Refusal:
			dst = f.piece(dst, "text", "", e.Text)
		case llm.Thinking:
			f.shown = true
			dst = f.piece(dst, "reasoningContent", "text", e.Text)
		case llm.ToolCall:
			dst = f.piece(dst, "toolUse", "input", e.Text)
		}
	}
	if f.what == llm.Text {
		for i := range e.Cites {
			dst = f.citation(dst, &e.Cites[i])
		}
	}
	f.addState(&dst, e.State)
	return dst
}

// addState writes reasoning state: the signature of what was shown; what else there is
// stands in redacted pieces, those of a call or text after it.
func (f *streamFormatter) addState(dst *[]byte, state []llm.Opaque) {
	for i := range state {
		o := &state[i]
		switch {
		case f.what == llm.ToolCall:
			f.after = append(f.after, thoughtEnvelope(*o, f.id))
		case f.what != llm.Thinking:
			f.after = append(f.after, thoughtEnvelope(*o, textBefore))
		case !f.done && (f.shown || isSignature(o)):
			f.done = true
			*dst = f.piece(*dst, "reasoningContent", "signature", jsonout.Quote(envelope(o)))
		case f.open:
			f.after = append(f.after, envelope(o))
		default:
			*dst = f.redacted(*dst, envelope(o))
		}
	}
}

// finish ends the part that is being written.
func (f *streamFormatter) finish(dst []byte) []byte {
	f.busy = false
	if f.open {
		dst = f.blockStop(dst)
	}
	for _, value := range f.after {
		dst = f.redacted(dst, value)
	}
	f.after = f.after[:0]
	return dst
}

// wait keeps an event of a part whose turn has not come.
func (f *streamFormatter) wait(e *llm.Event) {
	at := -1
	for i := range f.queue {
		if f.queue[i].event.Part == e.Part && !f.queue[i].ended {
			at = i
		}
	}
	if at < 0 {
		if e.Kind == llm.PartEnd {
			return
		}
		f.queue = append(f.queue, waiting{event: llm.Event{Part: e.Part, What: e.What, CallID: e.CallID, CallName: e.CallName}})
		at = len(f.queue) - 1
	}
	q := &f.queue[at]
	if n := len(e.Text); n > len(`""`) {
		q.text = append(q.text, e.Text[1:n-1]...)
	}
	q.state = append(q.state, e.State...)
	if e.Media != nil {
		media := *e.Media
		media.Data = append([]byte(nil), media.Data...)
		q.event.Media = &media
	}
	q.ended = q.ended || e.Kind == llm.PartEnd
}

// release writes what has waited, up to a part that goes on.
func (f *streamFormatter) release(dst []byte) []byte {
	for len(f.queue) > 0 && !f.busy {
		q := f.queue[0]
		f.queue = f.queue[1:]
		if q.event.What == llm.ToolCall {
			q.event.State = q.state
		}
		dst = f.begin(dst, &q.event)
		if len(q.text) > 0 {
			dst = f.delta(dst, &llm.Event{Text: append(append([]byte{'"'}, q.text...), '"')})
		}
		if q.event.What != llm.ToolCall {
			f.addState(&dst, q.state)
		}
		if q.ended {
			dst = f.finish(dst)
		}
	}
	return dst
}

// stop ends the message: the open part, those that wait, and then itself.
func (f *streamFormatter) stop(dst []byte, e *llm.Event) []byte {
	if f.stopped {
		return dst
	}
	if f.busy {
		dst = f.finish(dst)
	}
	for len(f.queue) > 0 {
		dst = f.release(dst)
		if f.busy {
			dst = f.finish(dst)
		}
	}
	f.stopped = true
	f.payload()
	f.w.Text("stopReason", stopReason(e.Finish.OrRefusal(f.refused), e.Vendor, e.StopText))
	if e.StopText != nil {
		writeStopText(&f.w, e.StopText)
	}
	return f.frame(dst, eventMessageStop[:])
}

func (f *streamFormatter) setTier(tier string) {
	if tier != "" {
		f.tier = tier
	}
}

// keepUsage copies what is written of the usage.
func (f *streamFormatter) keepUsage(u *llm.Usage) {
	if u == nil {
		return
	}
	hour := u.Units[llm.UnitCacheWrite1h]
	f.usage = *u
	f.usage.Units = nil
	if hour > 0 {
		f.usage.SetUnit(llm.UnitCacheWrite1h, hour)
	}
}
