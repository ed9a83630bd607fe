package dialect

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// Unfolded gives a request for a target that knows no documents in pieces but of text:
// of those that hold more, the pieces stand in the turn itself, after the document's
// name and context; a cache mark on a piece of text is one on the document. It is r
// itself where there is nothing of that sort. It shares what it does not change with r.
func Unfolded(r *llm.Request) *llm.Request {
	if !r.Has.Has(llm.FFileText) {
		return r
	}
	out := r
	for i := range r.Messages {
		parts := unfolded(r.Messages[i].Parts)
		if parts == nil {
			continue
		}
		if out == r {
			c := *r
			c.Messages, out = slices.Clone(r.Messages), &c
		}
		out.Messages[i].Parts = parts
	}
	return out
}

// unfolded gives the parts of a turn or of a tool's result; nil = as they are.
func unfolded(parts []llm.Part) (out []llm.Part) {
	for i := range parts {
		p := &parts[i]
		pieces := piecesOf(p)
		if pieces == nil {
			if out != nil {
				out = append(out, *p)
			}
			continue
		}
		if out == nil {
			out = append(make([]llm.Part, 0, len(parts)+len(pieces)), parts[:i]...)
		}
		out = append(out, pieces...)
	}
	return out
}

// piecesOf gives what stands for a part; nil = the part itself.
func piecesOf(p *llm.Part) []llm.Part {
	if p.Result != nil {
		inner := unfolded(p.Result.Parts)
		if inner == nil {
			return nil
		}
		part, result := *p, *p.Result
		result.Parts, part.Result = inner, &result
		return []llm.Part{part}
	}
	if p.Media == nil || len(p.Media.Parts) == 0 {
		return nil
	}
	pieces := p.Media.Parts
	marked := slices.IndexFunc(pieces, func(p llm.Part) bool { return p.Cache != "" })
	switch {
	case slices.ContainsFunc(pieces, func(p llm.Part) bool { return p.Kind != llm.Text }):
		return apart(p)
	case marked >= 0 && p.Cache == "":
		whole := *p
		whole.Cache = pieces[marked].Cache
		return []llm.Part{whole}
	}
	return nil
}

// apart gives a document's pieces as parts of the turn.
func apart(p *llm.Part) (out []llm.Part) {
	for _, words := range []llm.Raw{p.Media.Name, p.Media.Context} {
		if len(words) > 2 {
			out = append(out, llm.Part{Kind: llm.Text, Text: words})
		}
	}
	out = append(out, p.Media.Parts...)
	if last := &out[len(out)-1]; last.Cache == "" {
		last.Cache = p.Cache
	}
	return out
}
