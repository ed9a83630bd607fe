package pairs_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Requests that came out wrong: what they must hold and must not, and what is told as
// lost of them.
type requestCase struct {
	name     string
	from, to dialect.Name
	model    string // "" = that of the goldens
	body     string
	want     []string // of the request; of the error when refused is set
	not      []string
	once     string // of the request
	beyond   bool   // what the checker can count
	lost     []llm.Feature
	kept     []llm.Feature // must not be told as lost
	refused  bool
}

const (
	userHi      = `{"role":"user","content":"hi"}`
	foundBlock  = `{"type":"search_result","source":"https://example.com/a","title":"Tides","content":[{"type":"text","text":"High at noon."},{"type":"text","text":"Low at six."}],"citations":{"enabled":true}}`
	messagesUse = `{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]}`
	chatUse     = `{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}`
	chatResult  = `{"role":"tool","tool_call_id":"t1","content":"21 degrees"}`
	chatTool    = `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}]`
	chatSchema  = `"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"tide":{"type":"string"}},"required":["tide"],"additionalProperties":false}}}`
	nothingSaid = "no turn with any content"
)

func found(top bool) string {
	if top {
		return `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":[` + foundBlock + `,{"type":"text","text":"When is low tide?"}]}]}`
	}
	return `{"model":"m","max_tokens":64,"messages":[` + userHi + `,` + messagesUse + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[` + foundBlock + `]}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}`
}

// searchResults must arrive at every target, in its own form or as text.
func searchResults() (all []requestCase) {
	says := []string{"Tides", "https://example.com/a", "High at noon.", "Low at six."}
	for _, to := range []dialect.Name{dialect.Chat, dialect.Responses, dialect.Gemini, dialect.Converse, dialect.Cohere} {
		for _, top := range []bool{true, false} {
			where := "in a tool's result"
			if top {
				where = "of the user's"
			}
			all = append(all, requestCase{name: "a search result " + where, from: dialect.Messages, to: to, body: found(top), want: says,
				not: []string{"The result follows", "(no output)"}, kept: []llm.Feature{llm.FFound}})
		}
	}
	return append(all,
		requestCase{name: "a search result is Bedrock's own", from: dialect.Messages, to: dialect.Converse, body: found(false),
			want: []string{`"searchResult":{"source":"https://example.com/a","title":"Tides","content":[{"text":"High at noon."},{"text":"Low at six."}],"citations":{"enabled":true}}`}},
		requestCase{name: "a search result of Bedrock's is Anthropic's own", from: dialect.Converse, to: dialect.Messages,
			body: `{"messages":[{"role":"user","content":[{"text":"hi"},{"searchResult":{"source":"u","title":"t","content":[{"text":"x"}],"citations":{"enabled":false}}}]}]}`,
			want: []string{`{"type":"search_result","source":"u","title":"t","content":[{"type":"text","text":"x"}],"citations":{"enabled":false}}`}},
		requestCase{name: "a result that only one dialect can show", from: dialect.Messages, to: dialect.Chat,
			body: strings.Replace(found(false), foundBlock, `{"type":"tool_reference","tool_name":"g"}`, 1), not: []string{"The result follows"}, want: []string{"cannot be shown"}},
	)
}

// budgets: the two targets that have Claude think the same within the caller's ceiling.
func budgets() (all []requestCase) {
	ask := func(most, effort string) string {
		return `{"model":"m","messages":[` + userHi + `]` + most + `,"reasoning_effort":"` + effort + `"}`
	}
	for _, c := range []struct {
		to    dialect.Name
		limit string
	}{{dialect.Messages, "max_tokens"}, {dialect.Converse, "maxTokens"}} {
		all = append(all,
			requestCase{name: "no room to think", from: dialect.Chat, to: c.to, body: ask(`,"max_tokens":100`, "high"),
				want: []string{`"` + c.limit + `":100`}, not: []string{"budget_tokens"}, lost: []llm.Feature{llm.FThinkingEffort}},
			requestCase{name: "little room to think", from: dialect.Chat, to: c.to, body: ask(`,"max_tokens":4000`, "high"),
				want: []string{`"` + c.limit + `":4000`, `"budget_tokens":3000`}, kept: []llm.Feature{llm.FThinkingEffort}},
			requestCase{name: "room to think", from: dialect.Chat, to: c.to, body: ask(`,"max_tokens":60000`, "high"), want: []string{`"budget_tokens":24576`}},
			requestCase{name: "the most tokens are not said", from: dialect.Chat, to: c.to, body: ask(``, "medium"), want: []string{`"budget_tokens":8192`}},
		)
	}
	return all
}

// loops: results of tools and their calls, by one rule.
func loops() (all []requestCase) {
	turns := func(all ...string) string {
		return `{"model":"m","messages":[` + strings.Join(all, ",") + `],` + chatTool + `}`
	}
	for _, to := range []dialect.Name{dialect.Responses, dialect.Messages, dialect.Gemini, dialect.Converse, dialect.Cohere} {
		all = append(all,
			requestCase{name: "a result without a call", from: dialect.Chat, to: to, body: turns(userHi, chatResult), refused: true, want: []string{"The tool result 't1'", "belongs to no call"}},
			requestCase{name: "a call without a result", from: dialect.Chat, to: to, body: turns(userHi, chatUse, userHi), refused: true, want: []string{"The tool call 't1'", "has no result"}},
			requestCase{name: "two results of one call", from: dialect.Chat, to: to, body: turns(userHi, chatUse, chatResult, chatResult), refused: true, want: []string{"belongs to no call"}},
			requestCase{name: "no turn", from: dialect.Chat, to: to, body: `{"model":"m","messages":[]}`, refused: true, want: []string{nothingSaid, "messages"}},
			requestCase{name: "instructions alone", from: dialect.Chat, to: to, body: `{"model":"m","messages":[{"role":"system","content":"Sing."}]}`, want: []string{`"user"`, "Sing."}, not: []string{`"system"`, "Continue."}},
		)
		if to != dialect.Responses && to != dialect.Cohere {
			all = append(all, requestCase{name: "the assistant first", from: dialect.Chat, to: to, body: `{"model":"m","messages":[{"role":"assistant","content":"Hello."},` + userHi + `]}`, want: []string{`"Begin."`}, not: []string{"Continue."}})
		}
		if to != dialect.Responses {
			all = append(all, requestCase{name: "instructions in mid-conversation", from: dialect.Chat, to: to, body: `{"model":"m","messages":[` + userHi + `,{"role":"assistant","content":"Hello."},{"role":"system","content":"Be brief."},` + userHi + `]}`, want: []string{`<system>\nBe brief.\n</system>`}})
		}
	}
	return append(all,
		requestCase{name: "instructions alone of a dialect that wants turns", from: dialect.Messages, to: dialect.Converse, body: `{"model":"m","max_tokens":9,"system":"Sing.","messages":[]}`, refused: true, want: []string{nothingSaid}},
		requestCase{name: "a result after the user's words", from: dialect.Messages, to: dialect.Chat, refused: false,
			body: `{"model":"m","max_tokens":64,"messages":[` + userHi + `,` + messagesUse + `,{"role":"user","content":[{"type":"text","text":"Go on."},{"type":"tool_result","tool_use_id":"t1","content":"ok"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}`,
			want: []string{`{"role":"tool","tool_call_id":"t1","content":"ok"},{"role":"user","content":"Go on."}`}},
	)
}

func wrongOnes() []requestCase {
	const cohereForm = `"response_format"`
	return []requestCase{
		{name: "a schema beside tools is asked for in words", from: dialect.Chat, to: dialect.Gemini, body: `{"model":"m","messages":[` + userHi + `],` + chatTool + `,` + chatSchema + `}`,
			want: []string{"systemInstruction", "It must match this JSON schema", "tide"}, not: []string{"responseMimeType"}, kept: []llm.Feature{llm.FSchema}, lost: []llm.Feature{llm.FStrict}},
		{name: "a schema beside tools is asked for in words", from: dialect.Chat, to: dialect.Cohere, body: `{"model":"m","messages":[` + userHi + `],` + chatTool + `,` + chatSchema + `}`,
			want: []string{`"role":"system"`, "It must match this JSON schema", "tide"}, not: []string{cohereForm}, kept: []llm.Feature{llm.FSchema}, lost: []llm.Feature{llm.FStrict}},
		{name: "JSON beside tools is asked for in words", from: dialect.Chat, to: dialect.Cohere, body: `{"model":"m","messages":[` + userHi + `],` + chatTool + `,"response_format":{"type":"json_object"}}`,
			want: []string{"Answer with one JSON object"}, not: []string{cohereForm}},
		{name: "limits that Cohere refuses are left out of a schema", from: dialect.Chat, to: dialect.Cohere,
			body: `{"model":"m","messages":[` + userHi + `],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"integer","minimum":1},"b":{"type":"array","minItems":1,"uniqueItems":true,"items":{"type":"string","maxLength":3,"format":"email","pattern":"^x$"}},"c":{"oneOf":[{"type":"string","format":"date"},{"type":"null"}]}},"required":["a"]}}}}`,
			want: []string{`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array","items":{"type":"string"}},"c":{"anyOf":[{"type":"string","format":"date"},{"type":"null"}]}},"required":["a"]}`}},
		{name: "a schema that Cohere refuses is asked for in words", from: dialect.Chat, to: dialect.Cohere,
			body: `{"model":"m","messages":[` + userHi + `],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"integer"}}}}}}`,
			want: []string{`"response_format":{"type":"json_object"}`, "It must match this JSON schema"}},
		{name: "tools that may not be called are told of in words", from: dialect.Chat, to: dialect.Converse,
			body: `{"model":"m","messages":[` + userHi + `,` + chatUse + `,` + chatResult + `,` + userHi + `],` + chatTool + `,"tool_choice":"none"}`,
			want: []string{`Called the tool f with`, `The tool f gave`, "21 degrees"}, not: []string{"toolConfig", "toolUse", "toolResult"}, kept: []llm.Feature{llm.FChoiceNone, llm.FToolCall, llm.FToolResult}},
		{name: "tools that are there no more are told of in words", from: dialect.Chat, to: dialect.Converse,
			body: `{"model":"m","messages":[` + userHi + `,` + chatUse + `,` + chatResult + `,` + userHi + `]}`,
			want: []string{`Called the tool f with`, "21 degrees"}, not: []string{"toolConfig", "toolUse", "toolResult"}},
		{name: "limits of a web search", from: dialect.Messages, to: dialect.Responses,
			body: `{"model":"m","max_tokens":64,"messages":[` + userHi + `],"tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":["a.com"],"user_location":{"type":"approximate","city":"Ghent"}}]}`,
			want: []string{`{"type":"web_search","filters":{"allowed_domains":["a.com"]},"user_location":{"type":"approximate","city":"Ghent"}}`}},
		{name: "limits of a web search", from: dialect.Responses, to: dialect.Messages,
			body: `{"model":"m","input":"hi","tools":[{"type":"web_search","filters":{"blocked_domains":["a.com"]},"user_location":{"type":"approximate","city":"Ghent"}}]}`,
			want: []string{`"blocked_domains":["a.com"]`, `"user_location":{"type":"approximate","city":"Ghent"}`}},
		{name: "two lists of domains", from: dialect.Responses, to: dialect.Messages,
			body: `{"model":"m","input":"hi","tools":[{"type":"web_search","filters":{"allowed_domains":["b.com"],"blocked_domains":["a.com"]}}]}`,
			want: []string{`"allowed_domains":["b.com"]`}, not: []string{"a.com"}, lost: []llm.Feature{llm.FSearchBlocked}},
		{name: "a seed of twenty digits", from: dialect.Chat, to: dialect.Cohere, beyond: true, body: `{"model":"m","messages":[` + userHi + `],"seed":12345678901234567890}`, want: []string{`"seed":12345678901234567890`}},
		{name: "a seed of twenty digits", from: dialect.Chat, to: dialect.Gemini, body: `{"model":"m","messages":[` + userHi + `],"seed":12345678901234567890}`, not: []string{"1234"}, lost: []llm.Feature{llm.FSeed}},
		{name: "blank stops", from: dialect.Chat, to: dialect.Gemini, body: `{"model":"m","messages":[` + userHi + `],"stop":[""," ","x"]}`, want: []string{`"stopSequences":["x"]`}, lost: []llm.Feature{llm.FStop}},
		{name: "blank stops", from: dialect.Chat, to: dialect.Cohere, body: `{"model":"m","messages":[` + userHi + `],"stop":[""," ","x"]}`, want: []string{`"stop_sequences":["x"]`}, lost: []llm.Feature{llm.FStop}},
		{name: "blank stops alone", from: dialect.Chat, to: dialect.Cohere, body: `{"model":"m","messages":[` + userHi + `],"stop":""}`, not: []string{`stop_sequences`}, lost: []llm.Feature{llm.FStop}},
		{name: "a ceiling that is raised", from: dialect.Messages, to: dialect.Responses, body: `{"model":"m","max_tokens":9,"messages":[` + userHi + `]}`, want: []string{`"max_output_tokens":16`}, lost: []llm.Feature{llm.FMaxOutput}},
		{name: "two messages of the assistant's", from: dialect.Responses, to: dialect.Chat,
			body: `{"model":"m","input":[{"role":"user","content":"Count."},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Three."}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Four"},{"type":"output_text","text":"."}]},{"role":"user","content":"Go on."}]}`,
			want: []string{`"Three.\n\nFour."`}},
		{name: "a tool's failure with JSON", from: dialect.Converse, to: dialect.Cohere,
			body: `{"messages":[{"role":"user","content":[{"text":"hi"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"t1","status":"error","content":[{"json":{"code":7}}]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}]}}`,
			want: []string{`"content":"{\"error\":{\"code\":7}}"`}, kept: []llm.Feature{llm.FResultError}},
	}
}

// roots: the schemas of tools are what the target's vendor takes.
func roots() (all []requestCase) {
	const union = `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"integer"}}}]}`
	chat := func(parameters string) string {
		return `{"model":"m","messages":[` + userHi + `],"tools":[{"type":"function","function":{"name":"f","parameters":` + parameters + `}}]}`
	}
	gemini := func(parameters string) string {
		return `{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":` + parameters + `}]}]}`
	}
	for _, to := range []dialect.Name{dialect.Responses, dialect.Converse, dialect.Cohere} {
		all = append(all,
			requestCase{name: "a tool whose schema is empty", from: dialect.Chat, to: to, body: chat(`{}`), want: []string{`{"type":"object","properties":{}}`}},
			requestCase{name: "a tool whose schema names no type", from: dialect.Chat, to: to, body: chat(`{"properties":{"a":{"type":"string"}},"required":["a"]}`),
				want: []string{`{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}`}},
			requestCase{name: "a tool whose schema is a choice", from: dialect.Chat, to: to, body: chat(union),
				want: []string{`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}}}`}},
		)
	}
	for _, to := range []dialect.Name{dialect.Chat, dialect.Responses, dialect.Messages, dialect.Converse, dialect.Cohere} {
		all = append(all, requestCase{name: "types as numbers", from: dialect.Gemini, to: to, body: gemini(`{"type":6,"properties":{"a":{"type":1},"n":{"type":5,"items":{"type":3}}}}`),
			want: []string{`{"type":"object","properties":{"a":{"type":"string"},"n":{"type":"array","items":{"type":"integer"}}}}`}})
	}
	return all
}

// unsigned: Claude does not think within a budget in a tool loop that began without.
func unsigned() (all []requestCase) {
	const effort = `"reasoning_effort":"medium",`
	for _, to := range []dialect.Name{dialect.Messages, dialect.Converse} {
		for name, more := range map[string]string{
			"results": ``, "results and words": `,{"role":"user","content":"And Rome?"}`, "results and instructions": `,{"role":"system","content":"Be brief."}`,
			"results and an empty turn": `,{"role":"assistant","content":""}`,
		} {
			all = append(all, requestCase{name: "a loop that ends with " + name, from: dialect.Chat, to: to, body: `{"model":"m",` + effort + chatTool + `,"messages":[` + userHi + `,` + chatUse + `,` + chatResult + more + `]}`,
				not: []string{"budget_tokens"}, lost: []llm.Feature{llm.FThinkingEffort}})
		}
		all = append(all, requestCase{name: "a loop that is over", from: dialect.Chat, to: to,
			body: `{"model":"m",` + effort + chatTool + `,"messages":[` + userHi + `,` + chatUse + `,` + chatResult + `,{"role":"assistant","content":"21."},` + userHi + `]}`, want: []string{"budget_tokens"}})
	}
	return all
}

// clients: what agents really send.
func clients() (all []requestCase) {
	const (
		found   = `{"type":"function","name":"rate","parameters":{"type":"object","properties":{}}}`
		library = `{"model":"m","input":[{"role":"user","content":"hi"},{"type":"tool_search_call","call_id":"s","execution":"client","arguments":{}},` +
			`{"type":"tool_search_output","call_id":"s","execution":"client","tools":[` + found + `]}],"tools":[{"type":"tool_search","execution":"client","parameters":{"type":"object"}},` + found + `]}`
		desktop = `{"model":"m","max_tokens":64,"messages":[` + userHi + `,{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"computer","input":{"action":"screenshot"}}]},` +
			`{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"done"}]}],"tools":[{"type":"computer_20250124","name":"computer","display_width_px":9,"display_height_px":9}]}`
		stored = `{"contents":[{"role":"user","parts":[{"text":"what?"},{"fileData":{"mimeType":"image/jpeg","fileUri":"gs://bucket/kiwi.jpg"}}]}]}`
		effort = `{"model":"m","messages":[` + userHi + `],"reasoning_effort":"default"}`
	)
	for _, to := range []dialect.Name{dialect.Chat, dialect.Messages, dialect.Gemini, dialect.Converse, dialect.Cohere} {
		all = append(all, requestCase{name: "a tool that was found is told once", from: dialect.Responses, to: to, body: library, once: `"name":"rate"`})
	}
	for _, to := range []dialect.Name{dialect.Messages, dialect.Gemini, dialect.Converse} {
		for _, nothing := range []string{`null`, `""`, `" "`, `[]`} {
			say := func(role, content string) string { return `{"role":"` + role + `","content":` + content + `}` }
			all = append(all,
				requestCase{name: "the user's first turn is empty: " + nothing, from: dialect.Chat, to: to,
					body: `{"model":"m","messages":[` + say("user", nothing) + `,` + say("assistant", `"Hello."`) + `,` + userHi + `]}`, want: []string{`"Begin."`, `"Hello."`}},
				requestCase{name: "a turn of the user's between two is empty: " + nothing, from: dialect.Chat, to: to,
					body: `{"model":"m","messages":[` + userHi + `,` + say("assistant", `"One."`) + `,` + say("user", nothing) + `,` + say("assistant", `"Two."`) + `,` + userHi + `]}`, once: map[dialect.Name]string{dialect.Gemini: `"role":"model"`}[to]},
			)
		}
	}
	for _, to := range []dialect.Name{dialect.Responses, dialect.Cohere} {
		all = append(all, requestCase{name: "nothing is said", from: dialect.Chat, to: to, body: `{"model":"m","messages":[{"role":"user","content":null}]}`, refused: true, want: []string{nothingSaid}})
	}
	for _, to := range []dialect.Name{dialect.Chat, dialect.Cohere, dialect.Converse} {
		all = append(all, requestCase{name: "a picture that only Google can read", from: dialect.Gemini, to: to, body: stored, refused: true})
	}
	return append(all,
		requestCase{name: "calls of a tool that the target does not have are told in words", from: dialect.Messages, to: dialect.Converse, body: desktop,
			want: []string{"Called the tool computer with"}, not: []string{"toolUse", "toolResult", "toolConfig"}},
		requestCase{name: "a picture that only Google can read", from: dialect.Gemini, to: dialect.Responses, body: stored, refused: true},
		requestCase{name: "an effort that is left to the model", from: dialect.Chat, to: dialect.Responses, model: "gpt-5.2", body: effort, want: []string{`"effort":"medium"`}},
	)
}

func TestRequestsKeepToTheirMeaning(t *testing.T) {
	byName := map[dialect.Name]*dialect.Dialect{}
	for _, d := range conversing(t) {
		byName[d.Name] = d
	}
	for _, group := range [][]requestCase{searchResults(), budgets(), loops(), wrongOnes(), roots(), unsigned(), clients()} {
		for _, c := range group {
			t.Run(c.name+": "+string(c.from)+" to "+string(c.to), func(t *testing.T) { c.check(t, byName[c.from], byName[c.to]) })
		}
	}
}

func (c *requestCase) check(t *testing.T, from, to *dialect.Dialect) {
	target := goldenTargets[c.to]
	target.Provider = "somewhere"
	if c.model != "" {
		target.Model = c.model
	}
	r, w, err := translated(t, from, to, &target, []byte(c.body))
	text := string(w.Body)
	if err == nil && !c.beyond {
		if wrong := dialecttest.CheckRequest(c.to, w.Body); wrong != nil {
			t.Errorf("%v: %s", wrong, text)
		}
	}
	if c.refused {
		if err == nil {
			t.Fatalf("it is not refused: %s", text)
		}
		text = err.Error()
	} else if err != nil {
		t.Fatal(err)
	}
	for _, want := range c.want {
		if !strings.Contains(text, want) {
			t.Errorf("it does not hold %s:\n%s", want, text)
		}
	}
	if c.once != "" && strings.Count(text, c.once) != 1 {
		t.Errorf("it does not hold %s once:\n%s", c.once, text)
	}
	for _, not := range c.not {
		if strings.Contains(text, not) {
			t.Errorf("it holds %s:\n%s", not, text)
		}
	}
	lost := w.Lost
	for _, f := range r.Has.All() {
		if to.Carries[f].Fate == dialect.Dropped {
			lost.Add(f)
		}
	}
	for _, f := range c.lost {
		if !lost.Has(f) {
			t.Errorf("%q is not told as lost", f)
		}
	}
	for _, f := range c.kept {
		if lost.Has(f) || !r.Has.Has(f) {
			t.Errorf("%q: told as lost: %v, read: %v", f, lost.Has(f), r.Has.Has(f))
		}
	}
}
