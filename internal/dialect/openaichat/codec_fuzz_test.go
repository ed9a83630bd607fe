package openaichat_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FuzzRequest: what is read is written as JSON for any target, and read again.
func FuzzRequest(f *testing.F) {
	for _, field := range openaichat.Dialect.Fields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	for _, example := range rich {
		f.Add([]byte(example))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) {
			_, _ = codec.ParseRequest(body) // must not panic
			return
		}
		r, err := codec.ParseRequest(body)
		if err != nil {
			return
		}
		for _, from := range []string{"chat", "messages"} {
			r.Dialect = from
			for _, to := range []dialect.Target{{Model: "gpt-5"}, {Model: "m", Stream: true, Traits: dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_details", Reasoning: "object", CacheMarks: true, StrictTurns: true, ShortToolIDs: true, Files: "document_url"}}} {
				w, err := codec.FormatRequest(nil, r, &to)
				if err != nil {
					continue
				}
				if !json.Valid(w.Body) {
					t.Fatalf("%s from %s", w.Body, body)
				}
				if _, err := codec.ParseRequest(w.Body); err != nil {
					t.Fatalf("%v: %s from %s", err, w.Body, body)
				}
			}
		}
	})
}

// FuzzAnswerCodec: an answer that is read is written as JSON.
func FuzzAnswerCodec(f *testing.F) {
	for _, field := range openaichat.Dialect.AnswerFields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := codec.ParseAnswer(body, aCall(nil))
		if err != nil || !json.Valid(body) {
			return
		}
		if out := codec.FormatAnswer(nil, a, aCall(nil)); !json.Valid(out) {
			t.Fatalf("%s from %s", out, body)
		}
	})
}

// FuzzStreamCodec: whatever comes, the events keep their grammar and what is written
// keeps the dialect's.
func FuzzStreamCodec(f *testing.F) {
	f.Add([]byte(chunks("stop", `{"content":"a"}`, `{"reasoning_details":[{"type":"reasoning.text","text":"h","index":0},{"type":"reasoning.encrypted","data":"d","index":1}]}`) + done))
	f.Add([]byte(chunks("tool_calls", call(`"index":0,"id":"c1",`, `"name":"f","arguments":"{\"a\""`), call(`"index":1,"id":"c2",`, `"name":"g","arguments":"{}"`), call(`"index":0,`, `"arguments":":1}"`)) + done))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, why := readStreamCodec(body, 5)
		if why != "" {
			t.Fatalf("%s: %s", why, tell(events))
		}
		sound := true // what is no JSON cannot be written as JSON
		for _, e := range events {
			sound = sound && (e.Text == nil || json.Valid(e.Text)) && (e.Raw == nil || json.Valid(e.Raw))
			for _, c := range e.Cites {
				sound = sound && json.Valid(or(c.URL)) && json.Valid(or(c.Title)) && json.Valid(or(c.Text))
			}
			sound = sound && (e.Media == nil || json.Valid([]byte(`"`+string(e.Media.Data)+`"`)) && json.Valid(or(e.Media.URL)) && json.Valid(or(e.Media.FileID)))
		}
		if sound && events[len(events)-1].Kind == llm.End {
			if why := checkChunks(writeStream(events, &llm.Request{}), false); why != "" {
				t.Fatalf("%s: %s", why, tell(events))
			}
		}
	})
}

func or(v llm.Raw) llm.Raw {
	if v == nil {
		return llm.Raw("null")
	}
	return v
}
