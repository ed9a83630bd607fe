package cohere_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// recorded gives the vendor's own recordings of an API.
func recorded(t *testing.T, apis ...string) (all []*dialecttest.Case) {
	t.Helper()
	for _, c := range dialecttest.Corpus(t, apis...) {
		if c.Provider == "cohere" {
			all = append(all, c)
		}
	}
	return all
}

// sent is the recorded request's body, nil when there is none.
func sent(t *testing.T, c *dialecttest.Case) []byte {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = "../../../../shared/corpus"
	}
	b, err := os.ReadFile(filepath.Join(root, c.Name, "request.json"))
	if err != nil {
		return nil
	}
	var r struct{ Body json.RawMessage }
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if string(r.Body) == "null" {
		return nil
	}
	return r.Body
}

func TestRecordedRequestsComeBackAsTheyWent(t *testing.T) {
	var table dialecttest.Table
	for _, c := range recorded(t, "chat-v2") {
		if body := sent(t, c); body != nil {
			table.Add(c, requestDiffers(t, body))
		}
	}
	table.Report(t)
}

func requestDiffers(t *testing.T, body []byte) string {
	r, err := codec.ParseRequest(body)
	if err != nil {
		return err.Error()
	}
	if len(r.Unnamed) > len(r.Own)+1 {
		return fmt.Sprintf("unnamed: %v", r.Unnamed)
	}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: r.Model, Stream: r.Stream})
	if err != nil {
		return err.Error()
	}
	if got, want := meaning(t, w.Body), meaning(t, body); !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("became %s, was %s", w.Body, body)
	}
	return ""
}

// meaning decodes a request without what says nothing: nulls, empty lists, stream:
// false; and one text in a list is that text.
func meaning(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return pruned(v)
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(key string, v any) bool {
			list, isList := v.([]any)
			return v == nil || isList && len(list) == 0 && key != "required" || key == "stream" && v == false
		})
		for key := range v {
			v[key] = pruned(v[key])
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
		if len(v) == 1 {
			if part, ok := v[0].(map[string]any); ok && part["type"] == "text" && len(part) == 2 {
				return part["text"]
			}
		}
	}
	return v
}

func TestRecordedAnswersAreReadAndComeBack(t *testing.T) {
	var table dialecttest.Table
	for _, c := range recorded(t, "chat-v2") {
		switch {
		case c.Status >= 400:
			table.Add(c, dialecttest.CheckError(cohere.Dialect, c))
		case c.Framing == "sse":
			table.Add(c, streamDiffers(c))
		default:
			table.Add(c, answerDiffers(c))
		}
	}
	table.Report(t)
}

// told is what an answer means, whatever its form.
type told struct {
	Text, Thinking, Finish string
	Calls                  []string
	Cites                  []string
	In, Out, Cached        float64
}

func answerDiffers(c *dialecttest.Case) string {
	want := plainAnswer(dialecttest.Decode(string(c.Body)))
	a, err := codec.ParseAnswer(c.Body, call)
	if err != nil {
		return err.Error()
	}
	if got := toldBy(a); !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("read as %+v, want %+v", got, want)
	}
	back := plainAnswer(dialecttest.Decode(string(codec.FormatAnswer(nil, a, call))))
	if !reflect.DeepEqual(back, want) {
		return fmt.Sprintf("written as %+v, want %+v", back, want)
	}
	return meterDiffers(c, want, dialecttest.Decode(string(c.Body)).At("usage", "billed_units"))
}

// plainAnswer reads an answer the plain way.
func plainAnswer(o dialecttest.Object) (r told) {
	m := o.At("message")
	r.Finish, r.Thinking = o.Text("finish_reason"), m.Text("tool_plan")
	for _, part := range m.List("content") {
		r.Text += part.Text("text")
		r.Thinking += part.Text("thinking")
	}
	for _, c := range m.List("tool_calls") {
		f := dialecttest.Object(c).At("function")
		r.Calls = append(r.Calls, c.Text("id")+" "+f.Text("name")+" "+arguments(f.Text("arguments")))
	}
	for _, c := range m.List("citations") {
		r.Cites = append(r.Cites, c.Text("text"))
	}
	r.count(o.At("usage"))
	return r
}

// arguments: none at all are an empty object.
func arguments(s string) string {
	if s == "" || s == "null" {
		return "{}"
	}
	return s
}

// count takes what was processed, else what is billed.
func (r *told) count(usage dialecttest.Object) {
	r.Cached, _ = usage.Number("cached_tokens")
	for _, name := range []string{"billed_units", "tokens"} {
		if n, ok := usage.At(name).Number("input_tokens"); ok {
			r.In = n
		}
		if n, ok := usage.At(name).Number("output_tokens"); ok {
			r.Out = n
		}
	}
}

func toldBy(a *llm.Answer) (r told) {
	c := a.Choices[0]
	r.Finish, r.In, r.Out, r.Cached = c.Vendor, float64(a.Usage.InputTokens.N), float64(a.Usage.OutputTokens.N), float64(a.Usage.CacheReadTokens.N)
	for _, p := range c.Parts {
		var s string
		_ = json.Unmarshal(p.Text, &s)
		switch p.Kind {
		case llm.Text:
			r.Text += s
		case llm.Thinking:
			r.Thinking += s
		case llm.ToolCall:
			_ = json.Unmarshal(dialect.ArgumentsText(p.Call), &s)
			r.Calls = append(r.Calls, p.Call.ID+" "+p.Call.Name+" "+arguments(s))
		}
		for _, c := range p.Cites {
			_ = json.Unmarshal(c.Text, &s)
			r.Cites = append(r.Cites, s)
		}
	}
	return r
}

func streamDiffers(c *dialecttest.Case) string {
	want := plainStream(c.Events())
	for _, size := range []int{1 << 20, 1} {
		events := feed(call, string(c.Body), size)
		if got := toldByEvents(events); !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("in pieces of %d read as %+v, want %+v", size, got, want)
		}
		if size == 1 {
			continue
		}
		written := write(call, events...)
		back := plainStream(data(written))
		if !reflect.DeepEqual(back, want) {
			return fmt.Sprintf("written as %+v, want %+v", back, want)
		}
	}
	var billed dialecttest.Object
	for _, text := range c.Events() {
		if o := dialecttest.Decode(text); o.Text("type") == "message-end" {
			billed = o.At("delta", "usage", "billed_units")
		}
	}
	return meterDiffers(c, want, billed)
}

// plainStream reads a stream's events the plain way.
func plainStream(events []string) (r told) {
	args := map[float64]int{}
	for _, text := range events {
		o := dialecttest.Decode(text)
		delta := o.At("delta")
		m := delta.At("message")
		r.Text += m.At("content").Text("text")
		r.Thinking += m.At("content").Text("thinking") + m.Text("tool_plan")
		f := m.At("tool_calls", "function")
		index, _ := o.Number("index")
		switch o.Text("type") {
		case "tool-call-start":
			args[index] = len(r.Calls)
			r.Calls = append(r.Calls, m.At("tool_calls").Text("id")+" "+f.Text("name")+" "+f.Text("arguments"))
		case "tool-call-delta":
			r.Calls[args[index]] += f.Text("arguments")
		case "citation-start":
			r.Cites = append(r.Cites, m.At("citations").Text("text"))
		case "message-end":
			r.Finish = delta.Text("finish_reason")
			r.count(delta.At("usage"))
		}
	}
	for i, c := range r.Calls {
		if strings.HasSuffix(c, " ") {
			r.Calls[i] = c + "{}"
		}
	}
	return r
}

func toldByEvents(events []llm.Event) (r told) {
	for _, e := range events {
		var s string
		_ = json.Unmarshal(e.Text, &s)
		switch {
		case e.Kind == llm.Finished:
			r.Finish = e.Vendor
		case e.Kind == llm.UsageEvent:
			r.In, r.Out, r.Cached = float64(e.Usage.InputTokens.N), float64(e.Usage.OutputTokens.N), float64(e.Usage.CacheReadTokens.N)
		case e.Kind == llm.PartStart && e.What == llm.ToolCall:
			r.Calls = append(r.Calls, e.CallID+" "+e.CallName+" ")
		case e.What == llm.ToolCall:
			r.Calls[len(r.Calls)-1] += s
		case e.What == llm.Text:
			r.Text += s
		case e.What == llm.Thinking:
			r.Thinking += s
		}
		for _, c := range e.Cites {
			_ = json.Unmarshal(c.Text, &s)
			r.Cites = append(r.Cites, s)
		}
	}
	for i, c := range r.Calls {
		if strings.HasSuffix(c, " ") {
			r.Calls[i] = c + "{}"
		}
	}
	return r
}

// meterDiffers holds the meter to the same reading, and to what is billed.
func meterDiffers(c *dialecttest.Case, want told, billed dialecttest.Object) string {
	var r *dialect.Report
	if c.Framing == "sse" {
		var why string
		if r, _, why = dialecttest.Relay(cohere.Dialect, llm.OpChat, c.Body, 1000); why != "" || !r.Ended {
			return "relayed: " + why
		}
	} else {
		m := cohere.Dialect.NewMeter(llm.OpChat)
		m.Answer("application/json", c.Body)
		r = m.Report()
	}
	in, _ := billed.Number("input_tokens")
	out, _ := billed.Number("output_tokens")
	if r.FinishReason != want.Finish || float64(r.Usage.InputTokens.N) != in || float64(r.Usage.OutputTokens.N) != out || r.ID == "" {
		return fmt.Sprintf("metered as %+v", *r)
	}
	return ""
}

func TestRecordedEmbeddingsAndRerankingsAreMetered(t *testing.T) {
	var table dialecttest.Table
	for _, c := range recorded(t, "embeddings", "rerank") {
		if c.Status >= 400 {
			table.Add(c, dialecttest.CheckError(cohere.Dialect, c))
			continue
		}
		m := cohere.Dialect.NewMeter(llm.Operation(c.API))
		m.Answer("application/json", c.Body)
		u := m.Report().Usage
		billed := dialecttest.Decode(string(c.Body)).At("meta", "billed_units")
		why := ""
		for name, got := range map[string]float64{"input_tokens": float64(u.InputTokens.N) - u.Units[llm.UnitImageInputTokens], "images": float64(u.Images.N), "search_units": u.Units[llm.UnitSearchUnits]} {
			if want, _ := billed.Number(name); got != want {
				why = fmt.Sprintf("%s is %v, want %v", name, got, want)
			}
		}
		table.Add(c, why)
	}
	table.Report(t)
}
