package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ops are the operations beside conversation that are translated.
var ops = map[llm.Operation]*dialect.Op{
	llm.OpEmbeddings: embeddings.Op(),
	llm.OpRerank:     rerank(),
}

// rerankFields are those of https://docs.cohere.com/reference/rerank, and below them
// what the first version of that operation had.
var rerankFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "query", Frame: true},
	{Path: "documents", Frame: true},
	{Path: "top_n", Param: llm.ParamTop},
	{Path: "max_tokens_per_doc", Param: llm.ParamMaxTokens},
	{Path: "priority"},
	{Path: "documents[] (objects)", Param: llm.ParamObjects},
	{Path: "return_documents", Param: llm.ParamDocuments},
	{Path: "rank_fields", Param: llm.ParamFields},
}

// rerank is the form of the vendor's second version, which takes texts only.
func rerank() *dialect.Op {
	form := openai.RerankForm{
		Path: "/v2/rerank", Top: "top_n", MaxTokens: "max_tokens_per_doc",
		Carries: dialect.Overlay(dialect.RankCarries, map[llm.Param]dialect.Carry{
			llm.ParamTop:       {Fate: dialect.Kept, How: "top_n"},
			llm.ParamMaxTokens: {Fate: dialect.Kept, How: "max_tokens_per_doc"},
		}),
	}
	op := form.Op()
	op.Parse, op.Answer, op.Fields = parseRerank, answerRerank, rerankFields
	return op
}

func parseRerank(in *dialect.OpRequest) (*llm.Task, error) {
	r := dialect.TaskReader{}
	t := &r.Task
	r.Members("", in.Body, func(key string, v llm.Raw) {
		switch key {
		case "model":
		case "query":
			t.Query = r.Text(key, v)
		case "documents":
			r.Elements(key, v, func(path string, v llm.Raw) {
				if v[0] != '{' {
					t.Inputs = append(t.Inputs, llm.TextInput(r.Text(path, v)))
					return
				}
				t.Inputs = append(t.Inputs, llm.Input{Raw: v, Parts: textOf(v)})
				r.Uses(llm.ParamObjects, "documents[] (objects)")
			})
		case "top_n":
			t.Ask(llm.ParamTop, key, r.Int(key, v))
		case "max_tokens_per_doc":
			t.Ask(llm.ParamMaxTokens, key, r.Int(key, v))
		case "return_documents":
			if r.Flag(key, v) {
				t.Ask(llm.ParamDocuments, key, v)
			}
		case "rank_fields":
			r.Words(key, v)
			t.Ask(llm.ParamFields, key, v)
		default:
			t.Ask("", key, v)
		}
	})
	switch {
	case r.Failed():
	case t.Query == nil:
		r.Missing("query")
	case len(t.Inputs) == 0:
		r.Missing("documents")
	}
	return r.Done()
}

func textOf(obj llm.Raw) []llm.Part {
	if text := jsonscan.Get(obj, "text"); len(text) > 0 && text[0] == '"' {
		return []llm.Part{{Kind: llm.Text, Text: text}}
	}
	return nil
}

func answerRerank(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	w := jsonout.Writer{B: make([]byte, 0, 256+64*len(a.Ranks))}
	w.Begin('{')
	w.Text("id", orID(a, c))
	w.Array("results")
	for _, rank := range openai.SortRanks(a, c.Task) {
		w.Begin('{')
		w.Number("index", int64(rank.Index))
		w.Member("relevance_score", rank.Score)
		if c.Task.Asked(llm.ParamDocuments) != nil && rank.Index < len(c.Task.Inputs) {
			in := &c.Task.Inputs[rank.Index]
			if in.Raw != nil {
				w.Member("document", in.Raw)
			} else {
				w.Object("document")
				w.Member("text", in.Plain())
				w.End('}')
			}
		}
		w.End('}')
	}
	w.End(']')
	writeMeta(&w, &a.Usage)
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}
