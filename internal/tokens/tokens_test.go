package tokens_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/tokens"
)

// What a byte-pair tokenizer of 200,000 entries makes of these was counted once.
func TestTextIsNearWhatATokenizerCounts(t *testing.T) {
	for text, want := range map[string]int64{
		"The quick brown fox jumps over the lazy dog and then, without any hurry, walks home.":                           18,
		"def add(self, a_value, other=None):\n    if other is None:\n        return a_value\n":                           22,
		"2024-01-05,1042,33.25,true\n2024-01-06,1043,17.5,false\n2024-01-07,998,12.01,true\n":                            44,
		"3f786850e387550fdab836ed7e6dc881de23001b":                                                                       20,
		"Heute Morgen gingen wir in den Laden, um Brot und Milch zu kaufen, aber er war bis zum Wochenende geschlossen.": 23,
		"Сегодня утром мы пошли в магазин, чтобы купить хлеб и молоко, но он был закрыт на ремонт до конца недели.":      26,
		"今天早上我们去商店买面包和牛奶，但是商店因为装修关门了，直到周末才会重新开放。":                                                                        30,
		"오늘 아침 우리는 빵과 우유를 사러 가게에 갔지만 수리 때문에 주말까지 문을 닫았습니다.":                                                              30,
	} {
		if got := tokens.Text([]byte(text)); math.Abs(float64(got-want)) > 0.3*float64(want) {
			t.Errorf("%q: %d, want about %d", text, got, want)
		}
	}
	if got := tokens.Text(nil); got != 0 {
		t.Errorf("no text is %d", got)
	}
}

const long = "Please summarise the three most important points of the report in a few sentences. "

func TestABodyCostsWhatItsTextsCost(t *testing.T) {
	text := strings.Repeat(long, 40)
	want := tokens.Text([]byte(text))
	for name, body := range map[string]string{
		"chat":      `{"model":"m","messages":[{"role":"user","content":"` + text + `"}],"temperature":0.5}`,
		"parts":     `{"messages":[{"role":"user","content":[{"type":"text","text":"` + text + `"}]}]}`,
		"responses": `{"model":"m","input":"` + text + `"}`,
		"items":     `{"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"` + text + `"}]}]}`,
		"system":    `{"max_tokens":9,"system":"` + text + `","messages":[{"role":"user","content":"hi"}]}`,
		"contents":  `{"contents":[{"role":"user","parts":[{"text":"` + text + `"}]}]}`,
		"converse":  `{"messages":[{"role":"user","content":[{"text":"` + text + `"}]}]}`,
		"prompt":    `{"prompt":"` + text + `"}`,
		"result":    `{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"` + text + `"}]}]}`,
		"calls":     `{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"` + text + `"}}]}]}`,
		"counting":  `{"generateContentRequest":{"contents":[{"parts":[{"text":"` + text + `"}]}]}}`,
		"document":  `{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"` + text + `"}}]}]}`,
		"plain":     text,
	} {
		if got := tokens.Input([]byte(body), "gpt-x"); got < want || got > want+20 {
			t.Errorf("%s: %d, the text alone is %d", name, got, want)
		}
	}
}

func TestEscapesCostWhatTheyStandFor(t *testing.T) {
	plain := tokens.Input([]byte(`{"input":"`+strings.Repeat("é中 – word 12 ", 50)+`"}`), "m")
	escaped := tokens.Input([]byte(`{"input":"`+strings.Repeat(`\u00e9\u4e2d \u2013 word 12 `, 50)+`"}`), "m")
	if plain != escaped {
		t.Errorf("plain %d, escaped %d", plain, escaped)
	}
}

func TestSettingsCostNothing(t *testing.T) {
	bare := tokens.Input([]byte(`{"messages":[{"content":"hi"}]}`), "m")
	full := tokens.Input([]byte(`{"model":"a-very-long-name-of-a-model-2026-01-01","messages":[{"role":"user","id":"msg_0123456789","content":"hi","cache_control":{"type":"ephemeral"}}],
		"user":"`+long+`","metadata":{"a":"`+long+`"},"stop":["one","two"],"temperature":0.123456}`), "m")
	if bare != full {
		t.Errorf("%d became %d", bare, full)
	}
}

func TestToolsAndSchemasCost(t *testing.T) {
	const messages = `"messages":[{"role":"user","content":"hi"}]`
	tool := `{"type":"function","function":{"name":"get_weather","description":"Tells the weather of a city","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}`
	none := tokens.Input([]byte(`{`+messages+`}`), "m")
	one := tokens.Input([]byte(`{`+messages+`,"tools":[`+tool+`]}`), "m")
	two := tokens.Input([]byte(`{`+messages+`,"tools":[`+tool+`,`+tool+`]}`), "m")
	if one < none+20 || two < one+15 || two > one+80 {
		t.Errorf("none %d, one %d, two %d", none, one, two)
	}
	schema := tokens.Input([]byte(`{`+messages+`,"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"name":{"type":"string"}}}}}}`), "m")
	if schema < none+8 {
		t.Errorf("none %d, with a schema %d", none, schema)
	}
}

func TestFamiliesAddWhatTheyWrapAround(t *testing.T) {
	body := []byte(`{"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}`)
	plain := tokens.Input(body, "gpt-x")
	for _, model := range []string{"claude-x", "anthropic/Claude-Y", "eu.anthropic.claude-z-v1:0", ""} {
		if got := tokens.Input(body, model); got < plain+300 {
			t.Errorf("%q: %d, others %d", model, got, plain)
		}
	}
	for _, model := range []string{"reclaude", "x"} {
		if got := tokens.Input(body, model); got != plain {
			t.Errorf("%q: %d, others %d", model, got, plain)
		}
	}
}

func TestMediaCostFlatWhereverTheyStand(t *testing.T) {
	none := tokens.Input([]byte(`{"messages":[{"role":"user","content":"hi"}]}`), "m")
	image := base64.StdEncoding.EncodeToString(append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 200_000)...))
	for name, part := range map[string]string{
		"data URI":  `{"type":"image_url","image_url":{"url":"data:image/png;base64,` + image + `","detail":"low"}}`,
		"source":    `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + image + `"}}`,
		"inline":    `{"inlineData":{"mimeType":"image/png","data":"` + image + `"}}`,
		"bytes":     `{"image":{"format":"png","source":{"bytes":"` + image + `"}}}`,
		"elsewhere": `{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}`,
	} {
		got := tokens.Input([]byte(`{"messages":[{"role":"user","content":[{"type":"text","text":"hi"},`+part+`]}]}`), "m") - none
		if got != 1000 {
			t.Errorf("%s: %d", name, got)
		}
	}
	page := tokens.Input([]byte(`{"input":[{"content":[{"type":"input_file","file_data":"data:application/pdf;base64,`+image+`"}]}]}`), "m")
	if page < 5000 || page > 20_000 {
		t.Errorf("a document of 200 kB: %d", page)
	}
}

func TestABoundIsNeverBelowTheBytesOfTheText(t *testing.T) {
	for _, text := range []string{strings.Repeat("!a?1", 5000), strings.Repeat("aZ09", 5000)} { // the second could be base64
		checkBytes(t, text)
	}
}

func checkBytes(t *testing.T, text string) {
	for _, body := range []string{`{"messages":[{"content":"` + text + `"}]}`, `{"messages":[{"content":[{"text":"` + text + `"}]}]}`,
		`{"an_unknown_member":"` + text + `"}`, `{"messages":[{"content":` + strings.Repeat("[", 100) + `"` + text + `"`, `{"input":"` + text + `"}`, `{"tools":[{"name":"` + text + `"}]}`, `{"messages":[{"content":[{"type":"thinking","thinking":"` + text + `"}]}]}`, text} {
		if got := tokens.Bound([]byte(body)); got < int64(len(text)) {
			t.Errorf("%.30s: %d", body, got)
		}
	}
}

func TestTokenIDsCountOnePerNumber(t *testing.T) {
	ids := strings.TrimSuffix(strings.Repeat("17,", 500), ",")
	for _, body := range []string{`{"input":[` + ids + `]}`, `{"input":[[` + ids + `]]}`, `{"prompt":[` + ids + `]}`} {
		if got := tokens.Input([]byte(body), "m"); got < 500 || got > 510 {
			t.Errorf("%.20s: %d", body, got)
		}
	}
}

func TestAnAnswerIsReadToWhereItWasCut(t *testing.T) {
	text := strings.Repeat(long, 20)
	want := tokens.Text([]byte(text))
	for name, answer := range map[string]string{
		"chat":      `{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + text,
		"responses": `{"id":"r","instructions":"` + long + `","tools":[{"name":"f"}],"output":[{"type":"message","content":[{"type":"output_text","text":"` + text,
		"messages":  `{"type":"message","content":[{"type":"text","text":"` + text,
		"contents":  `{"candidates":[{"content":{"role":"model","parts":[{"text":"` + text,
	} {
		if got := tokens.Output([]byte(answer)); got < want || got > want+2 {
			t.Errorf("%s: %d, the text is %d", name, got, want)
		}
	}
	if got := tokens.Output([]byte(`{"choices":[{"message":{"con`)); got != 0 {
		t.Errorf("nothing said: %d", got)
	}
}

func TestAStreamOfSingleTokensCountsItsEvents(t *testing.T) {
	var s tokens.Stream
	if s.Seen() || s.Tokens() != 0 {
		t.Error("nothing has been said")
	}
	for range 1000 {
		s.Content(nil, []byte(`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}`))
	}
	if got := s.Tokens(); !s.Seen() || got != 1000 {
		t.Errorf("%d", got)
	}
}

func TestAStreamOfLongPiecesCountsTheirText(t *testing.T) {
	want := tokens.Text([]byte(long)) * 500
	for name, data := range map[string]string{
		"content_block_delta": `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + long + `"}}`,
		"":                    `{"candidates":[{"content":{"parts":[{"text":"` + long + `"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9}}`,
	} {
		var s tokens.Stream
		for range 500 {
			s.Content([]byte(name), []byte(data))
		}
		if got := s.Tokens(); got < want*9/10 || got > want*11/10 {
			t.Errorf("%s: %d, want about %d", name, got, want)
		}
	}
}

func TestWhatIsSaidOnceMoreAtTheEndOfAPartIsNotCountedTwice(t *testing.T) {
	delta := []byte(`{"type":"response.output_text.delta","delta":" word"}`)
	done := []byte(`{"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"` + strings.Repeat(" word", 20) + `"}]}}`)
	var s, alone tokens.Stream
	for range 20 {
		s.Content([]byte("response.output_text.delta"), delta)
	}
	s.Content([]byte("response.output_item.done"), done)
	if got := s.Tokens(); got != 20 {
		t.Errorf("%d", got)
	}
	alone.Content(nil, done) // servers without deltas
	if got := alone.Tokens(); !alone.Seen() || got != 20 {
		t.Errorf("without deltas: %d", got)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	body := []byte(`{"model":"claude-sonnet-4-5","messages":[` + strings.TrimSuffix(strings.Repeat(`{"role":"user","content":"`+long+`\n\"quoted\""},`, 50), ",") + `]}`)
	event := []byte(`{"choices":[{"delta":{"content":" word"}}]}`)
	tokens.Input(body, "") // the families are read once
	var s tokens.Stream
	for name, fn := range map[string]func(){
		"Input": func() { tokens.Input(body, "") }, "Bound": func() { tokens.Bound(body) }, "Text": func() { tokens.Text(body) },
		"Output": func() { tokens.Output(body) }, "Stream": func() { s.Content(nil, event); s.Tokens() },
	} {
		if n := testing.AllocsPerRun(20, fn); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func FuzzAnyBytes(f *testing.F) {
	for _, s := range []string{"", "{", `{"a`, `{"messages":[{"content":"\u12`, `]}{`, `{"input":"a\`, `{"tools":[{"functionDeclarations":[{}]}]}`,
		strings.Repeat(`{"messages":[`, 400), strings.Repeat("[", 2000), `{"prompt":[1,2`, `"x"`, "\x00\xff\xfe", `{"input":"data:,"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in, bound, text, out := tokens.Input(b, ""), tokens.Bound(b), tokens.Text(b), tokens.Output(b)
		if in < 0 || text < 0 || out < 0 {
			t.Errorf("%d %d %d", in, text, out)
		}
		if text > int64(len(b)) && utf8.Valid(b) {
			t.Errorf("%d bytes are %d tokens", len(b), text)
		}
		if in > bound {
			t.Errorf("input %d, bound %d", in, bound)
		}
		var s tokens.Stream
		s.Content(b, b)
		s.Content(nil, b)
		if s.Tokens() < 0 || !s.Seen() {
			t.Error("an event that was not seen")
		}
	})
}

func BenchmarkInput(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		body := []byte(`{"model":"m","messages":[` + strings.TrimSuffix(strings.Repeat(`{"role":"user","content":"`+long+`"},`, n), ",") + `]}`)
		b.Run(fmt.Sprintf("%dKB", len(body)>>10), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				tokens.Input(body, "")
			}
		})
	}
}

func BenchmarkStream(b *testing.B) {
	data := []byte(`{"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1700000000,"model":"m-2026-01-01","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}],"usage":null}`)
	b.ReportAllocs()
	var s tokens.Stream
	for b.Loop() {
		s.Content(nil, data)
	}
	if !bytes.Contains(data, []byte("word")) || !s.Seen() {
		b.Fatal()
	}
}
