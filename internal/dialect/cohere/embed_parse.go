package cohere

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// embedFields are those of https://docs.cohere.com/reference/embed.
var embedFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "texts", Frame: true},
	{Path: "inputs", Frame: true},
	{Path: "images", Param: llm.ParamImages},
	{Path: "inputs[].content[].image_url", Param: llm.ParamImages},
	{Path: "input_type", Param: llm.ParamPurpose},
	{Path: "embedding_types", Param: llm.ParamKinds},
	{Path: "embedding_types (base64)", Param: llm.ParamBase64},
	{Path: "output_dimension", Param: llm.ParamDimensions},
	{Path: "truncate", Param: llm.ParamTruncate},
	{Path: "max_tokens", Param: llm.ParamMaxTokens},
	{Path: "priority"},
}

type embedReader struct{ dialect.TaskReader }

func parseEmbed(in *dialect.OpRequest) (*llm.Task, error) {
	r := embedReader{}
	r.Members("", in.Body, r.member)
	if len(r.Task.Inputs) == 0 && !r.Failed() {
		r.Missing("texts")
	}
	return r.Done()
}

func (r *embedReader) member(key string, v llm.Raw) {
	t := &r.Task
	switch key {
	case "model":
	case "texts":
		r.Elements(key, v, func(path string, v llm.Raw) { t.Inputs = append(t.Inputs, llm.TextInput(r.Text(path, v))) })
	case "images":
		r.Elements(key, v, func(path string, v llm.Raw) {
			t.Inputs = append(t.Inputs, llm.Input{Parts: []llm.Part{r.Image(path, v)}})
			r.Uses(llm.ParamImages, key)
		})
	case "inputs":
		r.Elements(key, v, r.input)
	case "input_type":
		r.purpose(key, v)
	case "embedding_types":
		r.kinds(key, v)
	case "output_dimension":
		t.Ask(llm.ParamDimensions, key, r.Int(key, v))
	case "truncate":
		r.truncate(key, v)
	case "max_tokens":
		t.Ask(llm.ParamMaxTokens, key, r.Int(key, v))
	default:
		t.Ask("", key, v)
	}
}

// input reads one of inputs, made of texts and images.
func (r *embedReader) input(path string, v llm.Raw) {
	in := llm.Input{}
	r.Elements(path+".content", jsonscan.Get(v, "content"), func(path string, v llm.Raw) {
		switch string(plain(jsonscan.Get(v, "type"))) {
		case "text":
			in.Parts = append(in.Parts, llm.Part{Kind: llm.Text, Text: r.Text(path+".text", jsonscan.Get(v, "text"))})
		case "image_url":
			in.Parts = append(in.Parts, r.Image(path+".image_url.url", jsonscan.Get(v, "image_url", "url")))
			r.Uses(llm.ParamImages, "inputs[].content[].image_url")
		default:
			r.Wrong(path+".type", "text or image_url")
		}
	})
	r.Task.Inputs = append(r.Task.Inputs, in)
}

func (r *embedReader) purpose(path string, v llm.Raw) {
	purpose := ""
	switch r.Word(path, v) {
	case "search_query":
		purpose = llm.PurposeQuery
	case "search_document":
		purpose = llm.PurposeDocument
	case "classification":
		purpose = llm.PurposeClasses
	case "clustering":
		purpose = llm.PurposeClusters
	case "image": // says what is given, not what for
		return
	default:
		r.Task.Ask("", path, v)
		return
	}
	r.Task.Ask(llm.ParamPurpose, path, jsonout.Quote(purpose))
}

// Kinds of vectors; base64 are floats in another spelling.
var kinds = []string{llm.KindFloat, "int8", "uint8", "binary", "ubinary", llm.KindBase64}

func (r *embedReader) kinds(path string, v llm.Raw) {
	for _, kind := range r.Words(path, v) {
		if !slices.Contains(kinds, kind) {
			r.Wrong(path, "of "+strings.Join(kinds, ", "))
		}
		r.Task.Vectors.Kinds = append(r.Task.Vectors.Kinds, kind)
		switch kind {
		case llm.KindFloat:
		case llm.KindBase64:
			r.Uses(llm.ParamBase64, path)
		default:
			r.Uses(llm.ParamKinds, path)
		}
	}
}

func (r *embedReader) truncate(path string, v llm.Raw) {
	switch how := strings.ToLower(r.Word(path, v)); how {
	case "none", "start", "end":
		r.Task.Ask(llm.ParamTruncate, path, jsonout.Quote(how))
	default:
		r.Wrong(path, "NONE, START or END")
	}
}
