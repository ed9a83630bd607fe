package asked_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/route/asked"
)

func TestAShapeIsReadWhateverTheDialect(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want expr.Shape
		text string
	}{
		"chat": {`{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"one"},{"role":"assistant","content":"two"},
			{"role":"user","content":[{"type":"text","text":"th\nree"},{"type":"image_url","image_url":{"url":"https://x"}},{"type":"text","text":"four"}]}],
			"tools":[{"type":"function"},{"type":"function"}],"max_completion_tokens":99,"response_format":{"type":"json_schema","json_schema":{}}}`,
			expr.Shape{Turns: 3, Tools: 2, Images: 1, MaxOutput: 99, JSON: true}, "th\nree\nfour"},
		"chat, tool results": {`{"messages":[{"role":"user","content":"do it"},{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"done"}],"functions":[{}],"response_format":{"type":"text"}}`,
			expr.Shape{Turns: 3, Tools: 1}, "do it"},
		"responses, a text": {`{"input":"hi","max_output_tokens":5,"text":{"format":{"type":"json_object"}}}`, expr.Shape{Turns: 1, MaxOutput: 5, JSON: true}, "hi"},
		"responses, items": {`{"input":[{"role":"developer","content":"D"},{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"},{"type":"input_image","image_url":"u"}]},
			{"type":"reasoning","summary":[]},{"type":"function_call_output","call_id":"c","output":"x"}]}`, expr.Shape{Turns: 1, Images: 1}, "hello"},
		"messages": {`{"system":"S","max_tokens":7,"messages":[{"role":"user","content":[{"type":"image","source":{}},{"type":"text","text":"look"}]},{"role":"assistant","content":"ok"},
			{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"no"}]}]}],"tools":[{"name":"a"}],"output_config":{"format":{"type":"json_schema"}}}`,
			expr.Shape{Turns: 3, Tools: 1, Images: 1, MaxOutput: 7, JSON: true}, "look"},
		"contents": {`{"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"parts":[{"text":"see"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"mimeType":"audio/wav"}}]}],
			"tools":[{"functionDeclarations":[{},{},{}]},{"googleSearch":{}}],"generationConfig":{"maxOutputTokens":11,"responseMimeType":"application/json"}}`,
			expr.Shape{Turns: 1, Tools: 4, Images: 1, MaxOutput: 11, JSON: true}, "see"},
		"converse":      {`{"messages":[{"role":"user","content":[{"text":"yes"},{"image":{"format":"png"}}]}],"inferenceConfig":{"maxTokens":3},"toolConfig":{"tools":[{}]}}`, expr.Shape{Turns: 1, Tools: 1, Images: 1, MaxOutput: 3}, "yes"},
		"a prompt":      {`{"prompt":"once"}`, expr.Shape{Turns: 1}, "once"},
		"embeddings":    {`{"input":["a b","c d"]}`, expr.Shape{Turns: 2}, "c d"},
		"cut":           {`{"messages":[{"role":"user","content":"one"}],"tools":[{}`, expr.Shape{Turns: 1}, "one"},
		"no JSON":       {`hello`, expr.Shape{}, ""},
		"nothing":       {``, expr.Shape{}, ""},
		"odd members":   {`{"messages":7,"tools":"x","max_tokens":"y","text":[],"input":{}}`, expr.Shape{}, ""},
		"odd in a turn": {`{"messages":[7,null,{"role":5,"content":6},{"role":"user"}],"toolConfig":[]}`, expr.Shape{Turns: 2}, ""},
	} {
		r := asked.Read([]byte(c.body))
		if r.Shape != c.want || r.Text(100) != c.text {
			t.Errorf("%s: %+v, %q", name, r.Shape, r.Text(100))
		}
	}
}

func TestATextIsCutToWhatIsWanted(t *testing.T) {
	r := asked.Read([]byte(`{"input":"ééééé"}`))
	for most, want := range map[int]string{0: "", 1: "", 2: "é", 5: "éé", 10: "ééééé", 99: "ééééé"} {
		if got := r.Text(most); got != want {
			t.Errorf("%d: %q", most, got)
		}
	}
}

// ask makes a body of one message.
func ask(text string) []byte {
	b, err := json.Marshal(map[string]any{"messages": []any{map[string]any{"role": "user", "content": text}}})
	if err != nil {
		panic(err)
	}
	return b
}

func difficulty(text string) float64 {
	r := asked.Read(ask(text))
	return r.Difficulty()
}

var easy = []string{
	"Hi!", "Thanks, that's all.", "What is the capital of France?", "Translate 'good morning' to Spanish.", "Write a birthday message for my friend Anna.",
	"Who wrote Don Quixote?", "Give me a synonym for happy.", "What's the weather usually like in Lisbon in May?", "Fix the typo: I recieve many mails.",
	"Summarise in one sentence: The meeting moved to Tuesday at 10 because the room was taken.", "Is a tomato a fruit?", "How many days has February in 2024?",
	"Schreibe eine kurze Einladung zum Grillen am Samstag.", "Quel est le contraire de grand ?", "Extract the name: My name is Peter and I live in Graz.",
}

var hard = []string{
	"Prove that there are infinitely many primes of the form 4k + 3, step by step, and then explain why the same argument fails for 4k + 1.",
	"Solve the recurrence T(n) = 2T(n/2) + n log n and prove your bound by induction.",
	"Let $f(x) = \\frac{x^2 + 1}{x - 1}$. Derive f'(x), find all extrema, and calculate the integral from 2 to 5.",
	"Refactor this so that it is safe under concurrent use, and explain the trade-offs:\n```go\nfunc (c *Cache) Get(k string) (V, bool) {\n\tv, ok := c.m[k];\n\tif !ok {\n\t\tv = c.load(k);\n\t\tc.m[k] = v;\n\t}\n\treturn v, ok;\n}\n```",
	"Design a distributed rate limiter for 40 regions. Compare at least three algorithms, analyse the worst case of each, and justify which one you would implement. What happens in a partition? How are clocks handled? How would you migrate?",
	"Beweise Schritt für Schritt, dass die Gleichung x^2 - 2 = 0 keine rationale Lösung hat, und vergleiche zwei verschiedene Beweise.",
	"Debug this: the consumer deadlocks.\n```python\ndef run(self):\n    while True:\n        with self.lock:\n            item = self.queue.get()\n            self.done(item)\n```\nFind the root cause and rewrite it. Why does it only happen under load? What would the performance be with asyncio?",
	"Find a counterexample or a proof: every finite group of order p^2 is abelian. Show your work and evaluate where the argument uses the class equation.",
}

func TestHardRequestsScoreAboveEasyOnes(t *testing.T) {
	most, least := 0.0, 1.0
	for _, text := range easy {
		if d := difficulty(text); d > 0.2 {
			t.Errorf("%.2f: %.60s", d, text)
		} else {
			most = max(most, d)
		}
	}
	for _, text := range hard {
		if d := difficulty(text); d < 0.4 {
			t.Errorf("%.2f: %.60s", d, text)
		} else {
			least = min(least, d)
		}
	}
	t.Logf("easy ones up to %.2f, hard ones from %.2f", most, least)
}

func TestEachFeatureMakesARequestHarder(t *testing.T) {
	base := difficulty("Tell me about the sea and its tides")
	for name, text := range map[string]string{
		"length":       strings.Repeat("Tell me about the sea and its tides. ", 40),
		"code":         "Tell me about the sea and its tides\n```\nx();\ny();\n```",
		"maths":        "Tell me about the sea: 3 + 4 = 7",
		"questions":    "Tell me about the sea? And its tides? And fish?",
		"instructions": "Analyse the sea and its tides",
	} {
		if d := difficulty(text); d <= base+0.01 {
			t.Errorf("%s: %.3f, without it %.3f", name, d, base)
		}
	}
	for name, more := range map[string]string{
		"tools": `,"tools":[{},{},{}]`, "schema": `,"response_format":{"type":"json_schema"}`,
	} {
		body := strings.Replace(string(ask("Tell me about the sea and its tides")), `]}`, `]`+more+`}`, 1)
		if r := asked.Read([]byte(body)); r.Difficulty() <= base+0.01 {
			t.Errorf("%s: %.3f", name, r.Difficulty())
		}
	}
	turn := `{"role":"user","content":"Tell me about the sea and its tides"}`
	long := asked.Read([]byte(`{"messages":[` + strings.Repeat(turn+",", 20) + turn + `]}`))
	if d := long.Difficulty(); d < base+0.09 || d > base+0.11 {
		t.Errorf("turns: %.3f", d)
	}
}

func TestWhatIsNoFeatureDoesNotCount(t *testing.T) {
	plain := asked.Measure{}
	for name, text := range map[string]string{
		"addresses": `See https://example.com/a?b=c and mail me -- a//b`, "a range": `Monday - Friday`, "words within words": `complaint improve interface`, "a smile": `:-)`,
	} {
		m := asked.Measure{}
		m.Text([]byte(text))
		plain = asked.Measure{}
		plain.Text([]byte(strings.Repeat("a", len(text))))
		if m.Score() != plain.Score() {
			t.Errorf("%s: %.3f, not %.3f", name, m.Score(), plain.Score())
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range append(easy, hard...) {
		f.Add(ask(text))
	}
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"text":"\\`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := asked.Read(body)
		if d := r.Difficulty(); !(d >= 0 && d <= 1) {
			t.Errorf("%v", d)
		}
		if text := r.Text(50); len(text) > 50 || !utf8.ValidString(text) {
			t.Errorf("%q", text)
		}
		m := asked.Measure{}
		m.Text(body)
		_ = m.Score()
	})
}

func BenchmarkDifficulty10KB(b *testing.B) {
	text := strings.Repeat("Please compare the two plans of the city council (from 2019 and 2021) and tell me what they cost. ", 100)
	for name, text := range map[string]string{"prose": text, "code": strings.Repeat(hard[6], 20)} {
		body := ask(text)
		r := asked.Read(body)
		b.Run(fmt.Sprint(name, "/read"), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r = asked.Read(body)
			}
		})
		b.Run(fmt.Sprint(name, "/difficulty"), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r.Difficulty()
			}
		})
	}
}

func TestABodyIsReadOnceAndOnlyWhenItIsAskedFor(t *testing.T) {
	read, told := 0, 0
	b := &asked.Body{
		Bytes: func() []byte { read++; return ask(hard[1]) },
		About: func(r *asked.Request) string { told++; return r.Text(5) },
	}
	v := &expr.Vars{Body: b}
	for text, want := range map[string]bool{
		`stream`: false, `request.turns == 1 && request.tools == 0 && request.images == 0 && !request.json && request.max_output == 0`: true,
		`difficulty > 0.4 && difficulty < 1.0`: true, `difficulty > 1`: false, `intent == "Solve"`: true,
	} {
		p, err := expr.Compile(text, expr.Bool)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := p.Bool(v); got != want || err != nil {
				t.Errorf("%s: %v, %v", text, got, err)
			}
		}
		if text == "stream" && read > 1 {
			t.Error("it is read for nothing")
		}
	}
	if read != 1 || told != 1 {
		t.Errorf("read %d times, told %d times", read, told)
	}
	if empty := (&asked.Body{}); empty.Difficulty() != 0 || empty.Intent() != "" || empty.Shape() != (expr.Shape{}) {
		t.Error("no body")
	}
}
