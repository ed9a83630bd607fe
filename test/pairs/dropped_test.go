package pairs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestWhatIsDroppedIsNamedAsTheCallerWroteIt: of several fields that mean the same, only
// those are named that the request holds.
func TestWhatIsDroppedIsNamedAsTheCallerWroteIt(t *testing.T) {
	turn := func(role, content string) string {
		return `{"model":"m","max_tokens":9,"messages":[{"role":"` + role + `","content":[` + content + `]},{"role":"user","content":"go on"}]}`
	}
	for _, c := range []struct {
		dialect dialect.Name
		feature llm.Feature
		body    string
		want    string
	}{
		{"gemini", llm.FBuiltin, `{"contents":[],"tools":[{"urlContext":{}}]}`, "tools[].urlContext"},
		{"gemini", llm.FBuiltin, `{"contents":[],"tools":[{"url_context":{}},{"googleMaps":{}}]}`, "tools[].googleMaps, tools[].urlContext"},
		{"chat", llm.FCache, turn("user", `{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}`), "messages[].content[].cache_control"},
		{"messages", llm.FCache, turn("user", `{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}`), "messages[].content[].cache_control"},
		{"messages", llm.FCache, `{"messages":[],"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}],"cache_control":{"type":"ephemeral"}}`, "cache_control, system[].cache_control"},
		{"messages", llm.FThinkingState, turn("assistant", `{"type":"redacted_thinking","data":"ZA=="}`), "messages[].content[].data"},
		{"messages", llm.FVendorPart, turn("assistant", `{"type":"text","text":"a"},{"type":"server_tool_use","id":"s1","name":"web_search","input":{}}`), "messages[].content[].type"},
		{"messages", llm.FVendorPart, turn("user", `{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"a"}]}`), "messages[].content[].type"},
		{"messages", llm.FVendorPart, turn("user", `{"type":"tool_result","tool_use_id":"t","content":[{"type":"tool_reference","tool_name":"f"}]}`), "messages[].content[].content[].tool_name"},
		{"messages", llm.FAssistantPrefill, `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}`, "messages[].role (assistant, last)"},
		{"cohere", llm.FThinking, `{"messages":[{"role":"assistant","tool_plan":"I look","tool_calls":[]}]}`, "messages[].tool_plan"},
		{"responses", llm.FSystem, `{"input":[{"role":"system","content":"a"}]}`, "input[].role (system)"},
		{"responses", llm.FTools, `{"input":[{"type":"additional_tools","tools":[{"type":"function","name":"f"}]}]}`, "input[] (additional_tools)"},
		{"chat", llm.FToolCall, `{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}]}`, "messages[].tool_calls"},
		{"chat", llm.FMaxOutput, `{"messages":[],"max_completion_tokens":null,"max_tokens":9}`, "max_tokens"},
		{"chat", llm.FSeed, `{"messages":[]}`, "seed"},
		{"converse", llm.FSeed, `{}`, "seed"},
	} {
		for _, d := range conversing(t) {
			if d.Name != c.dialect {
				continue
			}
			if got := strings.Join(dialect.PathsOf(d.Fields, llm.Of(c.feature), []byte(c.body)), ", "); got != c.want {
				t.Errorf("%s: %s is named %q, not %q: %s", c.dialect, c.feature, got, c.want, c.body)
			}
		}
	}
}

// TestEachFieldIsFoundInItsExample: what an example shows is named by the example's own
// field, or by what that stands in.
func TestEachFieldIsFoundInItsExample(t *testing.T) {
	for _, d := range conversing(t) {
		for i := range d.Fields {
			f := &d.Fields[i]
			if f.Feature == 0 || f.Example == "" || f.Frame {
				continue
			}
			got := dialect.PathsOf(d.Fields, llm.Of(f.Feature), []byte(f.Example))
			if !slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(f.Path, p) }) {
				t.Errorf("%s: %s is named %q: %s", d.Name, f.Path, got, f.Example)
			}
		}
	}
}

func BenchmarkNamingWhatIsDropped(b *testing.B) {
	turns := strings.Repeat(`{"role":"user","content":[{"type":"text","text":"`+strings.Repeat("word ", 100)+`"}]},`, 20)
	body := []byte(fmt.Sprintf(`{"model":"m","messages":[%s{"role":"user","content":"a"}],"user":"u"}`, turns))
	for _, d := range app.Dialects() {
		if d.Name == "messages" {
			for b.Loop() {
				dialect.PathsOf(d.Fields, llm.Of(llm.FUser, llm.FCache), body)
			}
		}
	}
}
