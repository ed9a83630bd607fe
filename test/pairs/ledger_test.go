// Package pairs_test holds what dialects say about translation to what they do: the loss
// ledger row by row, and requests from each dialect to each other one.
package pairs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
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

// kind says what became of a feature in one example.
type kind uint8

const (
	lost    kind = iota // left out and told
	silent              // left out and not told
	unasked             // the target does so anyway
	other               // it changed what was written
	whole               // it comes out again in the target's own words
	refused             // the call is
)

// outcome is what became of a feature in one example.
type outcome struct {
	kind kind
	why  string
}

// ledger is what was found out about it.
type ledger struct {
	seen map[dialect.Name]map[llm.Feature][]outcome // by target
	said map[string]bool
}

// once reports what is wrong once for all models and examples.
func (l *ledger) once(t *testing.T, key, format string, args ...any) {
	t.Helper()
	if !l.said[key] {
		l.said[key] = true
		t.Errorf(format, args...)
	}
}

// TestTheLedgerSaysWhatHappens reads each field's example in its own dialect and writes
// it for every other one, for models and vendors that differ. What becomes of a feature
// may depend on these, as the page says; but nothing is left out in silence, what is
// called dropped does not come out again, what is called kept does wherever it is not
// told as lost, and what is called mapped makes a difference somewhere.
func TestTheLedgerSaysWhatHappens(t *testing.T) {
	all := conversing(t)
	l := ledger{map[dialect.Name]map[llm.Feature][]outcome{}, map[string]bool{}}
	for _, d := range all {
		l.seen[d.Name] = map[llm.Feature][]outcome{}
	}
	for _, from := range all {
		for _, example := range examplesOf(from) {
			r, err := from.Codec.ParseRequest([]byte(example))
			if err != nil {
				t.Errorf("%s: the example is not read: %v: %s", from.Name, err, example)
				continue
			}
			for _, to := range all {
				if to == from || len(r.Refuse) > 0 {
					continue
				}
				for _, target := range targetsOf(to) {
					target.Stream = r.Stream
					l.tell(t, from, to, &target, example)
				}
			}
		}
	}
	for _, to := range all {
		for f, carry := range to.Carries {
			checkOutcomes(t, to, f, carry, l.seen[to.Name][f])
		}
	}
}

func TestTheExamplesOfFieldsAreTrue(t *testing.T) {
	for _, d := range conversing(t) {
		for i := range d.Fields {
			f := &d.Fields[i]
			if f.Example == "" {
				continue
			}
			if r, err := d.Codec.ParseRequest([]byte(f.Example)); err != nil {
				t.Errorf("%s %s: the example is not read: %v", d.Name, f.Path, err)
			} else {
				checkRead(t, d, f, r)
			}
		}
	}
}

// examplesOf are those of the dialect's fields, and others of it that show more.
func examplesOf(d *dialect.Dialect) (all []string) {
	for i := range d.Fields {
		if e := d.Fields[i].Example; e != "" && !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	return append(all, further[d.Name]...)
}

// tell notes what becomes of each feature of an example at a target.
func (l *ledger) tell(t *testing.T, from, to *dialect.Dialect, target *dialect.Target, example string) {
	t.Helper()
	seen := l.seen[to.Name]
	r, err := from.Codec.ParseRequest([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	inlined(r, to)
	at := fmt.Sprintf("%s → %s (%s)", from.Name, to.Name, target.Model)
	w, err := to.Codec.FormatRequest(nil, r, target)
	if err != nil {
		for _, f := range r.Has.All() {
			seen[f] = append(seen[f], outcome{refused, at + ": " + err.Error()})
		}
		return
	}
	if !json.Valid(w.Body) {
		t.Errorf("%s: no JSON: %s", at, w.Body)
		return
	}
	back, err := to.Codec.ParseRequest(w.Body)
	if err != nil || back == nil {
		t.Errorf("%s: what was written is not read again: %v: %s", at, err, w.Body)
		return
	}
	if len(back.Unnamed) > 0 {
		t.Errorf("%s: the target's own table does not know %q: %s", at, back.Unnamed, w.Body)
	}
	if target.Traits == (dialect.Traits{}) && wellMade(r) {
		if err := dialecttest.CheckRequest(to.Name, w.Body); err != nil {
			l.once(t, fmt.Sprint(to.Name, err), "%s: %v: %s: %s", at, err, example, w.Body)
		}
	}
	for _, f := range r.Has.All() {
		o := fateOf(r, f, to, target, &w, back)
		if wrong := o.against(to.Carries[f], f, &w); wrong != "" {
			l.once(t, fmt.Sprint(from.Name, to.Name, f, wrong), "%s: %q is called %s, and %s: %s: %s", at, f, to.Carries[f].Fate, wrong, example, w.Body)
		}
		o.why = at + ": " + o.why
		seen[f] = append(seen[f], o)
	}
}

// against says how an outcome contradicts what the ledger says; "" = not at all.
func (o *outcome) against(carry dialect.Carry, f llm.Feature, w *dialect.Written) string {
	switch {
	case carry.Fate == dialect.Refused:
		return "it is not refused"
	case carry.Fate == dialect.Dropped && w.Lost.Has(f):
		return "it is told as lost though it never comes"
	case carry.Fate == dialect.Dropped && o.kind == whole && !byPlace.Has(f):
		return "it comes out"
	case carry.Fate == dialect.Kept && o.kind == other && !byOrigin.Has(f) && !strings.Contains(carry.How, ";"):
		return "it comes out as something else"
	case carry.Fate != dialect.Dropped && o.kind == silent:
		return "it is left out in silence"
	}
	return ""
}

// fateOf says what became of a feature that a request has.
func fateOf(r *llm.Request, f llm.Feature, to *dialect.Dialect, target *dialect.Target, w *dialect.Written, back *llm.Request) outcome {
	switch {
	case w.Lost.Has(f) || goneWithWhole(r, f, to, w.Lost):
		return outcome{lost, "it is lost"}
	case said(f, back):
		return outcome{whole, ""}
	case needless(r, f, to, target):
		return outcome{unasked, ""}
	}
	less, ok := without(r, f)
	if !ok {
		return outcome{other, "it does not come out again: " + string(w.Body)}
	}
	if v, err := to.Codec.FormatRequest(nil, less, target); err == nil && string(v.Body) == string(w.Body) {
		return outcome{silent, "it makes no difference: " + string(w.Body)}
	}
	return outcome{other, "it does not come out again: " + string(w.Body)}
}

// byOrigin are features of which only what came from the target itself is used there.
var byOrigin = llm.Of(llm.FThinkingState, llm.FThinking, llm.FImageFile, llm.FFileID, llm.FVendorPart, llm.FBuiltin)

// byPlace are features that a place in the conversation is; it stays where it is.
var byPlace = llm.Of(llm.FAssistantPrefill)

func checkOutcomes(t *testing.T, to *dialect.Dialect, f llm.Feature, carry dialect.Carry, all []outcome) {
	t.Helper()
	if len(all) == 0 {
		t.Errorf("%s: %q is called %s, and no example shows it", to.Name, f, carry.Fate)
		return
	}
	good := func(o outcome) bool {
		return o.kind == whole || carry.Fate == dialect.Mapped && (o.kind == other || o.kind == unasked)
	}
	if (carry.Fate == dialect.Kept || carry.Fate == dialect.Mapped) && !byOrigin.Has(f) && !slices.ContainsFunc(all, good) {
		t.Errorf("%s: %q is called %s, and in %d examples it never is: %s", to.Name, f, carry.Fate, len(all), all[0].why)
	}
}

func checkRead(t *testing.T, d *dialect.Dialect, f *dialect.Field, r *llm.Request) {
	t.Helper()
	named := slices.Contains(r.Unnamed, bare(f.Path))
	switch {
	case f.Feature != 0 && !r.Has.Has(f.Feature):
		t.Errorf("%s %s: the example does not show %q", d.Name, f.Path, f.Feature)
	case f.Feature != 0 && named:
		t.Errorf("%s %s: it is in the ledger and unnamed", d.Name, f.Path)
	case f.Refuse != (len(r.Refuse) > 0):
		t.Errorf("%s %s: the table says refused %t, the request %q", d.Name, f.Path, f.Refuse, r.Refuse)
	case f.Feature == 0 && !f.Frame && !f.Refuse && !named && !owns(r, bare(f.Path)):
		t.Errorf("%s %s: what only this dialect has is neither kept nor named: %q", d.Name, f.Path, r.Unnamed)
	}
}

// bare gives a path without the words that tell several fields of one path apart.
func bare(path string) string {
	path, _, _ = strings.Cut(path, " (")
	path, _, _ = strings.Cut(path, "(")
	return path
}

// owns reports whether a member is kept for the dialect it came from, where the gateway
// names it as dropped from.
func owns(r *llm.Request, path string) bool {
	name := path[strings.LastIndexByte(path, '.')+1:]
	is := func(m llm.Member) bool { return m.Name == path || m.Name == name }
	found := slices.ContainsFunc(r.Own, is)
	for i := range r.Tools {
		found = found || slices.ContainsFunc(r.Tools[i].Own, is)
	}
	for i := range r.Messages {
		found = found || slices.ContainsFunc(r.Messages[i].Own, is) ||
			slices.ContainsFunc(r.Messages[i].Parts, func(p llm.Part) bool { return slices.ContainsFunc(p.Own, is) })
	}
	return found
}

// TestEachFieldIsShown: what a field is called has to be seen in its own example, in one
// of the same feature, or in that of the member it stands in.
func TestEachFieldIsShown(t *testing.T) {
	for _, d := range conversing(t) {
		shown := map[llm.Feature]bool{}
		dropped := map[string]bool{}
		for _, f := range d.Fields {
			if f.Example != "" {
				shown[f.Feature], dropped[bare(f.Path)] = true, f.Feature == 0 && !f.Frame
			}
		}
		for _, f := range d.Fields {
			switch {
			case f.Frame || f.Refuse || f.Example != "":
			case f.Feature != 0 && !shown[f.Feature]:
				t.Errorf("%s %s: no example shows %q", d.Name, f.Path, f.Feature)
			case f.Feature == 0 && !inside(f.Path, dropped):
				t.Errorf("%s %s: it is called dropped, and no example shows it", d.Name, f.Path)
			}
		}
	}
}

// inside reports whether a path is below one of a set.
func inside(path string, set map[string]bool) bool {
	for {
		cut := max(strings.LastIndexByte(path, '.'), 0)
		if set[path] || set[strings.TrimSuffix(path, "[]")] {
			return true
		}
		if cut == 0 {
			return false
		}
		path = path[:cut]
	}
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

// wellMade reports whether a request is one that can be asked of every vendor: a user
// begins, with words or media, and every call has its result in the turn after it.
func wellMade(r *llm.Request) bool {
	begun := false
	var open []string
	for i := range r.Messages {
		m := &r.Messages[i]
		if !begun && m.Role == llm.Assistant || m.Role != llm.ToolRole && len(open) > 0 {
			return false
		}
		for n := range m.Parts {
			p := &m.Parts[n]
			begun = begun || m.Role == llm.User && p.Kind != llm.Vendor
			switch {
			case p.Call != nil:
				open = append(open, p.Call.ID)
			case p.Result != nil:
				open = slices.DeleteFunc(open, func(id string) bool { return id == p.Result.ID })
			}
		}
	}
	return begun && len(open) == 0
}
