package said_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/said"
	"github.com/sluice-gateway/sluice/internal/seed"
)

func words(kind, body string) string {
	return strings.TrimSpace(string(said.Append(nil, kind, []byte(body))))
}

func TestWordsOfEveryDialectAndNothingOfItsSyntax(t *testing.T) {
	frame := func(payload string) string {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)+18))
		b = binary.BigEndian.AppendUint32(b, 2)
		return string(append(append(append(b, 0, 0, 0, 0, 'h', 'h'), payload...), 0, 0, 0, 0))
	}
	const sse = "text/event-stream; charset=utf-8"
	for name, c := range map[string]struct{ kind, body, want string }{
		"chat":              {"application/json", `{"model":"m-1","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Hello, World"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`, "be kind hello world"},
		"chat answer":       {"application/json", `{"id":"x1","choices":[{"index":0,"message":{"role":"assistant","content":"Fine.","reasoning_content":"why"},"finish_reason":"stop"}]}`, "fine why"},
		"chat tools":        {"application/json", `{"tools":[{"function":{"name":"f","description":"secret"}}],"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{\"city\":\"Rome\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"sunny"}]}`, "city rome sunny"},
		"chat stream":       {sse, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo you\"}}]}\n\ndata: [DONE]\n\n", "hello you"},
		"messages":          {"application/json", `{"system":[{"type":"text","text":"Sys"}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"done"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}]},{"role":"assistant","content":[{"type":"tool_use","id":"t2","name":"f","input":{"query":"boots","n":3}}]}]}`, "sys done boots"},
		"messages stream":   {sse, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"An sw\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"er\"}}\n\n", "hm an swer"},
		"responses":         {"application/json", `{"instructions":"Do","input":[{"role":"user","content":[{"type":"input_text","text":"it"}]},{"type":"function_call_output","call_id":"c","output":"now"}]}`, "do it now"},
		"responses plain":   {"application/json", `{"model":"m","input":"tell me"}`, "tell me"},
		"responses stream":  {sse, "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\"}}\n\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"par\"}\n\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"cel\"}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"parcel\"}]}]}}\n\n", "parcel"},
		"gemini":            {"application/json", `{"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"Q"},{"inlineData":{"mimeType":"image/png","data":"QQ"}}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"q":"arg"}}}]},{"parts":[{"functionResponse":{"name":"f","response":{"result":"res"}}}]}]}`, "s q arg res"},
		"gemini array":      {"application/json", `[{"candidates":[{"content":{"parts":[{"text":"wor"}]}}]},` + "\n" + `{"candidates":[{"content":{"parts":[{"text":"ds, "}]}}]}]`, "words"},
		"converse":          {"application/json", `{"output":{"message":{"role":"assistant","content":[{"text":"ok then"}]}},"stopReason":"end_turn"}`, "ok then"},
		"converse stream":   {"application/vnd.amazon.eventstream", frame(`{"contentBlockIndex":0,"delta":{"text":"bin"}}`) + frame(`{"contentBlockIndex":0,"delta":{"text":"ary"}}`), "binary"},
		"cohere":            {"application/json", `{"query":"which","documents":["one",{"text":"two"}]}`, "which one two"},
		"lines":             {"application/x-ndjson", `{"message":{"content":"a b"}}` + "\n" + `{"message":{"content":"c"}}`, "a bc"},
		"error":             {"application/json", `{"error":{"message":"No such model","type":"invalid","code":"x"}}`, "no such model"},
		"plain":             {"text/plain", "Just text", "just text"},
		"cut in a string":   {"application/json", `{"messages":[{"content":"first"},{"content":"second wor`, "first second wor"},
		"cut in an escape":  {"application/json", `{"content":"a\`, "a"},
		"not json":          {"application/json", `}{]["`, ""},
		"binary":            {"image/png", "\x89PNG", ""},
		"no type":           {"", ` {"prompt":"hi"}`, "hi"},
		"escapes":           {"application/json", `{"content":"caf\u00e9\nna\u00efve \ud83d\ude00 x_y"}`, "cafe naive x y"},
		"spaceless":         {"text/plain", "请查询ABC订单 배송 ﾃｽﾄ", "请 查 询 abc 订 单 배 송 テ ス ト"},
		"letters and cases": {"text/plain", "ÅNGSTRÖM Straße ΣΊΣΥΦΟΣ Йод ﬁne ＡＢ１", "angstrom straße σισυφοσ иод fine ab1"},
		"data":              {"text/plain", "before " + strings.Repeat("QUJDRA", 60) + " after", "before after"},
		"long words":        {"text/plain", strings.Repeat("x", 100), strings.Repeat("x", 64)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words(c.kind, c.body); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// What seeds say is in real dialects: a stream must give the words of the whole answer.
func TestSeedsAreFoundByTheirWords(t *testing.T) {
	m := seed.New(seed.Options{Entries: 300, Bodies: 300, Span: time.Hour, End: time.Unix(1.8e9, 0), Seed: 3})
	for n := range 300 {
		e := m.Entry(n)
		if e.Operation != "chat" || e.ErrorCode != "" {
			continue
		}
		asked, answered := words(e.Bodies.Request.ContentType, string(e.Bodies.Request.Bytes)), words(e.Bodies.Answer.ContentType, string(e.Bodies.Answer.Bytes))
		for _, syntax := range []string{"role", "content", "assistant_", "chatcmpl", "iVBOR", "msg", "resp"} {
			if strings.Contains(" "+asked+" ", " "+syntax+" ") || strings.Contains(" "+answered+" ", " "+syntax+" ") {
				t.Fatalf("%s: %q in %s | %s", e.ClientDialect, syntax, asked, answered)
			}
		}
		if !strings.Contains(asked, "you are a careful assistant of the team "+e.Workspace) || len(strings.Fields(answered)) < 15 {
			t.Fatalf("%s: %s | %s", e.ClientDialect, asked, answered)
		}
	}
}

func TestQueries(t *testing.T) {
	for text, want := range map[string]string{
		`refund late`:                  "refund late",
		`  "Late refund"  -Void ord* `: `[late refund] -void ord*`,
		`read_file`:                    "[read file]",
		`订单`:                           "[订 单]",
		`-"a b" c`:                     "-[a b] c",
		`"unfinished sent"*`:           "[unfinished sent*]",
		`Café`:                         "cafe",
		`a-b`:                          "[a b]",
	} {
		q, err := said.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var parts []string
		for _, term := range q {
			part := strings.Join(term.Words, " ")
			if term.Prefix {
				part += "*"
			}
			if len(term.Words) > 1 {
				part = "[" + part + "]"
			}
			if term.Not {
				part = "-" + part
			}
			parts = append(parts, part)
		}
		if got := strings.Join(parts, " "); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for text, says := range map[string]string{
		"": "nothing", " ": "nothing", "-a": "without -", `"open`: "partner", "!!!": "no letter", `a ""`: "no letter", "- a": "behind -", "a -": "behind -",
		"*": "no letter", "a*": "2 letters", "a*b": "end of a word", strings.Repeat("x ", 17): "more than",
	} {
		if _, err := said.Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func FuzzNothingBreaksAndWordsAreClean(f *testing.F) {
	f.Add("application/json", `{"content":["a",{"text":"b\u12"}],"index":1}`)
	f.Add("text/event-stream", "data: {\"delta\":\"\xff\"}\n")
	f.Add("application/vnd.amazon.eventstream", "\x00\x00\x00\x20\xff\xff\xff\xff\x00\x00\x00\x00")
	f.Fuzz(func(t *testing.T, kind, body string) {
		for _, w := range strings.Fields(words(kind, body)) {
			if len(w) > 64 || strings.ContainsAny(w, "\"'\\:*-_ABCXYZ\x00") {
				t.Fatalf("%q", w)
			}
		}
		_, _ = said.Parse(body)
	})
}
