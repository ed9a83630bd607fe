package gemini

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var embeddings = &dialect.Op{
	Parse: parseEmbed, Answer: answerEmbed, Fields: embedFields,
	Format: formatEmbed, Read: ReadEmbeddings,
	Inline:  func(*llm.Media) bool { return true },
	Carries: EmbedCarries,
	Items:   &dialect.Items{Ask: []string{"requests"}, Give: []string{"embeddings"}, Counts: []string{"usageMetadata"}},
}

// EmbedCarries is the ledger's column of forms that take a content.
var EmbedCarries = dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
	llm.ParamDimensions: {Fate: dialect.Kept, How: "outputDimensionality"},
	llm.ParamPurpose:    {Fate: dialect.Kept, How: "taskType; gemini-embedding-2: the words that the vendor wants before the text"},
	llm.ParamTitle:      {Fate: dialect.Kept, How: "title"},
	llm.ParamImages:     {Fate: dialect.Kept, How: "inlineData, where the model takes images"},
	llm.ParamMedia:      {Fate: dialect.Kept, How: "inlineData, where the model takes it"},
})

// maxEmbeds is how many requests a batch may have
// (https://ai.google.dev/api/embeddings#method:-models.batchembedcontents).
const maxEmbeds = 100

// formatEmbed writes a batch, of one request or more.
func formatEmbed(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if err := dialect.AtMost(t, to, maxEmbeds); err != nil {
		return o, err
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Array("requests")
	for i := range t.Inputs {
		w.Begin('{')
		w.Text("model", "models/"+to.Model)
		o.Lost = WriteEmbed(&w, t, &t.Inputs[i], to.Model)
		w.End('}')
	}
	w.B = append(w.B, "]}"...)
	o.Path, o.Body = "/v1beta/models/{model}:batchEmbedContents", w.B
	return o, nil
}

// WriteEmbed writes what is to be embedded and how, and says what the model cannot be told.
func WriteEmbed(w *jsonout.Writer, t *llm.Task, in *llm.Input, model string) (lost []llm.Param) {
	purpose, _ := jsonscan.String(t.Asked(llm.ParamPurpose))
	title := t.Asked(llm.ParamTitle)
	prefix := ""
	if wantsPrefix(model) {
		prefix = prefixOf(purpose, title)
		if title != nil && purpose != llm.PurposeDocument {
			lost = append(lost, llm.ParamTitle)
		}
	} else {
		if word := TaskType(purpose); word != "" {
			w.Text("taskType", word)
		}
		w.MemberIf("title", title)
	}
	w.Object("content")
	w.Array("parts")
	for i := range in.Parts {
		writeEmbedPart(w, &in.Parts[i], prefix)
		if in.Parts[i].Kind == llm.Text {
			prefix = ""
		}
	}
	w.B = append(w.B, "]}"...)
	w.MemberIf("outputDimensionality", t.Asked(llm.ParamDimensions))
	return lost
}

func writeEmbedPart(w *jsonout.Writer, p *llm.Part, prefix string) {
	w.Begin('{')
	if p.Kind == llm.Text {
		w.Key("text")
		w.Raw(dialect.Prefixed(prefix, p.Text))
	} else {
		w.Object("inlineData")
		w.Text("mimeType", dialect.MediaType(p.Media))
		w.Key("data")
		w.B = append(append(append(w.B, '"'), p.Media.Data...), '"')
		w.End('}')
	}
	w.End('}')
}

// TaskType gives the vendor's word for a purpose, "" for none.
func TaskType(purpose string) string {
	for word, p := range taskTypes {
		if p == purpose && purpose != "" {
			return word
		}
	}
	return ""
}

// wantsPrefix reports models that know no taskType and want words before the text
// (https://ai.google.dev/gemini-api/docs/embeddings#task-types).
func wantsPrefix(model string) bool { return strings.HasPrefix(model, "gemini-embedding-2") }

// prefixOf gives these words; titles are for documents.
func prefixOf(purpose string, title llm.Raw) string {
	task := ""
	switch purpose {
	case llm.PurposeDocument:
		if name, _ := jsonscan.String(title); name != "" {
			return "title: " + name + " | text: "
		}
		return "title: none | text: "
	case llm.PurposeQuery:
		task = "search result"
	case llm.PurposeQuestion:
		task = "question answering"
	case llm.PurposeFact:
		task = "fact checking"
	case llm.PurposeCode:
		task = "code retrieval"
	case llm.PurposeClasses:
		task = "classification"
	case llm.PurposeClusters:
		task = "clustering"
	case llm.PurposeSimilarity:
		task = "sentence similarity"
	default:
		return ""
	}
	return "task: " + task + " | query: "
}

// ReadEmbeddings reads one embedding or a batch of them.
func ReadEmbeddings(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	var bad error
	add := func(one []byte) bool {
		var v llm.Vector
		v, bad = dialect.ReadVector(len(a.Vectors), llm.KindFloat, jsonscan.Get(one, "values"))
		a.Vectors = append(a.Vectors, v)
		return bad == nil
	}
	err := jsonscan.Members(r.Body, func(key, v []byte) bool {
		switch string(key) {
		case "embedding":
			return add(v)
		case "embeddings":
			if jsonscan.Elements(v, add) != nil {
				bad = dialect.Unreadable("embeddings is no array")
			}
		case "usageMetadata":
			a.Usage.InputTokens = count(jsonscan.Get(v, "promptTokenCount"))
		}
		return bad == nil
	})
	if err != nil {
		bad = dialect.Unreadable("it is no JSON object")
	}
	return a, bad
}

// answerEmbed writes what a call of either form gets.
func answerEmbed(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	if c.Task.One {
		w.Key("embedding")
	} else {
		w.Array("embeddings")
	}
	for i := range a.Vectors {
		w.Begin('{')
		w.Key("values")
		var err error
		if w.B, err = dialect.AppendVectorNumbers(w.B, &a.Vectors[i]); err != nil {
			return dialect.OpAnswer{}, err
		}
		w.End('}')
		if c.Task.One {
			break
		}
	}
	if !c.Task.One {
		w.End(']')
	}
	if n := a.Usage.InputTokens; n.Known {
		w.Object("usageMetadata")
		w.Number("promptTokenCount", n.N)
		w.End('}')
	}
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}
