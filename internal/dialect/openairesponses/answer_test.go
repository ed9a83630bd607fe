package openairesponses_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestAWholeAnswerIsReadInItsOrder(t *testing.T) {
	c := aCall()
	c.Names = map[string]string{"short": "files.read"}
	c.Request = parsed(t, `{"input":"hi","tools":[{"type":"namespace","name":"mcp","tools":[{"type":"function","name":"get"}]},{"type":"function","name":"found"}]}`)
	a, err := codec.ParseAnswer([]byte("\n\n"+`{"id":"resp_1","created_at":7.0,"model":"m-1","status":"completed","service_tier":"flex","output":[
		{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"hm"}],"encrypted_content":"gAAA"},
		{"type":"message","content":[{"type":"output_text","text":"so","annotations":[{"type":"url_citation","url":"https://a","title":"A","start_index":1,"end_index":2}],"logprobs":[{"token":"so"}]},{"type":"refusal","refusal":"no"}]},
		{"type":"function_call","call_id":"c1","name":"short","arguments":""},
		{"type":"custom_tool_call","call_id":"c2","name":"patch","input":"x"},
		{"type":"function_call","call_id":"c3","namespace":"mcp","name":"get","arguments":"{}"},
		{"type":"function_call","call_id":"c4","namespace":"found","name":"found","arguments":"{}"},
		{"type":"image_generation_call","id":"ig","result":"iVBORw0KGgo=","output_format":"png"},
		{"type":"web_search_call","id":"ws"}],
		"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}`), c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range a.Choices[0].Parts {
		s := fmt.Sprint(p.Kind, " ", string(p.Text))
		if p.Call != nil {
			s = fmt.Sprint(p.Kind, " ", p.Call.ID, " ", p.Call.Name, " ", string(p.Call.Arguments), " ", p.Call.Custom)
		}
		if p.Media != nil {
			s += p.Media.Type
		}
		got = append(got, s)
	}
	want := fmt.Sprint([]string{
		fmt.Sprint(llm.Thinking, ` "hm"`), fmt.Sprint(llm.Text, ` "so"`), fmt.Sprint(llm.Refusal, ` "no"`), fmt.Sprint(llm.ToolCall, ` c1 files.read "" false`),
		fmt.Sprint(llm.ToolCall, ` c2 patch "x" true`), fmt.Sprint(llm.ToolCall, ` c3 mcp__get "{}" false`), fmt.Sprint(llm.ToolCall, ` c4 found "{}" false`),
		fmt.Sprint(llm.Image, " image/png"), fmt.Sprint(llm.Vendor, " "),
	})
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if a.Created != 7 || a.Tier != "flex" || a.Choices[0].Finish != llm.FinishTools || string(a.Choices[0].Logprobs) != `[{"token":"so"}]` {
		t.Errorf("%+v", a)
	}
	if cite := a.Choices[0].Parts[1].Cites[0]; string(cite.URL) != `"https://a"` || cite.Start != llm.Known(1) || cite.End != llm.Known(2) {
		t.Errorf("the source is %+v", cite)
	}
}

func TestAnAnswerSaysWhyItEnded(t *testing.T) {
	call := `[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]`
	for members, want := range map[string]llm.Finish{
		`"status":"completed","output":[]`:      llm.FinishStop,
		`"status":"completed","output":` + call: llm.FinishTools,
		`"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":` + call: llm.FinishLength,
		`"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]`:         llm.FinishFilter,
		`"status":"incomplete","incomplete_details":{"reason":"something new"},"output":[]`:          llm.FinishLength,
		`"status":"cancelled","output":[]`: llm.FinishError,
		`"status":"queued","output":[]`:    llm.FinishPause,
	} {
		a, err := codec.ParseAnswer([]byte("{"+members+"}"), aCall())
		if err != nil || a.Choices[0].Finish != want {
			t.Errorf("%s: %+v %v, want %s", members, a, err, want)
		}
	}
}

func TestAnErrorInsideAnAnswerIsOne(t *testing.T) {
	for body, want := range map[string]fault.Code{
		`{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow down"}}`: fault.UpstreamRateLimited,
		`{"error":{"code":"rate_limit_exceeded","message":"Slow down"}}`:                   fault.UpstreamRateLimited,
		`{"status":"failed","error":null}`:                                                 fault.UpstreamError,
		`<html>`:                                                                           fault.UpstreamError,
	} {
		_, err := codec.ParseAnswer([]byte(body), aCall())
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestABlockedAnswerIsIncomplete(t *testing.T) {
	out := codec.FormatAnswer([]byte("head"), &llm.Answer{Blocked: "SAFETY"}, aCall())
	var r struct {
		Status  string
		Details struct{ Reason string } `json:"incomplete_details"`
		Output  []any
	}
	if err := json.Unmarshal(out[len("head"):], &r); err != nil || r.Status != "incomplete" || r.Details.Reason != "content_filter" || r.Output == nil {
		t.Errorf("%s: %v", out, err)
	}
}
