package cohere_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FuzzParseRequest: whatever a caller sends is an error or can be written again, for
// its own dialect and for another caller's sake.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(everything))
	for _, field := range cohere.Dialect.Fields {
		f.Add([]byte(field.Example))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.ParseRequest(body)
		if err != nil || !json.Valid(body) {
			return
		}
		w, err := codec.FormatRequest(nil, r, target)
		if err != nil || !json.Valid(w.Body) {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if _, err := codec.ParseRequest(w.Body); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		r.Dialect = "chat"
		if w, err = codec.FormatRequest(nil, r, target); err == nil && !json.Valid(w.Body) {
			t.Fatalf("%s", w.Body)
		}
	})
}

// FuzzParseAnswer: likewise for what a vendor answers.
func FuzzParseAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := codec.ParseAnswer(body, call)
		if err != nil || !json.Valid(body) {
			return
		}
		if out := codec.FormatAnswer(nil, a, call); !json.Valid(out) {
			t.Fatalf("%s", out)
		}
	})
}

// FuzzStream: a stream's events obey the grammar and count nothing below zero, whatever
// is in it.
func FuzzStream(f *testing.F) {
	for _, name := range []string{"stream-tools.txt", "stream-cited.txt", "stream-failed.txt"} {
		f.Add([]byte(stream(f, name)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		checkEvents(t, feed(call, string(body), 64))
		m := cohere.Dialect.NewMeter(llm.OpChat)
		fr := dialect.NewSSE(cohere.Dialect.Digest)
		take := func(e *dialect.Event) { m.Event(e.Name, e.Data) }
		fr.Feed(body, take)
		fr.Close(take)
		if u := m.Report().Usage; u.InputTokens.N < 0 || u.OutputTokens.N < 0 || u.CacheReadTokens.N < 0 || u.ReasoningTokens.N < 0 {
			t.Fatalf("%+v", u)
		}
	})
}

// checkEvents holds events to the grammar of llm.Event.
func checkEvents(t *testing.T, events []llm.Event) {
	t.Helper()
	open := map[int]llm.PartKind{}
	begun, finished := 0, false
	for i, e := range events {
		switch e.Kind {
		case llm.Start:
			if i != 0 {
				t.Fatal("a start that is not the first event")
			}
		case llm.PartStart:
			if e.Part != begun || finished {
				t.Fatalf("part %d begins after %d", e.Part, begun)
			}
			open[e.Part] = e.What
			begun++
		case llm.Delta:
			if open[e.Part] != e.What {
				t.Fatalf("a delta of part %d, which is not open", e.Part)
			}
		case llm.PartEnd:
			if open[e.Part] != e.What {
				t.Fatalf("an end of part %d, which is not open", e.Part)
			}
			delete(open, e.Part)
		case llm.Finished:
			finished = true
			if len(open) > 0 {
				t.Fatalf("finished with %v open", open)
			}
		case llm.Fail, llm.End:
			if i != len(events)-1 || e.Kind == llm.End && !finished {
				t.Fatalf("event %d of %d is the last word", i, len(events))
			}
		}
	}
	if n := len(events); n == 0 || events[n-1].Kind != llm.Fail && events[n-1].Kind != llm.End {
		t.Fatal("the events have no end")
	}
}
