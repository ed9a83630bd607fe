package cache_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// everywhere is a gateway with a provider in each dialect, whose vendor numbers answers.
func everywhere(t testing.TB, more string) *hold {
	t.Helper()
	h := &hold{t: t}
	up := testup.New(t, h.n.all)
	h.Gateway = testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(everything, up.URL) + more, Env: map[string]string{"K": vendorKey}})
	return h
}

// multipart is a form with a file, and the header field that names its boundary.
func multipart(boundary, file string) asked {
	part := func(head, body string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + body + "\r\n"
	}
	return asked{
		path:   "/v1/audio/transcriptions",
		body:   part(`name="model"`, "one/m") + part(`name="file"; filename="a.mp3"`+"\r\nContent-Type: audio/mpeg", file) + "--" + boundary + "--\r\n",
		header: []string{"Content-Type", "multipart/form-data; boundary=" + boundary},
	}
}

const (
	said     = `"messages":[{"role":"user","content":"hello"}]`
	contents = `{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}`
	conversa = `{"messages":[{"role":"user","content":[{"text":"hello"}]}]}`
)

func TestEveryOperationIsKeptByteForByte(t *testing.T) {
	h := everywhere(t, keeps)
	for _, tt := range []struct {
		name string
		asked
		kind string
	}{
		{"chat", asked{path: chat, body: `{"model":"one/m",` + said + `}`}, "application/json"},
		{"a chat stream", asked{path: chat, body: `{"model":"one/m","stream":true,"stream_options":{"include_usage":true},"user":"s",` + said + `}`}, sse},
		{"legacy completions", asked{path: "/v1/completions", body: `{"model":"one/m","prompt":"hello"}`}, "application/json"},
		{"a stream of legacy completions", asked{path: "/v1/completions", body: `{"model":"one/m","prompt":"hello","stream":true}`}, sse},
		{"responses", asked{path: "/v1/responses", body: `{"model":"res/m","input":"hello"}`}, "application/json"},
		{"a responses stream", asked{path: "/v1/responses", body: `{"model":"res/m","input":"hello, as a stream","stream":true}`}, sse},
		{"messages", asked{path: "/v1/messages", body: `{"model":"ant/m","max_tokens":9,` + said + `}`}, "application/json"},
		{"a messages stream", asked{path: "/v1/messages", body: `{"model":"ant/m","max_tokens":8,"stream":true,` + said + `}`}, sse},
		{"gemini", asked{path: "/v1beta/models/gem/m:generateContent", body: contents}, "application/json"},
		{"a gemini stream", asked{path: "/v1beta/models/gem/s:streamGenerateContent?alt=sse", body: contents}, sse},
		{"a gemini stream as an array", asked{path: "/v1beta/models/gem/a:streamGenerateContent", body: contents}, "application/json"},
		{"converse", asked{path: "/model/con%2Fm/converse", body: conversa}, "application/json"},
		{"a converse stream", asked{path: "/model/con%2Fs/converse-stream", body: conversa}, "application/vnd.amazon.eventstream"},
		{"cohere", asked{path: "/v2/chat", body: `{"model":"coh/m",` + said + `}`}, "application/json"},
		{"a cohere stream", asked{path: "/v2/chat", body: `{"model":"coh/s","stream":true,` + said + `}`}, sse},
		{"embeddings", asked{path: "/v1/embeddings", body: `{"model":"one/m","input":"hello"}`}, "application/json"},
		{"one embedding of a list", asked{path: "/v1/embeddings", body: `{"model":"one/m","input":["hello there"]}`}, "application/json"},
		{"gemini's embedding", asked{path: "/v1beta/models/gem/m:embedContent", body: `{"content":{"parts":[{"text":"hello"}]}}`}, "application/json"},
		{"cohere's embedding", asked{path: "/v2/embed", body: `{"model":"coh/m","input_type":"search_query","embedding_types":["float"],"texts":["hello"]}`}, "application/json"},
		{"rerank", asked{path: "/v1/rerank", body: `{"model":"one/m","query":"q","documents":["a"]}`}, "application/json"},
		{"cohere's rerank", asked{path: "/v2/rerank", body: `{"model":"coh/m","query":"q","documents":["a"]}`}, "application/json"},
		{"moderation", asked{path: "/v1/moderations", body: `{"model":"one/m","input":"hello"}`}, "application/json"},
		{"images", asked{path: "/v1/images/generations", body: `{"model":"one/m","prompt":"a cat"}`}, "application/json"},
		{"speech", asked{path: "/v1/audio/speech", body: `{"model":"one/m","input":"hello","voice":"x"}`}, "audio/mpeg"},
		{"transcription", multipart("abc", "sound"), "application/json"},
		{"the provider's own path", asked{path: "/providers/one/v1/chat/completions", body: `{"model":"m","seed":1,` + said + `}`}, "application/json"},
	} {
		before := h.n.count()
		first := h.make(tt.asked)
		if first.StatusCode != 200 || first.cache() != "miss" || len(first.body) == 0 {
			t.Errorf("%s: %d %s: %.200s", tt.name, first.StatusCode, first.cache(), first.body)
			continue
		}
		e := h.Entry(first.id())
		for n := range 3 { // what the first has read, the others are told
			again := h.make(tt.asked)
			if again.StatusCode != 200 || again.cache() != "hit" {
				t.Errorf("%s, hit %d: %d %s: %.200s", tt.name, n, again.StatusCode, again.cache(), again.body)
				continue
			}
			if !bytes.Equal(first.body, again.body) {
				t.Errorf("%s, hit %d is another answer:\n%q\n%q", tt.name, n, first.body, again.body)
			}
			if ct := again.Header.Get("content-type"); !strings.HasPrefix(ct, tt.kind) || ct != first.Header.Get("content-type") {
				t.Errorf("%s, hit %d: %s, then %s", tt.name, n, first.Header.Get("content-type"), ct)
			}
			if usage := again.Header.Get("sluice-usage"); usage != first.Header.Get("sluice-usage") {
				t.Errorf("%s, hit %d has usage %s, not %s", tt.name, n, usage, first.Header.Get("sluice-usage"))
			}
			f := h.Entry(again.id())
			if fmt.Sprint(f.Usage) != fmt.Sprint(e.Usage) || f.FinishReason != e.FinishReason || f.Cost.USD != 0 || f.Saved != e.Cost {
				t.Errorf("%s, hit %d: the entry tells %+v, %s, saved %v and not %+v, %s, %v", tt.name, n, f.Usage, f.FinishReason, f.Saved, e.Usage, e.FinishReason, e.Cost)
			}
		}
		if got := h.n.count() - before; got != 1 {
			t.Errorf("%s: %d calls to the vendor", tt.name, got)
		}
	}
}

// A compressed answer is kept as it came, and every hit tells what is in it.
func TestACompressedAnswerTellsItsUsageToEveryHit(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}`))
	_ = z.Close()
	g := start(t, testup.New(t, func(call *testup.Call) {
		call.Set("Content-Encoding", "gzip").Answer(200, "application/json", zipped.Bytes())
	}), "{ ttl: 5m }")
	for n := range 4 {
		a := call(t, g, chat, `{"model":"one/m","max_tokens":5,`+said+`}`, "accept-encoding", "gzip")
		e := g.Entry(a.id())
		if !bytes.Equal(a.body, zipped.Bytes()) || a.Header.Get("content-encoding") != "gzip" || (a.cache() == "hit") != (n > 0) {
			t.Errorf("call %d: %d bytes, %s, %v", n, len(a.body), a.cache(), a.Header)
		}
		if e.Usage.InputTokens.N != 7 || e.Usage.OutputTokens.N != 5 || e.FinishReason != "length" {
			t.Errorf("call %d: %+v, %s", n, e.Usage, e.FinishReason)
		}
	}
}

func TestAFormIsTheSameWhateverItsBoundary(t *testing.T) {
	h := everywhere(t, keeps)
	if a := h.make(multipart("abc", "sound")); a.cache() != "miss" || a.StatusCode != 200 {
		t.Fatalf("%d %s %s", a.StatusCode, a.cache(), a.body)
	}
	if a := h.make(multipart("----other", "sound")); a.cache() != "hit" || !strings.Contains(string(a.body), "answer 1") {
		t.Errorf("another boundary: %s %s", a.cache(), a.body)
	}
	if a := h.make(multipart("abc", "another sound")); a.cache() != "miss" {
		t.Errorf("another file: %s", a.cache())
	}
}

func TestWhatIsNoFunctionOfItsRequestIsNotKept(t *testing.T) {
	h := everywhere(t, keeps)
	for name, a := range map[string]asked{
		"a background response":       {path: "/v1/responses", body: `{"model":"res/m","background":true,"input":"hello"}`},
		"a conversation":              {path: "/v1/responses", body: `{"model":"res/m","conversation":"conv_1","input":"hello"}`},
		"a count of tokens":           {path: "/v1/messages/count_tokens", body: `{"model":"ant/m",` + said + `}`},
		"a member that stands twice":  {path: chat, body: `{"model":"one/m","seed":1,"seed":2,` + said + `}`},
		"a member that stands deeper": {path: chat, body: `{"model":"one/m","messages":[{"role":"user","content":"a","content":"b"}]}`},
	} {
		for range 2 {
			if got := h.make(a); got.cache() != "off" && got.cache() != "bypass" {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.cache())
			}
		}
	}
	for _, method := range []string{"GET", "HEAD"} {
		for range 2 {
			r := h.Request(method, "/v1/models", nil)
			if resp, _ := h.Do(r); resp.StatusCode != 200 || resp.Header.Get("sluice-cache") != "off" && resp.Header.Get("sluice-cache") != "" {
				t.Errorf("%s: %d %s", method, resp.StatusCode, resp.Header.Get("sluice-cache"))
			}
		}
	}
}

// forms are a call for a whole answer and for a stream in each dialect.
var forms = []struct {
	dialect, model string
	call           func(model string, stream bool) asked
}{
	{"chat", "one/m", func(m string, s bool) asked {
		return asked{path: chat, body: fmt.Sprintf(`{"model":%q,"stream":%v%s,`, m, s, map[bool]string{true: `,"stream_options":{"include_usage":true}`}[s]) + tools("chat") + said + `}`}
	}},
	{"responses", "res/m", func(m string, s bool) asked {
		return asked{path: "/v1/responses", body: fmt.Sprintf(`{"model":%q,"stream":%v,`, m, s) + tools("responses") + `"input":"hello"}`}
	}},
	{"messages", "ant/m", func(m string, s bool) asked {
		return asked{path: "/v1/messages", body: fmt.Sprintf(`{"model":%q,"stream":%v,"max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":2000},`, m, s) + tools("messages") + said + `}`}
	}},
	{"gemini", "gem/m", func(m string, s bool) asked {
		verb := ":generateContent"
		if s {
			verb = ":streamGenerateContent?alt=sse"
		}
		return asked{path: "/v1beta/models/" + m + verb, body: `{"generationConfig":{"thinkingConfig":{"includeThoughts":true}},` + tools("gemini") + contents[1:]}
	}},
	{"converse", "con/m", func(m string, s bool) asked {
		verb := "/converse"
		if s {
			verb = "/converse-stream"
		}
		return asked{path: "/model/" + strings.ReplaceAll(m, "/", "%2F") + verb, body: `{` + tools("converse") + conversa[1:]}
	}},
	{"cohere", "coh/m", func(m string, s bool) asked {
		return asked{path: "/v2/chat", body: fmt.Sprintf(`{"model":%q,"stream":%v,`, m, s) + tools("cohere") + said + `}`}
	}},
}

// tools is the member that lets a model find things.
func tools(dialect string) string {
	const schema = `{"type":"object","properties":{"q":{"type":"integer"}}}`
	switch dialect {
	case "responses":
		return `"reasoning":{"effort":"low","summary":"auto"},"tools":[{"type":"function","name":"find","parameters":` + schema + `}],`
	case "messages":
		return `"tools":[{"name":"find","input_schema":` + schema + `}],`
	case "gemini":
		return `"tools":[{"functionDeclarations":[{"name":"find","parameters":` + schema + `}]}],`
	case "converse":
		return `"toolConfig":{"tools":[{"toolSpec":{"name":"find","inputSchema":{"json":` + schema + `}}}]},`
	}
	return `"tools":[{"type":"function","function":{"name":"find","parameters":` + schema + `}}],`
}

func TestAStreamAndAWholeAnswerAreOneInEveryDialect(t *testing.T) {
	h := everywhere(t, keeps)
	for _, f := range forms {
		for _, g := range forms {
			for _, first := range []bool{true, false} {
				name := fmt.Sprintf("%s from %s, first streamed: %v", f.dialect, g.dialect, first)
				model := fmt.Sprintf("%s-%s-%v", g.model, f.dialect, first)
				a, b, c := h.make(f.call(model, first)), h.make(f.call(model, !first)), h.make(f.call(model, first))
				n := h.n.count()
				if a.cache() != "miss" || b.cache() != "hit" || c.cache() != "hit" {
					t.Errorf("%s: %d %s, %d %s, %d %s: %.300s", name, a.StatusCode, a.cache(), b.StatusCode, b.cache(), c.StatusCode, c.cache(), a.body)
					continue
				}
				if f.dialect == g.dialect && !bytes.Equal(a.body, c.body) {
					t.Errorf("%s: the hit is another answer\n%s\n%s", name, a.body, c.body)
				}
				for _, got := range []*answer{a, b, c} {
					for _, want := range []string{fmt.Sprint("answer ", n), "find", "1234", "567"} {
						if !bytes.Contains(got.body, []byte(want)) {
							t.Errorf("%s: %q is not in %q", name, want, got.body)
						}
					}
					if f.dialect == g.dialect && !bytes.Contains(got.body, []byte(fmt.Sprint("because ", n))) {
						t.Errorf("%s: no thought in %q", name, got.body)
					}
				}
			}
		}
	}
}

func TestAGeminiStreamComesInTheFormThatIsAskedFor(t *testing.T) {
	h := everywhere(t, keeps)
	path := "/v1beta/models/gem/m:streamGenerateContent"
	for i, alt := range []string{"?alt=sse", "", "?alt=sse", "?alt=json"} {
		a := h.make(asked{path: path + alt, body: contents})
		if word := a.cache(); (i == 0) != (word == "miss") || (i > 0) != (word == "hit") {
			t.Errorf("%s: %d %s", alt, a.StatusCode, word)
		}
		if sse := bytes.HasPrefix(a.body, []byte("data: ")); sse != (alt == "?alt=sse") || !bytes.Contains(a.body, []byte("answer 1")) {
			t.Errorf("%s: %q", alt, a.body)
		}
	}
}
