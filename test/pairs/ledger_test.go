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

// targets are what requests are written for: models of one dialect that differ in what
// they take, and providers that do.
var targets = map[dialect.Name][]dialect.Target{
	dialect.Chat: {
		{Model: "gpt-4o"}, {Model: "gpt-5.2"},
		{Model: "any", Traits: dialect.Traits{TopK: true, MinP: true, CacheMarks: true, Reasoning: "object", EchoReasoning: "reasoning_details"}},
	},
	dialect.Responses: {{Model: "gpt-4o"}, {Model: "gpt-5.2"}},
	dialect.Messages:  {{Model: "claude-sonnet-4-5"}, {Model: "claude-opus-4-6"}, {Model: "claude-3-5-haiku-latest"}},
	dialect.Gemini:    {{Model: "gemini-2.5-pro"}, {Model: "gemini-2.5-flash"}, {Model: "gemini-3-pro-preview"}, {Model: "gemini-2.0-flash"}},
	dialect.Converse:  {{Model: "anthropic.claude-sonnet-4-5-20250929-v1:0"}, {Model: "amazon.nova-2-lite-v1:0"}, {Model: "meta.llama3-3-70b-instruct-v1:0"}},
	dialect.Cohere:    {{Model: "command-a-03-2025"}, {Model: "command-a-reasoning-08-2025"}},
}

// outcome is what became of a feature in one example.
type outcome struct {
	ok  bool
	why string
}

// TestTheLedgerSaysWhatHappens reads each field's example in its own dialect and writes
// it for every other one. What comes of a feature may depend on the model and on the
// value, as the page says; but what is called kept has to come out again in some
// example, what is called mapped must not be lost in all of them, and nothing that is
// called dropped or is unknown may appear in the target's words.
func TestTheLedgerSaysWhatHappens(t *testing.T) {
	all := conversing(t)
	seen := map[dialect.Name]map[llm.Feature][]outcome{}
	for _, d := range all {
		seen[d.Name] = map[llm.Feature][]outcome{}
	}
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
				if to != d && !f.Refuse {
					seen[to.Name][f.Feature] = append(seen[to.Name][f.Feature], tryModels(t, d, f, to)...)
				}
			}
		}
	}
	for _, to := range all {
		for f, carry := range to.Carries {
			checkOutcomes(t, to, f, carry, seen[to.Name][f])
		}
	}
}

// byOrigin are features of which only what came from the target itself is used there.
var byOrigin = llm.Of(llm.FThinkingState, llm.FThinking, llm.FImageFile, llm.FFileID, llm.FVendorPart, llm.FBuiltin,
	llm.FN) // several answers: one is kept, more are refused

func checkOutcomes(t *testing.T, to *dialect.Dialect, f llm.Feature, carry dialect.Carry, all []outcome) {
	t.Helper()
	if carry.Fate != dialect.Kept && carry.Fate != dialect.Mapped || byOrigin.Has(f) || len(all) == 0 {
		return
	}
	if !slices.ContainsFunc(all, func(o outcome) bool { return o.ok }) {
		t.Errorf("%s: %q is called %s, and in %d examples it never is: %s", to.Name, f, carry.Fate, len(all), all[0].why)
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

// tryModels writes an example for two models of another dialect's vendor.
func tryModels(t *testing.T, from *dialect.Dialect, f *dialect.Field, to *dialect.Dialect) (all []outcome) {
	t.Helper()
	for _, target := range targets[to.Name] {
		target.Provider, target.Stream = "somewhere", strings.Contains(f.Example, `"stream":true`)
		why, broken := written(from, f, to, &target)
		if broken {
			t.Errorf("%s → %s: %s: %s", from.Name, to.Name, f.Path, why)
		}
		all = append(all, outcome{why == "", why})
	}
	return all
}

// written says why a feature does not arrive, "" when it does. broken means that what
// was written is wrong in itself.
func written(from *dialect.Dialect, f *dialect.Field, to *dialect.Dialect, target *dialect.Target) (why string, broken bool) {
	r, err := from.Codec.ParseRequest([]byte(f.Example))
	if err != nil {
		return err.Error(), true
	}
	inlined(r, to)
	w, err := to.Codec.FormatRequest(nil, r, target)
	switch {
	case err != nil:
		return err.Error(), false
	case !json.Valid(w.Body):
		return "no JSON: " + string(w.Body), true
	}
	back, err := to.Codec.ParseRequest(w.Body)
	switch {
	case err != nil:
		return "what was written is not read again: " + err.Error() + ": " + string(w.Body), true
	case len(back.Unnamed) > 0:
		return "members that the target's own table does not know: " + strings.Join(back.Unnamed, ", "), true
	case f.Feature == 0:
		return "", false
	case w.Lost.Has(f.Feature):
		return "it is lost", false
	}
	if carry := to.Carries[f.Feature]; carry.Fate == dialect.Kept && !back.Has.Has(f.Feature) {
		return "it does not come out again: " + string(w.Body), false
	}
	return "", false
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
			key := f.Path + " " + f.Feature.String() + " " + f.Note
			if f.Path == "" || seen[key] {
				t.Errorf("%s: the path %q is empty or stands twice with the same meaning", d.Name, f.Path)
			}
			seen[key] = true
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
