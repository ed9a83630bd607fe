package tokens_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/tokens"
)

func TestAHintIsSeenWhereverItStandsInAName(t *testing.T) {
	for word, want := range map[string]tokens.Most{
		"image": {Media: true}, "file": {Media: true}, "audio": {Media: true}, "video": {Media: true}, "document": {Media: true},
		"inline": {Media: true}, "Inline": {Media: true}, "source": {Media: true}, "bytes": {Media: true}, "Bytes": {Media: true},
		"cache_control": {Caches: true}, "cachePoint": {Caches: true}, "user": {}, "content": {}, "imag": {}, "cached": {}, "fil": {}, "schem": {},
	} {
		for _, name := range []string{word, word + "_of", "a_" + word, strings.Repeat("x", 47-len(word)) + word, word + strings.Repeat("x", 47-len(word))} {
			body := `{"model":"m","` + name + `":1,"n":"` + strings.Repeat("long text ", 20) + `"}`
			got := tokens.MostOf([]byte(body))
			if got.Media != want.Media || got.Caches != want.Caches {
				t.Errorf("%s: %+v", body, got)
			}
		}
		text := `{"a":"` + strings.Repeat("long text ", 20) + word + `","b":1}`
		if got := tokens.MostOf([]byte(text)); got.Media || got.Caches {
			t.Errorf("a text with %s: %+v", word, got)
		}
	}
	for _, tool := range []string{"tool", "tools", "input_schema", "responseSchema"} {
		plain, more := `{"n":"m","x`+strings.Repeat("x", len(tool)-1)+`":1}`, `{"n":"m","`+tool+`":1}`
		if a, b := tokens.MostOf([]byte(plain)), tokens.MostOf([]byte(more)); b.Tokens <= a.Tokens {
			t.Errorf("%s: %d, without %d", tool, b.Tokens, a.Tokens)
		}
	}
}

func BenchmarkMostOf(b *testing.B) {
	body := []byte(`{"model":"gpt-4o-mini","temperature":0.7,"max_tokens":256,"messages":[{"role":"system","content":"You are a concise, careful assistant."},{"role":"user","content":"` + strings.Repeat("a gateway forwards what it is given and writes down ", 17) + `"}]}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		tokens.MostOf(body)
	}
}
