package gemini

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// embedFields are those of https://ai.google.dev/api/embeddings.
var embedFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "content", Frame: true},
	{Path: "requests", Frame: true},
	{Path: "content.parts[].inlineData", Param: llm.ParamImages},
	{Path: "content.parts[].fileData", Param: llm.ParamMedia},
	{Path: "taskType", Param: llm.ParamPurpose},
	{Path: "title", Param: llm.ParamTitle},
	{Path: "outputDimensionality", Param: llm.ParamDimensions},
}

// embedReader reads a call for one embedding, or a batch of such calls.
type embedReader struct {
	dialect.TaskReader
	first []llm.Option // of the batch's first call: all others must say the same
}

// parseEmbed reads either form: a content, or requests that hold one each.
func parseEmbed(in *dialect.OpRequest) (*llm.Task, error) {
	r := embedReader{}
	if strings.HasSuffix(in.Path, ":batchEmbedContents") {
		r.Members("", in.Body, func(key string, v llm.Raw) {
			switch key {
			case "model":
			case "requests":
				r.Elements("requests", v, r.call)
			default:
				r.Task.Ask("", key, v)
			}
		})
	} else {
		r.Task.One = true
		r.one("", in.Body)
	}
	if len(r.Task.Inputs) == 0 && !r.Failed() {
		r.Missing("content")
	}
	return r.Done()
}

// call reads one of a batch. No target but this dialect's takes settings for each input.
func (r *embedReader) call(path string, v llm.Raw) {
	before := r.Task.Options
	r.Task.Options = nil
	r.one(path+".", v)
	mine := r.Task.Options
	if len(r.Task.Inputs) == 1 {
		r.first = mine
		return
	}
	r.Task.Options = before
	if !sameOptions(r.first, mine) && !r.Failed() {
		r.Refuse(fault.Newf(fault.UnsupportedParameter, "'%s' says something else than the first of the requests, and the provider takes one setting for all. Make a call for each setting.", path).Field(path))
	}
}

// sameOptions compares what is asked, wherever it stands.
func sameOptions(a, b []llm.Option) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		same := false
		for _, y := range b {
			same = same || x.Param == y.Param && string(x.Value) == string(y.Value) && x.Path[strings.LastIndexByte(x.Path, '.')+1:] == y.Path[strings.LastIndexByte(y.Path, '.')+1:]
		}
		if !same {
			return false
		}
	}
	return true
}

func (r *embedReader) one(prefix string, v llm.Raw) {
	path := strings.TrimSuffix(prefix, ".")
	in := llm.Input{}
	r.Members(path, v, func(key string, v llm.Raw) {
		t, at := &r.Task, prefix+key
		switch key {
		case "model":
		case "content":
			r.content(at, v, &in)
		case "taskType", "task_type":
			r.purpose(at, v)
		case "title":
			t.Ask(llm.ParamTitle, at, r.Text(at, v))
		case "outputDimensionality", "output_dimensionality":
			t.Ask(llm.ParamDimensions, at, r.Int(at, v))
		default:
			t.Ask("", at, v)
		}
	})
	if len(in.Parts) > 0 {
		r.Task.Inputs = append(r.Task.Inputs, in)
	} else {
		r.Missing(prefix + "content.parts")
	}
}

// taskTypes are the vendor's words for what embeddings are for
// (https://ai.google.dev/api/embeddings#v1beta.TaskType).
var taskTypes = map[string]string{
	"RETRIEVAL_QUERY": llm.PurposeQuery, "RETRIEVAL_DOCUMENT": llm.PurposeDocument, "SEMANTIC_SIMILARITY": llm.PurposeSimilarity,
	"CLASSIFICATION": llm.PurposeClasses, "CLUSTERING": llm.PurposeClusters, "QUESTION_ANSWERING": llm.PurposeQuestion,
	"FACT_VERIFICATION": llm.PurposeFact, "CODE_RETRIEVAL_QUERY": llm.PurposeCode,
}

func (r *embedReader) purpose(at string, v llm.Raw) {
	word := r.Word(at, v)
	switch p := taskTypes[word]; {
	case p != "":
		r.Task.Ask(llm.ParamPurpose, at, jsonout.Quote(p))
	case word != "TASK_TYPE_UNSPECIFIED":
		r.Task.Ask("", at, v)
	}
}

func (r *embedReader) content(at string, v llm.Raw, in *llm.Input) {
	r.Members(at, v, func(key string, v llm.Raw) {
		if key != "parts" {
			return // role
		}
		r.Elements(at+".parts", v, func(path string, v llm.Raw) {
			r.Members(path, v, func(key string, v llm.Raw) { r.piece(path, key, v, in) })
		})
	})
}

func (r *embedReader) piece(path, key string, v llm.Raw, in *llm.Input) {
	switch key {
	case "text":
		in.Parts = append(in.Parts, llm.Part{Kind: llm.Text, Text: r.Text(path+".text", v)})
	case "inlineData", "inline_data":
		m := &llm.Media{Type: word(either(v, "mimeType", "mime_type"), nil)}
		if data, ok := jsonscan.Plain(jsonscan.Get(v, "data")); ok {
			m.Data = data
		} else {
			r.Wrong(path+"."+key+".data", "base64")
		}
		in.Parts = append(in.Parts, r.media(m, llm.ParamImages, path+"."+key))
	case "fileData", "file_data":
		m := &llm.Media{Type: word(either(v, "mimeType", "mime_type"), nil), URL: either(v, "fileUri", "file_uri")}
		in.Parts = append(in.Parts, r.media(m, llm.ParamMedia, path+"."+key))
	default:
		r.Task.Ask("", path+"."+key, v)
	}
}

// media makes a part, and says what the target must be able to take.
func (r *embedReader) media(m *llm.Media, p llm.Param, path string) llm.Part {
	kind := llm.File
	switch {
	case strings.HasPrefix(m.Type, "image/"):
		kind = llm.Image
	case strings.HasPrefix(m.Type, "audio/"):
		kind, p = llm.Audio, llm.ParamMedia
	case strings.HasPrefix(m.Type, "video/"):
		kind, p = llm.Video, llm.ParamMedia
	default:
		p = llm.ParamMedia
	}
	r.Uses(p, path)
	return llm.Part{Kind: kind, Media: m}
}

// either gives a member in either of its spellings.
func either(obj []byte, camel, snake string) llm.Raw {
	if v := jsonscan.Get(obj, camel); v != nil {
		return v
	}
	return jsonscan.Get(obj, snake)
}
