package openairesponses_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func str(s string) llm.Raw { return quote(s) }

func textPart(s string) llm.Part { return llm.Part{Kind: llm.Text, Text: str(s)} }

// foreign makes a request of a caller of another dialect.
func foreign(messages ...llm.Message) *llm.Request {
	return &llm.Request{Dialect: "messages", Messages: messages}
}

func user(parts ...llm.Part) llm.Message { return llm.Message{Role: llm.User, Parts: parts} }

func written(t *testing.T, r *llm.Request, to dialect.Target) dialect.Written {
	t.Helper()
	if to.Model == "" {
		to.Model = "gpt-4.1"
	}
	w, err := codec.FormatRequest(nil, r, &to)
	if err != nil {
		t.Fatal(err)
	}
	compact(w.Body)
	return w
}

// body gives a request's body without its model.
func body(t *testing.T, r *llm.Request, to dialect.Target) string {
	t.Helper()
	_, rest, _ := strings.Cut(string(written(t, r, to).Body), ",")
	return "{" + rest
}

func setting(f llm.Feature, v string) *llm.Request {
	r := foreign(user(textPart("hi")))
	r.Set(f, llm.Raw(v))
	return r
}

const hi = `"input":[{"type":"message","role":"user","content":"hi"}]`

func TestTurnsBecomeItems(t *testing.T) {
	r := foreign(
		llm.Message{Role: llm.System, Parts: []llm.Part{textPart("be brief"), textPart("be kind")}},
		user(textPart("see"), llm.Part{Kind: llm.Image, Media: &llm.Media{Type: "image/png", Data: []byte("iVBORw0KGgo="), Detail: "low"}}),
		llm.Message{Role: llm.Assistant, Parts: []llm.Part{
			textPart("I look."),
			{Kind: llm.ToolCall, Call: &llm.Call{ID: "toolu_1", Name: "files.read", Arguments: llm.Raw(`{"a": 1}`)}},
			{Kind: llm.ToolCall, Call: &llm.Call{ID: "toolu_2", Name: "g"}},
			{Kind: llm.ToolCall, Call: &llm.Call{ID: "toolu_3", Name: "patch", Custom: true, Arguments: str("*** x")}},
		}},
		llm.Message{Role: llm.ToolRole, Parts: []llm.Part{
			{Kind: llm.ToolResult, Result: &llm.Result{ID: "toolu_1", Parts: []llm.Part{textPart("one")}}},
			{Kind: llm.ToolResult, Result: &llm.Result{ID: "toolu_2", Parts: []llm.Part{textPart("two"), {Kind: llm.Image, Media: &llm.Media{URL: str("https://a/b.png")}}}}},
			{Kind: llm.ToolResult, Result: &llm.Result{ID: "toolu_3", JSON: llm.Raw(`{"ok":true}`)}},
		}},
		llm.Message{Role: llm.Developer, Parts: []llm.Part{textPart("now")}},
		user(llm.Part{Kind: llm.File, Media: &llm.Media{Type: "application/pdf", Data: []byte("JVBERi0=")}},
			llm.Part{Kind: llm.File, Media: &llm.Media{Name: str("notes"), Text: str("a b")}}),
	)
	want := `{"input":[` +
		`{"type":"message","role":"system","content":[{"type":"input_text","text":"be brief"},{"type":"input_text","text":"be kind"}]},` +
		`{"type":"message","role":"user","content":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}]},` +
		`{"type":"message","role":"assistant","content":"I look."},` +
		`{"type":"function_call","call_id":"toolu_1","name":"files_read_cb2be6ee","arguments":"{\"a\": 1}"},` +
		`{"type":"function_call","call_id":"toolu_2","name":"g","arguments":"{}"},` +
		`{"type":"custom_tool_call","call_id":"toolu_3","name":"patch","input":"*** x"},` +
		`{"type":"function_call_output","call_id":"toolu_1","output":"one"},` +
		`{"type":"function_call_output","call_id":"toolu_2","output":[{"type":"input_text","text":"two"},{"type":"input_image","image_url":"https://a/b.png"}]},` +
		`{"type":"custom_tool_call_output","call_id":"toolu_3","output":"{\"ok\":true}"},` +
		`{"type":"message","role":"developer","content":"now"},` +
		`{"type":"message","role":"user","content":[{"type":"input_file","file_data":"data:application/pdf;base64,JVBERi0=","filename":"document.pdf"},{"type":"input_text","text":"notes\n\na b"}]}]}`
	got := body(t, r, dialect.Target{})
	if head, _, _ := strings.Cut(want, "files_read_"); !strings.HasPrefix(got, head) {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	w := written(t, r, dialect.Target{})
	for short, long := range w.Names {
		want = strings.Replace(want, "files_read_cb2be6ee", short, 1)
		if long != "files.read" {
			t.Errorf("names %v", w.Names)
		}
	}
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSettingsSuitTheModel(t *testing.T) {
	thinking := func(mode, effort string, budget llm.Count, summary string) *llm.Request {
		r := foreign(user(textPart("hi")))
		r.Thinking = llm.Reasoning{Mode: mode, Effort: effort, Budget: budget, Summary: summary}
		for _, f := range []llm.Feature{llm.FThinkingEffort, llm.FThinkingBudget, llm.FThinkingOff, llm.FThinkingSummary} {
			r.Has.Add(f)
		}
		return r
	}
	none := llm.Count{}
	state := `,"include":["reasoning.encrypted_content"],"store":false}`
	limit := func(n int64) *llm.Request {
		r := foreign(user(textPart("hi")))
		r.MaxOutput = llm.Known(n)
		return r
	}
	for name, tt := range map[string]struct {
		r    *llm.Request
		to   dialect.Target
		want string
		lost llm.Features
	}{
		"temperature":                          {setting(llm.FTemperature, "0.5"), dialect.Target{Model: "gpt-4o"}, `,"temperature":0.5}`, llm.Features{}},
		"temperature, on a model that reasons": {setting(llm.FTemperature, "0.5"), dialect.Target{Model: "gpt-5-mini"}, state, llm.Of(llm.FTemperature)},
		"temperature, on one of another vendor": {setting(llm.FTemperature, "0.5"), dialect.Target{Model: "x", Facts: dialect.Facts{Known: true, Reasoning: true, Temperature: true}},
			`,"temperature":0.5,"include":["reasoning.encrypted_content"],"store":false}`, llm.Features{}},
		"logprobs":                  {setting(llm.FLogprobs, "true"), dialect.Target{Model: "gpt-4o"}, `,"include":["message.output_text.logprobs"]}`, llm.Features{}},
		"penalty":                   {setting(llm.FPresencePenalty, "1"), dialect.Target{Model: "gpt-4o"}, `}`, llm.Features{}},
		"one answer":                {setting(llm.FN, "1"), dialect.Target{Model: "gpt-4o"}, `}`, llm.Features{}},
		"verbosity":                 {setting(llm.FVerbosity, `"low"`), dialect.Target{Model: "gpt-4o"}, `,"text":{"verbosity":"low"}}`, llm.Features{}},
		"search options":            {setting(llm.FSearchOptions, `{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"city":"Bern"}}}`), dialect.Target{Model: "gpt-4o"}, `,"tools":[{"type":"web_search","search_context_size":"low","user_location":{"type":"approximate","city":"Bern"}}]}`, llm.Features{}},
		"a provider without users":  {setting(llm.FUser, `"u"`), dialect.Target{Model: "x", Traits: dialect.Traits{Lacks: llm.Of(llm.FUser)}}, `}`, llm.Of(llm.FUser)},
		"very few tokens":           {limit(1), dialect.Target{Model: "gpt-4o"}, `,"max_output_tokens":16}`, llm.Features{}},
		"more than there are":       {limit(64000), dialect.Target{Model: "gpt-4o", Facts: dialect.Facts{MaxOutput: 16384}}, `,"max_output_tokens":16384}`, llm.Features{}},
		"effort":                    {thinking("on", "high", none, "auto"), dialect.Target{Model: "gpt-5.2"}, `,"reasoning":{"effort":"high","summary":"auto"}` + state, llm.Features{}},
		"effort that is too much":   {thinking("on", "max", none, ""), dialect.Target{Model: "o3"}, `,"reasoning":{"effort":"high"}` + state, llm.Features{}},
		"effort that is too little": {thinking("on", "minimal", none, ""), dialect.Target{Model: "openai/gpt-5.1"}, `,"reasoning":{"effort":"low"}` + state, llm.Features{}},
		"minimal effort":            {thinking("on", "minimal", none, ""), dialect.Target{Model: "gpt-5-nano"}, `,"reasoning":{"effort":"minimal"}` + state, llm.Features{}},
		"the most":                  {thinking("on", "max", none, ""), dialect.Target{Model: "gpt-5.6-sol"}, `,"reasoning":{"effort":"max"}` + state, llm.Features{}},
		"a small budget":            {thinking("on", "", llm.Known(1024), ""), dialect.Target{Model: "gpt-5.2"}, `,"reasoning":{"effort":"low"}` + state, llm.Features{}},
		"a large budget":            {thinking("on", "", llm.Known(32000), ""), dialect.Target{Model: "gpt-5.2"}, `,"reasoning":{"effort":"high"}` + state, llm.Features{}},
		"by its own choice":         {thinking("adaptive", "", none, "auto"), dialect.Target{Model: "gpt-5.2"}, `,"reasoning":{"summary":"auto"}` + state, llm.Features{}},
		"off":                       {thinking("off", "", none, ""), dialect.Target{Model: "gpt-5.2"}, `,"reasoning":{"effort":"none"}` + state, llm.Features{}},
		"off where it cannot be":    {thinking("off", "", none, ""), dialect.Target{Model: "gpt-5"}, `,"reasoning":{"effort":"minimal"}` + state, llm.Of(llm.FThinkingOff)},
		"on a model that does not reason": {thinking("on", "high", none, "auto"), dialect.Target{Model: "gpt-4o"}, `}`,
			llm.Of(llm.FThinkingEffort, llm.FThinkingBudget, llm.FThinkingSummary)},
		"on a chat model": {thinking("on", "high", none, ""), dialect.Target{Model: "gpt-5-chat-latest"}, `}`, llm.Of(llm.FThinkingEffort, llm.FThinkingBudget)},
	} {
		w := written(t, tt.r, tt.to)
		_, rest, _ := strings.Cut(string(w.Body), ",")
		if got := "{" + rest; got != "{"+hi+tt.want {
			t.Errorf("%s:\n got  %s\n want %s", name, got, "{"+hi+tt.want)
		}
		if w.Lost != tt.lost {
			t.Errorf("%s: lost %v, want %v", name, w.Lost.All(), tt.lost.All())
		}
	}
}

func TestSeveralAnswersAreRefused(t *testing.T) {
	if _, err := codec.FormatRequest(nil, setting(llm.FN, "2"), &dialect.Target{Model: "gpt-4o"}); err == nil {
		t.Error("not refused")
	}
}

func TestToolsAndChoices(t *testing.T) {
	yes := true
	r := foreign(user(textPart("hi")))
	r.Dialect = "chat"
	r.Tools = []llm.Tool{
		{Kind: llm.Function, Name: "f", Description: str("does"), Parameters: llm.Raw(`{"type":"object", "b":1, "a":2}`)},
		{Kind: llm.Function, Name: "g", Strict: &yes},
		{Kind: llm.Custom, Name: "patch", Vendor: llm.Raw(`{"type":"custom","custom":{"name":"patch","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}}}`)},
		{Kind: llm.WebSearch, Vendor: llm.Raw(`{"type":"web_search_20250305","name":"web_search"}`)},
		{Kind: llm.Code}, {Kind: llm.Builtin, Vendor: llm.Raw(`{"type":"bash"}`)},
	}
	r.Has = llm.Of(llm.FTools, llm.FCustomTool)
	tools := `,"tools":[{"type":"function","name":"f","description":"does","parameters":{"type":"object", "b":1, "a":2},"strict":false},` +
		`{"type":"function","name":"g","parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false},"strict":true},` +
		`{"type":"custom","name":"patch","format":{"type":"grammar","syntax":"lark","definition":"x"}},{"type":"web_search"},{"type":"code_interpreter","container":{"type":"auto"}}]`
	no := false
	for _, tt := range []struct {
		choice llm.ToolChoice
		want   string
	}{
		{llm.ToolChoice{}, ``},
		{llm.ToolChoice{Mode: "auto", Parallel: &no}, `,"tool_choice":"auto","parallel_tool_calls":false`},
		{llm.ToolChoice{Mode: "none"}, `,"tool_choice":"none"`},
		{llm.ToolChoice{Mode: "required"}, `,"tool_choice":"required"`},
		{llm.ToolChoice{Mode: "tool", Names: []string{"f"}}, `,"tool_choice":{"type":"function","name":"f"}`},
		{llm.ToolChoice{Mode: "tool", Names: []string{"patch"}}, `,"tool_choice":{"type":"custom","name":"patch"}`},
		{llm.ToolChoice{Mode: "allowed_required", Names: []string{"f", "patch"}}, `,"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"custom","name":"patch"}]}`},
	} {
		r.Choice = tt.choice
		if got, want := body(t, r, dialect.Target{}), "{"+hi+tools+tt.want+"}"; got != want {
			t.Errorf("%+v:\n got  %s\n want %s", tt.choice, got, want)
		}
	}
}

func TestOnlyStateOfTheTargetIsSent(t *testing.T) {
	with := func(o llm.Opaque) *llm.Request {
		r := foreign(user(textPart("hi")), llm.Message{Role: llm.Assistant, Parts: []llm.Part{
			{Kind: llm.Thinking, Text: str("hm"), State: []llm.Opaque{o}}, {Kind: llm.ToolCall, Call: &llm.Call{ID: "c", Name: "f"}}}})
		r.Has = llm.Of(llm.FThinking, llm.FThinkingState)
		return r
	}
	call := `{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]`
	mine := llm.Opaque{Dialect: "responses", Provider: "p", Model: "gpt-5.2", Kind: "encrypted", ID: "rs_1", Value: "gAAA"}
	other := mine
	other.Model = "gpt-5.1"
	signature := llm.Opaque{Dialect: "messages", Provider: "p", Model: "gpt-5.2", Kind: "signature", Value: "sig"}
	head := `{"input":[{"type":"message","role":"user","content":"hi"},`
	tail := `,"include":["reasoning.encrypted_content"],"store":false}`
	for name, tt := range map[string]struct {
		state llm.Opaque
		to    dialect.Target
		want  string
		lost  bool
	}{
		"its own":        {mine, dialect.Target{}, `{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA"},`, false},
		"another's":      {other, dialect.Target{}, ``, true},
		"of elsewhere":   {signature, dialect.Target{}, ``, true},
		"told as a text": {signature, dialect.Target{Traits: dialect.Traits{EchoReasoning: "content"}}, `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},`, true},
	} {
		tt.to.Provider, tt.to.Model = "p", "gpt-5.2"
		w := written(t, with(tt.state), tt.to)
		_, rest, _ := strings.Cut(string(w.Body), ",")
		if want := head + tt.want + call + tail; "{"+rest != want {
			t.Errorf("%s:\n got  {%s\n want %s", name, rest, want)
		}
		if w.Lost.Has(llm.FThinkingState) != tt.lost {
			t.Errorf("%s: lost %v", name, w.Lost.All())
		}
	}
}

func TestCacheMarksAreForModelsThatKnowThem(t *testing.T) {
	var messages []llm.Message
	for range 5 {
		messages = append(messages, user(llm.Part{Kind: llm.Text, Text: str("hi"), Cache: "5m"}))
	}
	r := foreign(messages...)
	r.Has.Add(llm.FCache)
	for model, want := range map[string]int{"gpt-5.6": 4, "gpt-5.5": 0, "x": 0} {
		w := written(t, r, dialect.Target{Model: model})
		if n := strings.Count(string(w.Body), `"prompt_cache_breakpoint":{"mode":"explicit"}`); n != want || !w.Lost.Has(llm.FCache) {
			t.Errorf("%s: %d marks, want %d; lost %v", model, n, want, w.Lost.All())
		}
	}
}

func TestTheSameRequestGivesTheSameBytes(t *testing.T) {
	r := parsed(t, string(conversation(4<<10)))
	to := &dialect.Target{Model: "gpt-5.2"}
	first, _ := codec.FormatRequest(nil, r, to)
	for range 10 {
		if again, _ := codec.FormatRequest(nil, r, to); string(again.Body) != string(first.Body) {
			t.Fatalf("%s\n%s", first.Body, again.Body)
		}
	}
}

func TestWhatIsWrittenIsAppended(t *testing.T) {
	w, err := codec.FormatRequest([]byte("head"), setting(llm.FUser, `"u"`), &dialect.Target{Model: "m"})
	if err != nil || !strings.HasPrefix(string(w.Body), `head{"model":"m",`) {
		t.Errorf("%s %v", w.Body, err)
	}
}
