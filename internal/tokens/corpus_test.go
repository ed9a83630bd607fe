package tokens_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/tokens"
)

// spoken are the dialects whose recorded calls tell both a request and its usage.
var spoken = []struct {
	api     string
	dialect *dialect.Dialect
}{
	{"chat", openaichat.Dialect},
	{"responses", openairesponses.Dialect},
	{"messages", anthropic.Dialect},
	{"generate", gemini.Dialect},
}

// recorded is a call whose request and usage are known.
type recorded struct {
	*dialecttest.Case
	request  []byte
	model    string
	text     bool // all of its input stands in its body, as text
	usage    llm.Usage
	streamed tokens.Stream
}

func recordings(t *testing.T, api string, d *dialect.Dialect) []*recorded {
	t.Helper()
	var all []*recorded
	for _, c := range dialecttest.Corpus(t, api) {
		if r := read(t, c, d); r != nil {
			all = append(all, r)
		}
	}
	return all
}

func read(t *testing.T, c *dialecttest.Case, d *dialect.Dialect) *recorded {
	if c.Status >= 400 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(corpus(), c.Name, "request.json"))
	if err != nil {
		return nil
	}
	var q struct {
		Path string          `json:"path"`
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(text, &q); err != nil {
		t.Fatal(err)
	}
	r := &recorded{Case: c, request: q.Body, text: !beyond.Match(q.Body) && !house.MatchString(c.Name)}
	if _, rest, ok := strings.Cut(q.Path, "/models/"); ok {
		r.model, _, _ = strings.Cut(rest, ":")
	}
	r.meter(d.NewMeter(llm.OpChat), d.Digest)
	if len(r.request) == 0 || r.request[0] != '{' || r.usage.InputTokens.N == 0 {
		return nil
	}
	return r
}

func (r *recorded) meter(m dialect.Meter, digest []string) {
	if r.Framing != "sse" {
		m.Answer(r.Header.Get("Content-Type"), r.Body)
		r.usage = m.Report().Usage
		return
	}
	take := func(e *dialect.Event) {
		if !e.Comment && !e.Partial && m.Event(e.Name, e.Data).Has(dialect.Content) {
			r.streamed.Content(e.Name, e.Data)
		}
	}
	f := dialect.NewSSE(digest)
	f.Feed(r.Body, take)
	f.Close(take)
	r.usage = m.Report().Usage
}

func corpus() string {
	if root := os.Getenv("SLUICE_CORPUS"); root != "" {
		return root
	}
	return filepath.Join("..", "..", "..", "shared", "corpus")
}

// beyond matches requests that name what only the vendor holds, or that let it search
// and run on its own: their input is not in their body.
var beyond = regexp.MustCompile(`previous_response_id|cachedContent|"conversation"|file_id|fileUri|encrypted_content|context_management|` +
	`thoughtSignature|"type":\s*"(web_search|web_fetch|code_execution|code_interpreter|file_search|mcp|image_generation|computer|text_editor|bash|memory|tool_search|shell|local_shell|x_search)|` +
	`googleSearch|google_search|codeExecution|urlContext|openrouter:|"plugins"|"image_url"|input_image|"inlineData"|"inline_data"|fileData|file_data|advisor|"input_audio"|"input_file"|"source":|"file":|compound`)

// house matches servers that put a prompt of their own before the caller's.
var house = regexp.MustCompile(`^(venice|perplexity)/`)

// mistakes are relative errors.
type mistakes []float64

func (m *mistakes) add(got, want int64) {
	*m = append(*m, math.Abs(float64(got-want))/float64(want))
}

func (m mistakes) at(part float64) float64 {
	if len(m) == 0 {
		return 0
	}
	slices.Sort(m)
	return m[int(float64(len(m)-1)*part)]
}

func (m mistakes) String() string {
	return fmt.Sprintf("%4d calls, median %4.1f %%, p90 %5.1f %%", len(m), 100*m.at(.5), 100*m.at(.9))
}

// TestRecordedCalls measures the estimates against what vendors counted.
func TestRecordedCalls(t *testing.T) {
	for _, s := range spoken {
		calls := recordings(t, s.api, s.dialect)
		t.Run(s.api+" input is near what the vendors count", func(t *testing.T) { checkInput(t, calls) })
		t.Run(s.api+" text is never more than its bound", func(t *testing.T) { checkBound(t, calls) })
		t.Run(s.api+" events tell the output", func(t *testing.T) { checkOutput(t, calls) })
	}
}

// measure compares an estimate with a count, for all and for larger counts.
type measure struct {
	all, large, long mistakes
	sum, want        int64
}

func (m *measure) add(got, want int64) {
	m.all.add(got, want)
	if want >= 100 {
		m.large.add(got, want)
	}
	if want >= 1000 {
		m.long.add(got, want)
	}
	m.sum, m.want = m.sum+got, m.want+want
}

func (m *measure) check(t *testing.T, median float64) {
	t.Logf("all: %v; from 100 tokens: %v; from 1000: %v; all together %.2f of what was counted", m.all, m.large, m.long, float64(m.sum)/float64(m.want))
	if m.all.at(.5) > median {
		t.Errorf("the median error is %.0f %%", 100*m.all.at(.5))
	}
}

func checkInput(t *testing.T, calls []*recorded) {
	var m measure
	for _, r := range calls {
		if r.text {
			m.add(tokens.Input(r.request, r.model), r.usage.InputTokens.N)
		}
	}
	m.check(t, .15)
}

func checkBound(t *testing.T, calls []*recorded) {
	var factors []float64
	for _, r := range calls {
		n, bound := r.usage.InputTokens.N, tokens.Bound(r.request)
		switch {
		case bound < n && r.text:
			t.Errorf("%s: the vendor counted %d, the bound is %d", r.Name, n, bound)
		case bound < n:
			t.Logf("not in the body: %s: the vendor counted %d, the bound is %d", r.Name, n, bound)
		case n >= 1000 && r.text:
			factors = append(factors, float64(bound)/float64(n))
		}
	}
	slices.Sort(factors)
	if len(factors) > 0 {
		t.Logf("%d calls from 1000 tokens: the bound is %.1f times what was counted in the middle, %.1f at the most", len(factors), factors[len(factors)/2], factors[len(factors)-1])
	}
}

func checkOutput(t *testing.T, calls []*recorded) {
	var m measure
	for _, r := range calls {
		n := r.usage.OutputTokens.N
		if r.streamed.Seen() && r.text && n > 0 && r.usage.ReasoningTokens.N == 0 { // reasoning is not always shown
			m.add(r.streamed.Tokens(), n)
		}
	}
	m.check(t, .25)
}
