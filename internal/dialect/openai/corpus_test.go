package openai_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var ops = map[string]llm.Operation{
	"embeddings": llm.OpEmbeddings, "images": llm.OpImages, "transcription": llm.OpTranscription, "speech": llm.OpSpeech,
	"moderation": llm.OpModerations, "rerank": llm.OpRerank, "files": llm.OpFiles, "batches": llm.OpBatches, "models": llm.OpModels,
}

// others are cases whose providers answer these operations in a shape of their own.
func otherShape(c *dialecttest.Case) bool {
	switch c.Provider {
	case "gemini", "vertex", "bedrock", "anthropic":
		return true
	}
	return false
}

func TestRecordedAnswersReadAsAPlainReadingDoes(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "embeddings", "images", "transcription", "speech", "moderation", "rerank", "files", "batches", "models") {
		switch {
		case otherShape(c):
		case c.Status >= 400:
			table.Add(c, dialecttest.CheckError(openai.Dialect, c))
		case c.Framing == "sse":
			table.Add(c, checkStream(c))
		default:
			table.Add(c, checkAnswer(c))
		}
	}
	table.Report(t)
}

// want gives what a plain reading finds: counts, and units by name.
func want(op llm.Operation, o dialecttest.Object) (counts, units map[string]float64) {
	counts, units = map[string]float64{}, map[string]float64{}
	switch op {
	case llm.OpFiles, llm.OpBatches, llm.OpModels:
		return counts, units
	case llm.OpModerations:
		units[llm.UnitRequests] = 1
	case llm.OpImages:
		if _, ok := o["data"].([]any); ok {
			counts["images"] = float64(len(o.List("data")))
		}
	}
	usage := o.At("usage")
	for name, n := range dialecttest.FamilyUsage(usage) {
		counts[name] = n
	}
	unit := func(name string, o dialecttest.Object, member string) {
		if n, ok := o.Number(member); ok && n > 0 {
			units[name] = n
		}
	}
	if op == llm.OpTranscription {
		unit(llm.UnitSeconds, o, "duration")
	}
	unit(llm.UnitSeconds, usage, "seconds")
	unit(llm.UnitSeconds, usage, "prompt_audio_seconds")
	unit(llm.UnitImageInputTokens, usage.At("input_tokens_details"), "image_tokens")
	unit(llm.UnitImageTokens, usage.At("output_tokens_details"), "image_tokens")
	billed := o.At("meta", "billed_units")
	unit(llm.UnitSearchUnits, billed, "search_units")
	unit(llm.UnitImageInputTokens, billed, "image_tokens")
	if n, ok := billed.Number("input_tokens"); ok {
		counts["input"] = n
	}
	return counts, units
}

func compare(op llm.Operation, o dialecttest.Object, r *dialect.Report) string {
	counts, units := want(op, o)
	if why := dialecttest.CompareUsage(&r.Usage, counts); why != "" {
		return why
	}
	if fmt.Sprint(r.Usage.Units) != fmt.Sprint(units) {
		return fmt.Sprintf("units %v, want %v", r.Usage.Units, units)
	}
	if r.Fault != nil || r.ID != o.Text("id") || r.Model != o.Text("model") {
		return fmt.Sprintf("id %q, model %q, fault %v", r.ID, r.Model, r.Fault)
	}
	return ""
}

func checkAnswer(c *dialecttest.Case) string {
	m := openai.Dialect.NewMeter(ops[c.API])
	m.Answer(c.Header.Get("Content-Type"), c.Body)
	return compare(ops[c.API], dialecttest.Decode(string(c.Body)), m.Report())
}

func checkStream(c *dialecttest.Case) string {
	all, content := dialecttest.Object{}, false
	for _, data := range c.Events() {
		o := dialecttest.Decode(data)
		content = content || strings.HasSuffix(o.Text("type"), ".delta")
		if o.At("usage") != nil {
			all["usage"] = o["usage"]
		}
	}
	for _, size := range []int{len(c.Body), 100} {
		r, signs, why := dialecttest.Relay(openai.Dialect, ops[c.API], c.Body, size)
		if why == "" {
			why = compare(ops[c.API], all, r)
		}
		seen := false
		for _, s := range signs {
			seen = seen || s.Has(dialect.Content)
		}
		if why == "" && (content && !seen || !r.Ended) {
			why = fmt.Sprintf("content %v, ended %v", seen, r.Ended)
		}
		if why != "" {
			return fmt.Sprintf("in pieces of %d: %s", size, why)
		}
	}
	return ""
}
