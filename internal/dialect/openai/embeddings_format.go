package openai

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// EmbeddingForm is a provider's form of /v1/embeddings: OpenAI's own with what differs.
// What is empty is not known there.
type EmbeddingForm struct {
	Most       int      // inputs in one call; 0 = any number
	Dimensions string   // the member for the length of vectors
	Kinds      string   // the member for the kind of numbers
	KindWords  []string // the kinds that there are beside floats
	Purpose    string   // the member for what vectors are for
	// Word gives the provider's word for a purpose and a model ("" = none was said), and
	// whether it says just that.
	Word func(model, purpose string) (word string, exact bool)
	// Truncate gives the member and value for a word of llm.ParamTruncate.
	Truncate func(how string) (member string, value llm.Raw)
	// Float and Base64 are the words of encoding_format for numbers and for base64.
	Float, Base64 string
	// Flags are members that are named as OpenAI-shaped callers name them.
	Flags  map[llm.Param]string
	Images bool // objects {text} and {image} are inputs
	Tokens bool
	// Stored is the kind of numbers that vectors come in, base64 always, where that is
	// not what was asked for.
	Stored string
	// Native: see dialect.Op.
	Native func(body []byte) bool
	// Carries: see dialect.Op.
	Carries map[llm.Param]dialect.Carry
}

// Op makes the operation.
func (f *EmbeddingForm) Op() *dialect.Op {
	return &dialect.Op{
		Parse: parseEmbeddings, Answer: answerEmbeddings, Fields: embeddingFields, Counts: true,
		Format: f.format, Read: f.read, Native: f.Native, Carries: f.Carries, Items: embeddingItems,
	}
}

// embeddingItems: with late chunking (https://api.jina.ai/redoc) the texts of a list are
// read as one.
var embeddingItems = &dialect.Items{
	Ask: []string{"input"}, Bound: []string{"late_chunking"},
	Give: []string{"data"}, Index: "index", Same: []string{"model"}, Counts: []string{"usage"},
}

func (f *EmbeddingForm) format(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if f.Most > 0 {
		if err := dialect.AtMost(t, to, f.Most); err != nil {
			return o, err
		}
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Text("model", to.Model)
	f.inputs(&w, t.Inputs)
	if v := t.Asked(llm.ParamDimensions); v != nil && f.Dimensions != "" {
		w.Member(f.Dimensions, v)
	}
	o.Lost = f.purpose(&w, t, to)
	if err := f.numbers(&w, t, to); err != nil {
		return o, err
	}
	if how, ok := jsonscan.String(t.Asked(llm.ParamTruncate)); ok && f.Truncate != nil {
		if member, value := f.Truncate(how); member != "" {
			w.Member(member, value)
		} else {
			o.Lost = append(o.Lost, llm.ParamTruncate)
		}
	}
	for _, p := range [...]llm.Param{llm.ParamUser, llm.ParamNormalize, llm.ParamLate} {
		if v := t.Asked(p); v != nil && f.Flags[p] != "" {
			w.Member(f.Flags[p], v)
		}
	}
	w.End('}')
	o.Path, o.Body = "/v1/embeddings", w.B
	return o, nil
}

func (f *EmbeddingForm) inputs(w *jsonout.Writer, inputs []llm.Input) {
	w.Array("input")
	for i := range inputs {
		in := &inputs[i]
		switch {
		case in.Tokens != nil:
			w.Raw(in.Tokens)
		case in.Plain() != nil:
			w.Raw(in.Plain())
		case f.Images:
			w.Begin('{')
			for n := range in.Parts {
				writePiece(w, &in.Parts[n])
			}
			w.End('}')
		default:
			w.Raw(dialect.InputText(in))
		}
	}
	w.End(']')
}

// writePiece writes a part as a member of an input, as https://api.jina.ai/redoc has it.
func writePiece(w *jsonout.Writer, p *llm.Part) {
	switch p.Kind {
	case llm.Text:
		w.MemberIf("text", p.Text)
	case llm.Image:
		w.Key("image")
		w.Raw(dialect.MediaURL(p.Media))
	}
}

func (f *EmbeddingForm) purpose(w *jsonout.Writer, t *llm.Task, to *dialect.Target) []llm.Param {
	if f.Purpose == "" {
		return nil
	}
	purpose, asked := jsonscan.String(t.Asked(llm.ParamPurpose))
	word, exact := f.Word(to.Model, purpose)
	w.TextIf(f.Purpose, word)
	if asked && !exact {
		return []llm.Param{llm.ParamPurpose}
	}
	return nil
}

// numbers says which kind of numbers is wanted, and in which spelling.
func (f *EmbeddingForm) numbers(w *jsonout.Writer, t *llm.Task, to *dialect.Target) error {
	kinds := t.Vectors.Numbers()
	if len(kinds) > 1 {
		return dialect.Unsupported(to, dialect.PathOfOption(t, llm.ParamKinds), "it gives one kind of numbers at a time")
	}
	if kind := kinds[0]; kind != llm.KindFloat {
		if !slices.Contains(f.KindWords, kind) {
			return dialect.Unsupported(to, dialect.PathOfOption(t, llm.ParamKinds), "it gives no numbers of the kind "+kind)
		}
		if f.Kinds != "" {
			w.Text(f.Kinds, kind)
		}
	}
	if t.Vectors.Base64 {
		w.TextIf("encoding_format", f.Base64)
	} else {
		w.TextIf("encoding_format", f.Float)
	}
	return nil
}

// read reads an answer of this shape.
func (f *EmbeddingForm) read(r *dialect.OpReply, c *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	kind := c.Task.Vectors.Kind()
	if f.Stored != "" {
		kind = f.Stored
	}
	bad := error(nil)
	err := jsonscan.Members(r.Body, func(key, v []byte) bool {
		switch string(key) {
		case "id":
			a.ID, _ = jsonscan.String(v)
		case "model":
			a.Model, _ = jsonscan.String(v)
		case "created":
			a.Created, _ = jsonscan.Int(v)
		case "usage":
			ReadUsage(&a.Usage, v)
		case "data":
			bad = readVectors(a, kind, v)
		}
		return bad == nil
	})
	if bad != nil {
		return nil, bad
	}
	if err != nil {
		return nil, dialect.Unreadable("it is no JSON object")
	}
	if f.Stored != "" {
		return a, asFloats(a, c.Task.Vectors.Kind())
	}
	return a, nil
}

func readVectors(a *llm.Outcome, kind string, list []byte) (bad error) {
	n := 0
	err := jsonscan.Elements(list, func(one []byte) bool {
		index := n
		if i, ok := jsonscan.Int(jsonscan.Get(one, "index")); ok {
			index = int(i)
		}
		var v llm.Vector
		v, bad = dialect.ReadVector(index, kind, jsonscan.Get(one, "embedding"))
		a.Vectors = append(a.Vectors, v)
		n++
		return bad == nil
	})
	if bad == nil && err != nil {
		bad = dialect.Unreadable("data is no array")
	}
	return bad
}

// asFloats makes floats of vectors that came in another kind of numbers than was asked for.
func asFloats(a *llm.Outcome, want string) error {
	for i := range a.Vectors {
		v := &a.Vectors[i]
		if v.Kind == want {
			continue
		}
		numbers, err := dialect.AppendVectorNumbers(nil, v)
		if err != nil {
			return err
		}
		*v = llm.Vector{Index: v.Index, Kind: want, Numbers: numbers}
	}
	return nil
}
