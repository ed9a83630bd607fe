package dialect

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// An envelope carries a vendor's blob of reasoning state through the field that a
// foreign dialect has for such blobs, together with where it came from. It is base64
// all over, since some of these fields hold bytes:
//
//	base64( magic dialect 0 provider 0 model 0 kind 0 id 0 value )
//
// The magic is nine bytes, so that every envelope begins with the same twelve letters.
const magic = "sluice\x01\xff\x01"

var envelopePrefix = base64.StdEncoding.EncodeToString([]byte(magic))

// HoldsEnvelope reports whether a body may hold reasoning state that came from
// elsewhere, so that it cannot be forwarded as it is.
func HoldsEnvelope(body []byte) bool {
	for at, hits := 0, 0; hits < 64+at/16; hits++ {
		n := bytes.IndexByte(body[at:], envelopePrefix[rare])
		if n < 0 {
			return false
		}
		at += n + 1
		if at > rare && bytes.HasPrefix(body[at-1-rare:], []byte(envelopePrefix)) {
			return true
		}
	}
	return bytes.Contains(body, []byte(envelopePrefix))
}

// rare is where in the prefix a letter stands that is seldom in text (W). To look for
// it first is many times faster than to look for the whole, unless it is everywhere.
const rare = 5

// Wrap gives what stands in a caller's field for a blob. In a field of the blob's own
// dialect whose origin is not known it is the blob itself.
func Wrap(o *llm.Opaque, field Name) string {
	if o.Provider == "" && o.Dialect == string(field) {
		return o.Value
	}
	text := magic + strings.Join([]string{o.Dialect, o.Provider, o.Model, o.Kind, o.ID, o.Value}, "\x00")
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// Unwrap reads what stands in such a field of a caller's: an envelope, or a blob of the
// field's own dialect that was relayed as it came.
func Unwrap(value string, field Name, kind string) llm.Opaque {
	if strings.HasPrefix(value, envelopePrefix) {
		if text, err := base64.StdEncoding.DecodeString(value); err == nil {
			if p := strings.SplitN(string(text[len(magic):]), "\x00", 6); len(p) == 6 {
				return llm.Opaque{Dialect: p[0], Provider: p[1], Model: p[2], Kind: p[3], ID: p[4], Value: p[5]}
			}
		}
	}
	return llm.Opaque{Dialect: string(field), Kind: kind, Value: value}
}

// kindMark is the Kind of a blob that is none: it only tells where reasoning came from
// that its vendor gave no state with.
const kindMark = "mark"

// Mark makes such a blob for reasoning of an answer.
func Mark(spoken Name, c *Call) llm.Opaque {
	return llm.Opaque{Dialect: string(spoken), Provider: c.Provider, Model: c.Model, Kind: kindMark}
}

// Unmarked gives a request without marks, for targets of another dialect than its caller's:
// there a thought that bears none is just a thought. For the caller's own dialect a mark
// says that it is a stranger's. The request itself is not changed.
func Unmarked(r *llm.Request) *llm.Request {
	if !r.Has.Has(llm.FThinkingState) {
		return r
	}
	stateful, marked := false, false
	for i := range r.Messages {
		for n := range r.Messages[i].Parts {
			marks := slices.ContainsFunc(r.Messages[i].Parts[n].State, isMark)
			marked = marked || marks
			stateful = stateful || len(r.Messages[i].Parts[n].State) > 0 && !marks
		}
	}
	if !marked {
		return r
	}
	out := *r
	out.Messages = slices.Clone(r.Messages)
	for i := range out.Messages {
		parts := slices.Clone(out.Messages[i].Parts)
		for n := range parts {
			if slices.ContainsFunc(parts[n].State, isMark) {
				parts[n].State, parts[n].Raw = nil, nil
			}
		}
		out.Messages[i].Parts = parts
	}
	if !stateful {
		out.Has = out.Has.Without(llm.Of(llm.FThinkingState))
	}
	return &out
}

func isMark(o llm.Opaque) bool { return o.Kind == kindMark }

// Takes reports whether a blob may be sent to the target: its form is the dialect's
// own, and it came from there or nobody knows better.
func (t *Target) Takes(o *llm.Opaque, own Name) bool {
	return o.Dialect == string(own) && (o.Provider == "" || o.Provider == t.Provider && o.Model == t.Model)
}

// Forgets reports whether a request holds blobs of which the target does not get all. In
// foreign requests a piece that bears one loses it even where the piece itself is sent.
func (t *Target) Forgets(r *llm.Request, own Name) bool {
	if !r.Has.Has(llm.FThinkingState) {
		return false
	}
	for i := range r.Messages {
		for n := range r.Messages[i].Parts {
			for k := range r.Messages[i].Parts[n].State {
				if !t.Takes(&r.Messages[i].Parts[n].State[k], own) {
					return true
				}
			}
		}
	}
	return false
}

// State finds a blob of a kind that the target takes; nil when there is none.
func (t *Target) State(p *llm.Part, own Name, kind string) *llm.Opaque {
	for i := range p.State {
		if o := &p.State[i]; o.Kind == kind && t.Takes(o, own) {
			return o
		}
	}
	return nil
}
