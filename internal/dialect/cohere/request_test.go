package cohere_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var target = &dialect.Target{Provider: "cohere", Model: "command-a-03-2025"}

// everything is a body that uses all that the dialect has.
const everything = `{"model":"command-a-03-2025","messages":[
	{"role":"system","content":"Be brief."},
	{"role":"user","content":[{"type":"text","text":"What is this? \u00e4"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]},
	{"role":"assistant","tool_plan":"Look it up.","tool_calls":[{"id":"f_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"g_2","type":"function","function":{"name":"g","arguments":"{}"}}]},
	{"role":"tool","tool_call_id":"f_1","content":"one"},
	{"role":"tool","tool_call_id":"g_2","content":[{"type":"text","text":"two"},{"type":"document","document":{"id":"d","data":{"text":"three","n":3}}}]},
	{"role":"assistant","content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"A cat."}],"citations":[{"start":2,"end":5,"text":"cat","sources":[{"type":"tool","id":"g_2:1","tool_output":{"url":"https://example.com","title":"T"}}],"type":"TEXT_CONTENT","content_index":1}]},
	{"role":"user","content":"Thanks. And now?"}],
	"documents":["a text",{"id":"x","data":{"title":"Two","text":"b text"}},{"data":{"url":"https://example.com/c","snippet":"c text"}}],
	"tools":[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}},{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],
	"strict_tools":true,"tool_choice":"REQUIRED","response_format":{"type":"json_object","json_schema":{"type":"object"}},
	"thinking":{"type":"enabled","token_budget":100},"max_tokens":50,"stop_sequences":["a","b"],
	"temperature":0.30,"p":0.75,"k":3,"seed":7,"frequency_penalty":0.1,"presence_penalty":0,"logprobs":true,
	"citation_options":{"mode":"FAST"},"safety_mode":"STRICT","priority":2,"stream":true}`

func TestARequestComesBackAsItWent(t *testing.T) {
	bodies := []string{
		everything,
		`{"model":"m","messages":[{"role":"user","content":"hi"}],"tool_choice":"NONE","tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"thinking":{"type":"disabled"},"response_format":{"type":"json_object"}}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi","more":1}]},{"role":"system","content":"later"},{"role":"user","content":"x","name":"n"}],"new_thing":{"a":[1]},"strict_tools":false,"tools":[{"type":"function","function":{"name":"f","parameters":{}}},{"type":"new_tool"}]}`,
		`{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"new_kind","x":1},{"type":"text","text":""}]},{"role":"user","content":""}]}`,
	}
	for _, body := range bodies {
		first := parse(t, body)
		written, _ := format(t, first, &dialect.Target{Model: first.Model, Stream: first.Stream})
		second := parse(t, written)
		if !reflect.DeepEqual(plain(t, first), plain(t, second)) {
			t.Errorf("%s\nbecame %s", body, written)
		}
		sameJSON(t, written, body)
		if again, _ := format(t, second, &dialect.Target{Model: first.Model, Stream: first.Stream}); again != written {
			t.Errorf("the bytes differ the second time:\n%s\n%s", written, again)
		}
	}
}

func TestARequestIsReadIntoNeutralWords(t *testing.T) {
	r := parse(t, everything)
	roles := []llm.Role{}
	for _, m := range r.Messages {
		roles = append(roles, m.Role)
	}
	if want := []llm.Role{llm.System, llm.User, llm.Assistant, llm.ToolRole, llm.Assistant, llm.User}; !slices.Equal(roles, want) {
		t.Fatalf("roles %v, want %v", roles, want)
	}
	results := r.Messages[3].Parts
	if len(results) != 2 || results[0].Result.Name != "f" || results[1].Result.Name != "g" || results[1].Result.ID != "g_2" {
		t.Errorf("results %+v", results)
	}
	if got := string(results[1].Result.Parts[1].Text); got != `"{\"text\":\"three\",\"n\":3}"` {
		t.Errorf("a document of a result is %s", got)
	}
	plan := r.Messages[2].Parts[0]
	if plan.Kind != llm.Thinking || string(plan.Text) != `"Look it up."` || r.Messages[2].Parts[1].Call.Name != "f" {
		t.Errorf("the plan is %+v", plan)
	}
	last := r.Messages[5].Parts
	if len(last) != 4 || last[0].Kind != llm.File || string(last[1].Media.Name) != `"Two"` || string(last[1].Media.Text) != `"b text"` || !strings.Contains(string(last[2].Media.Text), "example.com/c") {
		t.Errorf("the documents are %+v", last)
	}
	cite := r.Messages[4].Parts[1].Cites
	if len(cite) != 1 || string(cite[0].URL) != `"https://example.com"` || cite[0].Start != llm.Known(2) {
		t.Errorf("the citation is %+v", cite)
	}
	if r.MaxOutput != llm.Known(50) || r.Thinking.Mode != "on" || r.Thinking.Budget != llm.Known(100) || r.Choice.Mode != "required" || r.Output.Kind != "schema" || !*r.Tools[1].Strict || string(r.Setting(llm.FTopP)) != "0.75" {
		t.Errorf("%+v", r)
	}
	if want := []string{"documents[].id", "citation_options.mode", "safety_mode", "priority"}; !slices.Equal(r.Unnamed, want) {
		t.Errorf("unnamed %v, want %v", r.Unnamed, want)
	}
}

func TestMembersMayComeInAnyOrderAndNullIsAbsent(t *testing.T) {
	r := parse(t, `{"temperature":null,"tools":null,"documents":null,"messages":[{"content":"x","tool_calls":null,"role":"user"},{"citations":[],"content":[],"role":"assistant","tool_calls":[],"tool_plan":null},{"content":"y","role":"user"}],"model":"m"}`)
	if r.Has != (llm.Features{}) || len(r.Settings) != 0 || len(r.Messages) != 3 || len(r.Messages[1].Parts) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestAWrongMemberIsNamed(t *testing.T) {
	for field, body := range map[string]string{
		"messages":                             `{"messages":"x"}`,
		"messages[1]":                          `{"messages":[{"role":"user","content":"x"},7]}`,
		"messages[1].role":                     `{"messages":[{"role":"user","content":"x"},{"role":"critic"}]}`,
		"messages[0].content":                  `{"messages":[{"role":"user","content":7}]}`,
		"messages[0].content[].text":           `{"messages":[{"role":"user","content":[{"type":"text","text":7}]}]}`,
		"messages[0].content[].image_url.url":  `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"detail":"low"}}]}]}`,
		"messages[0].tool_calls":               `{"messages":[{"role":"assistant","tool_calls":7}]}`,
		"messages[0].tool_calls.function.name": `{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":7}}]}]}`,
		"messages[0].tool_call_id":             `{"messages":[{"role":"tool","tool_call_id":7}]}`,
		"tools[].function.name":                `{"tools":[{"type":"function","function":{}}]}`,
		"tools[].function.parameters":          `{"tools":[{"type":"function","function":{"name":"f","parameters":"x"}}]}`,
		"response_format.type":                 `{"response_format":{"type":"xml"}}`,
		"response_format.json_schema":          `{"response_format":{"type":"json_object","json_schema":true}}`,
		"thinking.type":                        `{"thinking":{"type":"maybe"}}`,
		"thinking.token_budget":                `{"thinking":{"token_budget":"many"}}`,
		"documents[].data":                     `{"documents":[{"data":7}]}`,
		"stop_sequences":                       `{"stop_sequences":[7]}`,
		"temperature":                          `{"temperature":"hot"}`,
		"max_tokens":                           `{"max_tokens":1.5}`,
		"logprobs":                             `{"logprobs":1}`,
		"stream":                               `{"stream":"yes"}`,
		"":                                     `{"messages":[`,
		"messages[0].content[].document.data":  `{"messages":[{"role":"tool","tool_call_id":"x","content":[{"type":"document","document":{"data":7}}]}]}`,
		"strict_tools":                         `{"strict_tools":"yes"}`,
		"raw_prompting":                        `{"raw_prompting":"yes"}`,
		"citation_options":                     `{"citation_options":"fast"}`,
		"tools":                                `{"tools":{}}`,
		"messages[0].content[].image_url":      `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"https://example.com"}]}]}`,
	} {
		_, err := codec.ParseRequest([]byte(body))
		f, ok := err.(*fault.Fault)
		if !ok || f.Code != fault.InvalidRequest || f.Param != field || !strings.Contains(f.Message, field) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// foreign is a request of another dialect.
func foreign(messages ...llm.Message) *llm.Request {
	return &llm.Request{Dialect: "messages", Messages: messages}
}

func TestForeignTurnsObeyTheVendorsRules(t *testing.T) {
	result := func(id, name, s string) llm.Part {
		return llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: id, Name: name, Parts: []llm.Part{{Kind: llm.Text, Text: text(s)}}}}
	}
	calls := llm.Message{Role: llm.Assistant, Parts: []llm.Part{
		{Kind: llm.Thinking, Text: text("so"), State: []llm.Opaque{{Dialect: "messages", Kind: "signature", Value: "x"}}},
		{Kind: llm.ToolCall, Call: &llm.Call{ID: "a", Name: "mcp.f", Arguments: llm.Raw(`{"x": 1}`)}},
		{Kind: llm.ToolCall, Call: &llm.Call{ID: "b", Name: "g", Arguments: text(``), Quoted: true}},
	}}
	for _, tt := range []struct {
		name, model, want string
		r                 *llm.Request
	}{
		{"leading instructions are one turn, later ones are the user's", "command-r7b-12-2024",
			`[{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"user","content":"c"},{"role":"user","content":"<system>\nd\n</system>"},{"role":"user","content":"<system>\ne\n</system>"}]`,
			foreign(said(llm.System, "a"), said(llm.Developer, "b"), said(llm.User, "c"), said(llm.System, "d"), said(llm.Developer, "e"))},
		{"reasoning before calls is a plan for a model that does not reason", "command-a-03-2025",
			`[{"role":"user","content":"q"},{"role":"assistant","tool_plan":"so","tool_calls":[{"id":"a","type":"function","function":{"name":"mcp_f_bdd008bf","arguments":"{\"x\": 1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"}]`,
			foreign(said(llm.User, "q"), calls, llm.Message{Role: llm.ToolRole, Parts: []llm.Part{result("a", "mcp.f", "1"), result("b", "g", "2")}})},
		{"and reasoning for one that does", "command-a-reasoning-08-2025",
			`[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":"so"}],"tool_calls":[{"id":"a","type":"function","function":{"name":"mcp_f_bdd008bf","arguments":"{\"x\": 1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]}]`,
			foreign(said(llm.User, "q"), calls)},
		{"reasoning without calls is nothing for a model that does not reason", "command-r-08-2024",
			`[{"role":"user","content":"q"},{"role":"user","content":"r"}]`,
			foreign(said(llm.User, "q"), llm.Message{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.Thinking, Text: text("so")}}}, said(llm.User, "r"))},
		{"calls without ids are matched by name and order", "command-a-03-2025",
			`[{"role":"assistant","tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"call_2","type":"function","function":{"name":"g","arguments":"{}"}},{"id":"call_3","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_2","content":"{\"r\":2}"},{"role":"tool","tool_call_id":"call_1","content":"1"},{"role":"tool","tool_call_id":"call_3","content":"3"}]`,
			foreign(
				llm.Message{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.ToolCall, Call: &llm.Call{Name: "f"}}, {Kind: llm.ToolCall, Call: &llm.Call{Name: "g"}}, {Kind: llm.ToolCall, Call: &llm.Call{Name: "f"}}}},
				llm.Message{Role: llm.ToolRole, Parts: []llm.Part{{Kind: llm.ToolResult, Result: &llm.Result{Name: "g", JSON: llm.Raw(`{"r":2}`)}}, result("", "f", "1"), result("", "f", "3")}})},
		{"results: errors, emptiness, documents and images", "command-a-03-2025",
			`[{"role":"tool","tool_call_id":"a","content":"{\"error\":\"no \\\"b\\\"\"}"},{"role":"tool","tool_call_id":"b","content":"{}"},{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"x"},{"type":"document","document":{"data":{"title":"n","text":"doc"}}},{"type":"text","text":"(an image, shown in the next message)"}]},{"role":"user","content":[{"type":"text","text":"An image from the tool shot:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]`,
			foreign(llm.Message{Role: llm.ToolRole, Parts: []llm.Part{
				{Kind: llm.ToolResult, Result: &llm.Result{ID: "a", Error: true, Parts: []llm.Part{{Kind: llm.Text, Text: text(`no "b"`)}}}},
				{Kind: llm.ToolResult, Result: &llm.Result{ID: "b"}},
				{Kind: llm.ToolResult, Result: &llm.Result{ID: "c", Name: "shot", Parts: []llm.Part{{Kind: llm.Text, Text: text("x")}, {Kind: llm.File, Media: &llm.Media{Text: text("doc"), Name: text("n")}}, {Kind: llm.Image, Media: &llm.Media{Type: "image/png", Data: []byte("AAAA")}}}}},
			}})},
		{"what a model wrote that is no JSON is kept in an object", "command-a-03-2025",
			`[{"role":"assistant","content":"hm","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"invalid_json\":\"{\\\"a\\\":\"}"}}]}]`,
			foreign(llm.Message{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.Refusal, Text: text("hm")}, {Kind: llm.ToolCall, Call: &llm.Call{ID: "a", Name: "f", Arguments: text(`{"a":`), Quoted: true}}}})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := format(t, tt.r, &dialect.Target{Model: tt.model})
			sameJSON(t, got, `{"model":"`+tt.model+`","messages":`+tt.want+`}`)
		})
	}
}

func TestForeignDocumentsAreDocumentsUnlessTheyCannotBe(t *testing.T) {
	file := func(m *llm.Media) llm.Part { return llm.Part{Kind: llm.File, Media: m} }
	doc := file(&llm.Media{Type: "text/plain", Text: text("body"), Name: text("title"), Context: text("of 1999")})
	ask := llm.Part{Kind: llm.Text, Text: text("q")}
	r := foreign(llm.Message{Role: llm.User, Parts: []llm.Part{doc, file(&llm.Media{Type: "text/csv", Data: []byte("YSxi")}), ask}})
	got, _ := format(t, r, target)
	sameJSON(t, got, `{"model":"command-a-03-2025","messages":[{"role":"user","content":"q"}],"documents":[{"data":{"title":"title","context":"of 1999","text":"body"}},{"data":{"text":"a,b"}}]}`)

	r.Output.Kind = "json" // which the vendor refuses beside documents
	got, _ = format(t, r, target)
	sameJSON(t, got, `{"model":"command-a-03-2025","messages":[{"role":"user","content":[{"type":"text","text":"title\n\nof 1999\n\nbody"},{"type":"text","text":"a,b"},{"type":"text","text":"q"}]}],"response_format":{"type":"json_object"}}`)

	got, _ = format(t, foreign(llm.Message{Role: llm.User, Parts: []llm.Part{doc}}), target)
	sameJSON(t, got, `{"model":"command-a-03-2025","messages":[{"role":"user","content":[{"type":"text","text":"title\n\nof 1999\n\nbody"}]}]}`)

	for name, p := range map[string]llm.Part{
		"pdf":   file(&llm.Media{Type: "application/pdf", Data: []byte("JVBERi0=")}),
		"url":   file(&llm.Media{URL: text("https://example.com/a.pdf")}),
		"id":    {Kind: llm.Image, Media: &llm.Media{FileID: text("file_1")}},
		"audio": {Kind: llm.Audio, Media: &llm.Media{Data: []byte("AAAA")}},
	} {
		_, err := codec.FormatRequest(nil, foreign(llm.Message{Role: llm.User, Parts: []llm.Part{p, ask}}), target)
		if f, ok := err.(*fault.Fault); !ok || f.Code != fault.UnsupportedParameter {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForeignToolsAndChoices(t *testing.T) {
	yes, no := true, false
	f := llm.Tool{Kind: llm.Function, Name: "f", Parameters: llm.Raw(`{"type":"object","required":["a"]}`), Strict: &yes}
	g := llm.Tool{Kind: llm.Function, Name: "g", Description: text("d")}
	wf, wg := `{"type":"function","function":{"name":"f","parameters":{"type":"object","required":["a"]}}}`, `{"type":"function","function":{"name":"g","description":"d","parameters":{"type":"object","properties":{}}}}`
	search := llm.Tool{Kind: llm.WebSearch, Vendor: llm.Raw(`{"type":"web_search"}`)}
	for _, tt := range []struct {
		name, want string
		tools      []llm.Tool
		choice     llm.ToolChoice
		lost       []llm.Feature
	}{
		{"functions only", `"tools":[` + wg + `]`, []llm.Tool{search, g}, llm.ToolChoice{Parallel: &no}, nil},
		{"strict for all", `"tools":[` + wf + `],"strict_tools":true`, []llm.Tool{f}, llm.ToolChoice{}, nil},
		{"not strict for some", `"tools":[` + wf + `,` + wg + `]`, []llm.Tool{f, g}, llm.ToolChoice{}, []llm.Feature{llm.FToolStrict}},
		{"required", `"tools":[` + wg + `],"tool_choice":"REQUIRED"`, []llm.Tool{g}, llm.ToolChoice{Mode: "required"}, nil},
		{"none", `"tools":[` + wg + `],"tool_choice":"NONE"`, []llm.Tool{g}, llm.ToolChoice{Mode: "none"}, nil},
		{"one tool", `"tools":[` + wf + `],"strict_tools":true,"tool_choice":"REQUIRED"`, []llm.Tool{f, g}, llm.ToolChoice{Mode: "tool", Names: []string{"f"}}, nil},
		{"allowed", `"tools":[` + wg + `]`, []llm.Tool{f, g}, llm.ToolChoice{Mode: "allowed", Names: []string{"g"}}, nil},
		{"required without any", ``, nil, llm.ToolChoice{Mode: "required"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := foreign(said(llm.User, "q"))
			r.Tools, r.Choice = tt.tools, tt.choice
			r.Has = llm.Of(llm.FTools, llm.FToolStrict)
			got, w := format(t, r, target)
			members := `"model":"command-a-03-2025","messages":[{"role":"user","content":"q"}]`
			if tt.want != "" {
				members += "," + tt.want
			}
			sameJSON(t, got, `{`+members+`}`)
			if !slices.Equal(w.Lost.All(), tt.lost) {
				t.Errorf("lost %v", w.Lost.All())
			}
		})
	}
}

func set(f llm.Feature, v string) llm.Setting { return llm.Setting{Feature: f, Value: llm.Raw(v)} }

func TestForeignSettingsAreBroughtIntoTheVendorsRange(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		settings   []llm.Setting
		lost       []llm.Feature
	}{
		{"as they are", `{"temperature":0.30,"p":0.9,"k":40,"seed":5,"logprobs":true}`, []llm.Setting{set(llm.FTemperature, "0.30"), set(llm.FTopP, "0.9"), set(llm.FTopK, "40"), set(llm.FSeed, "5"), set(llm.FLogprobs, "true"), set(llm.FN, "1")}, nil},
		{"too much", `{"temperature":1,"p":0.99,"k":500}`, []llm.Setting{set(llm.FTemperature, "1.7"), set(llm.FTopP, "1"), set(llm.FTopK, "1000"), set(llm.FSeed, "-5")}, []llm.Feature{llm.FSeed}},
		{"one penalty", `{"frequency_penalty":1}`, []llm.Setting{set(llm.FFrequencyPenalty, "1.5"), set(llm.FPresencePenalty, "0.5")}, []llm.Feature{llm.FPresencePenalty}},
		{"no rewards", `{"presence_penalty":0.5}`, []llm.Setting{set(llm.FFrequencyPenalty, "-1"), set(llm.FPresencePenalty, "0.5")}, []llm.Feature{llm.FFrequencyPenalty}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := foreign(said(llm.User, "q"))
			for _, s := range tt.settings {
				r.Set(s.Feature, s.Value)
			}
			got, w := format(t, r, target)
			sameJSON(t, got, `{"model":"command-a-03-2025","messages":[{"role":"user","content":"q"}],`+tt.want[1:])
			if !slices.Equal(w.Lost.All(), tt.lost) {
				t.Errorf("lost %v", w.Lost.All())
			}
		})
	}
}

func TestSeveralAnswersAreRefused(t *testing.T) {
	r := foreign(said(llm.User, "q"))
	r.Set(llm.FN, llm.Raw("2"))
	if _, err := codec.FormatRequest(nil, r, target); err == nil || err.(*fault.Fault).Param != "n" {
		t.Errorf("got %v", err)
	}
}

func TestReasoningIsAskedForByModel(t *testing.T) {
	for _, tt := range []struct {
		name, model, want string
		thinking          llm.Reasoning
		max               llm.Count
		facts             dialect.Facts
		lost              bool
	}{
		{"a budget", "command-a-reasoning-08-2025", `{"type":"enabled","token_budget":700}`, llm.Reasoning{Mode: "on", Budget: llm.Known(700)}, llm.Count{}, dialect.Facts{}, false},
		{"low effort", "command-a-plus-05-2026", `{"type":"enabled","token_budget":1024}`, llm.Reasoning{Effort: "low"}, llm.Count{}, dialect.Facts{}, false},
		{"low effort and little room", "command-a-plus-05-2026", `{"type":"enabled","token_budget":300}`, llm.Reasoning{Effort: "low"}, llm.Known(400), dialect.Facts{}, false},
		{"high effort", "command-a-reasoning-08-2025", `{"type":"enabled"}`, llm.Reasoning{Mode: "adaptive", Effort: "high"}, llm.Count{}, dialect.Facts{}, false},
		{"none", "command-a-reasoning-08-2025", `{"type":"disabled"}`, llm.Reasoning{Effort: "none"}, llm.Count{}, dialect.Facts{}, false},
		{"off", "command-a-reasoning-08-2025", `{"type":"disabled"}`, llm.Reasoning{Mode: "off"}, llm.Count{}, dialect.Facts{}, false},
		{"not said", "command-a-reasoning-08-2025", ``, llm.Reasoning{}, llm.Count{}, dialect.Facts{}, false},
		{"a model that cannot", "command-r7b-12-2024", ``, llm.Reasoning{Effort: "low"}, llm.Count{}, dialect.Facts{}, true},
		{"a model that need not", "command-r7b-12-2024", ``, llm.Reasoning{Mode: "off"}, llm.Count{}, dialect.Facts{}, false},
		{"facts win", "command-r7b-12-2024", `{"type":"enabled"}`, llm.Reasoning{Mode: "on"}, llm.Count{}, dialect.Facts{Known: true, Reasoning: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := foreign(said(llm.User, "q"))
			r.Thinking, r.MaxOutput, r.Has = tt.thinking, tt.max, llm.Of(llm.FThinkingEffort)
			got, w := format(t, r, &dialect.Target{Model: tt.model, Facts: tt.facts})
			var body struct{ Thinking json.RawMessage }
			if err := json.Unmarshal([]byte(got), &body); err != nil || string(body.Thinking) != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if w.Lost.Has(llm.FThinkingEffort) != tt.lost {
				t.Errorf("lost %v", w.Lost.All())
			}
		})
	}
}

func TestRawPromptsStayAtHome(t *testing.T) {
	r := parse(t, `{"model":"m","messages":[{"role":"user","content":"<|x|>"}],"raw_prompting":true}`)
	if !slices.Equal(r.Refuse, []string{"raw_prompting"}) {
		t.Errorf("refuse %v", r.Refuse)
	}
}

// The ledger is data; this holds it against what the code does.
func TestEveryExampleOfTheLedgerIsTrue(t *testing.T) {
	for _, f := range cohere.Dialect.Fields {
		if f.Example == "" {
			continue
		}
		r, err := codec.ParseRequest([]byte(f.Example))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if f.Feature != 0 && !r.Has.Has(f.Feature) {
			t.Errorf("%s: %s is not noted in %s", f.Path, f.Feature, f.Example)
		}
		if f.Feature == 0 && !slices.Contains(r.Unnamed, f.Path) {
			t.Errorf("%s is not among %v", f.Path, r.Unnamed)
		}
	}
	for _, f := range cohere.Dialect.AnswerFields {
		if f.Example == "" {
			continue
		}
		if _, err := codec.ParseAnswer([]byte(f.Example), call); err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
}

// Every feature that the dialect's requests can have has an example that shows it.
func TestEveryFeatureOfTheLedgerHasAnExample(t *testing.T) {
	shown := llm.Features{}
	for _, f := range cohere.Dialect.Fields {
		if f.Example != "" {
			shown.Add(f.Feature)
		}
	}
	for _, f := range cohere.Dialect.Fields {
		if !shown.Has(f.Feature) {
			t.Errorf("%s: %s has no example", f.Path, f.Feature)
		}
	}
	if have := parse(t, everything).Has.Without(shown); len(have.All()) > 0 {
		t.Errorf("no field means %v", have.All())
	}
}
