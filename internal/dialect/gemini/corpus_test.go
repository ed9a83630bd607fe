package gemini_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// kinds are the recorded exchanges whose answers are in this dialect.
var kinds = []string{
	"gemini/generate*", "gemini/count-tokens", "gemini/embeddings", "gemini/cached-content", "gemini/files", "gemini/models",
	"gemini/error-*",
	"vertex/generate*", "vertex/count-tokens", "vertex/embeddings", "vertex/predict", "vertex/cached-content", "vertex/error-*",
}

// TestEveryRecordedAnswerIsMetered compares what the meter reads of each recorded
// answer with a plain reading of the same JSON, and prints what was compared.
func TestEveryRecordedAnswerIsMetered(t *testing.T) {
	rows, total := map[string]*row{}, 0
	for _, dir := range cases(t) {
		c := load(t, dir)
		total++
		name := filepath.Join(filepath.Base(filepath.Dir(filepath.Dir(dir))), filepath.Base(filepath.Dir(dir)))
		if rows[name] == nil {
			rows[name] = &row{}
		}
		rows[name].cases++
		if why := c.check(); why != "" {
			rows[name].why = append(rows[name].why, filepath.Base(dir)+": "+why)
		}
	}
	if total == 0 {
		t.Fatal("the corpus is there but holds no case of this dialect")
	}
	printRows(t, rows)
}

type row struct {
	cases int
	why   []string
}

func printRows(t *testing.T, rows map[string]*row) {
	var b strings.Builder
	cases, passed := 0, 0
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		cases, passed = cases+r.cases, passed+r.cases-len(r.why)
		fmt.Fprintf(&b, "%-45s %4d cases %4d passed\n", name, r.cases, r.cases-len(r.why))
		for _, why := range r.why {
			fmt.Fprintf(&b, "    %s\n", why)
		}
	}
	fmt.Fprintf(&b, "%-45s %4d cases %4d passed", "together", cases, passed)
	t.Logf("\n%s", b.String())
	if passed != cases {
		t.Errorf("%d of %d cases failed", cases-passed, cases)
	}
}

// cases are the folders of the recorded exchanges, and of those that were retyped from
// public reports and stand beside them.
func cases(t *testing.T) (dirs []string) {
	t.Helper()
	corpus := os.Getenv("SLUICE_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no recorded traffic: set SLUICE_CORPUS to its folder to compare with it")
	}
	for _, root := range []string{corpus, filepath.Clean(corpus) + "-transcribed"} {
		for _, kind := range kinds {
			found, _ := filepath.Glob(filepath.Join(root, kind, "*"))
			for _, dir := range found {
				if !strings.Contains(dir, "error-interactions") { // another API, with errors of its own
					dirs = append(dirs, dir)
				}
			}
		}
	}
	return dirs
}

// recorded is one case of the corpus.
type recorded struct {
	Status  int         `json:"status"`
	Framing string      `json:"framing"`
	Headers [][2]string `json:"headers"`
	op      llm.Operation
	body    []byte
}

func load(t *testing.T, dir string) recorded {
	t.Helper()
	var c recorded
	c.body = read(t, dir, "body.raw")
	if err := json.Unmarshal(read(t, dir, "response.json"), &c); err != nil {
		t.Fatal(err)
	}
	c.op = llm.OpChat
	switch filepath.Base(filepath.Dir(dir)) {
	case "embeddings":
		c.op = llm.OpEmbeddings
	case "count-tokens":
		c.op = llm.OpCountTokens
	case "cached-content":
		c.op = llm.OpCached
	case "predict":
		c.op = llm.OpImages
	}
	return c
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// check says why a case fails, "" when it does not.
func (c *recorded) check() string {
	switch {
	case c.Status >= 400:
		return c.checkError()
	case c.Framing == "sse":
		return c.checkStream(false)
	case c.body[0] == '[':
		return c.checkStream(true)
	}
	return c.checkAnswer()
}

func (c *recorded) checkError() string {
	var e struct {
		Error struct {
			Message, Status string
			Details         []struct{ Reason, RetryDelay string }
		}
	}
	if err := json.Unmarshal(c.body, &e); err != nil {
		return err.Error()
	}
	want := map[string]fault.Kind{
		"INVALID_ARGUMENT": fault.Caller, "NOT_FOUND": fault.Caller, "UNAUTHENTICATED": fault.Credential, "PERMISSION_DENIED": fault.Credential,
		"RESOURCE_EXHAUSTED": fault.RateLimited, "INTERNAL": fault.Upstream, "UNAVAILABLE": fault.Upstream,
	}[e.Error.Status]
	delay := ""
	for _, d := range e.Error.Details {
		if d.Reason == "API_KEY_INVALID" {
			want = fault.Credential
		}
		delay += d.RetryDelay
	}
	switch {
	case strings.Contains(e.Error.Message, "exceeds the maximum number of tokens"):
		want = fault.ContextWindow
	case strings.Contains(e.Error.Message, "not found (or permission denied)"):
		want = fault.Caller
	}
	f := gemini.Dialect.ParseError(c.Status, header(c.Headers), c.body)
	if f.Kind != want || f.Message != e.Error.Message || f.Upstream.Status != c.Status || f.Upstream.Type != e.Error.Status {
		return fmt.Sprintf("read as %s %d %q, want %s", f.Kind, f.Upstream.Status, f.Message, want)
	}
	if delay != "" && f.RetryAfter.Seconds() < 1 {
		return fmt.Sprintf("retry after %s, want %s", f.RetryAfter, delay)
	}
	return ""
}

func (c *recorded) checkAnswer() string {
	m := gemini.Dialect.NewMeter(c.op)
	m.Answer("application/json", c.body)
	var o object
	if err := json.Unmarshal(c.body, &o); err != nil {
		return err.Error()
	}
	want := c.want([]object{o})
	want.Ended = false
	return differs(m.Report(), want)
}

// checkStream feeds a stream as it came, and as an answer where it is an array.
func (c *recorded) checkStream(array bool) string {
	chunks, err := split(c.body, array)
	if err != nil {
		return err.Error()
	}
	m := gemini.Dialect.NewMeter(c.op)
	f := dialect.NewSSE(gemini.Dialect.Digest)
	if array {
		f = dialect.NewJSONArray(gemini.Dialect.Digest)
	}
	why, n := "", 0
	f.Feed(c.body, func(e *dialect.Event) {
		if e.Comment || e.Partial {
			return
		}
		sign := m.Event(e.Name, e.Data)
		if says(chunks[n]) && !sign.Has(dialect.Content) {
			why = "no content sign on " + string(e.Data)
		}
		n++
	})
	if why != "" || n != len(chunks) {
		return fmt.Sprintf("%d events of %d; %s", n, len(chunks), why)
	}
	want := c.want(chunks)
	if array {
		whole := gemini.Dialect.NewMeter(c.op)
		whole.Answer("application/json", c.body)
		if why := differs(whole.Report(), dialect.Report{Usage: want.Usage, Model: want.Model, ID: want.ID, FinishReason: want.FinishReason, ServiceTier: want.ServiceTier}); why != "" {
			return "as an answer: " + why
		}
	}
	return differs(m.Report(), want)
}

// want is what a stream, or an answer as its only chunk, says of itself, read the plain way.
func (c *recorded) want(chunks []object) (want dialect.Report) {
	var last object
	searches := 0
	for _, o := range chunks {
		if u := o.object("usageMetadata"); u != nil {
			last = u
		}
		assign(&want.Model, o.text("modelVersion"))
		assign(&want.ID, o.text("responseId"))
		now := 0
		for _, candidate := range o.list("candidates") {
			assign(&want.FinishReason, name(candidate["finishReason"], "STOP", "MAX_TOKENS"))
			now += len(candidate.object("groundingMetadata").list("webSearchQueries"))
		}
		searches = max(searches, now)
		if want.FinishReason == "" {
			want.FinishReason = o.object("promptFeedback").text("blockReason")
		}
	}
	want.Ended = want.FinishReason != ""
	want.ServiceTier = last.text("serviceTier")
	if traffic := last.text("trafficType"); want.ServiceTier == "" && traffic != "" {
		want.ServiceTier = map[string]string{"ON_DEMAND": "standard", "ON_DEMAND_FLEX": "flex", "PROVISIONED_THROUGHPUT": "PROVISIONED_THROUGHPUT"}[traffic]
	}
	if c.op != llm.OpCached {
		want.Usage = usage(last, c.op, searches)
		addPredictions(&want.Usage, chunks[0])
	}
	return want
}

func usage(o object, op llm.Operation, searches int) llm.Usage {
	u := llm.Usage{
		InputTokens:     o.count("promptTokenCount").Add(o.count("toolUsePromptTokenCount")),
		CacheReadTokens: o.count("cachedContentTokenCount"),
		ReasoningTokens: o.count("thoughtsTokenCount"),
		OutputTokens:    o.count("candidatesTokenCount").Add(o.count("thoughtsTokenCount")),
	}
	if total := o.count("totalTokenCount"); total.Known && op == llm.OpChat { // the vendor's sum is the check on ours
		u.OutputTokens = llm.Known(total.N - u.InputTokens.N)
	}
	u.AudioInputTokens = modality(o, "AUDIO", "promptTokensDetails", "toolUsePromptTokensDetails")
	u.AudioOutputTokens = modality(o, "AUDIO", "candidatesTokensDetails")
	for unit, n := range map[string]int64{
		"image_input_tokens":  modality(o, "IMAGE", "promptTokensDetails", "promptTokenDetails").N,
		"image_output_tokens": modality(o, "IMAGE", "candidatesTokensDetails").N,
		"cached_audio_tokens": modality(o, "AUDIO", "cacheTokensDetails").N,
		"searches":            int64(searches),
	} {
		if n > 0 {
			u.SetUnit(unit, float64(n))
		}
	}
	return u
}

func addPredictions(u *llm.Usage, o object) {
	for _, p := range o.list("predictions") {
		u.InputTokens = u.InputTokens.Add(p.object("embeddings").object("statistics").count("token_count"))
	}
	if n := o.object("metadata").count("billableCharacterCount"); n.N > 0 {
		u.SetUnit("characters", float64(n.N))
	}
}

func modality(o object, kind string, lists ...string) (sum llm.Count) {
	for _, list := range lists {
		for _, one := range o.list(list) {
			if name(one["modality"], "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT") == kind {
				sum = sum.Add(one.count("tokenCount"))
			}
		}
	}
	return sum
}

// says reports whether a chunk surely carries content.
func says(o object) bool {
	for _, candidate := range o.list("candidates") {
		for _, part := range candidate.object("content").list("parts") {
			if part.text("text") != "" || part["functionCall"] != nil || part["executableCode"] != nil || part["codeExecutionResult"] != nil || part["inlineData"] != nil {
				return true
			}
		}
	}
	return false
}

func differs(got *dialect.Report, want dialect.Report) string {
	if reflect.DeepEqual(*got, want) {
		return ""
	}
	return fmt.Sprintf("got %+v, want %+v", *got, want)
}

// name reads an enum given as a word, or as a number that counts from 1.
func name(v any, words ...string) string {
	if n, ok := v.(float64); ok && int(n) >= 1 && int(n) <= len(words) {
		return words[int(n)-1]
	}
	s, _ := v.(string)
	return s
}

func assign(dst *string, s string) {
	if s != "" {
		*dst = s
	}
}

// object is a JSON object read the plain way.
type object map[string]any

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func (o object) object(name string) object { m, _ := o[name].(map[string]any); return m }

func (o object) list(name string) (out []object) {
	list, _ := o[name].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

func (o object) count(name string) llm.Count {
	n, ok := o[name].(float64)
	return llm.Count{N: int64(n), Known: ok}
}

var lineEnd = regexp.MustCompile("\r\n|\n|\r")

// split gives a stream's chunks the plain way.
func split(body []byte, array bool) (chunks []object, err error) {
	if array {
		return chunks, json.Unmarshal(body, &chunks)
	}
	for _, line := range lineEnd.Split(string(body), -1) {
		if data, ok := strings.CutPrefix(line, "data:"); ok {
			var o object
			if err := json.Unmarshal([]byte(data), &o); err != nil {
				return nil, err
			}
			chunks = append(chunks, o)
		}
	}
	return chunks, nil
}

func header(pairs [][2]string) http.Header {
	h := http.Header{}
	for _, p := range pairs {
		h.Add(p[0], p[1])
	}
	return h
}
