package anthropic_test

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
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// kinds are the recorded exchanges whose answers are in this dialect.
var kinds = []string{"anthropic/*", "vertex/anthropic-messages*", "bedrock/invoke*"}

// TestEveryRecordedAnswerIsMetered compares what the meter reads of each recorded
// answer with a plain reading of the same JSON, and prints what was compared.
func TestEveryRecordedAnswerIsMetered(t *testing.T) {
	rows, total := map[string]*row{}, 0
	for _, dir := range cases(t) {
		c, ok := load(t, dir)
		if !ok {
			continue
		}
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
		fmt.Fprintf(&b, "%-55s %4d cases %4d passed\n", name, r.cases, r.cases-len(r.why))
		for _, why := range r.why {
			fmt.Fprintf(&b, "    %s\n", why)
		}
	}
	fmt.Fprintf(&b, "%-55s %4d cases %4d passed", "together", cases, passed)
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
			dirs = append(dirs, found...)
		}
	}
	return dirs
}

// recorded is one case of the corpus.
type recorded struct {
	Status  int         `json:"status"`
	Framing string      `json:"framing"`
	Headers [][2]string `json:"headers"`
	body    []byte
}

func load(t *testing.T, dir string) (recorded, bool) {
	t.Helper()
	var c recorded
	c.body = read(t, dir, "body.raw")
	unmarshal(t, read(t, dir, "response.json"), &c)
	// Of the cloud's own invocations only whole answers of this vendor's models are in this dialect.
	reseller := strings.Contains(dir, "bedrock")
	return c, !reseller || strings.Contains(string(c.body), `"type":"message"`) && c.Framing == "json"
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unmarshal(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// check says why a case fails, "" when it does not.
func (c *recorded) check() string {
	switch {
	case c.Status >= 400:
		return c.checkError()
	case c.Framing == "sse":
		return c.checkStream()
	}
	return c.checkAnswer()
}

// checkError: the kind must be what the vendor's documentation makes of type and text.
func (c *recorded) checkError() string {
	var e struct {
		Error struct{ Type, Message string }
	}
	_ = json.Unmarshal(c.body, &e)
	want := map[string]fault.Kind{
		"invalid_request_error": fault.Caller, "not_found_error": fault.Caller, "request_too_large": fault.Caller,
		"authentication_error": fault.Credential, "billing_error": fault.Credential,
		"rate_limit_error": fault.RateLimited, "api_error": fault.Upstream, "overloaded_error": fault.Upstream, "timeout_error": fault.Timeout,
	}[e.Error.Type]
	if strings.HasPrefix(e.Error.Message, "prompt is too long") {
		want = fault.ContextWindow
	}
	f := anthropic.Dialect.ParseError(c.Status, header(c.Headers), c.body)
	if f.Kind != want || f.Message != e.Error.Message || f.Upstream.Status != c.Status || f.Upstream.Type != e.Error.Type {
		return fmt.Sprintf("read as %s %d %q, want %s", f.Kind, f.Upstream.Status, f.Message, want)
	}
	if wait := header(c.Headers).Get("Retry-After"); wait != "" && fmt.Sprintf("%.0f", f.RetryAfter.Seconds()) != wait {
		return fmt.Sprintf("retry after %s, want %s s", f.RetryAfter, wait)
	}
	return ""
}

func (c *recorded) checkAnswer() string {
	m := anthropic.Dialect.NewMeter(llm.OpChat)
	m.Answer("application/json", c.body)
	var want object
	if json.Unmarshal(c.body, &want) != nil { // a batch's results, one line each, are nobody's usage here
		return differs(m.Report(), dialect.Report{ID: m.Report().ID})
	}
	return differs(m.Report(), dialect.Report{
		ID: want.text("id"), Model: want.text("model"), FinishReason: want.text("stop_reason"),
		ServiceTier: want.object("usage").text("service_tier"), Usage: usage(want.object("usage")),
	})
}

func (c *recorded) checkStream() string {
	m := anthropic.Dialect.NewMeter(llm.OpChat)
	var want dialect.Report
	told := object{}
	failed := false
	signs := sense(m, c.body)
	events := split(c.body)
	if len(signs) != len(events) {
		return fmt.Sprintf("%d events of %d", len(signs), len(events))
	}
	for i, e := range events {
		sign := signs[i]
		var o object
		if err := json.Unmarshal([]byte(e.data), &o); err != nil {
			return "no JSON: " + e.data
		}
		want.Ended = want.Ended || o.text("type") == "message_stop" || o.text("type") == "message" || o.text("stop_reason") != ""
		failed = failed || o.text("type") == "error"
		for _, part := range []object{o, o.object("message"), o.object("delta")} {
			assign(&want.ID, part.text("id"))
			assign(&want.Model, part.text("model"))
			assign(&want.FinishReason, part.text("stop_reason"))
			for k, v := range part.object("usage") {
				if o.text("type") != "message_start" || k != "output_tokens" {
					told[k] = v
				}
			}
		}
		if quiet := o.text("type") == "message_start" || o.text("type") == "ping"; quiet && sign != 0 {
			return fmt.Sprintf("%s has sign %b", o.text("type"), sign)
		}
		if says(o) && !sign.Has(dialect.Content) {
			return "no content sign on " + e.data
		}
	}
	want.Usage, want.ServiceTier = usage(told), told.text("service_tier")
	got := *m.Report()
	if (got.Fault != nil) != failed {
		return fmt.Sprintf("fault %v, error events: %v", got.Fault, failed)
	}
	got.Fault = nil
	return differs(&got, want)
}

// says reports whether an event surely carries content.
func says(o object) bool {
	d := o.object("delta")
	if o.text("completion") != "" || d.text("text") != "" || d.text("partial_json") != "" || d.text("thinking") != "" || d.text("signature") != "" {
		return true
	}
	kind := o.object("content_block").text("type")
	return kind == "tool_use" || kind == "server_tool_use" || kind == "redacted_thinking"
}

func assign(dst *string, s string) {
	if s != "" {
		*dst = s
	}
}

func differs(got *dialect.Report, want dialect.Report) string {
	if reflect.DeepEqual(*got, want) {
		return ""
	}
	return fmt.Sprintf("got %+v, want %+v", *got, want)
}

// object is a JSON object read the plain way.
type object map[string]any

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func (o object) object(name string) object { m, _ := o[name].(map[string]any); return m }

func (o object) count(name string) llm.Count {
	n, ok := o[name].(float64)
	return llm.Count{N: int64(n), Known: ok}
}

// usage is what a whole usage object means, read the plain way.
func usage(o object) llm.Usage {
	var u llm.Usage
	var hour llm.Count
	sum := func(o object) {
		u.InputTokens = u.InputTokens.Add(o.count("input_tokens")).Add(o.count("cache_creation_input_tokens")).Add(o.count("cache_read_input_tokens"))
		u.CacheReadTokens = u.CacheReadTokens.Add(o.count("cache_read_input_tokens"))
		u.CacheWriteTokens = u.CacheWriteTokens.Add(o.count("cache_creation_input_tokens"))
		u.OutputTokens = u.OutputTokens.Add(o.count("output_tokens"))
		hour = hour.Add(o.object("cache_creation").count("ephemeral_1h_input_tokens"))
	}
	sum(o)
	runs, _ := o["iterations"].([]any)
	for _, run := range runs {
		switch run := object(run.(map[string]any)); run.text("type") {
		case "compaction":
			sum(run)
		case "advisor_message":
			u.SetUnit("advisor_input_tokens", float64(run.count("input_tokens").N))
			u.SetUnit("advisor_output_tokens", float64(run.count("output_tokens").N))
		}
	}
	u.ReasoningTokens = o.object("output_tokens_details").count("thinking_tokens")
	for name, n := range map[string]llm.Count{
		"cache_write_1h_tokens": hour,
		"searches":              o.object("server_tool_use").count("web_search_requests"),
		"web_fetch_requests":    o.object("server_tool_use").count("web_fetch_requests"),
	} {
		if n.N > 0 {
			u.SetUnit(name, float64(n.N))
		}
	}
	return u
}

type event struct{ name, data string }

var lineEnd = regexp.MustCompile("\r\n|\n|\r")

// split frames a stream the plain way.
func split(body []byte) (events []event) {
	var e event
	for _, line := range append(lineEnd.Split(string(body), -1), "") {
		if name, ok := strings.CutPrefix(line, "event:"); ok {
			e.name = strings.TrimSpace(name)
		} else if data, ok := strings.CutPrefix(line, "data:"); ok {
			e.data += strings.TrimSpace(data)
		} else if line == "" && e.data != "" {
			events, e = append(events, e), event{}
		}
	}
	return events
}

func header(pairs [][2]string) http.Header {
	h := http.Header{}
	for _, p := range pairs {
		h.Add(p[0], p[1])
	}
	return h
}
