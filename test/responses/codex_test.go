package responses_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var update = flag.Bool("update", false, "write the golden requests anew")

// targets are one or two of each dialect that is not the caller's: some servers of the
// chat dialect know free-text tools.
var targets = []struct {
	name, model string
	dialect     dialect.Name
	traits      dialect.Traits
}{
	{"chat", "gpt-4o", dialect.Chat, dialect.Traits{}},
	{"chat-open", "open-model", dialect.Chat, dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_content"}},
	{"messages", "claude-sonnet-4-5", dialect.Messages, dialect.Traits{}},
	{"gemini", "gemini-2.5-pro", dialect.Gemini, dialect.Traits{}},
	{"converse", "anthropic.claude-sonnet-4-5-20250929-v1:0", dialect.Converse, dialect.Traits{}},
	{"cohere", "command-a-03-2025", dialect.Cohere, dialect.Traits{}},
}

func byName(t *testing.T, name dialect.Name) *dialect.Dialect {
	t.Helper()
	for _, d := range app.Dialects() {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("there is no dialect %s", name)
	return nil
}

// codex reads a request as OpenAI's coding agent sends it.
func codex(t *testing.T) *llm.Request {
	t.Helper()
	body, err := os.ReadFile("testdata/codex/request.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := byName(t, dialect.Responses).Codec.ParseRequest(body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestACodingAgentsRequestIsWrittenForOtherModels: with its free-text tool as a function,
// its groups of tools joined, and its history whole.
func TestACodingAgentsRequestIsWrittenForOtherModels(t *testing.T) {
	r := codex(t)
	if len(r.Refuse) > 0 {
		t.Errorf("it is refused for %v", r.Refuse)
	}
	for _, to := range targets {
		t.Run(to.name, func(t *testing.T) {
			d := byName(t, to.dialect)
			w, err := d.Codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: to.model, Stream: true, Traits: to.traits})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := json.Indent(&b, w.Body, "", "  "); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			lost := r.Has.Without(dialect.Carried(d.Carries)).With(w.Lost)
			names := make([]string, 0, 8)
			for _, f := range lost.All() {
				names = append(names, f.String())
			}
			slices.Sort(names)
			golden(t, to.name, b.String()+"\n-- lost: "+strings.Join(names, ", ")+"\n")
			if bytes.Contains(w.Body, []byte(`"content":""}`)) {
				t.Error("there is a turn without words")
			}
			for _, word := range []string{"mcp__docs__search", "apply_patch", "exec_command", "*** Move to: b", "begin_patch: ", "I patch it.", "Use a patch.", "read-only"} {
				if !strings.Contains(string(w.Body), word) {
					t.Errorf("%q is lost", word)
				}
			}
			if strings.Contains(string(w.Body), "gAAAA") {
				t.Error("another vendor's state is sent")
			}
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "codex", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s", path, got)
	}
}

// patch is what the model writes for the free-text tool.
const patch = "*** Begin Patch\n*** Update File: \"é\"\n@@\n-\\a\n+\tb\n*** End Patch"

// patches are answers of each dialect that call the functions which stand for the
// caller's tools; ARGS is where the arguments go, as an object and in text.
var patches = map[dialect.Name]string{
	dialect.Chat: `{"id":"c","model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,
		"tool_calls":[{"id":"c1","type":"function","function":{"name":"apply_patch","arguments":"ARGS"}},{"id":"c2","type":"function","function":{"name":"mcp__docs__search","arguments":"{}"}}]}}]}`,
	dialect.Messages: `{"id":"m","type":"message","role":"assistant","model":"m","stop_reason":"tool_use","content":[{"type":"tool_use","id":"c1","name":"apply_patch","input":ARGS},
		{"type":"tool_use","id":"c2","name":"mcp__docs__search","input":{}}],"usage":{"input_tokens":1,"output_tokens":1}}`,
	dialect.Gemini: `{"candidates":[{"index":0,"finishReason":"STOP","content":{"role":"model","parts":[{"functionCall":{"id":"c1","name":"apply_patch","args":ARGS}},{"functionCall":{"id":"c2","name":"mcp__docs__search","args":{}}}]}}]}`,
	dialect.Converse: `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"c1","name":"apply_patch","input":ARGS}},
		{"toolUse":{"toolUseId":"c2","name":"mcp__docs__search","input":{}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}`,
	dialect.Cohere: `{"id":"c","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"apply_patch","arguments":"ARGS"}},
		{"id":"c2","type":"function","function":{"name":"mcp__docs__search","arguments":"{}"}}]}}`,
}

// TestACodingAgentGetsItsOwnToolsCalled: the free-text tool with free text, the tools of a
// group under the group's name, whole and in a stream.
func TestACodingAgentGetsItsOwnToolsCalled(t *testing.T) {
	r := codex(t)
	responses := byName(t, dialect.Responses).Codec
	arguments := text(t, object{"input": patch})
	for _, to := range targets {
		t.Run(to.name, func(t *testing.T) {
			d := byName(t, to.dialect)
			w, err := d.Codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: to.model, Traits: to.traits})
			if err != nil {
				t.Fatal(err)
			}
			c := &dialect.Call{ID: "0198c0de-0000-7000-8000-000000000001", Provider: "p", Model: to.model, Asked: "m", Time: time.Unix(1700000000, 0), Request: r, Names: w.Names}
			quoted := strings.Trim(string(text(t, string(arguments))), `"`)
			answer := strings.Replace(strings.Replace(patches[to.dialect], `"ARGS"`, `"`+quoted+`"`, 1), `:ARGS`, `:`+string(arguments), 1)
			a, err := d.Codec.ParseAnswer([]byte(answer), c)
			if err != nil {
				t.Fatal(err)
			}
			response := object{}
			if err := json.Unmarshal(responses.FormatAnswer(nil, a, c), &response); err != nil {
				t.Fatal(err)
			}
			callsOfTheAgent(t, response)

			f := responses.NewStreamFormatter(c)
			var out []byte
			llm.Replay(a, func(e *llm.Event) { inPieces(e, func(e *llm.Event) { out = f.Format(out, e) }) })
			callsOfTheAgent(t, streamedCalls(t, out))
		})
	}
}

// inPieces gives the arguments of a call a few letters at a time.
func inPieces(e *llm.Event, emit func(*llm.Event)) {
	if e.Kind != llm.Delta || e.What != llm.ToolCall {
		emit(e)
		return
	}
	var whole string
	if json.Unmarshal(e.Text, &whole) != nil {
		panic("a fragment of arguments is no string")
	}
	for runes := []rune(whole); len(runes) > 0; {
		n := min(3, len(runes))
		piece := *e
		piece.Text, _ = json.Marshal(string(runes[:n]))
		emit(&piece)
		runes = runes[n:]
	}
}

// streamedCalls gives the response at the end of a stream, whose input came in deltas too.
func streamedCalls(t *testing.T, stream []byte) (response object) {
	t.Helper()
	input := ""
	for event := range strings.SplitSeq(strings.TrimSpace(string(stream)), "\n\n") {
		_, data, _ := strings.Cut(event, "\ndata: ")
		o := object{}
		if err := json.Unmarshal([]byte(data), &o); err != nil {
			t.Fatalf("%v: %s", err, event)
		}
		if o["type"] == "response.custom_tool_call_input.delta" {
			input += o["delta"].(string)
		}
		response, _ = o["response"].(object)
	}
	if input != patch {
		t.Errorf("the input came as %q", input)
	}
	return response
}

func callsOfTheAgent(t *testing.T, response object) {
	t.Helper()
	output := response["output"].([]any)
	if len(output) != 2 {
		t.Fatalf("the output is %v", output)
	}
	one, two := output[0].(object), output[1].(object)
	if one["type"] != "custom_tool_call" || one["name"] != "apply_patch" || one["input"] != patch || one["call_id"] != "c1" {
		t.Errorf("the patch is %v", one)
	}
	if two["type"] != "function_call" || two["name"] != "search" || two["namespace"] != "mcp__docs__" || two["arguments"] != "{}" {
		t.Errorf("the search is %v", two)
	}
}
