package converse_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FuzzRequest: what is read is written as JSON for callers of this dialect and of
// others, and can be read again.
func FuzzRequest(f *testing.F) {
	for _, field := range converse.Dialect.Fields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.ParseRequest(body)
		if err != nil || !json.Valid(body) {
			return
		}
		for _, name := range []string{"converse", "chat"} {
			r.Dialect = name
			for _, model := range []string{sonnet, "us.amazon.nova-2-lite-v1:0", "x"} {
				w, err := codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: model})
				if err != nil {
					continue
				}
				if !json.Valid(w.Body) {
					t.Fatalf("%s is written as %s", body, w.Body)
				}
				if _, err := codec.ParseRequest(w.Body); err != nil {
					t.Fatalf("%v: %s", err, w.Body)
				}
			}
		}
	})
}

// FuzzAnswer: any answer is read or refused, and what is read can be written.
func FuzzAnswer(f *testing.F) {
	for _, field := range converse.Dialect.AnswerFields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := codec.ParseAnswer(body, call())
		if err != nil || !json.Valid(body) {
			return
		}
		if out := codec.FormatAnswer(nil, a, call()); !json.Valid(out) {
			t.Fatalf("%s is written as %s", body, out)
		}
		var stream []byte
		w := codec.NewStreamFormatter(call())
		llm.Replay(a, func(e *llm.Event) { stream = w.Format(stream, e) })
		if _, why := collect(stream); why != "" {
			t.Fatalf("%s: %s", body, why)
		}
	})
}

// FuzzStream: whatever a vendor sends, events keep their grammar, and what is written of
// them is a stream in order.
func FuzzStream(f *testing.F) {
	f.Add("contentBlockDelta", []byte(`{"contentBlockIndex":0,"delta":{"text":"a"}}`), "contentBlockStart", []byte(`{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}`), "messageStop", []byte(`{"stopReason":"x"}`))
	f.Add("contentBlockDelta", []byte(`{"delta":{"reasoningContent":{"signature":"a","text":"b","redactedContent":"c"}}}`), "metadata", []byte(`{"usage":{"inputTokens":1}}`), "someException", []byte(`{"message":"m"}`))
	f.Fuzz(func(t *testing.T, n1 string, d1 []byte, n2 string, d2 []byte, n3 string, d3 []byte) {
		p := codec.NewStreamParser(call())
		m := converse.Dialect.NewMeter(llm.OpChat)
		w := codec.NewStreamFormatter(call())
		open, started, over := -1, false, false
		var out []byte
		take := func(events []llm.Event) {
			for i := range events {
				e := &events[i]
				switch {
				case over:
					t.Fatalf("%+v after the end", e)
				case !started && e.Kind != llm.Start && e.Kind != llm.Fail:
					t.Fatalf("%+v before the start", e)
				case e.Kind == llm.PartStart && open >= 0, e.Kind == llm.Delta && open != e.Part, e.Kind == llm.PartEnd && open != e.Part:
					t.Fatalf("%+v while %d is open", e, open)
				}
				switch e.Kind {
				case llm.Start:
					started = true
				case llm.PartStart:
					open = e.Part
				case llm.PartEnd:
					open = -1
				case llm.Fail, llm.End:
					over = true
				}
				out = w.Format(out, e)
			}
		}
		for _, e := range []struct {
			name string
			data []byte
		}{{n1, d1}, {n2, d2}, {n3, d3}} {
			if !json.Valid(e.data) {
				return
			}
			m.Event([]byte(e.name), e.data)
			take(p.Parse(nil, []byte(e.name), e.data))
		}
		take(p.End(nil))
		if _, why := collect(out); why != "" {
			t.Fatal(why)
		}
	})
}
