package openai

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// embeddingFields are those of https://platform.openai.com/docs/api-reference/embeddings/create,
// and below them what other servers have on this path.
var embeddingFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "input", Frame: true},
	{Path: "input (token ids)", Param: llm.ParamTokens},
	{Path: "encoding_format", Param: llm.ParamBase64},
	{Path: "dimensions", Param: llm.ParamDimensions},
	{Path: "user", Param: llm.ParamUser},

	{Path: "input[].image", Param: llm.ParamImages},
	{Path: "output_dimension", Param: llm.ParamDimensions},
	{Path: "output_dtype", Param: llm.ParamKinds},
	{Path: "embedding_type", Param: llm.ParamKinds},
	{Path: "input_type", Param: llm.ParamPurpose},
	{Path: "task", Param: llm.ParamPurpose},
	{Path: "truncation", Param: llm.ParamTruncate},
	{Path: "truncate", Param: llm.ParamTruncate},
	{Path: "normalized", Param: llm.ParamNormalize},
	{Path: "late_chunking", Param: llm.ParamLate},
}

// parseEmbeddings reads a request for embeddings.
func parseEmbeddings(in *dialect.OpRequest) (*llm.Task, error) {
	r := embeddingReader{}
	r.Members("", in.Body, r.member)
	if len(r.Task.Inputs) == 0 && !r.Failed() {
		r.Missing("input")
	}
	return r.Done()
}

type embeddingReader struct{ dialect.TaskReader }

func (r *embeddingReader) member(key string, v llm.Raw) {
	t := &r.Task
	switch key {
	case "model", "stream":
	case "input":
		r.input(v)
	case "encoding_format":
		r.encoding(v)
	case "dimensions", "output_dimension":
		t.Ask(llm.ParamDimensions, key, r.Int(key, v))
	case "user":
		t.Ask(llm.ParamUser, key, r.Text(key, v))
	case "output_dtype", "embedding_type":
		r.kinds(key, v)
	case "input_type", "task":
		r.purpose(key, r.Word(key, v))
	case "truncation", "truncate":
		r.truncate(key, v)
	case "normalized":
		r.Flag(key, v)
		t.Ask(llm.ParamNormalize, key, v)
	case "late_chunking":
		if r.Flag(key, v) {
			t.Ask(llm.ParamLate, key, v)
		}
	default:
		t.Ask("", key, v)
	}
}

// input takes a text, token ids, or a list of texts, of token ids, or of objects.
func (r *embeddingReader) input(v llm.Raw) {
	if len(v) == 0 || v[0] != '[' {
		r.Texts("input", v)
		return
	}
	if _, ids := jsonscan.Int(first(v)); ids {
		r.tokens("input", v)
		return
	}
	r.Elements("input", v, r.element)
}

// first gives the first element of an array.
func first(list []byte) (v []byte) {
	_ = jsonscan.Elements(list, func(e []byte) bool { v = e; return false })
	return v
}

func (r *embeddingReader) tokens(path string, v llm.Raw) {
	r.Elements(path, v, func(path string, id llm.Raw) { r.Int(path, id) })
	r.Task.Inputs = append(r.Task.Inputs, llm.Input{Tokens: v})
	r.Uses(llm.ParamTokens, "input (token ids)")
}

// element takes one of a list; objects are as https://api.jina.ai/redoc has them.
func (r *embeddingReader) element(path string, v llm.Raw) {
	switch v[0] {
	case '"':
		r.Task.Inputs = append(r.Task.Inputs, llm.TextInput(v))
	case '[':
		r.tokens(path, v)
	case '{':
		in := llm.Input{Raw: v}
		r.Members(path, v, func(key string, v llm.Raw) {
			switch key {
			case "text":
				in.Parts = append(in.Parts, llm.Part{Kind: llm.Text, Text: r.Text(path+".text", v)})
			case "image", "url":
				in.Parts = append(in.Parts, r.Image(path+"."+key, v))
				r.Uses(llm.ParamImages, "input[]."+key)
			default:
				r.Task.Ask("", "input[]."+key, v)
			}
		})
		r.Task.Inputs = append(r.Task.Inputs, in)
	default:
		r.Wrong(path, "a string or an array of token ids")
	}
}

func (r *embeddingReader) encoding(v llm.Raw) {
	switch r.Word("encoding_format", v) {
	case "float":
	case "base64":
		r.Task.Vectors.Base64 = true
		r.Task.Ask(llm.ParamBase64, "encoding_format", v)
	default:
		r.Wrong("encoding_format", "float or base64")
	}
}

func (r *embeddingReader) kinds(path string, v llm.Raw) {
	for _, kind := range r.Words(path, v) {
		switch kind {
		case "base64":
			r.Task.Vectors.Base64 = true
			r.Task.Ask(llm.ParamBase64, path, v)
			continue
		case "float", "int8", "uint8", "binary", "ubinary":
			r.Task.Vectors.Kinds = append(r.Task.Vectors.Kinds, kind)
		default:
			r.Wrong(path, "float, int8, uint8, binary or ubinary")
		}
		if kind != llm.KindFloat {
			r.Uses(llm.ParamKinds, path)
		}
	}
	if len(r.Task.Vectors.Kinds) > 1 {
		r.Wrong(path, "one kind of numbers, since the answer has room for one")
	}
}

// purposes are the words that servers of this shape have for what an embedding is for.
var purposes = map[string]string{
	"query": llm.PurposeQuery, "search_query": llm.PurposeQuery, "retrieval.query": llm.PurposeQuery,
	"document": llm.PurposeDocument, "passage": llm.PurposeDocument, "search_document": llm.PurposeDocument, "retrieval.passage": llm.PurposeDocument, "code.passage": llm.PurposeDocument,
	"text-matching": llm.PurposeSimilarity, "similarity": llm.PurposeSimilarity,
	"classification": llm.PurposeClasses, "separation": llm.PurposeClusters, "clustering": llm.PurposeClusters,
	"code.query": llm.PurposeCode,
}

func (r *embeddingReader) purpose(path, word string) {
	if p := purposes[strings.ToLower(word)]; p != "" {
		r.Task.Ask(llm.ParamPurpose, path, jsonout.Quote(p))
		return
	}
	r.Task.Ask("", path, jsonout.Quote(word))
}

func (r *embeddingReader) truncate(path string, v llm.Raw) {
	how := "none"
	if on, ok := jsonscan.Bool(v); ok {
		if on {
			how = "end"
		}
	} else {
		switch how = strings.ToLower(r.Word(path, v)); how {
		case "none", "start", "end":
		default:
			r.Wrong(path, "true, false, NONE, START or END")
		}
	}
	r.Task.Ask(llm.ParamTruncate, path, jsonout.Quote(how))
}
