package openairesponses_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maker makes requests of all that this dialect can say.
type maker struct {
	*rand.Rand
	calls []string
}

func (m *maker) text() llm.Raw {
	words := []string{"a", "b c", "é\n", `"q"`, "\\", "😀", "x y z"}
	n := 1 + m.IntN(3)
	return str(strings.Repeat(words[m.IntN(len(words))], n))
}

func (m *maker) maybe() bool { return m.IntN(2) == 0 }

func (m *maker) userPart() llm.Part {
	switch m.IntN(5) {
	case 0:
		return llm.Part{Kind: llm.Image, Media: &llm.Media{URL: str("https://example.com/a.png"), Detail: "low"}}
	case 1:
		return llm.Part{Kind: llm.Image, Media: &llm.Media{Type: "image/png", Data: []byte("iVBORw0KGgo=")}}
	case 2:
		return llm.Part{Kind: llm.File, Media: &llm.Media{Type: "application/pdf", Data: []byte("JVBERi0="), Name: llm.Raw(`"a b.pdf"`)}}
	case 3:
		return llm.Part{Kind: llm.File, Media: &llm.Media{URL: str("https://example.com/a.pdf")}}
	}
	return llm.Part{Kind: llm.Text, Text: m.text()}
}

func (m *maker) assistant() llm.Message {
	var parts []llm.Part
	if m.maybe() {
		parts = append(parts, llm.Part{Kind: llm.Thinking, Text: m.text(), State: []llm.Opaque{{Dialect: "responses", Kind: "encrypted", Value: fmt.Sprint("e", m.IntN(99))}}})
	}
	parts = append(parts, llm.Part{Kind: llm.Text, Text: m.text()})
	for range m.IntN(3) {
		id := fmt.Sprintf("call_%d", len(m.calls))
		m.calls = append(m.calls, id)
		call := &llm.Call{ID: id, Name: "f", Arguments: str(`{"a":"b"}`), Quoted: true}
		if m.maybe() {
			call = &llm.Call{ID: id, Name: "patch", Arguments: m.text(), Custom: true}
		}
		parts = append(parts, llm.Part{Kind: llm.ToolCall, Call: call})
	}
	return llm.Message{Role: llm.Assistant, Parts: parts}
}

func (m *maker) results(turn *llm.Message) llm.Message {
	out := llm.Message{Role: llm.ToolRole}
	for _, p := range turn.Parts {
		if p.Call == nil {
			continue
		}
		r := &llm.Result{ID: p.Call.ID, Name: p.Call.Name, Parts: []llm.Part{{Kind: llm.Text, Text: m.text()}}}
		if m.maybe() {
			r.Parts = append(r.Parts, m.userPart())
		}
		out.Parts = append(out.Parts, llm.Part{Kind: llm.ToolResult, Result: r})
	}
	return out
}

func (m *maker) request() *llm.Request {
	r := &llm.Request{Dialect: "chat", Model: "gpt-4.1", Stream: m.maybe()}
	r.Messages = append(r.Messages, llm.Message{Role: llm.System, Parts: []llm.Part{{Kind: llm.Text, Text: m.text()}}})
	for range 1 + m.IntN(3) {
		turn := user(m.userPart(), m.userPart())
		r.Messages = append(r.Messages, turn, m.assistant())
		if results := m.results(&r.Messages[len(r.Messages)-1]); len(results.Parts) > 0 {
			r.Messages = append(r.Messages, results)
		}
	}
	strict := m.maybe()
	r.Tools = []llm.Tool{{Kind: llm.Function, Name: "f", Description: m.text(), Parameters: llm.Raw(`{"type":"object","additionalProperties":false}`), Strict: &strict}, {Kind: llm.Custom, Name: "patch"}}
	r.Has = llm.Of(llm.FTools, llm.FCustomTool)
	choices := []llm.ToolChoice{{}, {Mode: "auto"}, {Mode: "none"}, {Mode: "required"}, {Mode: "tool", Names: []string{"patch"}}, {Mode: "allowed", Names: []string{"f"}}, {Mode: "allowed_required", Names: []string{"f", "patch"}}}
	r.Choice = choices[m.IntN(len(choices))]
	if m.maybe() {
		r.Output = llm.OutputFormat{Kind: "schema", Name: "n", Schema: llm.Raw(`{"type":"object","additionalProperties":false}`), Strict: &strict, Description: m.text()}
	}
	if m.maybe() {
		r.MaxOutput = llm.Known(int64(16 + m.IntN(99)))
	}
	for f, v := range map[llm.Feature]string{llm.FTemperature: "0.5", llm.FUser: `"u"`, llm.FMetadata: `{"k":"v"}`, llm.FStore: "true", llm.FTier: `"flex"`} {
		if m.maybe() {
			r.Set(f, llm.Raw(v))
		}
	}
	return r
}

// essence is what of a request must survive, as text.
func essence(r *llm.Request) string {
	messages := make([]llm.Message, len(r.Messages))
	for i, m := range r.Messages {
		messages[i] = llm.Message{Role: m.Role, Parts: plainParts(m.Parts)}
	}
	var tools []llm.Tool
	for _, t := range r.Tools {
		t.Vendor = nil
		tools = append(tools, t)
	}
	settings := map[string]llm.Raw{}
	for _, s := range r.Settings {
		settings[s.Feature.String()] = s.Value
	}
	b, err := json.Marshal([]any{r.Model, r.Stream, messages, tools, r.Choice, r.Output, r.MaxOutput, settings})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// plainParts leaves out where a part came from.
func plainParts(parts []llm.Part) []llm.Part {
	out := make([]llm.Part, len(parts))
	for i, p := range parts {
		if p.Kind != llm.Vendor {
			p.Raw = nil
		}
		if p.Result != nil {
			r := *p.Result
			r.Parts = plainParts(r.Parts)
			p.Result = &r
		}
		for n := range p.State {
			p.State[n].ID = ""
		}
		out[i] = p
	}
	return out
}

func TestWhatIsWrittenIsReadAsItWas(t *testing.T) {
	for seed := range uint64(80) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 1))}
		want := m.request()
		w := written(t, want, dialect.Target{Model: want.Model, Stream: want.Stream})
		got := parsed(t, string(w.Body))
		if e, g := essence(want), essence(got); e != g {
			t.Fatalf("seed %d\n%s\nwant %s\ngot  %s", seed, w.Body, e, g)
		}
		again := written(t, got, dialect.Target{Model: want.Model, Stream: want.Stream})
		if back := parsed(t, string(again.Body)); essence(back) != essence(want) || !reflect.DeepEqual(normal(decode(again.Body)), normal(decode(w.Body))) {
			t.Fatalf("seed %d: the caller's own dialect changes it\n%s\n%s", seed, w.Body, again.Body)
		}
	}
}

// answerOf makes an answer of all that this dialect can say.
func (m *maker) answer() *llm.Answer {
	a := &llm.Answer{ID: "x", Model: "vendor-model", Tier: "default", Created: 5, Usage: llm.Usage{InputTokens: llm.Known(4), OutputTokens: llm.Known(3), CacheReadTokens: llm.Known(0), ReasoningTokens: llm.Known(1)}}
	var parts []llm.Part
	for range m.IntN(3) {
		parts = append(parts, llm.Part{Kind: llm.Thinking, Text: m.text()})
	}
	for range m.IntN(3) {
		parts = append(parts, llm.Part{Kind: llm.Text, Text: m.text()})
	}
	finish := llm.FinishStop
	for i := range m.IntN(3) {
		finish = llm.FinishTools
		parts = append(parts, llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: fmt.Sprint("c", i), Name: "f", Arguments: llm.Raw(`{"a":"é"}`)}})
	}
	a.Choices = []llm.Choice{{Parts: parts, Finish: finish}}
	return a
}

func TestAnswersWholeAndStreamedSayTheSame(t *testing.T) {
	for seed := range uint64(60) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 2))}
		want := m.answer()
		whole, err := codec.ParseAnswer(codec.FormatAnswer(nil, want, aCall()), aCall())
		if err != nil {
			t.Fatal(err)
		}
		var events []llm.Event
		llm.Replay(want, func(e *llm.Event) { events = append(events, *e) })
		g := readStream(told(t, aCall(), events...), 1000, aCall())
		w, a, b := meaningOf(want), meaningOf(whole), meaningOf(&g.answer)
		for i := range w.Calls {
			w.Calls[i] = fmt.Sprintf("c%d f %s", i, `{"a":"é"}`)
		}
		if !reflect.DeepEqual(w, a) || !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d\nwant     %+v\nwhole    %+v\nstreamed %+v", seed, w, a, b)
		}
	}
}
