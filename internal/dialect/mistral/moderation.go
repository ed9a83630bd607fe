package mistral

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var moderationCarries = map[llm.Param]dialect.Carry{
	llm.ParamImages: {Fate: dialect.Refused, How: "it judges texts only"},
}

// formatModeration writes https://docs.mistral.ai/api/endpoint/classifiers.
func formatModeration(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Text("model", to.Model)
	w.Array("input")
	for i := range t.Inputs {
		w.Raw(dialect.InputText(&t.Inputs[i]))
	}
	w.B = append(w.B, "]}"...)
	o.Path, o.Body = "/v1/moderations", w.B
	return o, nil
}

// known are the vendor's categories that others know by another name. Each also keeps
// its own.
var known = map[string]string{
	"hate_and_discrimination":        "hate",
	"violence_and_threats":           "violence",
	"selfharm":                       "self-harm",
	"dangerous_and_criminal_content": "illicit",
	"criminal":                       "illicit",
}

// readModeration reads an answer, which judges by category and says nothing of the whole.
func readModeration(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	a.ID, _ = jsonscan.String(jsonscan.Get(r.Body, "id"))
	a.Model, _ = jsonscan.String(jsonscan.Get(r.Body, "model"))
	openai.ReadUsage(&a.Usage, jsonscan.Get(r.Body, "usage"))
	err := jsonscan.Elements(jsonscan.Get(r.Body, "results"), func(one []byte) bool {
		a.Verdicts = append(a.Verdicts, verdict(one))
		return true
	})
	if err != nil {
		return nil, dialect.Unreadable("it has no results")
	}
	return a, nil
}

func verdict(one []byte) (v llm.Verdict) {
	scores := jsonscan.Get(one, "category_scores")
	_ = jsonscan.Members(jsonscan.Get(one, "categories"), func(key, value []byte) bool {
		c := llm.Category{Name: string(key), Score: jsonscan.Get(scores, string(key)), Applied: []string{"text"}}
		c.Flagged, _ = jsonscan.Bool(value)
		v.Flagged = v.Flagged || c.Flagged
		v.Categories = append(v.Categories, c)
		if name := known[c.Name]; name != "" {
			c.Name = name
			v.Categories = append(v.Categories, c)
		}
		return true
	})
	return v
}
