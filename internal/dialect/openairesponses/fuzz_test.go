package openairesponses_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FuzzRequest holds that any body is refused or comes back as JSON.
func FuzzRequest(f *testing.F) {
	for _, field := range openairesponses.Dialect.Fields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Add(conversation(1 << 10))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.ParseRequest(body)
		if err != nil || !json.Valid(body) {
			return
		}
		for _, home := range []string{"responses", "chat"} {
			r.Dialect = home
			w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: "gpt-5.2"})
			if err == nil && !json.Valid(w.Body) {
				t.Fatalf("%s became %s", body, w.Body)
			}
		}
	})
}

// FuzzAnswer holds that any answer is refused or can be told.
func FuzzAnswer(f *testing.F) {
	for _, field := range openairesponses.Dialect.AnswerFields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := codec.ParseAnswer(body, aCall())
		if err != nil || !json.Valid(body) {
			return
		}
		if out := codec.FormatAnswer(nil, a, aCall()); !json.Valid(out) {
			t.Fatalf("%s became %s", body, out)
		}
	})
}

// FuzzStream holds that any stream is read as one that obeys the grammar, and is told as
// one.
func FuzzStream(f *testing.F) {
	f.Add([]byte(vendorStream), 5)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size <= 0 || len(stream) > 1<<16 {
			return
		}
		g := readStream(stream, size, aCall())
		if g.wrong != "" {
			t.Fatalf("%s", g.wrong)
		}
		if g.last != llm.End && g.last != llm.Fail {
			t.Fatalf("the last event is %d", g.last)
		}
		if g.last == llm.End && validEvents(stream) {
			if why := wellFormed(rewrite(stream)); why != "" {
				t.Fatal(why)
			}
		}
	})
}

func validEvents(stream []byte) bool {
	valid := true
	f := dialect.NewSSE(nil)
	take := func(e *dialect.Event) { valid = valid && (e.Comment || json.Valid(e.Data)) }
	f.Feed(stream, take)
	f.Close(take)
	return valid
}
