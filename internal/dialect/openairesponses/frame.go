package openairesponses

import (
	"strconv"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// frame is what stands around the output of a response: who answers, and the settings
// of the request, which the vendor repeats. Readers of the dialect's open
// specification want every member (https://www.openresponses.org/specification).
type frame struct {
	c        *dialect.Call
	seed     string // of made ids
	model    string
	tier     string
	created  int64
	settings []byte // members, without the comma before them
}

// responsePrefix is what the id of a response begins with.
const responsePrefix = "resp_"

func newFrame(c *dialect.Call) frame { return frame{c: c, seed: seedOf(c.ID)} }

// maxSeed keeps made ids within the 64 characters that the vendor takes back.
const maxSeed = 40

// seedOf gives a request's id as a part of ids: letters and digits.
func seedOf(id string) string {
	out := make([]byte, 0, maxSeed)
	for i := 0; i < len(id) && len(out) < maxSeed; i++ {
		if c := id[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			out = append(out, c)
		}
	}
	return string(out)
}

// id makes the id of an item that begins with a part of the answer.
func (f *frame) id(prefix string, part int) string {
	return prefix + f.seed + "_" + strconv.Itoa(part)
}

// learn takes what an event says about the answer as a whole.
func (f *frame) learn(e *llm.Event) {
	if e.Model != "" {
		f.model = e.Model
	}
	if e.Tier != "" {
		f.tier = e.Tier
	}
	if e.Created != 0 {
		f.created = e.Created
	}
}

// state is how far a response has come.
type state struct {
	status string
	reason string // why it is incomplete
	output func(w *jsonout.Writer)
	usage  *llm.Usage // nil: not known yet
	failed []byte     // why it failed, JSON; nil: its vendor gave up
}

// write writes the response object, to begin a text or after a member's name.
func (f *frame) write(w *jsonout.Writer, s *state) {
	if f.settings == nil {
		f.settings = echo(f.c.Request)
	}
	created := f.created
	if created == 0 {
		created = f.c.Time.Unix()
	}
	w.B = append(w.B, '{')
	w.Text("id", responsePrefix+f.seed)
	w.Text("object", "response")
	w.Number("created_at", created)
	w.Text("status", s.status)
	w.Key("completed_at")
	if s.status == "completed" {
		w.Int(max(created, f.c.Time.Unix()))
	} else {
		w.Raw(nil)
	}
	w.Flag("background", false)
	w.Key("error")
	switch {
	case s.status != "failed":
		w.Raw(nil)
	case s.failed != nil:
		w.Raw(s.failed)
	default:
		w.Raw(vendorGaveUp)
	}
	w.Key("incomplete_details")
	if s.reason != "" {
		w.Begin('{')
		w.Text("reason", s.reason)
		w.End('}')
	} else {
		w.Raw(nil)
	}
	w.Text("model", f.modelName())
	w.Array("output")
	if s.output != nil {
		s.output(w)
	}
	w.End(']')
	w.Text("service_tier", f.tierName())
	w.Key("usage")
	writeUsage(w, s.usage)
	w.Raw(f.settings)
	w.End('}')
}

var vendorGaveUp = []byte(`{"code":"server_error","message":"The provider gave up in the middle of its answer.","type":"server_error"}`)

func (f *frame) modelName() string {
	switch {
	case f.model != "":
		return f.model
	case f.c.Model != "":
		return f.c.Model // the vendor does not name it
	}
	return f.c.Asked
}

func (f *frame) tierName() string {
	if f.tier != "" {
		return f.tier
	}
	return "default"
}

// writeUsage writes usage in the vendor's arithmetic, which is the neutral one; what is
// not known at all is null.
func writeUsage(w *jsonout.Writer, u *llm.Usage) {
	if u == nil || !u.InputTokens.Known && !u.OutputTokens.Known {
		w.Raw(nil)
		return
	}
	w.Begin('{')
	w.Number("input_tokens", u.InputTokens.Or(0))
	w.Object("input_tokens_details")
	w.Number("cached_tokens", u.CacheReadTokens.Or(0))
	if u.CacheWriteTokens.Known {
		w.Number("cache_write_tokens", u.CacheWriteTokens.N)
	}
	if u.AudioInputTokens.Known {
		w.Number("audio_tokens", u.AudioInputTokens.N)
	}
	w.End('}')
	w.Number("output_tokens", u.OutputTokens.Or(0))
	w.Object("output_tokens_details")
	w.Number("reasoning_tokens", u.ReasoningTokens.Or(0))
	if u.AudioOutputTokens.Known {
		w.Number("audio_tokens", u.AudioOutputTokens.N)
	}
	w.End('}')
	w.Number("total_tokens", u.InputTokens.Or(0)+u.OutputTokens.Or(0))
	w.End('}')
}

// status gives a response's status and why it is incomplete. What neither of the vendor's
// reasons says is told as the first one: the answer goes on where it was cut.
func status(finish llm.Finish) (status, reason string) {
	switch finish {
	case llm.FinishLength, llm.FinishContext, llm.FinishPause:
		return "incomplete", "max_output_tokens"
	case llm.FinishFilter, llm.FinishRefusal:
		return "incomplete", "content_filter"
	case llm.FinishError:
		return "failed", ""
	}
	return "completed", ""
}

// itemStatus gives the status of the item that an answer ends with.
func itemStatus(finish llm.Finish) string {
	if s, _ := status(finish); s == "incomplete" {
		return s
	}
	return "completed"
}
