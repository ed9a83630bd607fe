package proxy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

func TestResultsAreFoundHoweverTheTextIsCut(t *testing.T) {
	const one = `{"metadata":{"key":"a ] } \" [ {"},"response":{"candidates":[{"content":{"parts":[{"text":"}]"}]}}],"usageMetadata":{"promptTokenCount":%d,"candidatesTokenCount":2},"modelVersion":"m"}}`
	array := fmt.Sprintf(`{"inlinedResponses":{"inlinedResponses":[`+one+` , `+one+`,{"error":{"code":3}}]}}`, 1, 2)
	doc := `{"name":"batches/1","metadata":{"output":` + array + `,"inlinedResponses":[{"usageMetadata":1}]},"done":true,"response":` + array + `}`
	if !json.Valid([]byte(doc)) {
		t.Fatal("the test's text is malformed")
	}
	lines := strings.Repeat(`{"custom_id":"x","response":{"status_code":200,"body":{"usage":{"prompt_tokens":1}}}}`+"\r\n", 2) + "\n" + `{"custom_id":"y","error":{}}`
	for size := 1; size < 40; size++ {
		for name, text := range map[string]string{"array": doc, "lines": lines} {
			var got []string
			r := newBatchReader(name == "lines", func(b []byte) { got = append(got, string(b)) })
			for rest := []byte(text); len(rest) > 0; {
				n := min(size, len(rest))
				r.Write(rest[:n])
				rest = rest[n:]
			}
			if !r.Close() || len(got) != 3 || r.count != 3 {
				t.Fatalf("%s in pieces of %d: %q", name, size, got)
			}
			for _, g := range got[:2] {
				if jsonscan.Get([]byte(g), "response") == nil || !json.Valid([]byte(g)) {
					t.Fatalf("%s in pieces of %d: %s", name, size, g)
				}
			}
		}
	}
}

func TestResultsThatBreakOffAreNotWhole(t *testing.T) {
	for _, tt := range []struct {
		lines bool
		text  string
	}{{true, `{"response":{}}` + "\n" + `{"response":{"bo`}, {false, `{"response":{"inlinedResponses":{"inlinedResponses":[{"response":{}}`}} {
		r := newBatchReader(tt.lines, func([]byte) {})
		r.Write([]byte(tt.text))
		if r.Close() {
			t.Errorf("%s is whole", tt.text)
		}
	}
}

func TestAnIdThatFollowsIsAnIdOfTheSameMoment(t *testing.T) {
	const id = "01930000-abcd-7000-8000-000000000001"
	a, again, b := followingID(id, 0), followingID(id, 0), followingID(id, 1)
	if a != again || a == b || a == id || a[:19] != id[:19] || len(a) != 36 || !strings.ContainsRune("89ab", rune(a[19])) || a[23] != '-' {
		t.Error(a, again, b)
	}
}

func TestAnAnswersModelIsOneOfTheBatch(t *testing.T) {
	two := &ticket{Models: []string{"gpt-4o", "gpt-4o-mini"}}
	for answered, want := range map[string]string{"gpt-4o-2024-08-06": "gpt-4o", "gpt-4o-mini-2024-07-18": "gpt-4o-mini", "models/other": "other"} {
		if got := two.modelOf(answered); got != want {
			t.Errorf("%s counts as %s", answered, got)
		}
	}
	if got := (&ticket{Models: []string{"alias"}}).modelOf("anything"); got != "alias" {
		t.Error(got)
	}
}
