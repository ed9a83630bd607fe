// Package pairs_test holds what dialects say about translation to what they do: the loss
// ledger row by row, and requests from each dialect to each other one.
package pairs_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/ledger"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// conversing are the dialects that have conversations.
func conversing(t *testing.T) (all []*dialect.Dialect) {
	t.Helper()
	for _, d := range app.Dialects() {
		if d.Codec != nil {
			all = append(all, d)
		}
	}
	if len(all) != 6 {
		t.Errorf("there are %d dialects with conversations, not six", len(all))
	}
	return all
}

// models are what requests are written for: one of each vendor's that takes most.
var models = map[dialect.Name]string{
	dialect.Chat: "gpt-4o", dialect.Responses: "gpt-4o", dialect.Messages: "claude-sonnet-4-5", dialect.Gemini: "gemini-2.5-pro",
	dialect.Converse: "anthropic.claude-sonnet-4-5-20250929-v1:0", dialect.Cohere: "command-a-03-2025",
}

// thinkers are models that reason, for what the others do not take.
var thinkers = map[dialect.Name]string{
	dialect.Chat: "gpt-5.2", dialect.Responses: "gpt-5.2", dialect.Messages: "claude-sonnet-4-5", dialect.Gemini: "gemini-2.5-pro",
	dialect.Converse: "anthropic.claude-sonnet-4-5-20250929-v1:0", dialect.Cohere: "command-a-reasoning-08-2025",
}

func target(d *dialect.Dialect, names map[dialect.Name]string) *dialect.Target {
	return &dialect.Target{Provider: "somewhere", Model: names[d.Name]}
}

// TestEveryRowOfTheLedgerIsWhatHappens reads each field's example in its own dialect and
// writes it for every other one.
func TestEveryRowOfTheLedgerIsWhatHappens(t *testing.T) {
	all := conversing(t)
	for _, d := range all {
		for i := range d.Fields {
			f := &d.Fields[i]
			if f.Example == "" {
				continue
			}
			r, err := d.Codec.ParseRequest([]byte(f.Example))
			if err != nil {
				t.Errorf("%s %s: the example is not read: %v", d.Name, f.Path, err)
				continue
			}
			checkRead(t, d, f, r)
			for _, to := range all {
				if to != d {
					checkWritten(t, d, f, to)
				}
			}
		}
	}
}

func checkRead(t *testing.T, d *dialect.Dialect, f *dialect.Field, r *llm.Request) {
	t.Helper()
	switch {
	case f.Feature != 0 && !r.Has.Has(f.Feature):
		t.Errorf("%s %s: the example does not show %q", d.Name, f.Path, f.Feature)
	case f.Refuse && len(r.Refuse) == 0:
		t.Errorf("%s %s: the example is not marked as refused", d.Name, f.Path)
	case f.Feature == 0 && !f.Frame && !f.Refuse && !hasOwn(r):
		t.Errorf("%s %s: what only this dialect has is neither kept nor named", d.Name, f.Path)
	}
	for _, path := range r.Unnamed {
		if f.Path == path && f.Feature != 0 {
			t.Errorf("%s %s: it is in the ledger and unnamed", d.Name, f.Path)
		}
	}
}

func hasOwn(r *llm.Request) bool {
	if len(r.Own)+len(r.Unnamed) > 0 || r.Has.Has(llm.FBuiltin) || r.Has.Has(llm.FVendorPart) {
		return true
	}
	for i := range r.Tools {
		if len(r.Tools[i].Own) > 0 {
			return true
		}
	}
	for i := range r.Messages {
		if len(r.Messages[i].Own) > 0 || slices.ContainsFunc(r.Messages[i].Parts, func(p llm.Part) bool { return len(p.Own) > 0 }) {
			return true
		}
	}
	return false
}

// checkWritten writes the example for another dialect, for the model that keeps most.
func checkWritten(t *testing.T, from *dialect.Dialect, f *dialect.Field, to *dialect.Dialect) {
	t.Helper()
	carry := ledger.Fate(f, to)
	if carry.Fate == dialect.Refused || f.Refuse {
		return // the proxy refuses before anything is written
	}
	best := "not written"
	for _, names := range []map[dialect.Name]string{models, thinkers} {
		why := written(from, f, to, carry, names)
		if why == "" {
			return
		}
		best = why
	}
	t.Errorf("%s → %s: %s is %s: %s", from.Name, to.Name, f.Path, carry.Fate, best)
}

func written(from *dialect.Dialect, f *dialect.Field, to *dialect.Dialect, carry dialect.Carry, names map[dialect.Name]string) string {
	r, err := from.Codec.ParseRequest([]byte(f.Example))
	if err != nil {
		return err.Error()
	}
	inlined(r, to)
	w, err := to.Codec.FormatRequest(nil, r, target(to, names))
	switch {
	case err != nil:
		return err.Error()
	case !json.Valid(w.Body):
		return "no JSON: " + string(w.Body)
	}
	back, err := to.Codec.ParseRequest(w.Body)
	if err != nil {
		return "what was written is not read again: " + err.Error() + ": " + string(w.Body)
	}
	if len(back.Unnamed) > 0 {
		return "members that the target's own table does not know: " + strings.Join(back.Unnamed, ", ")
	}
	if carry.Fate == dialect.Kept && f.Feature != 0 && (w.Lost.Has(f.Feature) || !back.Has.Has(f.Feature)) {
		return "it does not come out again: " + string(w.Body)
	}
	if carry.Fate == dialect.Mapped && w.Lost.Has(f.Feature) {
		return "it is lost"
	}
	return ""
}

// inlined does what the proxy does to media that a target takes only as bytes.
func inlined(r *llm.Request, to *dialect.Dialect) {
	if to.InlineMedia == nil {
		return
	}
	for i := range r.Messages {
		inlineParts(r.Messages[i].Parts, to)
	}
}

func inlineParts(parts []llm.Part, to *dialect.Dialect) {
	for i := range parts {
		p := &parts[i]
		if p.Result != nil {
			inlineParts(p.Result.Parts, to)
		}
		if p.Media != nil && len(p.Media.URL) > 0 && p.Media.Data == nil && to.InlineMedia(p.Media) {
			p.Media.Data = []byte("iVBORw0KGgo=")
			if p.Media.Type == "" {
				p.Media.Type = map[llm.PartKind]string{llm.Image: "image/png", llm.File: "application/pdf", llm.Video: "video/mp4", llm.Audio: "audio/wav"}[p.Kind]
			}
		}
	}
}

func TestEveryFeatureOfAFieldHasAPathAndEveryCarryAReason(t *testing.T) {
	for _, d := range conversing(t) {
		seen := map[string]bool{}
		for _, f := range slices.Concat(d.Fields, []dialect.Field{}) {
			if f.Path == "" || seen[f.Path] {
				t.Errorf("%s: the path %q is empty or stands twice", d.Name, f.Path)
			}
			seen[f.Path] = true
		}
		for f, c := range d.Carries {
			if f >= llm.AText {
				t.Errorf("%s: %q is no feature of requests", d.Name, f)
			}
			if c.How == "" {
				t.Errorf("%s: it is not said how %q is %s", d.Name, f, c.Fate)
			}
		}
		for f, c := range d.AnswerCarries {
			if f < llm.AText || c.How == "" {
				t.Errorf("%s: %q is no feature of answers, or it is not said how it is %s", d.Name, f, c.Fate)
			}
		}
	}
}
