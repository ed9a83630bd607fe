package dialect

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Narrated gives a request whose calls of tools and their results are told in words, for
// targets where no call is to be made and that cannot be told so while calls stand in the
// history. What a tool gave besides text follows as it is.
func Narrated(r *llm.Request) *llm.Request {
	all := slices.Clone(r.Messages)
	for i := range all {
		m := &all[i]
		if m.Role == llm.ToolRole {
			m.Role = llm.User
		}
		var out []llm.Part
		for n := range m.Parts {
			switch p := &m.Parts[n]; {
			case p.Call != nil:
				words := "[Called the tool " + p.Call.Name + " with " + string(ArgumentsObject(p.Call)) + "]"
				out = append(out, llm.Part{Kind: llm.Text, Text: jsonout.Quote(words), Cache: p.Cache})
			case p.Result != nil:
				out = append(out, told(p)...)
			default:
				out = append(out, *p)
			}
		}
		m.Parts = out
	}
	out := withMessages(r, all)
	out.Has = r.Has.Without(llm.Of(llm.FToolCall, llm.FToolResult))
	return out
}

// told gives a tool's result in words.
func told(p *llm.Part) []llm.Part {
	res := p.Result
	words := "[The tool " + res.Name
	switch {
	case res.Error:
		words += " failed:]"
	case len(res.Parts) == 0 && res.JSON == nil:
		words += " gave nothing.]"
	default:
		words += " gave:]"
	}
	if res.JSON != nil {
		words += "\n" + string(res.JSON)
	}
	out := append([]llm.Part{{Kind: llm.Text, Text: jsonout.Quote(words)}}, res.Parts...)
	if last := &out[len(out)-1]; last.Cache == "" {
		last.Cache = p.Cache
	}
	return out
}
