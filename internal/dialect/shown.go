package dialect

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// unshown is what a model is told of a tool's result of which nothing can be sent.
var unshown = llm.Raw(`"(The result is of a kind that cannot be shown here.)"`)

// shown gives search results as text, unless the target knows them, and says of results of
// tools that only their own dialect can show that they cannot be shown.
func shown(r *llm.Request, found bool) *llm.Request {
	if (found || !r.Has.Has(llm.FFound)) && !(r.Has.Has(llm.FVendorPart) && r.Has.Has(llm.FToolResult)) {
		return r
	}
	var all []llm.Message
	for i := range r.Messages {
		if parts := shownParts(r.Messages[i].Parts, found); parts != nil {
			if all == nil {
				all = slices.Clone(r.Messages)
			}
			all[i].Parts = parts
		}
	}
	if all == nil {
		return r
	}
	return withMessages(r, all)
}

// shownParts gives the parts of a turn or of a tool's result; nil = as they are.
func shownParts(parts []llm.Part, found bool) (out []llm.Part) {
	for i := range parts {
		if p, changed := shownPart(&parts[i], found); changed {
			if out == nil {
				out = slices.Clone(parts)
			}
			out[i] = p
		}
	}
	return out
}

func shownPart(p *llm.Part, found bool) (llm.Part, bool) {
	switch {
	case p.Result != nil:
		return shownResult(p, found)
	case p.Media != nil && p.Media.Source != nil && !found:
		return FoundText(p), true
	}
	return llm.Part{}, false
}

func shownResult(p *llm.Part, found bool) (llm.Part, bool) {
	inner := shownParts(p.Result.Parts, found)
	if n := len(p.Result.Parts); n > 0 && !slices.ContainsFunc(p.Result.Parts, func(p llm.Part) bool { return p.Kind != llm.Vendor }) {
		inner = []llm.Part{{Kind: llm.Text, Text: unshown}}
	}
	if inner == nil {
		return llm.Part{}, false
	}
	part, result := *p, *p.Result
	result.Parts, part.Result = inner, &result
	return part, true
}

// FoundText gives a search result as text: its title, its source, and what it says.
func FoundText(p *llm.Part) llm.Part {
	m := p.Media
	return llm.Part{Kind: llm.Text, Text: jsonout.Join(`\n\n`, jsonout.Join(`\n`, m.Name, m.Source), m.Text), Cache: p.Cache}
}
