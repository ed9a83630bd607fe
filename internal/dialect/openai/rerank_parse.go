package openai

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// rerankFields are what the servers that have /v1/rerank know of a request. OpenAI
// itself has no such operation.
var rerankFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "query", Frame: true},
	{Path: "documents", Frame: true},
	{Path: "documents[] (objects)", Param: llm.ParamObjects},
	{Path: "documents[].image", Param: llm.ParamImages},
	{Path: "top_n", Param: llm.ParamTop},
	{Path: "top_k", Param: llm.ParamTop},
	{Path: "return_documents", Param: llm.ParamDocuments},
	{Path: "rank_fields", Param: llm.ParamFields},
	{Path: "max_tokens_per_doc", Param: llm.ParamMaxTokens},
	{Path: "truncation", Param: llm.ParamTruncate},
	{Path: "truncate", Param: llm.ParamTruncate},
}

// ShapeData is the shape of rerank answers whose list is called data: callers who say
// top_k expect it (https://docs.voyageai.com/reference/reranker-api).
const ShapeData = "data"

type rerankReader struct{ dialect.TaskReader }

// parseRerank reads a request for an order of documents.
func parseRerank(in *dialect.OpRequest) (*llm.Task, error) {
	r := rerankReader{}
	r.Members("", in.Body, r.member)
	switch {
	case r.Failed():
	case r.Task.Query == nil:
		r.Missing("query")
	case len(r.Task.Inputs) == 0:
		r.Missing("documents")
	}
	if SaysTopK(in.Body) {
		r.Task.Shape = ShapeData
	}
	return r.Done()
}

// SaysTopK reports whether a request for an order of documents is in the words of
// callers who expect ShapeData.
func SaysTopK(body []byte) bool {
	has := false
	_ = jsonscan.Members(body, func(key, _ []byte) bool {
		has = string(key) == "top_k" || string(key) == "truncation"
		return !has
	})
	return has
}

func (r *rerankReader) member(key string, v llm.Raw) {
	t := &r.Task
	switch key {
	case "model":
	case "query":
		t.Query = r.query(v)
	case "documents":
		r.Elements(key, v, r.document)
	case "top_n", "top_k":
		t.Ask(llm.ParamTop, key, r.Int(key, v))
	case "return_documents":
		if r.Flag(key, v) {
			t.Ask(llm.ParamDocuments, key, v)
		}
	case "rank_fields":
		r.Words(key, v)
		t.Ask(llm.ParamFields, key, v)
	case "max_tokens_per_doc":
		t.Ask(llm.ParamMaxTokens, key, r.Int(key, v))
	case "truncation", "truncate":
		how := "none"
		if r.Flag(key, v) {
			how = "end"
		}
		t.Ask(llm.ParamTruncate, key, jsonout.Quote(how))
	default:
		t.Ask("", key, v)
	}
}

func (r *rerankReader) query(v llm.Raw) llm.Raw {
	if text := jsonscan.Get(v, "text"); v[0] == '{' && text != nil {
		return r.Text("query.text", text)
	}
	return r.Text("query", v)
}

// document takes a text, or an object: {text}, {image}, or fields of the caller's own.
func (r *rerankReader) document(path string, v llm.Raw) {
	if v[0] != '{' {
		r.Task.Inputs = append(r.Task.Inputs, llm.TextInput(r.Text(path, v)))
		return
	}
	in := llm.Input{Raw: v}
	other := false
	r.Members(path, v, func(key string, v llm.Raw) {
		switch {
		case key == "text" && v[0] == '"':
			in.Parts = append(in.Parts, llm.Part{Kind: llm.Text, Text: v})
		case key == "image":
			in.Parts = append(in.Parts, r.Image(path+".image", v))
			r.Uses(llm.ParamImages, "documents[].image")
		default:
			other = true
		}
	})
	if other {
		r.Uses(llm.ParamObjects, "documents[] (objects)")
	}
	r.Task.Inputs = append(r.Task.Inputs, in)
}

// DocumentText gives a document as one JSON string: its text, or all of an object whose
// fields are the caller's own, chosen and put in order by fields where there are any.
func DocumentText(in *llm.Input, fields []string) llm.Raw {
	if in.Raw == nil || len(fields) == 0 && onlyText(in.Raw) {
		return dialect.InputText(in)
	}
	if len(fields) == 0 {
		return jsonout.Quote(string(in.Raw))
	}
	var lines []string
	for _, f := range fields {
		v := jsonscan.Get(in.Raw, f)
		if text, ok := jsonscan.String(v); ok {
			lines = append(lines, f+": "+text)
		} else if v != nil {
			lines = append(lines, f+": "+string(v))
		}
	}
	return jsonout.Quote(strings.Join(lines, "\n"))
}

// onlyText reports whether an object has a text and nothing beside it.
func onlyText(obj llm.Raw) bool {
	only := true
	_ = jsonscan.Members(obj, func(key, v []byte) bool {
		only = string(key) == "text" && len(v) > 0 && v[0] == '"'
		return only
	})
	return only
}

// RankFields gives the fields that a caller wants documents ranked by.
func RankFields(t *llm.Task) (fields []string) {
	_ = jsonscan.Elements(t.Asked(llm.ParamFields), func(v []byte) bool {
		s, ok := jsonscan.String(v)
		if ok {
			fields = append(fields, s)
		}
		return true
	})
	return fields
}
