package openai

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// RerankForm is a provider's form of a request for an order of documents. What is empty
// is not known there.
type RerankForm struct {
	Path      string // "" = /v1/rerank
	Root      bool   // see dialect.OpOrder
	Documents string // "" = documents
	Top       string // the member for the number of results
	MaxTokens string // the member for the tokens of one document
	Objects   bool   // documents may be objects
	NoModel   bool   // the path says it, or the server has only one
	Fixed     string // further members, as they are written, comma first
	// Truncate gives the member and value for a word of llm.ParamTruncate.
	Truncate func(how string) (member string, value llm.Raw)
	Native   func(body []byte) bool
	Carries  map[llm.Param]dialect.Carry
}

// Op makes the operation.
func (f *RerankForm) Op() *dialect.Op {
	return &dialect.Op{
		Parse: parseRerank, Answer: answerRerank, Fields: rerankFields,
		Format: f.format, Read: ReadRanks, Native: f.Native, Carries: f.Carries,
	}
}

func (f *RerankForm) format(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	if !f.NoModel {
		w.Text("model", to.Model)
	}
	w.Member("query", t.Query)
	f.documents(&w, t)
	if v := t.Asked(llm.ParamTop); v != nil && f.Top != "" {
		w.Member(f.Top, v)
	}
	if v := t.Asked(llm.ParamMaxTokens); v != nil && f.MaxTokens != "" {
		w.Member(f.MaxTokens, v)
	}
	if how, ok := jsonscan.String(t.Asked(llm.ParamTruncate)); ok && f.Truncate != nil {
		if member, value := f.Truncate(how); member != "" {
			w.Member(member, value)
		}
	}
	w.B = append(w.B, f.Fixed...)
	w.End('}')
	o.Path, o.Root, o.Body = f.Path, f.Root, w.B
	if o.Path == "" {
		o.Path = "/v1/rerank"
	}
	return o, nil
}

func (f *RerankForm) documents(w *jsonout.Writer, t *llm.Task) {
	name := f.Documents
	if name == "" {
		name = "documents"
	}
	fields := RankFields(t)
	w.Array(name)
	for i := range t.Inputs {
		if in := &t.Inputs[i]; f.Objects && in.Raw != nil && len(fields) == 0 {
			w.Raw(in.Raw)
		} else {
			w.Raw(DocumentText(in, fields))
		}
	}
	w.End(']')
}

// ReadRanks reads what servers answer: a list of {index, score} that stands alone or is
// called results or data.
func ReadRanks(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	list := firstArray(r.Body)
	if list == nil {
		_ = jsonscan.Members(r.Body, func(key, v []byte) bool {
			switch string(key) {
			case "id":
				a.ID, _ = jsonscan.String(v)
			case "model":
				a.Model, _ = jsonscan.String(v)
			case "usage":
				ReadUsage(&a.Usage, v)
			case "meta":
				unit(&a.Usage, llm.UnitSearchUnits, jsonscan.Get(v, "billed_units", "search_units"))
			case "results", "data":
				list = v
			}
			return true
		})
	}
	bad := false
	err := jsonscan.Elements(list, func(one []byte) bool {
		rank, ok := readRank(one)
		bad = bad || !ok
		a.Ranks = append(a.Ranks, rank)
		return !bad
	})
	if err != nil || bad {
		return nil, dialect.Unreadable("it has no list of ranks")
	}
	return a, nil
}

// firstArray gives a body that is an array itself.
func firstArray(body []byte) []byte {
	for _, c := range body {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '[':
			return body
		}
		break
	}
	return nil
}

func readRank(one []byte) (r llm.Rank, ok bool) {
	score := jsonscan.Get(one, "relevance_score")
	if score == nil {
		score = jsonscan.Get(one, "score")
	}
	n, ok := jsonscan.Int(jsonscan.Get(one, "index"))
	_, number := jsonscan.Float(score)
	return llm.Rank{Index: int(n), Score: score}, ok && number && n >= 0
}

// SortRanks puts the best first and keeps as many as were asked for.
func SortRanks(a *llm.Outcome, t *llm.Task) []llm.Rank {
	ranks := a.Ranks
	slices.SortStableFunc(ranks, func(x, y llm.Rank) int {
		f, _ := jsonscan.Float(x.Score)
		g, _ := jsonscan.Float(y.Score)
		switch {
		case f > g:
			return -1
		case f < g:
			return 1
		}
		return 0
	})
	if top, ok := jsonscan.Int(t.Asked(llm.ParamTop)); ok && top > 0 && int(top) < len(ranks) {
		ranks = ranks[:top]
	}
	return ranks
}

// answerRerank writes what callers of /v1/rerank read.
func answerRerank(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	list, data := "results", c.Task.Shape == ShapeData
	if data {
		list = ShapeData
	}
	w := jsonout.Writer{B: make([]byte, 0, 256+64*len(a.Ranks))}
	w.Begin('{')
	w.Text("id", orID(a.ID, c.ID))
	w.Text("object", "list")
	w.Text("model", modelOf(a, c))
	w.Array(list)
	for _, r := range SortRanks(a, c.Task) {
		w.Begin('{')
		w.Number("index", int64(r.Index))
		w.Member("relevance_score", r.Score)
		if c.Task.Asked(llm.ParamDocuments) != nil && r.Index < len(c.Task.Inputs) {
			writeDocument(&w, &c.Task.Inputs[r.Index], data)
		}
		w.End('}')
	}
	w.End(']')
	writeTaskUsage(&w, &a.Usage, false)
	if units, ok := a.Usage.Units[llm.UnitSearchUnits]; ok {
		w.Object("meta")
		w.Object("billed_units")
		w.Key("search_units")
		w.Float(units)
		w.B = append(w.B, "}}"...)
	}
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}

func orID(id, request string) string {
	if id != "" {
		return id
	}
	return request
}

// writeDocument writes a document as its caller sent it: an object, or a text that some
// expect in an object of its own.
func writeDocument(w *jsonout.Writer, in *llm.Input, bare bool) {
	switch {
	case in.Raw != nil:
		w.Member("document", in.Raw)
	case bare:
		w.Member("document", in.Plain())
	default:
		w.Object("document")
		w.Member("text", in.Plain())
		w.End('}')
	}
}
