package anthropic_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// elsewhere reads a request and makes it one that came in another dialect.
func elsewhere(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Dialect = "chat"
	return r
}

func formatted(t testing.TB, r *llm.Request, model string) dialect.Written {
	t.Helper()
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: model})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(w.Body) {
		t.Fatalf("no JSON: %s", w.Body)
	}
	return w
}

func names(features []llm.Feature) string {
	var all []string
	for _, f := range features {
		all = append(all, f.String())
	}
	return strings.Join(all, ", ")
}

const talk = `"messages":[{"role":"user","content":"hi"}]`

func TestWhatAModelTakesIsToldByItsName(t *testing.T) {
	const tool = `,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}`
	cases := []struct{ name, model, asked, want, lost string }{
		{"an older model is given a budget", "claude-sonnet-4-5", `"max_tokens":40000,"output_config":{"effort":"high"},` + talk,
			`"max_tokens":40000,"thinking":{"type":"enabled","budget_tokens":24576},"messages"`, ""},
		{"a budget made from an effort leaves a quarter to the answer", "claude-haiku-4-5", `"max_tokens":4000,"output_config":{"effort":"high"},` + talk,
			`"max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":3000}`, ""},
		{"a budget below the least one is raised", "claude-3-7-sonnet-20250219", `"max_tokens":1500,"thinking":{"type":"enabled","budget_tokens":200},` + talk,
			`"max_tokens":1500,"thinking":{"type":"enabled","budget_tokens":1024}`, ""},
		{"no thinking where max_tokens has no room for it", "claude-3-7-sonnet-20250219", `"max_tokens":1000,"thinking":{"type":"enabled","budget_tokens":10000},` + talk,
			`"max_tokens":1000,"messages"`, "reasoning budget"},
		{"a budget above max_tokens leaves a quarter of it", "claude-opus-4-1", `"max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":10000},` + talk,
			`"max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":3000}`, "reasoning budget"},
		{"never above what the model can write", "claude-opus-4-1", `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":64000},` + talk,
			`"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":24000}`, "reasoning budget"},
		{"4.6 takes a budget and an effort", "claude-opus-4-6", `"thinking":{"type":"enabled","budget_tokens":4096},` + talk, `"thinking":{"type":"enabled","budget_tokens":4096}`, ""},
		{"an effort on 4.6", "us.anthropic.claude-opus-4-6-v1:0", `"output_config":{"effort":"xhigh"},` + talk,
			`"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"max"}`, ""},
		{"a newer model gets an effort for a budget", "claude-opus-4.8", `"thinking":{"type":"enabled","budget_tokens":4096,"display":"omitted"},` + talk,
			`"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"medium"}`, ""},
		{"an effort by its word", "claude-sonnet-5-5", `"output_config":{"effort":"xhigh"},` + talk, `"output_config":{"effort":"xhigh"}`, ""},
		{"a model that thinks by itself is told not to", "claude-opus-5", `"thinking":{"type":"disabled"},` + talk, `"thinking":{"type":"disabled"},"messages"`, ""},
		{"one that does not is told nothing", "claude-opus-4-8", `"thinking":{"type":"disabled"},` + talk, `"max_tokens":128000,"messages"`, ""},
		{"between tools is the nearest to off", "claude-sonnet-5-5", `"thinking":{"type":"disabled"},` + talk, `"thinking":{"type":"between_tools"}`, ""},
		{"one that always thinks", "claude-opus-5-5", `"thinking":{"type":"disabled"},` + talk, `"max_tokens":128000,"messages"`, "no reasoning"},
		{"a model that cannot think", "claude-3-5-haiku-20241022", `"thinking":{"type":"enabled","budget_tokens":4096},` + talk, `"max_tokens":8192,"messages"`, "reasoning budget"},
		{"a forced tool turns thinking off", "claude-sonnet-4-5", `"max_tokens":9,"thinking":{"type":"enabled","budget_tokens":1024},` + talk + tool,
			`"max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}`, "reasoning budget"},
		{"also where it was not asked for", "claude-sonnet-5", `"max_tokens":9,` + talk + tool, `"thinking":{"type":"disabled"},"tools"`, ""},
		{"a model that must not be forced", "claude-fable-5-1", `"max_tokens":9,` + talk + tool, `"tool_choice":{"type":"auto"}`, "tool choice: required"},
		{"a small model of today may be", "claude-haiku-5-5", `"max_tokens":9,` + talk + tool, `"tool_choice":{"type":"any"}`, ""},
		{"temperature stays in the vendor's range", "claude-sonnet-4", `"temperature":1.7,"top_p":0.9,"top_k":5,` + talk, `"temperature":1,"top_p":0.9,"top_k":5`, ""},
		{"from 4.1 on top_p does not stand beside it", "claude-opus-4-1-20250805", `"temperature":0.5,"top_p":0.9,` + talk, `"temperature":0.5,"messages"`, "top p"},
		{"newer models take none of them", "claude-opus-4-7", `"temperature":0.5,"top_p":0.9,"top_k":5,` + talk, `"max_tokens":128000,"messages"`, "temperature, top p, top k"},
		{"at one nothing is lost", "claude-opus-4-7", `"temperature":1,"top_p":1.0,` + talk, `"max_tokens":128000,"messages"`, ""},
		{"with thinking there is no temperature", "claude-sonnet-4-5", `"max_tokens":9999,"temperature":0.5,"top_p":0.96,"thinking":{"type":"enabled","budget_tokens":1024},` + talk,
			`"budget_tokens":1024},"top_p":0.96,"messages"`, "temperature"},
		{"max_tokens is what the model can write when nobody said", "claude-3-haiku@20240307", talk, `"max_tokens":4096,`, ""},
		{"and at most that", "claude-3-5-sonnet-v2@20241022", `"max_tokens":99999,` + talk, `"max_tokens":8192,`, ""},
		{"a model of another maker", "kimi-k2", `"max_tokens":99999,"temperature":0.3,"top_p":0.9,` + talk, `"max_tokens":99999,"temperature":0.3,"top_p":0.9`, ""},
		{"a name without a version is taken for today's", "claude-sonnet-latest", `"temperature":0.3,` + talk, `"max_tokens":128000,"messages"`, "temperature"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := formatted(t, elsewhere(t, "{"+c.asked+"}"), c.model)
			if !strings.Contains(string(w.Body), c.want) || names(w.Lost.All()) != c.lost {
				t.Errorf("%s\nlost: %q\n got %s\nwant %s", c.model, names(w.Lost.All()), w.Body, c.want)
			}
		})
	}
}

func TestFactsOfTheCatalogueGoBeforeTheName(t *testing.T) {
	r := elsewhere(t, `{"temperature":0.5,"thinking":{"type":"enabled","budget_tokens":2048},`+talk+`}`)
	to := &dialect.Target{Provider: "p", Model: "mini", Facts: dialect.Facts{MaxOutput: 5000, Known: true}}
	w, err := codec.FormatRequest([]byte("before"), r, to)
	if err != nil || string(w.Body) != `{"model":"mini","max_tokens":5000,"messages":[{"role":"user","content":"hi"}]}` {
		t.Errorf("%s, %v", w.Body, err)
	}
	if names(w.Lost.All()) != "temperature, reasoning budget" {
		t.Errorf("lost: %s", names(w.Lost.All()))
	}
	to.Traits.Lacks = llm.Of(llm.FTopK, llm.FStop, llm.FImageURL)
	r = elsewhere(t, `{"top_k":3,"stop_sequences":["x"],"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://a"}},{"type":"text","text":"hi"}]}]}`)
	if w, err = codec.FormatRequest(nil, r, to); err != nil || string(w.Body) != `{"model":"mini","max_tokens":5000,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}` {
		t.Errorf("%s, %v", w.Body, err)
	}
}

func TestTurnsAreBroughtIntoTheVendorsOrder(t *testing.T) {
	const call = `{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"tool_use","id":"b","name":"g","input":{}}]}`
	cases := []struct{ name, messages, system, want string }{
		{"turns of one role are merged",
			`{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}`, ``,
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]},{"role":"user","content":"e"}]`},
		{"an instruction in mid-conversation is folded into the user's turn",
			`{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":"Be \"brief\"."},{"role":"user","content":"c"}`, `Go.`,
			`[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":[{"type":"text","text":"<system>\nBe \"brief\".\n</system>"},{"type":"text","text":"c"}]}]`},
		{"results of tools come first in the turn after their calls",
			`{"role":"user","content":"a"},` + call + `,{"role":"system","content":"S"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"2"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"1"},{"type":"text","text":" "}],"is_error":true},{"type":"text","text":"t"}]}`, ``,
			`[{"role":"user","content":"a"},` + call + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"2"},{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"1"}],"is_error":true},{"type":"text","text":"<system>\nS\n</system>"},{"type":"text","text":"t"}]}]`},
		{"an error says something",
			`{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true}]}`, ``,
			`[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"The tool failed.","is_error":true}]}]`},
		{"what else a tool that failed gave stands after the results",
			`{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"text","text":"b"},{"type":"image","source":{"type":"url","url":"https://e.com/i.png"}}]},{"type":"text","text":"c"}]}`, ``,
			`[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"b","is_error":true},{"type":"text","text":"From the result of f:"},{"type":"image","source":{"type":"url","url":"https://e.com/i.png"}},{"type":"text","text":"c"}]}]`},
		{"empty and blank texts are left out",
			`{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":" \n\t"},{"type":"text","text":"a"}]},{"role":"assistant","content":""},{"role":"user","content":"b"}`, ``,
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`},
		{"the user begins", `{"role":"assistant","content":"Hello!"},{"role":"user","content":"b"}`, ``,
			`[{"role":"user","content":"Begin."},{"role":"assistant","content":"Hello!"},{"role":"user","content":"b"}]`},
		{"an answer to be continued has no white space at its end", `{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"text","text":"It is\\n \n\t "}]}`, ``,
			`[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"text","text":"It is\\n"}]}]`},
		{"also as a plain string", `{"role":"user","content":"a"},{"role":"assistant","content":"It is \n"}`, ``, `[{"role":"user","content":"a"},{"role":"assistant","content":"It is"}]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			system := ""
			if c.system != "" {
				system = `"system":"` + c.system + `",`
			}
			r := elsewhere(t, `{"max_tokens":9,`+system+`"messages":[`+c.messages+`]}`)
			w := formatted(t, r, "claude-sonnet-4-5")
			var got struct {
				System   string
				Messages json.RawMessage
			}
			unmarshalBody(t, w.Body, &got)
			if string(got.Messages) != c.want || got.System != c.system {
				t.Errorf("\n got %s\nwant %s", got.Messages, c.want)
			}
			again := formatted(t, r, "claude-sonnet-4-5")
			if string(again.Body) != string(w.Body) {
				t.Error("the same request gives other bytes")
			}
		})
	}
}

func unmarshalBody(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
}

func TestAModelThatTakesNoPrefillIsToldToGoOn(t *testing.T) {
	r := elsewhere(t, `{"max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"It is "}]}`)
	w := formatted(t, r, "claude-opus-4-6")
	if !strings.HasSuffix(string(w.Body), `{"role":"assistant","content":"It is"},{"role":"user","content":"Go on from exactly where you stopped."}]}`) || !w.Lost.Has(llm.FAssistantPrefill) {
		t.Errorf("%s, lost %s", w.Body, names(w.Lost.All()))
	}
}

func TestSystemTurnsAreHoistedInOrder(t *testing.T) {
	text := func(s string) []llm.Part { return []llm.Part{{Kind: llm.Text, Text: llm.Raw(`"` + s + `"`)}} }
	r := &llm.Request{Dialect: "chat", Messages: []llm.Message{
		{Role: llm.System, Parts: text("a")}, {Role: llm.Developer, Parts: []llm.Part{{Kind: llm.Text, Text: llm.Raw(`"b"`), Cache: "1h"}}}, {Role: llm.User, Parts: text("c")},
	}}
	w := formatted(t, r, "claude-sonnet-4-5")
	want := `"system":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":"c"}]}`
	if !strings.HasSuffix(string(w.Body), want) {
		t.Errorf("%s", w.Body)
	}
}

func TestCallsAndResultsMustMatch(t *testing.T) {
	const call = `{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}`
	for name, messages := range map[string]string{
		"no result at all":    call,
		"a turn between them": call + `,{"role":"user","content":"no"}`,
		"another id":          call + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"1"}]}`,
		"twice":               call + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"a","content":"1"}]}`,
		"no call":             `{"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"1"}]}`,
		"no turn":             ``,
		"nothing in it":       `{"role":"user","content":" "}`,
	} {
		r := elsewhere(t, `{"max_tokens":9,"messages":[`+messages+`]}`)
		_, err := codec.FormatRequest(nil, r, &dialect.Target{Model: "claude-sonnet-4-5"})
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.InvalidRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIDsAndNamesAreRewrittenWhereTheVendorRefusesThem(t *testing.T) {
	long := strings.Repeat("n", 140)
	r := &llm.Request{Dialect: "gemini", Has: llm.Of(llm.FToolCall, llm.FTools), Tools: []llm.Tool{{Kind: llm.Function, Name: "a.b"}, {Kind: llm.Function, Name: long}},
		Choice: llm.ToolChoice{Mode: "tool", Names: []string{"a.b"}},
		Messages: []llm.Message{
			{Role: llm.User, Parts: []llm.Part{{Kind: llm.Text, Text: llm.Raw(`"x"`)}}},
			{Role: llm.Assistant, Parts: []llm.Part{
				{Kind: llm.ToolCall, Call: &llm.Call{Name: "a.b", Arguments: llm.Raw(`"{\"q\":1}"`), Quoted: true}},
				{Kind: llm.ToolCall, Call: &llm.Call{Name: "a.b", Arguments: llm.Raw(`"not json"`), Quoted: true}},
				{Kind: llm.ToolCall, Call: &llm.Call{ID: "id:1", Name: long}},
			}},
			{Role: llm.ToolRole, Parts: []llm.Part{
				{Kind: llm.ToolResult, Result: &llm.Result{ID: "id:1", JSON: llm.Raw(`{"r":1}`)}},
				{Kind: llm.ToolResult, Result: &llm.Result{Name: "a.b", Parts: []llm.Part{{Kind: llm.Text, Text: llm.Raw(`"1"`)}}}},
				{Kind: llm.ToolResult, Result: &llm.Result{Name: "a.b"}},
			}},
		}}
	w := formatted(t, r, "claude-sonnet-4-5")
	var got struct {
		Tools    []struct{ Name string }
		Choice   struct{ Name string } `json:"tool_choice"`
		Messages []struct{ Content json.RawMessage }
	}
	unmarshalBody(t, w.Body, &got)
	if got.Choice.Name != got.Tools[0].Name || w.Names[got.Tools[0].Name] != "a.b" || w.Names[got.Tools[1].Name] != long || len(got.Tools[1].Name) != 128 {
		t.Errorf("names %v of %s", w.Names, w.Body)
	}
	id := dialect.Rule{Extra: "_-"}.ID("id:1")
	want := `[{"type":"tool_use","id":"toolu_1","name":"` + got.Tools[0].Name + `","input":{"q":1}},{"type":"tool_use","id":"toolu_2","name":"` + got.Tools[0].Name +
		`","input":{"invalid_json":"not json"}},{"type":"tool_use","id":"` + id + `","name":"` + got.Tools[1].Name + `","input":{}}]`
	if string(got.Messages[1].Content) != want {
		t.Errorf("\n got %s\nwant %s", got.Messages[1].Content, want)
	}
	want = `[{"type":"tool_result","tool_use_id":"` + id + `","content":"{\"r\":1}"},{"type":"tool_result","tool_use_id":"toolu_1","content":"1"},{"type":"tool_result","tool_use_id":"toolu_2"}]`
	if string(got.Messages[2].Content) != want {
		t.Errorf("\n got %s\nwant %s", got.Messages[2].Content, want)
	}
}

func TestToolsOfTheHistoryAreNamedWhenTheRequestHasNone(t *testing.T) {
	r := elsewhere(t, `{"max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"}]}]}`)
	w := formatted(t, r, "claude-sonnet-4-5")
	if !strings.Contains(string(w.Body), `"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"none"}`) {
		t.Errorf("%s", w.Body)
	}
}

func TestChoicesAmongTools(t *testing.T) {
	no, yes := false, true
	cases := []struct {
		name       string
		choice     llm.ToolChoice
		want, lost string
	}{
		{"auto", llm.ToolChoice{Mode: "auto"}, `"a","b";{"type":"auto"}`, ""},
		{"none", llm.ToolChoice{Mode: "none", Parallel: &no}, `"a","b";{"type":"none"}`, ""},
		{"one after the other", llm.ToolChoice{Parallel: &no}, `"a","b";{"type":"auto","disable_parallel_tool_use":true}`, ""},
		{"several at once is how it is", llm.ToolChoice{Parallel: &yes}, `"a","b";`, ""},
		{"some of them", llm.ToolChoice{Mode: "allowed", Names: []string{"b"}}, `"b";{"type":"auto"}`, ""},
		{"one of some", llm.ToolChoice{Mode: "allowed_required", Names: []string{"a", "b"}}, `"a","b";{"type":"any"}`, ""},
		{"the only one of some", llm.ToolChoice{Mode: "allowed_required", Names: []string{"b"}}, `"b";{"type":"tool","name":"b"}`, ""},
		{"one that is not there", llm.ToolChoice{Mode: "tool", Names: []string{"c"}}, `"a","b";{"type":"auto"}`, "tool choice: one tool"},
	}
	for _, c := range cases {
		r := elsewhere(t, `{"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"b","input_schema":{"type":"object"}}],`+talk+`}`)
		r.Choice = c.choice
		r.Has.Add(llm.FChoiceTool)
		w := formatted(t, r, "claude-sonnet-4-5")
		var got struct {
			Tools  []struct{ Name string }
			Choice json.RawMessage `json:"tool_choice"`
		}
		unmarshalBody(t, w.Body, &got)
		var list []string
		for _, tool := range got.Tools {
			list = append(list, `"`+tool.Name+`"`)
		}
		if have := strings.Join(list, ",") + ";" + string(got.Choice); have != c.want || names(w.Lost.All()) != c.lost {
			t.Errorf("%s: %s, lost %q", c.name, have, names(w.Lost.All()))
		}
	}
	if w := formatted(t, &llm.Request{Dialect: "chat", Choice: llm.ToolChoice{Mode: "none"}, Messages: elsewhere(t, "{"+talk+"}").Messages}, "claude-sonnet-4-5"); strings.Contains(string(w.Body), "tool_choice") {
		t.Errorf("a choice without tools: %s", w.Body)
	}
}

func TestAtMostFourCacheMarksAndLongOnesFirst(t *testing.T) {
	mark := func(life string) string { return `,"cache_control":{"type":"ephemeral"` + life + `}` }
	hour := `,"ttl":"1h"`
	r := elsewhere(t, `{"max_tokens":9,"tools":[{"name":"a","input_schema":{"type":"object"}`+mark(hour)+`}],"system":[{"type":"text","text":"s"`+mark(hour)+`}],"messages":[{"role":"user","content":[`+
		`{"type":"text","text":"1"`+mark(``)+`},{"type":"text","text":""`+mark(``)+`},{"type":"text","text":"2"`+mark(hour)+`},{"type":"text","text":"3"`+mark(``)+`}]}]}`)
	w := formatted(t, r, "claude-sonnet-4-5")
	if n := strings.Count(string(w.Body), "cache_control"); n != 4 || strings.Count(string(w.Body), `"ttl":"1h"`) != 1 || !strings.Contains(string(w.Body), `{"type":"text","text":"s"`+mark(hour)) {
		t.Errorf("%d marks: %s", n, w.Body)
	}
	if names(w.Lost.All()) != "cache marks, lifetimes of cache marks" {
		t.Errorf("lost %s", names(w.Lost.All()))
	}
}

func TestSchemasAreWrittenInTheVendorsSubset(t *testing.T) {
	cases := []struct{ name, schema, want string }{
		{"what fits is copied", `{"type":"object", "properties":{"a":{"type":"string"}},"additionalProperties":false}`, ``},
		{"objects are closed", `{"type":"object","properties":{"a":{"type":"object","properties":{}}}}`,
			`{"type":"object","properties":{"a":{"type":"object","properties":{},"additionalProperties":false}},"additionalProperties":false}`},
		{"limits are left out", `{"type":"object","properties":{"a":{"type":"number","minimum":1,"maximum":2},"b":{"type":"array","items":{"type":"string","maxLength":3,"format":"byte"},"minItems":1,"maxItems":4}},"additionalProperties":{"type":"string"},"required":["a"]}`,
			`{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"array","items":{"type":"string"},"minItems":1}},"additionalProperties":false,"required":["a"]}`},
		{"one of several is any of them", `{"oneOf":[{"type":"string","format":"date"},{"$ref":"#/$defs/x"}],"$defs":{"x":{"type":"object","properties":{"k\"":{"const":1}}}}}`,
			`{"anyOf":[{"type":"string","format":"date"},{"$ref":"#/$defs/x"}],"$defs":{"x":{"type":"object","properties":{"k\"":{"const":1}},"additionalProperties":false}}}`},
		{"patterns that look around", `{"type":"object","properties":{"a":{"pattern":"^a(?:b)+\\d$"},"b":{"pattern":"a(?=b)"},"c":{"pattern":"\\bx"}},"additionalProperties":false}`,
			`{"type":"object","properties":{"a":{"pattern":"^a(?:b)+\\d$"},"b":{},"c":{}},"additionalProperties":false}`},
	}
	for _, c := range cases {
		want := c.want
		if want == "" {
			want = c.schema
		}
		r := elsewhere(t, `{"max_tokens":9,"output_config":{"format":{"type":"json_schema","schema":`+c.schema+`}},`+talk+`}`)
		if w := formatted(t, r, "claude-sonnet-4-5"); !strings.Contains(string(w.Body), `"format":{"type":"json_schema","schema":`+want+`}`) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, w.Body, want)
		}
	}
}

func TestTheRootOfAToolsSchemaIsAnObject(t *testing.T) {
	cases := []struct{ schema, want string }{
		{`{"type":"object","properties":{"a":{"minimum":1}}}`, `{"type":"object","properties":{"a":{"minimum":1}}}`},
		{`{}`, `{"type":"object"}`},
		{`{"properties":{"a":{}}}`, `{"type":"object","properties":{"a":{}}}`},
		{`{"anyOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{},"a":{"type":"number"}}}],"$defs":{"d":{}}}`, `{"type":"object","$defs":{"d":{}},"properties":{"a":{"type":"string"},"b":{}}}`},
	}
	for _, c := range cases {
		r := elsewhere(t, `{"max_tokens":9,"tools":[{"name":"f","input_schema":`+c.schema+`}],`+talk+`}`)
		if w := formatted(t, r, "claude-sonnet-4-5"); !strings.Contains(string(w.Body), `"input_schema":`+c.want+`}`) {
			t.Errorf("%s: %s", c.schema, w.Body)
		}
	}
	r := &llm.Request{Dialect: "chat", Tools: []llm.Tool{{Kind: llm.Function, Name: "f"}}, Messages: elsewhere(t, "{"+talk+"}").Messages}
	if w := formatted(t, r, "claude-sonnet-4-5"); !strings.Contains(string(w.Body), `{"name":"f","input_schema":{"type":"object"}}`) {
		t.Errorf("%s", w.Body)
	}
}

func TestStrictToolsNeedAModelThatKnowsThem(t *testing.T) {
	const body = `{"max_tokens":9,"tools":[{"name":"f","strict":true,"input_schema":{"type":"object","properties":{"a":{"minimum":1}}}}],` + talk + `}`
	w := formatted(t, elsewhere(t, body), "claude-haiku-4-5")
	if !strings.Contains(string(w.Body), `"input_schema":{"type":"object","properties":{"a":{}},"additionalProperties":false},"strict":true}`) {
		t.Errorf("%s", w.Body)
	}
	w = formatted(t, elsewhere(t, body), "claude-sonnet-4-20250514")
	if strings.Contains(string(w.Body), "strict") || !w.Lost.Has(llm.FToolStrict) {
		t.Errorf("%s", w.Body)
	}
}

func TestTheVendorsOwnToolsStandForThoseOfOthers(t *testing.T) {
	r := elsewhere(t, "{"+talk+"}")
	r.Tools = []llm.Tool{{Kind: llm.Code, Vendor: llm.Raw(`{"type":"code_interpreter"}`)}, {Kind: llm.Builtin, Vendor: llm.Raw(`{"type":"x"}`)}, {Kind: llm.Custom, Name: "patch", Description: llm.Raw(`"d"`)}}
	r.Set(llm.FSearchOptions, llm.Raw(`{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"country":"DE","city":"Bonn","zip":"1"}}}`))
	w := formatted(t, r, "claude-sonnet-4-5")
	for _, want := range []string{
		`{"type":"code_execution_20250825","name":"code_execution"}`,
		`{"type":"web_search_20250305","name":"web_search","user_location":{"type":"approximate","country":"DE","city":"Bonn"}}`,
		`{"name":"patch","description":"d","input_schema":{"type":"object","properties":{"input":{`,
	} {
		if !strings.Contains(string(w.Body), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
	if !reflect.DeepEqual(w.Header, [][2]string{{"Anthropic-Beta", "code-execution-2025-08-25"}}) || strings.Contains(string(w.Body), `"x"`) {
		t.Errorf("header %v, %s", w.Header, w.Body)
	}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: "claude-sonnet-4-5@20250929", Stream: true, Traits: dialect.Traits{Version: "vertex-2023-10-16"}})
	if err != nil || w.Header != nil || !strings.HasPrefix(string(w.Body), `{"anthropic_version":"vertex-2023-10-16","max_tokens":64000,`) || !strings.HasSuffix(string(w.Body), `"anthropic_beta":["code-execution-2025-08-25"]}`) {
		t.Errorf("at a cloud: %v %s, %v", w.Header, w.Body, err)
	}
}

func TestDocuments(t *testing.T) {
	media := func(m *llm.Media) []llm.Part { return []llm.Part{{Kind: llm.File, Media: m}} }
	cases := []struct {
		name string
		m    *llm.Media
		want string
	}{
		{"a PDF", &llm.Media{Type: "application/pdf", Data: []byte("JVBERi0="), Name: llm.Raw(`"a.pdf"`)}, `"source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="},"title":"a.pdf"}`},
		{"a PDF that does not say so", &llm.Media{Data: []byte("JVBERi0xLjQK")}, `"source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0xLjQK"}}`},
		{"a file of text", &llm.Media{Type: "text/csv", Data: []byte("YSwiYiIK")}, `"source":{"type":"text","media_type":"text/plain","data":"a,\"b\"\n"}}`},
		{"words", &llm.Media{Text: llm.Raw(`"w"`), Context: llm.Raw(`"c"`), Cites: true}, `"source":{"type":"text","media_type":"text/plain","data":"w"},"context":"c","citations":{"enabled":true}}`},
		{"a place", &llm.Media{URL: llm.Raw(`"https://a/b.pdf"`)}, `"source":{"type":"url","url":"https://a/b.pdf"}}`},
		{"a place that was fetched", &llm.Media{URL: llm.Raw(`"https://a/b.pdf"`), Type: "application/pdf", Data: []byte("JVBERi0=")}, `"source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}}`},
		{"an id", &llm.Media{FileID: llm.Raw(`"file_1"`)}, `"source":{"type":"file","file_id":"file_1"}}`},
	}
	for _, c := range cases {
		w := formatted(t, &llm.Request{Dialect: "chat", Messages: []llm.Message{{Role: llm.User, Parts: media(c.m)}}}, "claude-sonnet-4-5")
		if !strings.Contains(string(w.Body), `{"type":"document",`+c.want) {
			t.Errorf("%s: %s", c.name, w.Body)
		}
	}
	_, err := codec.FormatRequest(nil, &llm.Request{Dialect: "chat", Messages: []llm.Message{{Role: llm.User, Parts: media(&llm.Media{Type: "application/zip", Data: []byte("UEs=")})}}}, &dialect.Target{Model: "m"})
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.UnsupportedParameter || !strings.Contains(f.Message, "application/zip") {
		t.Errorf("%v", err)
	}
}

func TestSettingsThatOnlySomeValuesOfCanBeHad(t *testing.T) {
	set := func(f llm.Feature, v string) *llm.Request {
		r := elsewhere(t, "{"+talk+"}")
		r.Set(f, llm.Raw(v))
		return r
	}
	cases := []struct {
		r          *llm.Request
		want, lost string
	}{
		{set(llm.FTier, `"auto"`), `"service_tier":"auto"`, ""},
		{set(llm.FTier, `"priority"`), `"service_tier":"auto"`, ""},
		{set(llm.FTier, `"default"`), `"service_tier":"standard_only"`, ""},
		{set(llm.FTier, `"flex"`), `"max_tokens"`, "service tier"},
		{set(llm.FStore, `false`), `"max_tokens"`, ""},
		{set(llm.FStore, `true`), `"max_tokens"`, "storing of the answer"},
		{set(llm.FN, `1`), `"max_tokens"`, ""},
		{set(llm.FModalities, `["text"]`), `"max_tokens"`, ""},
		{set(llm.FUser, `"u"`), `"metadata":{"user_id":"u"}`, ""},
		{set(llm.FSafetyID, `"s"`), `"metadata":{"user_id":"s"}`, ""},
		{set(llm.FUser, `"`+strings.Repeat("u", 300)+`"`), `"max_tokens"`, "end user"},
	}
	for _, c := range cases {
		w := formatted(t, c.r, "claude-sonnet-4-5")
		if !strings.Contains(string(w.Body), c.want) || names(w.Lost.All()) != c.lost {
			t.Errorf("%s, lost %q, want %s", w.Body, names(w.Lost.All()), c.want)
		}
	}
	_, err := codec.FormatRequest(nil, set(llm.FN, `2`), &dialect.Target{Model: "m"})
	if err == nil || !strings.Contains(err.Error(), "one answer at a time") {
		t.Errorf("two answers: %v", err)
	}
}

func TestReasoningStateGoesBackOnlyWhereItCameFrom(t *testing.T) {
	thought := func(o ...llm.Opaque) *llm.Request {
		return &llm.Request{
			Dialect: "chat", Has: llm.Of(llm.FThinking, llm.FThinkingState, llm.FThinkingBudget, llm.FToolCall), Thinking: llm.Reasoning{Mode: "on", Budget: llm.Known(2000)}, MaxOutput: llm.Known(9000),
			Tools: []llm.Tool{{Kind: llm.Function, Name: "f"}},
			Messages: []llm.Message{
				{Role: llm.User, Parts: []llm.Part{{Kind: llm.Text, Text: llm.Raw(`"x"`)}}},
				{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.Thinking, Text: llm.Raw(`"hm"`), State: o}, {Kind: llm.ToolCall, Call: &llm.Call{ID: "a", Name: "f"}}}},
				{Role: llm.ToolRole, Parts: []llm.Part{{Kind: llm.ToolResult, Result: &llm.Result{ID: "a"}}}},
			}}
	}
	own := llm.Opaque{Dialect: "messages", Provider: "p", Model: "claude-sonnet-4-5", Kind: "signature", Value: "SIG"}
	redacted, other, foreign := own, own, own
	redacted.Kind, other.Provider, foreign.Dialect = "redacted", "q", "responses"
	cases := []struct {
		name, want, lost string
		state            []llm.Opaque
	}{
		{"its own", `[{"type":"thinking","thinking":"hm","signature":"SIG"},{"type":"tool_use"`, "", []llm.Opaque{own}},
		{"its own, redacted", `[{"type":"redacted_thinking","data":"SIG"},{"type":"tool_use"`, "", []llm.Opaque{redacted}},
		{"another provider's", `[{"type":"tool_use"`, "reasoning text in the history, reasoning state in the history, reasoning budget", []llm.Opaque{other}},
		{"another dialect's", `[{"type":"tool_use"`, "reasoning text in the history, reasoning state in the history, reasoning budget", []llm.Opaque{foreign}},
		{"none", `[{"type":"tool_use"`, "reasoning text in the history, reasoning state in the history, reasoning budget", nil},
	}
	for _, c := range cases {
		w := formatted(t, thought(c.state...), "claude-sonnet-4-5")
		if !strings.Contains(string(w.Body), `"content":`+c.want) || names(w.Lost.All()) != c.lost || strings.Contains(string(w.Body), "budget_tokens") != (c.lost == "") {
			t.Errorf("%s: lost %q, %s", c.name, names(w.Lost.All()), w.Body)
		}
	}
	w := formatted(t, thought(other), "claude-opus-4-6")
	if !strings.Contains(string(w.Body), `"thinking":{"type":"adaptive","display":"summarized"}`) {
		t.Errorf("a model that minds less is let think: %s", w.Body)
	}
}

func TestAnotherVendorsStateComesBackFromThisDialectsCaller(t *testing.T) {
	sign := llm.Opaque{Dialect: "gemini", Provider: "g", Model: "gemini-3", Kind: "thought_signature", Value: "S1"}
	item := llm.Opaque{Dialect: "responses", Provider: "o", Model: "gpt", Kind: "encrypted", ID: "rs_1", Value: "E"}
	a := &llm.Answer{ID: "x", Choices: []llm.Choice{{Finish: llm.FinishTools, Parts: []llm.Part{
		{Kind: llm.Thinking, Text: llm.Raw(`"why"`), State: []llm.Opaque{item}},
		{Kind: llm.Thinking, State: []llm.Opaque{item}},
		{Kind: llm.ToolCall, Call: &llm.Call{ID: "a", Name: "f"}, State: []llm.Opaque{sign}},
	}}}}
	var events []llm.Event
	llm.Replay(a, func(e *llm.Event) { events = append(events, *e) })
	streamed, err := gathered(formatAll(events))
	if err != nil {
		t.Fatal(err)
	}
	var whole object
	unmarshal(t, codec.FormatAnswer(nil, a, callOf()), &whole)
	if !reflect.DeepEqual(streamed["content"], whole["content"]) {
		t.Errorf("streamed %s\n whole %s", renderJSON(streamed["content"]), renderJSON(whole["content"]))
	}
	r, err := codec.ParseRequest([]byte(`{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":` + renderJSON(whole["content"]) + `},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	parts := r.Messages[1].Parts
	if len(parts) != 3 || !reflect.DeepEqual(parts[0].State, []llm.Opaque{item}) || string(parts[0].Text) != `"why"` ||
		!reflect.DeepEqual(parts[1].State, []llm.Opaque{item}) || parts[1].Text != nil || parts[2].Call == nil || !reflect.DeepEqual(parts[2].State, []llm.Opaque{sign}) {
		t.Errorf("%s", renderJSON(parts))
	}
	if r.Messages[2].Parts[0].Result.Name != "f" {
		t.Error("a result does not know its tool")
	}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: "claude-sonnet-4-5"})
	if err != nil || strings.Contains(string(w.Body), "redacted") || strings.Contains(string(w.Body), `"thinking"`) {
		t.Errorf("state of others is sent on: %s, %v", w.Body, err)
	}
}

func renderJSON(v any) string { return render(v) }

func TestStateOfACallThatDoesNotFollowIsAThought(t *testing.T) {
	o := llm.Opaque{Dialect: "gemini", Provider: "g", Model: "m", Kind: "thought_signature", Value: "S"}
	block := `{"type":"redacted_thinking","data":"` + dialect.Wrap(&o, dialect.Messages) + `"}`
	for _, after := range []string{``, `,{"type":"text","text":"t"}`, `,{"type":"server_tool_use","id":"s","name":"n","input":{}}`} {
		r := elsewhere(t, `{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[`+block+after+`]},{"role":"user","content":"y"}]}`)
		if p := r.Messages[1].Parts[0]; p.Kind != llm.Thinking || !reflect.DeepEqual(p.State, []llm.Opaque{o}) {
			t.Errorf("%s: %s", after, render(r.Messages[1].Parts))
		}
	}
}

func TestWrongTypesAreNamed(t *testing.T) {
	cases := []struct{ body, path string }{
		{`[]`, ``},
		{`{"model":1}`, "model"},
		{`{"max_tokens":"9"}`, "max_tokens"},
		{`{"stream":"yes"}`, "stream"},
		{`{"temperature":"hot"}`, "temperature"},
		{`{"stop_sequences":"x"}`, "stop_sequences"},
		{`{"messages":{}}`, "messages"},
		{`{"messages":["hi"]}`, "messages[0]"},
		{`{"messages":[{"role":"tool","content":"x"}]}`, "messages[0].role"},
		{`{"messages":[{"role":"user","content":"x"},{"role":"user","content":7}]}`, "messages[1].content"},
		{`{"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":3}]}]}`, "messages[0].content[1].text"},
		{`{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64"}}]}]}`, "messages[0].content[0].source.data"},
		{`{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text"},{"text":"x"}]}]}]}`, "messages[0].content[0].content[0].text"},
		{`{"system":[{"type":"text","text":1}]}`, "system[0].text"},
		{`{"tools":[{"name":"f","input_schema":"x"}]}`, "tools[0].input_schema"},
		{`{"tool_choice":"auto"}`, "tool_choice"},
		{`{"thinking":true}`, "thinking"},
		{`{"messages":[{"role":"user","content":"x"}`, ``},
	}
	for _, c := range cases {
		_, err := codec.ParseRequest([]byte(c.body))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.InvalidRequest || f.Param != c.path {
			t.Errorf("%s: %v (%s), want %s", c.body, err, f.Param, c.path)
		}
	}
}

func TestMembersThatNobodyKnowsAreUnnamedAndComeBack(t *testing.T) {
	body := `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"x","foo":1},{"type":"image","source":{"type":"url","url":"https://a","bar":2}}],"baz":3}],"tools":[{"name":"f","input_schema":{},"qux":4}],"top":{"a":[1]},"speed":"fast","gone":null}`
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"messages[].content[].foo", "messages[].content[].source.bar", "messages[].baz", "tools[].qux", "top"}
	if !reflect.DeepEqual(r.Unnamed, want) {
		t.Errorf("unnamed %v", r.Unnamed)
	}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: "m"})
	for _, member := range []string{`"text":"x","foo":1`, `"baz":3`, `"qux":4`, `"top":{"a":[1]}`, `"speed":"fast"`} {
		if err != nil || !strings.Contains(string(w.Body), member) {
			t.Errorf("no %s in %s, %v", member, w.Body, err)
		}
	}
	r.Dialect = "chat"
	if w := formatted(t, r, "claude-sonnet-4-5"); strings.Contains(string(w.Body), "foo") || strings.Contains(string(w.Body), "speed") {
		t.Errorf("members of another dialect are sent on: %s", w.Body)
	}
}
