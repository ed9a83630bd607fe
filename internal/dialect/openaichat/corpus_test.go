package openaichat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestRecordedAnswersReadAsAPlainReadingDoes(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "chat", "completions") {
		switch {
		case c.Status >= 400:
			table.Add(c, dialecttest.CheckError(openaichat.Dialect, c))
		case c.Framing == "sse":
			table.Add(c, checkStream(c))
		default:
			table.Add(c, checkAnswer(c))
		}
	}
	table.Report(t)
}

// plain is what encoding/json finds in an answer, chunk after chunk.
type plain struct {
	usage             dialecttest.Object
	id, model, finish string
	usageOnly         int
	content, failed   bool
}

func (p *plain) read(o dialecttest.Object) {
	set(&p.id, o.Text("id"))
	set(&p.model, o.Text("model"))
	usage := o.At("usage")
	if usage != nil {
		p.usage = usage
		if list, ok := o["choices"].([]any); ok && len(list) == 0 {
			p.usageOnly++
		}
	} else if u := o.At("x_groq", "usage"); u != nil {
		p.usage = u
	}
	if o.At("error") != nil || o.Text("error") != "" {
		p.failed = true
	}
	for _, choice := range o.List("choices") {
		if s := choice.Text("finish_reason"); s != "" {
			p.finish = s
		}
		delta := choice.At("delta")
		p.content = p.content || delta.Text("content") != "" || choice.Text("text") != "" || len(delta.List("tool_calls")) > 0
	}
}

func set(dst *string, s string) {
	if *dst == "" {
		*dst = s
	}
}

func (p *plain) compare(r *dialect.Report) string {
	if why := dialecttest.CompareUsage(&r.Usage, dialecttest.FamilyUsage(p.usage)); why != "" {
		return why
	}
	got := fmt.Sprint(r.ID, "|", r.Model, "|", r.FinishReason, "|", r.Fault != nil)
	if want := fmt.Sprint(p.id, "|", p.model, "|", p.finish, "|", p.failed); got != want {
		return "got " + got + ", want " + want
	}
	return ""
}

func checkAnswer(c *dialecttest.Case) string {
	o := dialecttest.Decode(string(c.Body))
	if o == nil {
		return "no JSON object"
	}
	var p plain
	p.read(o)
	m := openaichat.Dialect.NewMeter(op(c))
	m.Answer(c.Header.Get("Content-Type"), c.Body)
	return p.compare(m.Report())
}

func op(c *dialecttest.Case) llm.Operation {
	if c.API == "completions" {
		return llm.OpCompletions
	}
	return llm.OpChat
}

func checkStream(c *dialecttest.Case) string {
	var p plain
	for _, data := range c.Events() {
		p.read(dialecttest.Decode(data))
	}
	for _, size := range []int{len(c.Body), 1 + len(c.Body)>>15, 333} { // byte by byte unless long
		r, signs, why := dialecttest.Relay(openaichat.Dialect, op(c), c.Body, size)
		if why == "" {
			why = p.compare(r)
		}
		if why == "" {
			why = p.compareSigns(signs)
		}
		if why != "" {
			return fmt.Sprintf("in pieces of %d: %s", size, why)
		}
		if !r.Ended && r.Fault == nil && strings.Contains(string(c.Body), "[DONE]") {
			return "not ended"
		}
	}
	return ""
}

func (p *plain) compareSigns(signs []dialect.Sign) string {
	usageOnly, content := 0, false
	for _, s := range signs {
		content = content || s.Has(dialect.Content)
		if s.Has(dialect.UsageOnly) {
			usageOnly++
		}
	}
	if usageOnly != p.usageOnly {
		return fmt.Sprintf("%d events of usage only, want %d", usageOnly, p.usageOnly)
	}
	if p.content && !content {
		return "no content was seen"
	}
	return ""
}
