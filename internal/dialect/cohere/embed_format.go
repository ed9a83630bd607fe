package cohere

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxTexts is how many inputs a call may have (https://docs.cohere.com/reference/embed).
const maxTexts = 96

// EmbedForm is the form of a call for embeddings: the vendor's own, or that of a cloud
// which has its models.
type EmbedForm struct {
	Path  string            // with {model}
	Model bool              // the body names it
	Cuts  map[string]string // words for truncation: none, start, end
	Read  func(*dialect.OpReply, *dialect.OpCall) (*llm.Outcome, error)
}

// Op makes the operation.
func (f *EmbedForm) Op() *dialect.Op {
	read := f.Read
	if read == nil {
		read = ReadEmbeddings
	}
	return &dialect.Op{
		Parse: parseEmbed, Answer: answerEmbed, Fields: embedFields, Format: f.format, Read: read, Carries: embedCarries, Items: embedItems,
		Inline: func(*llm.Media) bool { return true },
	}
}

// embedItems: the answer gives texts back, and says what images are like.
var embedItems = &dialect.Items{
	Ask:    []string{"texts", "images", "inputs"},
	Give:   []string{"embeddings", "embeddings.*", "texts", "images"},
	Counts: []string{"meta.billed_units", "meta.tokens"},
}

var embeddings = &EmbedForm{Path: "/v2/embed", Model: true, Cuts: map[string]string{"none": "NONE", "start": "START", "end": "END"}}

var embedCarries = dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
	llm.ParamDimensions: {Fate: dialect.Kept, How: "output_dimension"},
	llm.ParamPurpose:    {Fate: dialect.Mapped, How: "input_type, search_document where nothing is said; questions, facts and queries for code are search_query; similarity is dropped"},
	llm.ParamKinds:      {Fate: dialect.Kept, How: "embedding_types"},
	llm.ParamTruncate:   {Fate: dialect.Kept, How: "truncate"},
	llm.ParamMaxTokens:  {Fate: dialect.Kept, How: "max_tokens"},
	llm.ParamImages:     {Fate: dialect.Kept, How: "images, or inputs where they stand beside texts"},
})

func (f *EmbedForm) format(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if err := dialect.AtMost(t, to, maxTexts); err != nil {
		return o, err
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	if f.Model {
		w.Text("model", to.Model)
	}
	word, exact := inputType(t)
	if !exact {
		o.Lost = append(o.Lost, llm.ParamPurpose)
	}
	inputs(&w, t.Inputs, word)
	w.Array("embedding_types")
	for _, kind := range t.Vectors.Numbers() {
		w.String(kind)
	}
	w.End(']')
	w.MemberIf("output_dimension", t.Asked(llm.ParamDimensions))
	w.MemberIf("max_tokens", t.Asked(llm.ParamMaxTokens))
	if how, ok := jsonscan.String(t.Asked(llm.ParamTruncate)); ok {
		w.Text("truncate", f.Cuts[how])
	}
	w.End('}')
	o.Path, o.Body = f.Path, w.B
	return o, nil
}

// inputType gives the vendor's word for a purpose, which the models from the third on
// must be told, and whether it says what was asked.
func inputType(t *llm.Task) (word string, exact bool) {
	purpose, _ := jsonscan.String(t.Asked(llm.ParamPurpose))
	switch purpose {
	case llm.PurposeQuery, llm.PurposeQuestion, llm.PurposeFact, llm.PurposeCode:
		return "search_query", true
	case llm.PurposeClasses:
		return "classification", true
	case llm.PurposeClusters:
		return "clustering", true
	case llm.PurposeSimilarity:
		return "search_document", false
	}
	return "search_document", true
}

// inputs writes what is to be embedded: texts, one image after another, or both mixed.
func inputs(w *jsonout.Writer, list []llm.Input, word string) {
	texts, images := true, true
	for i := range list {
		texts = texts && list[i].Plain() != nil
		images = images && len(list[i].Parts) == 1 && list[i].Parts[0].Kind == llm.Image
	}
	switch {
	case texts:
		w.Text("input_type", word)
		w.Array("texts")
		for i := range list {
			w.Raw(list[i].Plain())
		}
		w.End(']')
	case images:
		w.Text("input_type", "image")
		w.Array("images")
		for i := range list {
			w.Raw(dialect.MediaURL(list[i].Parts[0].Media))
		}
		w.End(']')
	default:
		w.Text("input_type", word)
		mixed(w, list)
	}
}

func mixed(w *jsonout.Writer, list []llm.Input) {
	w.Array("inputs")
	for i := range list {
		w.Begin('{')
		w.Array("content")
		for n := range list[i].Parts {
			p := &list[i].Parts[n]
			w.Begin('{')
			if p.Kind == llm.Text {
				w.Text("type", "text")
				w.Member("text", p.Text)
			} else {
				w.Text("type", "image_url")
				w.Object("image_url")
				w.Member("url", dialect.MediaURL(p.Media))
				w.End('}')
			}
			w.End('}')
		}
		w.B = append(w.B, "]}"...)
	}
	w.End(']')
}

// ReadEmbeddings reads an answer: embeddings by kind, or just floats as models of old
// give them.
func ReadEmbeddings(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	var bad error
	err := jsonscan.Members(r.Body, func(key, v []byte) bool {
		switch string(key) {
		case "id":
			a.ID, _ = jsonscan.String(v)
		case "meta":
			readMeta(&a.Usage, v)
		case "embeddings":
			if len(v) > 0 && v[0] == '[' {
				bad = readKind(a, llm.KindFloat, v)
				break
			}
			_ = jsonscan.Members(v, func(kind, v []byte) bool {
				if !jsonscan.IsNull(v) && string(kind) != llm.KindBase64 {
					bad = readKind(a, strings.TrimSuffix(string(kind), "_"), v)
				}
				return bad == nil
			})
		}
		return bad == nil
	})
	if err != nil {
		bad = dialect.Unreadable("it is no JSON object")
	}
	return a, bad
}

func readKind(a *llm.Outcome, kind string, list []byte) (bad error) {
	n := 0
	err := jsonscan.Elements(list, func(one []byte) bool {
		var v llm.Vector
		v, bad = dialect.ReadVector(n, kind, one)
		a.Vectors = append(a.Vectors, v)
		n++
		return bad == nil
	})
	if bad == nil && err != nil {
		bad = dialect.Unreadable("embeddings." + kind + " is no array")
	}
	return bad
}
