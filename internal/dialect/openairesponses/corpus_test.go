package openairesponses_test

import (
	"fmt"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestRecordedAnswersReadAsAPlainReadingDoes(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "responses", "responses-compact") {
		switch {
		case c.Status >= 400:
			table.Add(c, dialecttest.CheckError(openairesponses.Dialect, c))
		case c.Framing == "sse":
			table.Add(c, checkStream(c))
		default:
			table.Add(c, checkAnswer(c))
		}
	}
	table.Report(t)
}

// TestReadingAStoredResponseConsumesNothing holds over the recorded reads.
func TestReadingAStoredResponseConsumesNothing(t *testing.T) {
	for _, c := range dialecttest.Corpus(t, "responses-manage") {
		m := openairesponses.Dialect.NewMeter(llm.OpResponses)
		m.Answer("application/json", c.Body)
		r, _, _ := dialecttest.Relay(openairesponses.Dialect, llm.OpResponses, c.Body, 100)
		if !m.Report().Usage.IsZero() || !r.Usage.IsZero() {
			t.Errorf("%s: usage %+v", c.Name, m.Report().Usage)
		}
	}
}

func compare(response dialecttest.Object, r *dialect.Report) string {
	if why := dialecttest.CompareUsage(&r.Usage, dialecttest.FamilyUsage(response.At("usage"))); why != "" {
		return why
	}
	finish := response.Text("status")
	if reason := response.At("incomplete_details").Text("reason"); reason != "" {
		finish = reason
	}
	got := fmt.Sprint(r.ID, "|", r.Model, "|", r.FinishReason, "|", r.ServiceTier, "|", r.Fault != nil)
	failed := response.At("error") != nil || response.Text("error") != ""
	want := fmt.Sprint(response.Text("id"), "|", response.Text("model"), "|", finish, "|", response.Text("service_tier"), "|", failed)
	if got != want {
		return "got " + got + ", want " + want
	}
	searches := 0
	for _, item := range response.List("output") {
		action := item.At("action").Text("type")
		if item.Text("type") == "web_search_call" && (action == "" || action == "search") {
			searches++
		}
	}
	if n := r.Usage.Units[llm.UnitSearches]; searches != int(n) && response.At("usage", "server_side_tool_usage_details") == nil && response.At("usage") != nil {
		return fmt.Sprintf("%v searches, want %d", n, searches)
	}
	return ""
}

func checkAnswer(c *dialecttest.Case) string {
	o := dialecttest.Decode(string(c.Body))
	if o == nil {
		return "no JSON object"
	}
	m := openairesponses.Dialect.NewMeter(llm.OpChat)
	m.Answer(c.Header.Get("Content-Type"), c.Body)
	return compare(o, m.Report())
}

func checkStream(c *dialecttest.Case) string {
	var last dialecttest.Object
	text, failed := false, false
	for _, data := range c.Events() {
		o := dialecttest.Decode(data)
		switch o.Text("type") {
		case "response.completed", "response.incomplete", "response.failed":
			last = o.At("response")
		case "response.output_text.delta":
			text = text || o.Text("delta") != ""
		case "error":
			failed = true
		}
	}
	for _, size := range []int{len(c.Body), 1 + len(c.Body)>>15, 333} { // byte by byte unless long
		r, signs, why := dialecttest.Relay(openairesponses.Dialect, llm.OpChat, c.Body, size)
		if why == "" && last != nil {
			why = compare(last, r)
		}
		if why == "" && (r.Ended != (last != nil) || failed && r.Fault == nil) {
			why = fmt.Sprintf("ended %v, fault %v", r.Ended, r.Fault)
		}
		content := false
		for _, s := range signs {
			content = content || s.Has(dialect.Content)
		}
		if why == "" && text && !content {
			why = "no content was seen"
		}
		if why != "" {
			return fmt.Sprintf("in pieces of %d: %s", size, why)
		}
	}
	return ""
}
