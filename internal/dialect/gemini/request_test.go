package gemini_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func text(s string) llm.Part { return llm.Part{Kind: llm.Text, Text: quoted(s)} }

func quoted(s string) llm.Raw {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}

func turn(role llm.Role, parts ...llm.Part) llm.Message { return llm.Message{Role: role, Parts: parts} }

func called(id, name, args string, state ...llm.Opaque) llm.Part {
	return llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: id, Name: name, Arguments: quoted(args), Quoted: true}, State: state}
}

func result(id string, parts ...llm.Part) llm.Part {
	return llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: id, Parts: parts}}
}

func picture(m llm.Media) llm.Part { return llm.Part{Kind: llm.Image, Media: &m} }

// chat is a request of a caller who speaks another dialect.
func chat(messages ...llm.Message) *llm.Request {
	return &llm.Request{Dialect: "chat", Messages: messages}
}

func signed(provider, model string) llm.Opaque {
	return llm.Opaque{Dialect: "gemini", Provider: provider, Model: model, Kind: "thought_signature", Value: "U0lH"}
}

const hello = `{"role":"user","parts":[{"text":"hi"}]}`

func TestRequestsOfOtherDialectsAreWrittenByTheVendorsRules(t *testing.T) {
	yes, no := true, false
	schema := llm.Raw(`{"type":"object","properties":{"a":{"const":"x"},"const":{"type":"string"}},"additionalProperties":false}`)
	weather := llm.Tool{Kind: llm.Function, Name: "weather", Description: llm.Raw(`"d"`), Parameters: schema}
	written := `"tools":[{"functionDeclarations":[{"name":"weather","description":"d","parametersJsonSchema":{"type":"object","properties":{"a":{"enum":["x"],"type":"string"},"const":{"type":"string"}},"additionalProperties":false}}]}]`
	search := llm.Tool{Kind: llm.WebSearch, Name: "web_search"}
	cases := []struct {
		name, model string
		request     *llm.Request
		change      func(r *llm.Request)
		want        string
		lost        []llm.Feature
	}{
		{name: "instructions before the first turn are hoisted, later ones stay", model: "gemini-2.5-flash",
			request: chat(turn(llm.System, text("a")), turn(llm.Developer, text("b")), turn(llm.User, text("hi")), turn(llm.System, text("c")), turn(llm.Assistant, text("yes"))),
			want:    `{"systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]},"contents":[{"role":"user","parts":[{"text":"hi"},{"text":"<system>\nc\n</system>"}]},{"role":"model","parts":[{"text":"yes"}]}]}`},
		{name: "a model without instructions gets them as a user's words", model: "gemma-3-27b-it",
			request: chat(turn(llm.System, text("a")), turn(llm.User, text("hi"))),
			want:    `{"contents":[{"role":"user","parts":[{"text":"a"},{"text":"hi"}]}]}`},
		{name: "turns of one side are one, empty texts are left out", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("a")), turn(llm.User, text("")), turn(llm.User, text("b")), turn(llm.Assistant, text("")), turn(llm.Assistant, text("c")), turn(llm.Assistant, text("d"))),
			want:    `{"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"},{"text":"d"}]}]}`},
		{name: "results stand in the order of the calls, before words, as objects", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi")), turn(llm.Assistant, called("1", "f", `{"a":1}`), called("2", "g", "")),
				turn(llm.ToolRole, result("2", text("two"), text("too")), llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: "1", Error: true, Parts: []llm.Part{text("no")}}}), turn(llm.User, text("so?"))),
			want: `{"contents":[` + hello + `,{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{"a":1}}},{"functionCall":{"id":"2","name":"g","args":{}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{"error":"no"}}},{"functionResponse":{"id":"2","name":"g","response":{"output":"two\ntoo"}}},{"text":"so?"}]}]}`},
		{name: "arguments that are no JSON do not break the request", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi")), turn(llm.Assistant, called("1", "f", `{"a":`))),
			want:    `{"contents":[` + hello + `,{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{"invalid_json":"{\"a\":"}}}]}]}`},
		{name: "Gemini 3 is told to skip the signature that the first call of a turn lacks", model: "publishers/google/models/gemini-3-pro-preview",
			request: chat(turn(llm.User, text("hi")), turn(llm.Assistant, called("1", "f", "{}"), called("2", "f", "{}"))),
			want: `{"contents":[` + hello + `,{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},` +
				`{"functionCall":{"id":"2","name":"f","args":{}}}]}]}`},
		{name: "a signature goes back to where it came from", model: "gemini-3-pro-preview",
			request: chat(turn(llm.User, text("hi")), turn(llm.Assistant, called("1", "f", "{}", signed("p", "gemini-3-pro-preview")))),
			want:    `{"contents":[` + hello + `,{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"U0lH"}]}]}`},
		{name: "and nowhere else", model: "gemini-3-pro-preview",
			request: chat(turn(llm.User, text("hi")), turn(llm.Assistant, called("1", "f", "{}", signed("q", "gemini-3-pro-preview")))),
			change:  func(r *llm.Request) { r.Has.Add(llm.FThinkingState) },
			want:    `{"contents":[` + hello + `,{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]}]}`,
			lost:    []llm.Feature{llm.FThinkingState}},
		{name: "a signature without text belongs to the call that follows, thoughts need none", model: "gemini-3-pro-preview",
			request: chat(turn(llm.User, text("hi")), turn(llm.Assistant, llm.Part{Kind: llm.Thinking, Text: quoted("hm")}, llm.Part{Kind: llm.Thinking, State: []llm.Opaque{signed("p", "gemini-3-pro-preview")}}, called("1", "f", "{}"))),
			want:    `{"contents":[` + hello + `,{"role":"model","parts":[{"text":"hm","thought":true},{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"U0lH"}]}]}`},
		{name: "tools have JSON Schema without const", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) { r.Tools = []llm.Tool{weather}; r.Choice.Mode = "required" },
			want: `{"contents":[` + hello + `],` + written + `,"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}}`},
		{name: "a choice among some tools", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) {
				r.Tools = []llm.Tool{weather}
				r.Choice = llm.ToolChoice{Mode: "allowed", Names: []string{"weather"}, Parallel: &no}
				r.Has.Add(llm.FParallel)
			},
			want: `{"contents":[` + hello + `],` + written + `,"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":["weather"]}}}`},
		{name: "names that the vendor refuses are rewritten", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) {
				r.Tools = []llm.Tool{{Kind: llm.Function, Name: "a b"}, {Kind: llm.Function, Name: "2fa"}}
			},
			want: `{"contents":[` + hello + `],"tools":[{"functionDeclarations":[{"name":"a_b_c8687a08"},{"name":"_2fa"}]}]}`},
		{name: "strict tools ask for calls that keep to their schemas", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) {
				r.Tools = []llm.Tool{{Kind: llm.Function, Name: "f", Strict: &yes}}
				r.Has.Add(llm.FToolStrict)
			},
			want: `{"contents":[` + hello + `],"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}`},
		{name: "search beside functions since Gemini 3", model: "gemini-3-flash-preview",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) { r.Tools = []llm.Tool{search, {Kind: llm.Function, Name: "f"}} },
			want: `{"contents":[` + hello + `],"tools":[{"functionDeclarations":[{"name":"f"}]},{"googleSearch":{}}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"},"includeServerSideToolInvocations":true}}`},
		{name: "but not before", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) {
				r.Tools = []llm.Tool{search, {Kind: llm.Function, Name: "f"}}
				r.Has.Add(llm.FWebSearch)
			},
			want: `{"contents":[` + hello + `],"tools":[{"functionDeclarations":[{"name":"f"}]}]}`, lost: []llm.Feature{llm.FWebSearch}},
		{name: "a custom tool becomes a function, and so do its calls", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi")), turn(llm.Assistant, llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: "1", Name: "patch", Arguments: quoted("a\"b"), Custom: true}})),
			change:  func(r *llm.Request) { r.Tools = []llm.Tool{{Kind: llm.Custom, Name: "patch"}} },
			want: `{"contents":[` + hello + `,{"role":"model","parts":[{"functionCall":{"id":"1","name":"patch","args":{"input":"a\"b"}}}]}],` +
				`"tools":[{"functionDeclarations":[{"name":"patch","parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string","description":"The whole input of the tool, as plain text."}},"required":["input"],"additionalProperties":false}}]}]}`},
		{name: "a schema of the answer with its name", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) {
				r.Output = llm.OutputFormat{Kind: "schema", Name: "n", Description: quoted("d"), Schema: llm.Raw(`{"type":"object"}`)}
			},
			want: `{"contents":[` + hello + `],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"title":"n","description":"d","type":"object"}}}`},
		{name: "the form of the answer is asked for in words beside functions before Gemini 3", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) {
				r.Tools, r.Output = []llm.Tool{{Kind: llm.Function, Name: "f"}}, llm.OutputFormat{Kind: "json"}
				r.Has.Add(llm.FJSON)
			},
			want: `{"systemInstruction":{"parts":[{"text":"Answer with one JSON object and nothing else: no words around it, no code fence."}]},"contents":[` + hello + `],"tools":[{"functionDeclarations":[{"name":"f"}]}]}`},
		{name: "settings in the vendor's words and limits", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) {
				r.MaxOutput = llm.Known(100000)
				for range 6 {
					r.Stop = append(r.Stop, quoted("x"))
				}
				r.Has.Add(llm.FStop)
				r.Set(llm.FTemperature, llm.Raw("1.0"))
				r.Set(llm.FFrequencyPenalty, llm.Raw("0.5"))
				r.Set(llm.FSeed, llm.Raw("4294967296"))
				r.Set(llm.FModalities, llm.Raw(`["text","image"]`))
				r.Set(llm.FTier, llm.Raw(`"default"`))
				r.Set(llm.FMetadata, llm.Raw(`{"Team":"a"}`))
			},
			want: `{"contents":[` + hello + `],"generationConfig":{"maxOutputTokens":65536,"temperature":1.0,"responseModalities":["TEXT","IMAGE"],"stopSequences":["x","x","x","x","x"]},"serviceTier":"standard"}`,
			lost: []llm.Feature{llm.FFrequencyPenalty, llm.FSeed, llm.FStop, llm.FMetadata}},
		{name: "search options ask for a search", model: "gemini-2.5-flash",
			request: chat(turn(llm.User, text("hi"))), change: func(r *llm.Request) { r.Set(llm.FSearchOptions, llm.Raw(`{}`)) },
			want: `{"contents":[` + hello + `],"tools":[{"googleSearch":{}}]}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.change != nil {
				c.change(c.request)
			}
			to := dialect.Target{Provider: "p", Model: c.model, Facts: dialect.Facts{MaxOutput: 65536}}
			checkWritten(t, c.request, &to, c.want, c.lost)
		})
	}
}

func checkWritten(t *testing.T, r *llm.Request, to *dialect.Target, want string, lost []llm.Feature) {
	t.Helper()
	out, err := gemini.Dialect.Codec.FormatRequest([]byte("before "), r, to)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := strings.CutPrefix(string(out.Body), "before "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if out.Lost != llm.Of(lost...) {
		t.Errorf("lost %v, want %v", out.Lost.All(), lost)
	}
	again, _ := gemini.Dialect.Codec.FormatRequest([]byte("before "), r, to)
	if string(again.Body) != string(out.Body) {
		t.Error("the second time it is written otherwise")
	}
}

func TestThinkingIsAskedForByModel(t *testing.T) {
	off, low, medium, max := llm.Reasoning{Mode: "off"}, llm.Reasoning{Effort: "low"}, llm.Reasoning{Mode: "on", Effort: "medium"}, llm.Reasoning{Effort: "max", Summary: "none"}
	budget, adaptive := llm.Reasoning{Mode: "on", Budget: llm.Known(5000)}, llm.Reasoning{Mode: "adaptive"}
	none := []llm.Feature(nil)
	cases := []struct {
		model string
		think llm.Reasoning
		want  string
		lost  []llm.Feature
	}{
		{"gemini-2.5-flash", off, `{"thinkingBudget":0}`, none},
		{"gemini-2.5-pro", off, `{"thinkingBudget":128}`, []llm.Feature{llm.FThinkingOff}},
		{"gemini-2.5-flash", low, `{"thinkingBudget":1024,"includeThoughts":true}`, none},
		{"gemini-2.5-flash", max, `{"thinkingBudget":24576}`, none},
		{"gemini-2.5-pro", max, `{"thinkingBudget":32768}`, none},
		{"gemini-2.5-flash", budget, `{"thinkingBudget":5000,"includeThoughts":true}`, none},
		{"gemini-2.5-flash", adaptive, `{"thinkingBudget":-1,"includeThoughts":true}`, none},
		{"gemini-3-flash-preview", off, `{"thinkingLevel":"MINIMAL"}`, []llm.Feature{llm.FThinkingOff}},
		{"gemini-3.1-pro-preview", off, `{"thinkingLevel":"LOW"}`, []llm.Feature{llm.FThinkingOff}},
		{"gemini-3.8-flash", off, `{"thinkingLevel":"LOW"}`, []llm.Feature{llm.FThinkingOff}},
		{"models/gemini-3-flash-preview", low, `{"thinkingLevel":"LOW","includeThoughts":true}`, none},
		{"gemini-3-pro-preview", medium, `{"thinkingLevel":"HIGH","includeThoughts":true}`, none},
		{"gemini-3.1-pro-preview", medium, `{"thinkingLevel":"MEDIUM","includeThoughts":true}`, none},
		{"gemini-3-flash-preview", max, `{"thinkingLevel":"HIGH"}`, none},
		{"gemini-3-flash-preview", budget, `{"thinkingLevel":"MEDIUM","includeThoughts":true}`, none},
		{"gemini-flash-latest", adaptive, `{"includeThoughts":true}`, none},
		{"gemini-2.0-flash", low, ``, []llm.Feature{llm.FThinkingEffort}},
		{"gemini-2.0-flash", off, ``, none},
	}
	for _, c := range cases {
		r := chat(turn(llm.User, text("hi")))
		r.Thinking = c.think
		r.Has = llm.Of(llm.FThinkingEffort)
		if c.think.Mode == "off" {
			r.Has = llm.Of(llm.FThinkingOff)
		}
		want := `{"contents":[` + hello + `]}`
		if c.want != "" {
			want = `{"contents":[` + hello + `],"generationConfig":{"thinkingConfig":` + c.want + `}}`
		}
		t.Run(c.model, func(t *testing.T) { checkWritten(t, r, &dialect.Target{Provider: "p", Model: c.model}, want, c.lost) })
	}
}

func TestMediaAreWrittenWhereTheVendorTakesThem(t *testing.T) {
	png, webm := llm.Media{Type: "image/png", Data: []byte("iVBORw0KGgo=")}, llm.Media{Type: "video/webm", Data: []byte("AAAA")}
	inline := `{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}`
	cases := []struct {
		name, model string
		part        llm.Part
		want        string
	}{
		{"bytes", "gemini-2.5-flash", picture(png), inline},
		{"bytes without a type", "gemini-2.5-flash", picture(llm.Media{Data: png.Data}), inline},
		{"bytes that were fetched", "gemini-2.5-flash", picture(llm.Media{Type: "image/png", Data: png.Data, URL: quoted("https://example.com/a")}), inline},
		{"a URL that was not", "gemini-2.5-flash", picture(llm.Media{URL: quoted("https://example.com/a.webp?x=1")}), `{"fileData":{"mimeType":"image/webp","fileUri":"https://example.com/a.webp?x=1"}}`},
		{"a video of YouTube", "gemini-2.5-flash", llm.Part{Kind: llm.Video, Media: &llm.Media{URL: quoted("https://www.youtube.com/watch?v=a")}}, `{"fileData":{"mimeType":"video/mp4","fileUri":"https://www.youtube.com/watch?v=a"}}`},
		{"audio by its short name", "gemini-2.5-flash", llm.Part{Kind: llm.Audio, Media: &llm.Media{Format: "mp3", Data: []byte("AAAA")}}, `{"inlineData":{"mimeType":"audio/mp3","data":"AAAA"}}`},
		{"a document as text, with words about it", "gemini-2.5-flash", llm.Part{Kind: llm.File, Media: &llm.Media{Text: quoted("hi"), Context: quoted("c")}}, `{"text":"c"},{"inlineData":{"mimeType":"text/plain","data":"aGk="}}`},
		{"a document in pieces", "gemini-2.5-flash", llm.Part{Kind: llm.File, Media: &llm.Media{Parts: []llm.Part{text("a"), picture(png)}}}, `{"text":"a"},` + inline},
		{"the vendor's own file", "gemini-2.5-flash", llm.Part{Kind: llm.File, Media: &llm.Media{Type: "application/pdf", FileID: quoted("files/a")}}, `{"fileData":{"mimeType":"application/pdf","fileUri":"files/a"}}`},
		{"bytes that are none do not break out", "gemini-2.5-flash", picture(llm.Media{Type: "image/png", Data: []byte(`"},{"text":"x`)}), `{"inlineData":{"mimeType":"image/png","data":"\"},{\"text\":\"x"}}`},
		{"in a result, for Gemini 3", "gemini-3-flash-preview", result("1", text("t"), picture(png)), `{"functionResponse":{"id":"1","name":"tool","response":{"output":"t"},"parts":[` + inline + `]}}`},
		{"beside a result, before", "gemini-2.5-flash", result("1", picture(png)), `{"functionResponse":{"id":"1","name":"tool","response":{}}},` + inline},
		{"beside a result, what does not fit", "gemini-3-flash-preview", result("1", llm.Part{Kind: llm.Video, Media: &webm}), `{"functionResponse":{"id":"1","name":"tool","response":{}}},{"inlineData":{"mimeType":"video/webm","data":"AAAA"}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			role := llm.User
			if c.part.Kind == llm.ToolResult {
				role = llm.ToolRole
			}
			checkWritten(t, chat(turn(role, c.part)), &dialect.Target{Provider: "p", Model: c.model}, `{"contents":[{"role":"user","parts":[`+c.want+`]}]}`, nil)
		})
	}
}

func TestAFileOfAnotherVendorIsRefused(t *testing.T) {
	r := chat(turn(llm.User, llm.Part{Kind: llm.File, Media: &llm.Media{FileID: quoted("file-abc")}}))
	_, err := gemini.Dialect.Codec.FormatRequest(nil, r, &dialect.Target{Model: "gemini-2.5-flash"})
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.UnsupportedParameter || !strings.Contains(f.Message, "file-abc") {
		t.Errorf("%v", err)
	}
}

func TestBytesAreNeededOfWhatTheVendorDoesNotRead(t *testing.T) {
	for url, want := range map[string]bool{
		"https://example.com/a.png": true, "http://example.com/a.png": true, "https://notyoutube.com/a": true,
		"https://youtu.be/a": false, "https://www.youtube.com/watch?v=a": false, "gs://bucket/a": false,
		"https://generativelanguage.googleapis.com/v1beta/files/a": false,
	} {
		if got := gemini.Dialect.InlineMedia(&llm.Media{URL: quoted(url)}); got != want {
			t.Errorf("%s: %v", url, got)
		}
	}
	if gemini.Dialect.InlineMedia(&llm.Media{FileID: quoted("files/a")}) {
		t.Error("of a file")
	}
}

func TestACloudWithoutIdsGetsNone(t *testing.T) {
	r := chat(turn(llm.User, text("hi")), turn(llm.Assistant, called("1", "f", "{}")), turn(llm.ToolRole, result("1", text("x"))))
	r.Set(llm.FTier, llm.Raw(`"flex"`))
	to := dialect.Target{Model: "gemini-2.5-flash", Traits: dialect.Traits{NoCallIDs: true, Lacks: llm.Of(llm.FTier, llm.FStore)}}
	checkWritten(t, r, &to, `{"contents":[`+hello+`,{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}]}`, []llm.Feature{llm.FTier})
}

func TestWhatIsWrongInARequestIsNamed(t *testing.T) {
	for body, field := range map[string]string{
		`[]`:                                    "",
		`{"contents":[{"parts":[{"text":"a"}]}`: "",
		`{}`:                                    "contents",
		`{"contents":[7]}`:                      "contents[0]",
		`{"contents":[{"role":"robot","parts":[]}]}`:                                        "contents[0].role",
		`{"contents":[{"parts":[{"text":7}]}]}`:                                             "contents[0].parts[0].text",
		`{"contents":[{"parts":[{"text":"a"},{}]}]}`:                                        "contents[0].parts[1]",
		`{"contents":[{"parts":[{"inlineData":[]}]}]}`:                                      "contents[0].parts[0].inlineData",
		`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":[]}}]}]}`: "contents[0].parts[0].functionCall.args",
		`{"contents":[{"role":"model","parts":[{"functionCall":{}}]}]}`:                     "contents[0].parts[0].functionCall.name",
		`{"contents":[{"parts":[{"functionResponse":{"name":"f","response":"x"}}]}]}`:       "contents[0].parts[0].functionResponse.response",
		`{"contents":[],"tools":7}`:                                                         "tools[]",
		`{"contents":[],"toolConfig":{"functionCallingConfig":{"mode":"SOME"}}}`:            "toolConfig.functionCallingConfig.mode",
		`{"contents":[],"generationConfig":{"temperature":"hot"}}`:                          "generationConfig.temperature",
		`{"contents":[],"generationConfig":{"maxOutputTokens":1.5}}`:                        "generationConfig.maxOutputTokens",
		`{"contents":[],"store":"yes"}`:                                                     "store",
		`{"contents":[],"labels":["a"]}`:                                                    "labels",
		`{"contents":[],"generationConfig":{"stopSequences":[7]}}`:                          "generationConfig.stopSequences",
	} {
		_, err := gemini.Dialect.Codec.ParseRequest([]byte(body))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.InvalidRequest || f.Param != field || f.Message == "" {
			t.Errorf("%s: %v (field %q, want %q)", body, err, f.Param, field)
		}
	}
}

func TestWhatACallerMeansIsRead(t *testing.T) {
	r, err := gemini.Dialect.Codec.ParseRequest([]byte(`{
		"system_instruction":{"parts":{"text":"Be brief."}},
		"contents":[
			{"role":"user","parts":{"text":"hi"}},
			{"role":"model","parts":[{"text":"Hel"}]},{"role":"model","parts":[{"text":"lo"}]},{"role":"model","parts":[{}]},{"role":"model","parts":[{"text":"\n"},{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"f"}},{"functionCall":{"id":"x","name":"g"}}]},
			{"role":"function","parts":[{"functionResponse":{"name":"g","response":{"n":1}}},{"functionResponse":{"name":"f","response":{"output":"one"}}}]},
			{"role":"user","parts":[{"text":"so"},{"functionResponse":{"name":"f","response":{"error":"two"}}}]}
		],
		"generationConfig":{"topK":40.0,"responseSchema":{"type":"OBJECT","nullable":true,"properties":{"type":{"type":"STRING","format":"enum","enum":["a"]},"n":{"type":"INTEGER","nullable":true,"minimum":1},"l":{"any_of":[{"type":"ARRAY","minItems":"2","items":{"type":"STRING"}}]}}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	var roles []llm.Role
	for _, m := range r.Messages {
		roles = append(roles, m.Role)
	}
	if got := joinRoles(roles); got != "system user assistant tool user tool" {
		t.Fatalf("turns %s", got)
	}
	model := r.Messages[2].Parts
	if string(model[0].Text) != `"Hello\n"` || len(model) != 4 || model[1].State[0].Value != "c2ln" || model[1].State[0].Provider != "" {
		t.Errorf("the model's turn %+v", model)
	}
	g, one, two := r.Messages[3].Parts[0].Result, r.Messages[3].Parts[1].Result, r.Messages[5].Parts[0].Result
	if g.ID != "x" || string(g.JSON) != `{"n":1}` {
		t.Errorf("result of g %+v", g)
	}
	if one.ID != model[1].Call.ID || one.ID == "" || string(one.Parts[0].Text) != `"one"` || one.Error {
		t.Errorf("first result of f %+v of %+v", one, model[1].Call)
	}
	if two.ID != model[2].Call.ID || two.ID == one.ID || !two.Error {
		t.Errorf("second result of f %+v of %+v", two, model[2].Call)
	}
	if string(r.Setting(llm.FTopK)) != "40" {
		t.Errorf("top k %s", r.Setting(llm.FTopK))
	}
	const schema = `{"type":["object","null"],"properties":{"type":{"type":"string","enum":["a"]},"n":{"type":["integer","null"],"minimum":1},"l":{"anyOf":[{"type":"array","minItems":2,"items":{"type":"string"}}]}}}`
	if string(r.Output.Schema) != schema {
		t.Errorf("schema\n got %s\nwant %s", r.Output.Schema, schema)
	}
}

func joinRoles(roles []llm.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

func TestForeignReasoningStateSurvivesTheCallersClient(t *testing.T) {
	claude := llm.Opaque{Dialect: "messages", Provider: "a", Model: "claude", Kind: "signature", Value: "S?>~"}
	redacted := llm.Opaque{Dialect: "messages", Provider: "a", Model: "claude", Kind: "redacted", Value: "R"}
	openai := llm.Opaque{Dialect: "responses", Provider: "o", Model: "gpt", Kind: "encrypted", ID: "rs_1", Value: "E"}
	std := func(o llm.Opaque) string { return dialect.Wrap(&o, dialect.Gemini) }
	url := strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(std(claude)) // as a client in Python writes it
	r, err := gemini.Dialect.Codec.ParseRequest([]byte(`{"contents":[{"role":"user","parts":[{"text":"hi"}]},
		{"role":"model","parts":[{"text":"I ","thought":true}]},{"role":"model","parts":[{"text":"think","thought":true}]},{"role":"model","parts":[{"text":"","thought":true,"thoughtSignature":"` + url + `"},
			{"text":"","thought":true,"thoughtSignature":"` + std(redacted) + `"},{"functionCall":{"name":"f"},"thoughtSignature":"` + std(openai) + `"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	parts := r.Messages[1].Parts
	if len(parts) != 4 {
		t.Fatalf("%+v", parts)
	}
	if string(parts[0].Text) != `"I think"` || parts[0].State[0] != claude {
		t.Errorf("thoughts %s %+v", parts[0].Text, parts[0].State)
	}
	if parts[1].Kind != llm.Thinking || parts[1].Text != nil || parts[1].State[0] != redacted {
		t.Errorf("a redacted piece %+v", parts[1])
	}
	if parts[2].Kind != llm.Thinking || parts[2].State[0] != openai || parts[3].Kind != llm.ToolCall || parts[3].State != nil {
		t.Errorf("state on a call %+v %+v", parts[2], parts[3])
	}
}
