package openairesponses_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var codec = openairesponses.Dialect.Codec

// recordedRequest gives the body of a recorded request, nil when it was not kept.
func recordedRequest(t *testing.T, c *dialecttest.Case) []byte {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	text, err := os.ReadFile(filepath.Join(root, c.Name, "request.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Body json.RawMessage }
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if string(r.Body) == "null" {
		return nil
	}
	return r.Body
}

func TestRecordedRequestsComeBackWithTheSameMeaning(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "responses") {
		if body := recordedRequest(t, c); body != nil && c.Status < 300 {
			table.Add(c, checkRequest(body))
		}
	}
	table.Report(t)
}

func checkRequest(body []byte) string {
	r, err := codec.ParseRequest(body)
	if err != nil {
		return "read: " + err.Error()
	}
	written, err := codec.FormatRequest(nil, r, &dialect.Target{Model: r.Model, Stream: r.Stream})
	if err != nil {
		return "written: " + err.Error()
	}
	want, got := normal(decode(body)), normal(decode(written.Body))
	if !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("%s\n      want %s\n      got  %s", strings.Join(differences("", want, got), "; "), clip(want), clip(got))
	}
	return ""
}

func clip(v any) string {
	b, _ := json.Marshal(v)
	return string(b[:min(len(b), 1500)])
}

func decode(b []byte) (v any) {
	if err := json.Unmarshal(b, &v); err != nil {
		return "no JSON: " + err.Error() + ": " + string(b)
	}
	return v
}

// differences names the paths at which two decoded values differ.
func differences(path string, want, got any) (all []string) {
	if w, ok := want.(map[string]any); ok {
		if g, ok := got.(map[string]any); ok {
			for k := range w {
				all = append(all, differences(path+"."+k, w[k], g[k])...)
			}
			for k := range g {
				if _, ok := w[k]; !ok {
					all = append(all, path+"."+k+" is new")
				}
			}
			return all
		}
	}
	if w, ok := want.([]any); ok {
		if g, ok := got.([]any); ok && len(g) == len(w) {
			for i := range w {
				all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])...)
			}
			return all
		}
	}
	if !reflect.DeepEqual(want, got) {
		all = append(all, path)
	}
	return all
}

// normal undoes the spellings that mean the same: members that are null, empty or say
// what goes without saying; a content of one plain text; items without their type.
func normal(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for k, m := range v {
			m = normal(m)
			v[k] = m
			if m == nil || k == "stream" && m == false || emptyMember(k, m) {
				delete(v, k)
			}
		}
		if v["role"] != nil && v["type"] == nil {
			v["type"] = "message"
		}
		if s, ok := v["generate_summary"]; ok {
			v["summary"] = s
			delete(v, "generate_summary")
		}
		for _, k := range []string{"content", "output"} {
			if s, ok := loneText(v[k]); ok {
				v[k] = s
			}
		}
		if v["type"] == "function_call" && v["arguments"] == "" {
			v["arguments"] = "{}"
		}
		if u, ok := v["image_url"].(map[string]any); ok {
			v["image_url"] = u["url"]
		}
	}
	return v
}

func emptyMember(key string, v any) bool {
	switch key {
	case "annotations", "logprobs", "content", "include", "tools":
		l, ok := v.([]any)
		return ok && len(l) == 0
	case "text", "reasoning":
		m, ok := v.(map[string]any)
		return ok && len(m) == 0
	case "format":
		m, ok := v.(map[string]any)
		return ok && m["type"] == "text" && len(m) == 1
	}
	return false
}

func loneText(v any) (string, bool) {
	l, _ := v.([]any)
	if len(l) != 1 {
		return "", false
	}
	m, _ := l[0].(map[string]any)
	s, ok := m["text"].(string)
	kind, _ := m["type"].(string)
	return s, ok && len(m) == 2 && slices.Contains([]string{"input_text", "output_text"}, kind)
}

// meaning is what an answer says, whatever its form.
type meaning struct {
	Text, Thinking, Refusal, Finish, Vendor string
	Calls, State, Cites                     []string
	Usage                                   llm.Usage
	Tier, Model                             string
	Logprobs                                any
	Others                                  []any
}

func (m *meaning) add(p *llm.Part) {
	switch p.Kind {
	case llm.Text:
		m.Text += unquote(p.Text)
	case llm.Thinking:
		m.Thinking += unquote(p.Text)
	case llm.Refusal:
		m.Refusal += unquote(p.Text)
	case llm.ToolCall:
		arguments := string(p.Call.Arguments)
		if p.Call.Quoted || p.Call.Custom {
			arguments = unquote(p.Call.Arguments)
		}
		if arguments == "" && !p.Call.Custom {
			arguments = "{}"
		}
		m.Calls = append(m.Calls, p.Call.ID+" "+p.Call.Name+" "+arguments)
	default:
		m.Others = append(m.Others, decode(p.Raw))
	}
	for _, o := range p.State {
		m.State = append(m.State, o.Value)
	}
	for _, c := range p.Cites {
		m.Cites = append(m.Cites, string(c.Raw))
	}
}

func unquote(v llm.Raw) string {
	var s string
	if v != nil {
		if err := json.Unmarshal(v, &s); err != nil {
			return "broken: " + string(v)
		}
	}
	return s
}

func meaningOf(a *llm.Answer) meaning {
	m := meaning{Usage: a.Usage, Tier: a.Tier, Model: a.Model}
	for _, c := range a.Choices {
		m.Finish = string(c.Finish)
		for i := range c.Parts {
			m.add(&c.Parts[i])
		}
		if c.Logprobs != nil {
			m.Logprobs = decode(c.Logprobs)
		}
	}
	return m
}

// gather makes an answer of the events of a stream.
type gather struct {
	answer llm.Answer
	parts  []*llm.Part
	open   map[int]bool
	wrong  string
	last   llm.EventKind
	err    error
}

func (g *gather) see(e llm.Event) {
	if g.last == llm.End || g.last == llm.Fail {
		g.wrong = "an event after the last"
	}
	if (g.last == 0) != (e.Kind == llm.Start) && e.Kind != llm.Fail {
		g.wrong = fmt.Sprintf("event %d stands where it may not", e.Kind)
	}
	g.last = e.Kind
	switch e.Kind {
	case llm.Start:
		g.answer = llm.Answer{ID: e.ID, Model: e.Model, Created: e.Created, Choices: make([]llm.Choice, 1)}
	case llm.PartStart:
		g.begin(&e)
	case llm.Delta, llm.PartEnd:
		g.more(&e)
	case llm.Finished:
		g.finish(&e)
	case llm.UsageEvent:
		g.answer.Usage = *e.Usage
	case llm.Fail:
		g.err = e.Err
	}
}

func (g *gather) begin(e *llm.Event) {
	if e.Part != len(g.parts) {
		g.wrong = "parts are not numbered as they begin"
		return
	}
	p := &llm.Part{Kind: e.What, Raw: slices.Clone(e.Raw), State: slices.Clone(e.State)}
	if e.What == llm.ToolCall {
		p.Call = &llm.Call{ID: e.CallID, Name: e.CallName, Custom: e.Custom, Quoted: !e.Custom}
	}
	g.parts = append(g.parts, p)
	if g.open == nil {
		g.open = map[int]bool{}
	}
	g.open[e.Part] = true
}

func (g *gather) more(e *llm.Event) {
	if !g.open[e.Part] {
		g.wrong = "a part goes on that is not open"
		return
	}
	p := g.parts[e.Part]
	if e.What != p.Kind {
		g.wrong = "a part changes its kind"
	}
	p.State = append(p.State, slices.Clone(e.State)...)
	for _, c := range e.Cites {
		p.Cites = append(p.Cites, llm.Citation{Raw: slices.Clone(c.Raw)})
	}
	if e.Text != nil && p.Call != nil {
		p.Call.Arguments = quote(unquote(p.Call.Arguments) + unquote(e.Text))
	} else if e.Text != nil {
		p.Text = quote(unquote(p.Text) + unquote(e.Text))
	}
	if len(e.Raw) > 2 {
		l := &g.answer.Choices[0].Logprobs
		if *l == nil {
			*l = slices.Clone(e.Raw)
		} else {
			*l = append(append((*l)[:len(*l)-1], ','), e.Raw[1:]...)
		}
	}
	if e.Kind == llm.PartEnd {
		delete(g.open, e.Part)
	}
}

func (g *gather) finish(e *llm.Event) {
	if len(g.open) > 0 {
		g.wrong = "parts are open at the end"
	}
	c := &g.answer.Choices[0]
	c.Finish, c.Vendor = e.Finish, e.Vendor
	for _, p := range g.parts {
		c.Parts = append(c.Parts, *p)
	}
	if e.Model != "" {
		g.answer.Model = e.Model
	}
	g.answer.Tier = e.Tier
}

func quote(s string) llm.Raw {
	b, _ := json.Marshal(s)
	return b
}

func aCall() *dialect.Call {
	return &dialect.Call{ID: "0198c0de-0000-7000-8000-000000000001", Provider: "p", Model: "m", Asked: "asked", Time: time.Unix(1700000000, 0)}
}

// readStream gives the answer that a stream tells, cut in pieces of some size.
func readStream(body []byte, size int, c *dialect.Call) *gather {
	g := &gather{}
	parser := codec.NewStreamParser(c)
	var events []llm.Event
	take := func(e *dialect.Event) {
		if e.Comment {
			return
		}
		events = parser.Parse(events[:0], e.Name, e.Data)
		for _, ev := range events {
			g.see(ev)
		}
	}
	f := dialect.NewSSE(nil)
	f.HoldUpTo(64 << 20)
	for p := range slices.Chunk(body, size) {
		f.Feed(p, take)
	}
	f.Close(take)
	for _, ev := range parser.End(nil) {
		g.see(ev)
	}
	return g
}

func TestRecordedAnswersSurviveTheirOwnDialect(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "responses") {
		switch {
		case c.Status >= 400:
		case c.Framing == "sse":
			table.Add(c, checkRecordedStream(c))
		default:
			table.Add(c, checkRecordedAnswer(c))
		}
	}
	table.Report(t)
}

func checkRecordedAnswer(c *dialecttest.Case) string {
	a, err := codec.ParseAnswer(c.Body, aCall())
	if err != nil {
		if strings.Contains(string(c.Body), `"error"`) {
			return ""
		}
		return err.Error()
	}
	if why := plainlyRead(dialecttest.Decode(string(c.Body)), a); why != "" {
		return why
	}
	back, err := codec.ParseAnswer(codec.FormatAnswer(nil, a, aCall()), aCall())
	if err != nil {
		return "what was written: " + err.Error()
	}
	return compareMeanings(a, back)
}

// compareMeanings compares what two answers say; state comes back in its envelope.
func compareMeanings(want, got *llm.Answer) string {
	w, g := meaningOf(want), meaningOf(got)
	for i, s := range g.State {
		if o := dialect.Unwrap(s, dialect.Responses, "encrypted"); o.Provider != "p" || o.Model != "m" {
			return "state came back without its origin"
		} else {
			g.State[i] = o.Value
		}
	}
	if w.Tier == "" {
		g.Tier = ""
	}
	if w.Model == "" {
		g.Model = ""
	}
	w.Usage, g.Usage = plainUsage(w.Usage), plainUsage(g.Usage)
	if w.Finish == "unknown" || w.Finish == "error" {
		w.Finish, g.Finish = "", ""
	}
	if w.Finish == "pause" {
		g.Finish = "pause"
	}
	if !reflect.DeepEqual(w, g) {
		return fmt.Sprintf("want %+v\n      got  %+v", w, g)
	}
	return ""
}

// plainUsage keeps of usage what a response can say.
func plainUsage(u llm.Usage) llm.Usage {
	if !u.InputTokens.Known && !u.OutputTokens.Known {
		return llm.Usage{}
	}
	u.InputTokens, u.OutputTokens = llm.Known(u.InputTokens.N), llm.Known(u.OutputTokens.N)
	u.CacheReadTokens, u.ReasoningTokens = llm.Known(u.CacheReadTokens.N), llm.Known(u.ReasoningTokens.N)
	u.Units, u.Images = nil, llm.Count{}
	return u
}

// plainlyRead compares an answer with a plain reading of the response.
func plainlyRead(o dialecttest.Object, a *llm.Answer) string {
	var texts, calls, thinking string
	for _, item := range o.List("output") {
		switch item.Text("type") {
		case "message":
			for _, c := range item.List("content") {
				texts += c.Text("text")
			}
		case "function_call":
			calls += item.Text("call_id") + " " + item.Text("name") + " " + item.Text("arguments") + "\n"
		case "reasoning":
			list := item.List("summary")
			if len(list) == 0 {
				list = item.List("content")
			}
			for _, s := range list {
				thinking += s.Text("text")
			}
		}
	}
	m := meaningOf(a)
	got := ""
	for _, p := range a.Choices[0].Parts {
		if p.Kind == llm.ToolCall && !p.Call.Custom {
			got += p.Call.ID + " " + p.Call.Name + " " + unquote(p.Call.Arguments) + "\n"
		}
	}
	flat := func(s string) string { return strings.ReplaceAll(s, "\n\n", "") }
	if m.Text != texts || got != calls || flat(m.Thinking) != flat(thinking) {
		return fmt.Sprintf("read %q %q %q, want %q %q %q", m.Text, got, m.Thinking, texts, calls, thinking)
	}
	return ""
}

// contradicts is a recording whose keepers have changed what its pieces said, but not its end.
const contradicts = "openai/responses-tools-stream/braintrust-sdk-javascript__flue-v0-8-latest.cassette--13"

func checkRecordedStream(c *dialecttest.Case) string {
	g := readStream(c.Body, len(c.Body), aCall())
	if g.wrong != "" {
		return g.wrong
	}
	last := lastResponse(c)
	if g.err != nil {
		if last == nil || last.Text("status") == "failed" || strings.Contains(string(c.Body), "event: error") {
			return ""
		}
		return g.err.Error()
	}
	if last != nil && len(last.List("output")) > 0 && c.Name != contradicts {
		whole, err := json.Marshal(last)
		if err != nil {
			return err.Error()
		}
		a, err := codec.ParseAnswer(whole, aCall())
		if err != nil {
			return "the response at the end: " + err.Error()
		}
		w, s := meaningOf(a), meaningOf(&g.answer)
		if w.Text != s.Text || !reflect.DeepEqual(w.Calls, s.Calls) || w.Thinking != s.Thinking || w.Finish != s.Finish ||
			len(w.State) != len(s.State) || len(w.Cites) != len(s.Cites) || !reflect.DeepEqual(w.Usage, s.Usage) || len(w.Others) != len(s.Others) {
			return fmt.Sprintf("the stream says %+v\n      its end       %+v", s, w)
		}
	}
	return compareStreams(&g.answer, c.Body)
}

// compareStreams writes a recorded stream anew and reads it again.
func compareStreams(want *llm.Answer, body []byte) string {
	out := rewrite(body)
	if why := wellFormed(out); why != "" {
		return why
	}
	back := readStream(out, len(out), aCall())
	if back.wrong != "" || back.err != nil {
		return fmt.Sprintf("what was written: %s %v", back.wrong, back.err)
	}
	return compareMeanings(want, &back.answer)
}

// rewrite reads a stream and writes it for a caller.
func rewrite(body []byte) (out []byte) {
	c := aCall()
	parser, writer := codec.NewStreamParser(c), codec.NewStreamFormatter(c)
	take := func(e *dialect.Event) {
		if e.Comment {
			return
		}
		for _, ev := range parser.Parse(nil, e.Name, e.Data) {
			out = writer.Format(out, &ev)
		}
	}
	f := dialect.NewSSE(nil)
	f.HoldUpTo(64 << 20)
	f.Feed(body, take)
	f.Close(take)
	return out
}

// lastResponse gives the response of the first event that ends one.
func lastResponse(c *dialecttest.Case) dialecttest.Object {
	for _, data := range c.Events() {
		o := dialecttest.Decode(data)
		switch o.Text("type") {
		case "response.completed", "response.incomplete", "response.failed":
			return o.At("response")
		}
	}
	return nil
}
