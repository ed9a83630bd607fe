package gemini_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestWhatIsWrittenIsReadBack: Parse(Format(x)) == x for requests of this dialect.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 2)), 0}
	for range 500 {
		r := g.request()
		out, err := gemini.Dialect.Codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: "gemini-2.5-flash"})
		if err != nil {
			t.Fatal(err)
		}
		back, err := gemini.Dialect.Codec.ParseRequest(out.Body)
		if err != nil {
			t.Fatalf("%v: %s", err, out.Body)
		}
		back.Has, back.Unnamed, back.Refuse = llm.Features{}, nil, nil
		if !reflect.DeepEqual(back, r) {
			t.Fatalf("%s%s", out.Body, compare(back, r))
		}
	}
}

// generator makes requests as a reader of this dialect gives them.
type generator struct {
	*rand.Rand
	ids int
}

func (g *generator) request() *llm.Request {
	r := &llm.Request{Dialect: "gemini"}
	if g.IntN(2) == 0 {
		r.Messages = append(r.Messages, turn(llm.System, g.text()))
	}
	for range 1 + g.IntN(3) {
		r.Messages = append(r.Messages, turn(llm.User, g.users()...))
		model, calls := g.models()
		r.Messages = append(r.Messages, turn(llm.Assistant, model...))
		if len(calls) > 0 {
			r.Messages = append(r.Messages, turn(llm.ToolRole, g.results(calls)...))
			r.Messages = append(r.Messages, turn(llm.Assistant, g.text()))
		}
	}
	g.tools(r)
	g.settings(r)
	return r
}

func (g *generator) word() string {
	return []string{"a", "bé", `"q"`, "line\n", "\\u", "<&>"}[g.IntN(6)] + strconv.Itoa(g.IntN(100))
}

func (g *generator) text() llm.Part { return text(g.word()) }

func (g *generator) state() []llm.Opaque {
	if g.IntN(2) == 0 {
		return nil
	}
	return []llm.Opaque{{Dialect: "gemini", Kind: "thought_signature", Value: "c2ln" + strconv.Itoa(1000+g.IntN(1000))}}
}

func (g *generator) media() llm.Part {
	switch g.IntN(5) {
	case 0:
		return llm.Part{Kind: llm.Image, Media: &llm.Media{Type: "image/png", Data: []byte("iVBORw0KGgo=")}}
	case 1:
		return llm.Part{Kind: llm.Audio, Media: &llm.Media{Type: "audio/wav", Format: "wav", Data: []byte("AAAA")}}
	case 2:
		return llm.Part{Kind: llm.File, Media: &llm.Media{Type: "application/pdf", FileID: quoted("files/a"), Name: quoted("a.pdf")}}
	case 3:
		return llm.Part{Kind: llm.Video, Media: &llm.Media{Type: "video/mp4", URL: quoted("https://youtu.be/a")}, Own: []llm.Member{{Name: "videoMetadata", Value: llm.Raw(`{"fps":2}`)}}}
	}
	return llm.Part{Kind: llm.Image, Media: &llm.Media{Type: "image/png", URL: quoted("https://example.com/a?b=1"), Detail: "low"}, Own: []llm.Member{{Name: "mediaResolution", Value: llm.Raw(`{"level":"MEDIA_RESOLUTION_LOW"}`)}}}
}

func (g *generator) users() (parts []llm.Part) {
	for range 1 + g.IntN(3) {
		if g.IntN(2) == 0 {
			parts = append(parts, g.text())
		} else {
			parts = append(parts, g.media())
		}
	}
	return parts
}

func (g *generator) models() (parts []llm.Part, calls []llm.Part) {
	if g.IntN(2) == 0 {
		parts = append(parts, llm.Part{Kind: llm.Thinking, Text: quoted(g.word()), State: g.state()})
	}
	parts = append(parts, llm.Part{Kind: llm.Text, Text: quoted(g.word()), State: g.state()})
	if g.IntN(3) == 0 {
		parts = append(parts, llm.Part{Kind: llm.Vendor, Raw: llm.Raw(`{"executableCode":{"code":"1"}}`)})
	}
	for range g.IntN(3) {
		g.ids++
		c := llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: "id" + strconv.Itoa(g.ids), Name: "f.g", Arguments: llm.Raw(`{"a":[1.0,"` + strconv.Itoa(g.IntN(9)) + `"]}`)}, State: g.state()}
		parts, calls = append(parts, c), append(calls, c)
	}
	return parts, calls
}

func (g *generator) results(calls []llm.Part) (parts []llm.Part) {
	for _, c := range calls {
		res := &llm.Result{ID: c.Call.ID, Name: c.Call.Name}
		switch g.IntN(4) {
		case 0:
			res.JSON = llm.Raw(`{"n":1,"m":"x"}`)
		case 1:
			res.Parts = []llm.Part{g.text()}
		case 2:
			res.Parts, res.Error = []llm.Part{g.text()}, true
		case 3:
			res.Parts = []llm.Part{g.text(), {Kind: llm.Image, Media: &llm.Media{Type: "image/png", Data: []byte("AAAA")}}}
		}
		parts = append(parts, llm.Part{Kind: llm.ToolResult, Result: res})
	}
	return parts
}

func (g *generator) tools(r *llm.Request) {
	if g.IntN(2) == 0 { // what is said of tools may stand without them, for those of a cache
		r.Choice = []llm.ToolChoice{{}, {Mode: "auto"}, {Mode: "none"}}[g.IntN(3)]
		return
	}
	r.Tools = append(r.Tools, llm.Tool{Kind: llm.Function, Name: "f.g", Description: quoted(g.word()), Parameters: llm.Raw(`{"type":"object","properties":{"b":{"const":1},"a":{}}}`)})
	if g.IntN(2) == 0 {
		r.Tools = append(r.Tools, llm.Tool{Kind: llm.WebSearch, Name: "googleSearch", Vendor: llm.Raw(`{"googleSearch":{"excludeDomains":["a"]}}`)})
	}
	r.Choice = []llm.ToolChoice{{}, {Mode: "auto"}, {Mode: "none"}, {Mode: "required"}, {Mode: "tool", Names: []string{"f.g"}},
		{Mode: "auto", Vendor: llm.Raw(`{"mode":"VALIDATED"}`)}}[g.IntN(6)]
}

func (g *generator) settings(r *llm.Request) {
	if g.IntN(2) == 0 {
		r.MaxOutput = llm.Known(int64(g.IntN(1000)))
		r.Stop = []llm.Raw{quoted(g.word())}
	}
	if g.IntN(2) == 0 {
		r.Settings = append(r.Settings, llm.Setting{Feature: llm.FTemperature, Value: llm.Raw("0.70")}, llm.Setting{Feature: llm.FSeed, Value: llm.Raw("7")})
		r.Output = llm.OutputFormat{Kind: "schema", Schema: llm.Raw(`{"type":"object"}`)}
	}
	r.Thinking = []llm.Reasoning{{}, {Mode: "off"}, {Mode: "adaptive", Summary: "auto"}, {Mode: "on", Budget: llm.Known(100)}, {Mode: "on", Effort: "low", Summary: "none"}}[g.IntN(5)]
	if g.IntN(3) == 0 {
		r.Own = append(r.Own, llm.Member{Name: "safetySettings", Value: llm.Raw(`[]`)}, llm.Member{Name: "un.known", Value: llm.Raw("7")}, llm.Member{Name: "generationConfig.speechConfig", Value: llm.Raw(`{"languageCode":"nl"}`)})
	}
}

// FuzzParseRequest: whatever a caller sends, a request that can be read can be written,
// for this dialect as JSON that reads the same again.
func FuzzParseRequest(f *testing.F) {
	for _, field := range gemini.Dialect.Fields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := gemini.Dialect.Codec.ParseRequest(body)
		if err != nil || !json.Valid(body) || !utf8.Valid(body) {
			return
		}
		for _, model := range []string{"gemini-2.5-flash", "gemini-3-pro-preview", "gemma"} {
			out, err := gemini.Dialect.Codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: model})
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(out.Body) {
				t.Fatalf("%s became %s", body, out.Body)
			}
			back, err := gemini.Dialect.Codec.ParseRequest(out.Body)
			if err != nil {
				t.Fatalf("%s became %s: %v", body, out.Body, err)
			}
			again, err := gemini.Dialect.Codec.FormatRequest(nil, back, &dialect.Target{Provider: "p", Model: model})
			if err != nil || string(again.Body) != string(out.Body) {
				t.Fatalf("%s became %s and then %s (%v)", body, out.Body, again.Body, err)
			}
		}
	})
}

// FuzzParseAnswer: whatever a vendor sends is read without harm, and what is read is
// written as JSON.
func FuzzParseAnswer(f *testing.F) {
	for _, field := range gemini.Dialect.AnswerFields {
		if field.Example != "" {
			f.Add([]byte(field.Example))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := gemini.Dialect.Codec.ParseAnswer(body, theCall)
		if err != nil || !json.Valid(body) {
			return
		}
		if out := gemini.Dialect.Codec.FormatAnswer(nil, a, theCall); !json.Valid(out) {
			t.Fatalf("%s became %s", body, out)
		}
	})
}

// FuzzParseStream: two chunks of anything give events that keep to the grammar, and what
// is written of them is events of JSON on one line.
func FuzzParseStream(f *testing.F) {
	for _, field := range gemini.Dialect.AnswerFields {
		if field.Example != "" {
			f.Add([]byte(field.Example), []byte(piece(`{"functionCall":{"name":"f","partialArgs":[{"jsonPath":"$.a[0]","stringValue":"x","willContinue":true}]}}`, `,"finishReason":"STOP"`)))
		}
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		p, w := gemini.Dialect.Codec.NewStreamParser(theCall), gemini.Dialect.Codec.NewStreamFormatter(theCall)
		var all, some []llm.Event
		var out []byte
		for _, data := range [][]byte{one, two, one} {
			some = p.Parse(some[:0], nil, data)
			for i := range some {
				out = w.Format(out, &some[i])
				all = append(all, keep(some[i]))
			}
		}
		for _, e := range p.End(nil) {
			out = w.Format(out, &e)
			all = append(all, keep(e))
		}
		if why := grammar(all); why != "" {
			t.Fatalf("%s\n%s\n%s: %s", one, two, told(all), why)
		}
		if json.Valid(one) && json.Valid(two) {
			if _, err := split(out, false); err != nil {
				t.Fatalf("%s\n%s\nbecame %s", one, two, out)
			}
		}
	})
}
