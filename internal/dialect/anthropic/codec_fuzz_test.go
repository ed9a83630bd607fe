package anthropic_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FuzzRequest: whatever a caller sends, what is read of it is written as JSON, for its
// own vendor and as if it came from elsewhere, and reads the same again.
func FuzzRequest(f *testing.F) {
	for _, field := range anthropic.Dialect.Fields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.ParseRequest(body)
		if err != nil || !json.Valid(body) || !utf8.Valid(body) {
			return
		}
		to := &dialect.Target{Provider: "p", Model: "claude-opus-4-6"}
		w, err := codec.FormatRequest(nil, r, to)
		if err != nil || !json.Valid(w.Body) {
			t.Fatalf("%v: %s", err, w.Body)
		}
		again, err := codec.ParseRequest(w.Body)
		if err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		x, err := codec.FormatRequest(nil, again, to)
		if err != nil || string(x.Body) != string(w.Body) {
			t.Fatalf("%v\n%s\n%s", err, w.Body, x.Body)
		}
		r.Dialect = "chat"
		for _, model := range []string{"claude-opus-5-5", "claude-3-7-sonnet", "m"} {
			to.Model = model
			if w, err := codec.FormatRequest(nil, r, to); err == nil && !json.Valid(w.Body) {
				t.Fatalf("%s: %s", model, w.Body)
			}
		}
	})
}

// FuzzAnswer: what is read of an answer is written as JSON.
func FuzzAnswer(f *testing.F) {
	for _, field := range anthropic.Dialect.AnswerFields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := codec.ParseAnswer(body, callOf())
		if err != nil || !json.Valid(body) {
			return
		}
		if out := codec.FormatAnswer(nil, a, callOf()); !json.Valid(out) {
			t.Fatalf("%s", out)
		}
		var events []llm.Event
		llm.Replay(a, func(e *llm.Event) { events = append(events, *e) })
		if _, err := gathered(formatAll(events)); err != nil && hasObjects(a) {
			t.Fatalf("%v", err)
		}
	})
}

// hasObjects reports whether all arguments are objects, as the grammar wants.
func hasObjects(a *llm.Answer) bool {
	for _, p := range a.Choices[0].Parts {
		if p.Call != nil && (len(p.Call.Arguments) == 0 || p.Call.Arguments[0] != '{') {
			return false
		}
	}
	return true
}

// FuzzStream: a reader of streams ends every stream once, and numbers its parts.
func FuzzStream(f *testing.F) {
	for _, e := range split(stream(f, "stream-tools.txt")) {
		f.Add([]byte(e.name), []byte(e.data))
	}
	f.Add([]byte("content_block_start"), []byte(`{"index":1,"content_block":{"type":"server_tool_use","input":{}}}`))
	f.Fuzz(func(t *testing.T, name, data []byte) {
		p := codec.NewStreamParser(callOf())
		var events []llm.Event
		for range 3 {
			events = p.Parse(events, name, data)
			events = p.Parse(events, nil, data)
		}
		events = p.Parse(events, nil, []byte(`{"type":"content_block_stop","index":1}`))
		events = p.End(events)
		if len(events) == 0 {
			t.Fatal("no end")
		}
		next, ends := 0, 0
		for _, e := range events {
			switch e.Kind {
			case llm.PartStart:
				if e.Part != next {
					t.Fatalf("part %d begins instead of %d", e.Part, next)
				}
				next++
			case llm.End, llm.Fail:
				ends++
			}
		}
		if ends != 1 {
			t.Fatalf("%d ends", ends)
		}
		if json.Valid(data) {
			formatAll(events)
		}
	})
}
