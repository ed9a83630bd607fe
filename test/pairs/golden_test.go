package pairs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// goldenRoot holds a folder for each scenario, with a request in each dialect's own
// words (chat.json) and what it becomes for each dialect (chat-gemini.json). In told.json
// stands what is said of each translation besides. SLUICE_UPDATE=1 writes all but the
// requests themselves.
const goldenRoot = "testdata/golden"

// goldenTargets are the models that goldens are written for.
var goldenTargets = map[dialect.Name]dialect.Target{
	dialect.Chat:      {Model: "gpt-4o", Facts: dialect.Facts{MaxOutput: 16384, Known: true, Temperature: true}},
	dialect.Responses: {Model: "gpt-5.2", Facts: dialect.Facts{MaxOutput: 128000, Known: true, Reasoning: true}},
	dialect.Messages:  {Model: "claude-sonnet-4-5", Facts: dialect.Facts{MaxOutput: 64000, Known: true, Reasoning: true, Temperature: true}},
	dialect.Gemini:    {Model: "gemini-2.5-flash", Facts: dialect.Facts{MaxOutput: 65536, Known: true, Reasoning: true, Temperature: true}},
	dialect.Converse:  {Model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0", Facts: dialect.Facts{MaxOutput: 64000, Known: true, Reasoning: true, Temperature: true}},
	dialect.Cohere:    {Model: "command-a-03-2025", Facts: dialect.Facts{MaxOutput: 8000, Known: true, Temperature: true}},
}

// thinkers take their place where a scenario is about reasoning.
var thinkers = map[dialect.Name]dialect.Target{
	dialect.Chat:   {Model: "gpt-5.2", Facts: dialect.Facts{MaxOutput: 128000, Known: true, Reasoning: true}},
	dialect.Gemini: {Model: "gemini-3-pro-preview", Facts: dialect.Facts{MaxOutput: 65536, Known: true, Reasoning: true, Temperature: true}},
	dialect.Cohere: {Model: "command-a-reasoning-08-2025", Facts: dialect.Facts{MaxOutput: 32000, Known: true, Reasoning: true, Temperature: true}},
}

func goldenTarget(scenario string, to dialect.Name) dialect.Target {
	t, ok := thinkers[to]
	if !ok || !strings.HasPrefix(scenario, "thinking") {
		t = goldenTargets[to]
	}
	t.Provider = "somewhere"
	return t
}

// notes are what is said of a translation beside the body.
type notes struct {
	Lost   []string          `json:"lost,omitempty"`
	Names  map[string]string `json:"names,omitempty"`
	Header [][2]string       `json:"header,omitempty"`
	Error  string            `json:"error,omitempty"`
}

func TestRequestsAreTranslatedAsTheGoldensSay(t *testing.T) {
	scenarios, err := os.ReadDir(goldenRoot)
	if err != nil {
		t.Fatal(err)
	}
	if len(scenarios) < 11 {
		t.Errorf("there are only %d scenarios", len(scenarios))
	}
	for _, s := range scenarios {
		t.Run(s.Name(), func(t *testing.T) {
			all := conversing(t)
			says := map[string]notes{}
			for _, from := range all {
				body := compacted(t, filepath.Join(goldenRoot, s.Name(), string(from.Name)+".json"))
				for _, to := range all {
					says[string(from.Name+"-"+to.Name)] = goldenPair(t, s.Name(), from, to, body)
				}
			}
			checkTold(t, filepath.Join(goldenRoot, s.Name(), "told.json"), says)
		})
	}
}

// goldenPair translates one request for one dialect and holds it to its golden.
func goldenPair(t *testing.T, scenario string, from, to *dialect.Dialect, body []byte) notes {
	t.Helper()
	at := fmt.Sprintf("%s: %s → %s", scenario, from.Name, to.Name)
	target := goldenTarget(scenario, to.Name)
	r, w, err := translated(t, from, to, &target, body)
	file := filepath.Join(goldenRoot, scenario, string(from.Name+"-"+to.Name)+".json")
	if err != nil {
		checkNone(t, file)
		return notes{Error: err.Error()}
	}
	if _, again, _ := translated(t, from, to, &target, body); !bytes.Equal(w.Body, again.Body) {
		t.Errorf("%s: it is written differently the second time:\n%s\n%s", at, w.Body, again.Body)
	}
	if err := dialecttest.CheckRequest(to.Name, w.Body); err != nil && from != to {
		t.Errorf("%s: %v", at, err)
	}
	checkGolden(t, at, file, w.Body)
	back, err := to.Codec.ParseRequest(w.Body)
	if err != nil {
		t.Errorf("%s: what was written is not read again: %v", at, err)
		return notes{}
	}
	if from == to {
		usage := llm.Of(llm.FStreamUsage) // of streams it is always asked for
		if len(back.Unnamed) != len(r.Unnamed) || back.Has.With(usage).With(w.Lost) != r.Has.With(usage) {
			t.Errorf("%s: it says something else than what was read: %v, %v", at, back.Has.All(), r.Has.All())
		}
		return notes{Names: w.Names, Header: w.Header}
	}
	checkMeaning(t, at, r, back)
	checkLost(t, at, r, back, to, &target, &w)
	return notes{Lost: lostOf(r, to, &w), Names: w.Names, Header: w.Header}
}

// translated does what is done for a call: the request is read, what the target takes
// only as bytes is fetched, and it is written.
func translated(t *testing.T, from, to *dialect.Dialect, target *dialect.Target, body []byte) (*llm.Request, dialect.Written, error) {
	t.Helper()
	r, err := from.Codec.ParseRequest(body)
	if err != nil {
		t.Fatalf("%s: the request is not read: %v", from.Name, err)
	}
	if from == to {
		target.Stream = r.Stream
		w, err := to.Codec.FormatRequest(nil, r, target)
		return r, w, err
	}
	r = dialect.Unmarked(r)
	if len(r.Refuse) > 0 {
		return r, dialect.Written{}, fmt.Errorf("refused: %s", r.Refuse[0])
	}
	for _, f := range r.Has.All() {
		if c := to.Carries[f]; c.Fate == dialect.Refused {
			return r, dialect.Written{}, fmt.Errorf("refused: %s", f)
		}
	}
	inlined(r, to)
	target.Stream = r.Stream
	w, err := to.Codec.FormatRequest(nil, r, target)
	return r, w, err
}

// checkLost holds what is told as lost to the ledger.
func checkLost(t *testing.T, at string, r, back *llm.Request, to *dialect.Dialect, target *dialect.Target, w *dialect.Written) {
	t.Helper()
	if beyond := w.Lost.Without(r.Has).All(); len(beyond) > 0 {
		t.Errorf("%s: told as lost, and never asked for: %q", at, beyond)
	}
	for _, f := range r.Has.All() {
		o := fateOf(r, f, to, target, w, back)
		if wrong := o.against(to.Carries[f], f, w); wrong != "" {
			t.Errorf("%s: %q is called %s, and %s", at, f, to.Carries[f].Fate, wrong)
		}
		if c := to.Carries[f]; c.Fate == dialect.Kept && w.Lost.Has(f) && back.Has.Has(f) && !several.Has(f) && !strings.Contains(c.How, ";") {
			t.Errorf("%s: %q is called kept, it comes out, and is told as lost", at, f)
		}
	}
}

// several are features of which a request has any number: some may be lost.
var several = llm.Of(llm.FStop, llm.FCache, llm.FToolStrict)

// lostOf lists what is told as lost.
func lostOf(r *llm.Request, to *dialect.Dialect, w *dialect.Written) (all []string) {
	lost := w.Lost
	for _, f := range r.Has.All() {
		if to.Carries[f].Fate == dialect.Dropped {
			lost.Add(f)
		}
	}
	for _, f := range lost.All() {
		all = append(all, f.String())
	}
	for _, m := range r.Own {
		all = append(all, "its own: "+m.Name)
	}
	for _, path := range r.Unnamed {
		all = append(all, "unnamed: "+path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// checkMeaning compares the calls and the results, which no translation may lose: how
// many there are, and what the calls say.
func checkMeaning(t *testing.T, at string, r, back *llm.Request) {
	t.Helper()
	before, after := exchanged(r), exchanged(back)
	if !slices.Equal(before, after) {
		t.Errorf("%s: the calls and results were\n%q, and are\n%q", at, before, after)
	}
}

// exchanged lists calls by their arguments, and results by the place of their call.
func exchanged(r *llm.Request) (all []string) {
	calls := map[string]int{}
	n := 0
	for i := range r.Messages {
		var results []string
		for k := range r.Messages[i].Parts {
			switch p := &r.Messages[i].Parts[k]; {
			case p.Call != nil:
				calls[p.Call.ID] = n
				all = append(all, fmt.Sprintf("call %d %s", n, argumentsOf(p.Call)))
				n++
			case p.Result != nil:
				results = append(results, fmt.Sprintf("result of %d", calls[p.Result.ID]))
			}
		}
		slices.Sort(results) // where there are no ids, they stand in the order of the calls
		all = append(all, results...)
	}
	return all
}

func argumentsOf(c *llm.Call) string {
	text := string(c.Arguments)
	if c.Quoted {
		_ = json.Unmarshal(c.Arguments, &text)
	}
	var v any
	if json.Unmarshal([]byte(text), &v) != nil || v == nil {
		return "{}"
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func updates() bool { return os.Getenv("SLUICE_UPDATE") == "1" }

// compacted reads a file of JSON without the white space it has for people.
func compacted(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return b.Bytes()
}

// checkGolden compares the bytes that were written, exactly.
func checkGolden(t *testing.T, at, file string, body []byte) {
	t.Helper()
	if updates() {
		write(t, file, body)
	}
	if golden := compacted(t, file); !bytes.Equal(golden, body) {
		t.Errorf("%s:\n%s\nit should be\n%s", at, body, golden)
	}
}

// checkNone sees to it that there is no golden of what is refused.
func checkNone(t *testing.T, file string) {
	t.Helper()
	if updates() {
		_ = os.Remove(file)
	}
	if _, err := os.Stat(file); err == nil {
		t.Errorf("%s: the call is refused", file)
	}
}

func checkTold(t *testing.T, file string, says map[string]notes) {
	t.Helper()
	for pair, s := range says {
		if s.Lost == nil && s.Names == nil && s.Header == nil && s.Error == "" {
			delete(says, pair)
		}
	}
	text, err := json.Marshal(says)
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, file, file, text)
}

func write(t *testing.T, file string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", " "); err != nil {
		t.Fatalf("%s: %v: %s", file, err, body)
	}
	b.WriteByte('\n')
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
