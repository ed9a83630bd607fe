package openai

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// moderationFields are those of https://platform.openai.com/docs/api-reference/moderations/create.
var moderationFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "input", Frame: true},
	{Path: "input[].image_url", Param: llm.ParamImages},
}

// ModerationOp makes the operation for a provider whose requests and answers differ.
func ModerationOp(format func(*llm.Task, *dialect.Target) (dialect.OpOrder, error), read func(*dialect.OpReply, *dialect.OpCall) (*llm.Outcome, error), carries map[llm.Param]dialect.Carry) *dialect.Op {
	return &dialect.Op{Parse: parseModeration, Answer: answerModeration, Fields: moderationFields, Format: format, Read: read, Carries: carries}
}

type moderationReader struct{ dialect.TaskReader }

func parseModeration(in *dialect.OpRequest) (*llm.Task, error) {
	r := moderationReader{}
	r.Members("", in.Body, func(key string, v llm.Raw) {
		switch key {
		case "model":
		case "input":
			r.input(v)
		default:
			r.Task.Ask("", key, v)
		}
	})
	if len(r.Task.Inputs) == 0 && !r.Failed() {
		r.Missing("input")
	}
	return r.Done()
}

// input takes a text, a list of texts, each judged alone, or a list of parts, which are
// judged together.
func (r *moderationReader) input(v llm.Raw) {
	if v[0] != '[' || len(first(v)) == 0 || first(v)[0] != '{' {
		r.Texts("input", v)
		return
	}
	var one llm.Input
	r.Elements("input", v, func(path string, v llm.Raw) {
		kind, _ := jsonscan.String(jsonscan.Get(v, "type"))
		switch kind {
		case "text":
			one.Parts = append(one.Parts, llm.Part{Kind: llm.Text, Text: r.Text(path+".text", jsonscan.Get(v, "text"))})
		case "image_url":
			one.Parts = append(one.Parts, r.Image(path+".image_url.url", jsonscan.Get(v, "image_url", "url")))
			r.Uses(llm.ParamImages, "input[].image_url")
		default:
			r.Wrong(path+".type", "text or image_url")
		}
	})
	r.Task.Inputs = append(r.Task.Inputs, one)
}

// harms are the categories that an answer has, judged or not
// (https://platform.openai.com/docs/api-reference/moderations/object).
var harms = [...]string{
	"harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
	"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
}

// answerModeration writes an answer. What a provider did not judge has no applied input
// types; what only the provider judges stands beside the known categories.
func answerModeration(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	w := jsonout.Writer{B: make([]byte, 0, 512)}
	w.Begin('{')
	w.Text("id", orID(a.ID, "modr-"+c.ID))
	w.Text("model", modelOf(a, c))
	w.Array("results")
	for i := range a.Verdicts {
		writeVerdict(&w, &a.Verdicts[i])
	}
	w.End(']')
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}

func writeVerdict(w *jsonout.Writer, v *llm.Verdict) {
	all := slices.Clone(v.Categories)
	for _, name := range harms {
		if !slices.ContainsFunc(all, func(c llm.Category) bool { return c.Name == name }) {
			all = append(all, llm.Category{Name: name})
		}
	}
	w.Begin('{')
	w.Flag("flagged", v.Flagged)
	w.Object("categories")
	for i := range all {
		w.AnyKey(all[i].Name)
		w.Bool(all[i].Flagged)
	}
	w.End('}')
	w.Object("category_scores")
	for i := range all {
		w.AnyKey(all[i].Name)
		if all[i].Score == nil {
			w.Int(0)
			continue
		}
		w.Raw(all[i].Score)
	}
	w.End('}')
	w.Object("category_applied_input_types")
	for i := range all {
		w.AnyKey(all[i].Name)
		w.Begin('[')
		for _, kind := range all[i].Applied {
			w.String(kind)
		}
		w.End(']')
	}
	w.End('}')
	w.End('}')
}
