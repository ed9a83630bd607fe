package openairesponses_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func parsed(t *testing.T, body string) *llm.Request {
	t.Helper()
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r
}

func TestAMemberOfTheWrongTypeIsNamed(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:                                     "",
		`{"input":"a"`:                           "",
		`{"input":[{"role":"user","content":"a"`: "",
		`{"input":7}`:                            "input",
		`{"input":["a"]}`:                        "input[0]",
		`{"input":[{"role":"user","content":"a"},{"role":"king","content":"a"}]}`:                         "input[1].role",
		`{"input":[{"role":"user","content":7}]}`:                                                         "input[0].content",
		`{"input":[{"role":"user","content":[{"type":"input_text","text":7}]}]}`:                          "input[0].content[0].text",
		`{"input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image"}]}]}`: "input[0].content[1].image_url",
		`{"input":[{"role":"user","content":[{"type":"input_file"}]}]}`:                                   "input[0].content[0]",
		`{"input":[{"type":"function_call","call_id":"c","arguments":"{}"}]}`:                             "input[0].name",
		`{"input":[{"type":"function_call_output","call_id":"c","output":7}]}`:                            "input[0].output",
		`{"input":[{"content":"a"}]}`:                                                                     "input[0].type",
		`{"input":"a","instructions":[]}`:                                                                 "instructions",
		`{"input":"a","temperature":"hot"}`:                                                               "temperature",
		`{"input":"a","max_output_tokens":1.5}`:                                                           "max_output_tokens",
		`{"input":"a","stream":"yes"}`:                                                                    "stream",
		`{"input":"a","metadata":[]}`:                                                                     "metadata",
		`{"input":"a","tools":{}}`:                                                                        "tools",
		`{"input":"a","tools":[{"type":"function","name":"f"},{"type":"function"}]}`:                      "tools[1].name",
		`{"input":"a","tools":[{"type":"namespace","name":"n","tools":[{"type":"function"}]}]}`:           "tools[0].tools[0].name",
		`{"input":"a","tool_choice":"some"}`:                                                              "tool_choice",
		`{"input":"a","text":"json"}`:                                                                     "text",
		`{"input":"a","reasoning":{"effort":3}}`:                                                          "reasoning.effort",
		`{"input":"a","include":"x"}`:                                                                     "include",
	} {
		_, err := codec.ParseRequest([]byte(body))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.InvalidRequest || f.Param != want || !strings.Contains(f.Message, want) {
			t.Errorf("%s: %v (field %q), want %q", body, err, f.Param, want)
		}
	}
}

func TestItemsInARowMakeOneTurn(t *testing.T) {
	r := parsed(t, `{"instructions":"be brief","input":[
		{"role":"user","content":"hi"},
		{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}]},
		{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"so","annotations":[]}]},
		{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}"},
		{"type":"custom_tool_call","id":"ctc_1","call_id":"c2","name":"patch","input":"x"},
		{"type":"web_search_call","id":"ws_1","status":"completed"},
		{"type":"function_call_output","call_id":"c1","output":"1"},
		{"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"2"}]},
		{"role":"user","content":"go on"}]}`)
	var roles []llm.Role
	for _, m := range r.Messages {
		roles = append(roles, m.Role)
	}
	if want := []llm.Role{llm.System, llm.User, llm.Assistant, llm.ToolRole, llm.User}; !slices.Equal(roles, want) {
		t.Fatalf("turns %v, want %v", roles, want)
	}
	var kinds []llm.PartKind
	for _, p := range r.Messages[2].Parts {
		kinds = append(kinds, p.Kind)
	}
	if want := []llm.PartKind{llm.Thinking, llm.Text, llm.ToolCall, llm.ToolCall, llm.Vendor}; !slices.Equal(kinds, want) {
		t.Errorf("parts %v, want %v", kinds, want)
	}
	if got := string(r.Messages[2].Parts[0].Text); got != `"a\n\nb"` {
		t.Errorf("the reasoning is %s", got)
	}
	results := r.Messages[3].Parts
	if len(results) != 2 || results[0].Result.Name != "f" || results[1].Result.Name != "patch" {
		t.Errorf("results %+v", results)
	}
}

func TestReasoningStateIsReadWithItsOrigin(t *testing.T) {
	foreign := llm.Opaque{Dialect: "messages", Provider: "a", Model: "m", Kind: "signature", Value: "sig"}
	r := parsed(t, `{"input":[{"role":"user","content":"hi"},
		{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"},
		{"type":"reasoning","id":"rs_2","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"`+dialect.Wrap(&foreign, dialect.Responses)+`"},
		{"role":"assistant","content":"so"},{"role":"user","content":"on"}]}`)
	parts := r.Messages[1].Parts
	if own := (llm.Opaque{Dialect: "responses", Kind: "encrypted", ID: "rs_1", Value: "gAAA"}); parts[0].State[0] != own {
		t.Errorf("the dialect's own is %+v", parts[0].State[0])
	}
	if parts[1].State[0] != foreign || string(parts[1].Text) != `"hm"` {
		t.Errorf("another's is %+v", parts[1])
	}
}

func TestASignatureFindsWhatItSigned(t *testing.T) {
	item := func(id, value string) string {
		o := llm.Opaque{Dialect: "gemini", Provider: "g", Model: "m", Kind: "thought_signature", ID: id, Value: value}
		return `{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"` + dialect.Wrap(&o, dialect.Responses) + `"}`
	}
	call := func(id string) string {
		return `{"type":"function_call","call_id":"` + id + `","name":"f","arguments":"{}"}`
	}
	message := `{"role":"assistant","content":"so"}`
	for name, tt := range map[string]struct {
		items []string
		want  []string // state values of the parts
	}{
		"before its call":               {[]string{item("", "a"), call("c1")}, []string{"a"}},
		"the first of parallel calls":   {[]string{item("c1", "a"), call("c1"), call("c2")}, []string{"a", ""}},
		"after its call, by its name":   {[]string{call("c1"), item("c1", "a"), call("c2")}, []string{"a", ""}},
		"of a text, and of a call":      {[]string{message, item("", "t"), item("c1", "a"), call("c1")}, []string{"t", "a"}},
		"of a text that ends the turn":  {[]string{message, item("", "t")}, []string{"t"}},
		"of nothing that is still here": {[]string{item("", "x")}, []string{"x"}},
	} {
		r := parsed(t, `{"input":[{"role":"user","content":"hi"},`+strings.Join(tt.items, ",")+`,{"role":"user","content":"on"}]}`)
		var got []string
		for _, p := range r.Messages[1].Parts {
			value := ""
			for _, o := range p.State {
				value += o.Value
			}
			got = append(got, value)
		}
		if !slices.Equal(got, tt.want) || len(r.Messages) != 3 {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestToolsOfANamespaceAreKnownByBothNames(t *testing.T) {
	r := parsed(t, `{"input":[{"role":"user","content":"hi"},{"type":"function_call","call_id":"c","namespace":"mcp__files__","name":"read","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":""}],
		"tools":[{"type":"function","name":"plain"},{"type":"namespace","name":"mcp__files__","description":"Files.","tools":[{"type":"function","name":"read"},{"type":"custom","name":"patch"}]},{"type":"namespace","name":"web","tools":[{"type":"function","name":"get"}]}]}`)
	var names []string
	for _, tool := range r.Tools {
		names = append(names, tool.Name)
	}
	if want := []string{"plain", "mcp__files__read", "mcp__files__patch", "web__get"}; !slices.Equal(names, want) {
		t.Errorf("tools %v, want %v", names, want)
	}
	if call := r.Messages[1].Parts[0].Call; call.Name != "mcp__files__read" || r.Messages[2].Parts[0].Result.Name != call.Name {
		t.Errorf("the call is of %s", call.Name)
	}
}

// TestANamespaceThatTheCallerHasNotDeclaredIsNoPartOfAName: the vendor names one with
// every tool that a search has found.
func TestANamespaceThatTheCallerHasNotDeclaredIsNoPartOfAName(t *testing.T) {
	const call = `{"type":"function_call","call_id":"c","namespace":"rate","name":"rate","arguments":"{}"}`
	r := parsed(t, `{"input":[{"role":"user","content":"hi"},{"type":"tool_search_call","call_id":"s","execution":"client","arguments":{}},
		{"type":"tool_search_output","call_id":"s","execution":"client","tools":[{"type":"function","name":"rate","defer_loading":true}]},`+call+`,{"type":"function_call_output","call_id":"c","output":"1"}],"tools":[{"type":"tool_search","execution":"client"}]}`)
	if got := r.Messages[3].Parts[0].Call.Name; got != "rate" {
		t.Errorf("the call is of %s", got)
	}
	if got := r.Messages[4].Parts[0].Result.Name; got != "rate" {
		t.Errorf("the result is of %s", got)
	}
	if got := r.Messages[1].Parts[0].Call.Name; got != "tool_search" {
		t.Errorf("the search is %s", got)
	}
	p := codec.NewStreamParser(aCall())
	var names []string
	for _, e := range p.Parse(nil, []byte("response.output_item.added"), []byte(`{"output_index":0,"item":`+call+`}`)) {
		names = append(names, e.CallName)
	}
	if !slices.Contains(names, "rate") {
		t.Errorf("streamed calls are of %q", names)
	}
}

func TestWhatOnlyTheVendorHasIsRefusedElsewhere(t *testing.T) {
	for body, want := range map[string]string{
		`{"input":"hi","previous_response_id":"resp_1"}`:                                "previous_response_id",
		`{"input":"hi","previous_response_id":null}`:                                    "",
		`{"input":"hi","conversation":{"id":"conv_1"}}`:                                 "conversation",
		`{"prompt":{"id":"pmpt_1"}}`:                                                    "prompt",
		`{"input":"hi","background":true}`:                                              "background",
		`{"input":"hi","background":false}`:                                             "",
		`{"input":[{"role":"user","content":"hi"},{"type":"item_reference","id":"a"}]}`: "input[1] (item_reference)",
		`{"input":[{"role":"user","content":"hi"},{"type":"item_reference","id":"rs_1"},{"role":"assistant","content":"so"}]}`: "",
		`{"input":[{"type":"compaction","encrypted_content":"gAAA"}]}`:                                                         "input[0] (compaction)",
	} {
		if got := strings.Join(parsed(t, body).Refuse, " "); got != want {
			t.Errorf("%s: refuses %q, want %q", body, got, want)
		}
	}
}

func TestToolsThatItemsBringJoinTheOthers(t *testing.T) {
	body := `{"input":[{"role":"user","content":"hi"},{"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"late"}]},
		{"type":"tool_search_call","call_id":"s","execution":"client","arguments":{"query":"q"}},{"type":"tool_search_output","call_id":"s","execution":"client","tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"found"}]}]}],
		"tools":[{"type":"tool_search","execution":"client","description":"Finds tools.","parameters":{"type":"object"}},{"type":"function","name":"early"}]}`
	r := parsed(t, body)
	var names []string
	for _, tool := range r.Tools {
		names = append(names, tool.Name)
	}
	if want := []string{"tool_search", "early", "late", "n__found"}; !slices.Equal(names, want) {
		t.Errorf("tools %v, want %v", names, want)
	}
	if call := r.Messages[2].Parts[0].Call; call == nil || call.Name != "tool_search" || string(call.Arguments) != `{"query":"q"}` {
		t.Errorf("the search is %+v", r.Messages[2].Parts[0])
	}
	if why := checkRequest([]byte(body)); why != "" {
		t.Error(why)
	}
}
