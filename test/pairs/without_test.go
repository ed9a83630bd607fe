package pairs_test

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// without gives a request that is the same but for one feature; false when there is no
// such request, since what is left would be another conversation.
func without(r *llm.Request, f llm.Feature) (*llm.Request, bool) {
	c := clone(r)
	switch {
	case c.Setting(f) != nil:
		c.Settings = slices.DeleteFunc(c.Settings, func(s llm.Setting) bool { return s.Feature == f })
	case !withoutAsked(c, f) && !withoutTools(c, f) && !withoutPart(c, f):
		return nil, false
	}
	c.Has = c.Has.Without(llm.Of(f))
	return c, true
}

func clone(r *llm.Request) *llm.Request {
	c := *r
	c.Settings, c.Tools = slices.Clone(r.Settings), slices.Clone(r.Tools)
	c.Messages = slices.Clone(r.Messages)
	for i := range c.Messages {
		c.Messages[i].Parts = cloneParts(c.Messages[i].Parts)
	}
	return &c
}

func cloneParts(parts []llm.Part) []llm.Part {
	out := slices.Clone(parts)
	for i := range out {
		p := &out[i]
		if p.Media != nil {
			m := *p.Media
			m.Parts = cloneParts(m.Parts)
			p.Media = &m
		}
		if p.Result != nil {
			res := *p.Result
			res.Parts = cloneParts(res.Parts)
			p.Result = &res
		}
	}
	return out
}

// withoutAsked takes out what is asked of the answer.
func withoutAsked(c *llm.Request, f llm.Feature) bool {
	switch f {
	case llm.FMaxOutput:
		c.MaxOutput = llm.Count{}
	case llm.FStop:
		c.Stop = nil
	case llm.FJSON, llm.FSchema:
		c.Output = llm.OutputFormat{}
	case llm.FSchemaName:
		c.Output.Name, c.Output.Description = "", nil
	case llm.FStrict:
		c.Output.Strict = nil
	case llm.FThinkingBudget:
		c.Thinking.Budget, c.Thinking.Mode = llm.Count{}, ""
	case llm.FThinkingEffort:
		c.Thinking.Effort, c.Thinking.Mode = "", ""
	case llm.FThinkingOff:
		c.Thinking.Effort, c.Thinking.Mode, c.Thinking.Budget = "", "", llm.Count{}
	case llm.FThinkingSummary:
		c.Thinking.Summary = ""
	default:
		return false
	}
	return true
}

// withoutTools takes out tools, or what is said of them.
func withoutTools(c *llm.Request, f llm.Feature) bool {
	kinds := map[llm.Feature]llm.ToolKind{llm.FTools: llm.Function, llm.FCustomTool: llm.Custom, llm.FWebSearch: llm.WebSearch, llm.FCode: llm.Code, llm.FBuiltin: llm.Builtin}
	switch f {
	case llm.FTools, llm.FCustomTool, llm.FWebSearch, llm.FCode, llm.FBuiltin:
		before := len(c.Tools)
		c.Tools = slices.DeleteFunc(c.Tools, func(t llm.Tool) bool { return t.Kind == kinds[f] })
		return len(c.Tools) < before
	case llm.FToolStrict:
		for i := range c.Tools {
			c.Tools[i].Strict = nil
		}
	case llm.FToolCache:
		for i := range c.Tools {
			c.Tools[i].Cache = ""
		}
	case llm.FChoiceNone, llm.FChoiceRequired, llm.FChoiceTool, llm.FChoiceAllowed:
		c.Choice.Mode, c.Choice.Names = "", nil
	case llm.FParallel:
		c.Choice.Parallel = nil
	default:
		return false
	}
	return true
}

// withoutPart takes something out of every turn.
func withoutPart(c *llm.Request, f llm.Feature) bool {
	known := f == llm.FMessageName
	for i := range c.Messages {
		m := &c.Messages[i]
		if f == llm.FMessageName {
			m.Name = nil
		}
		count := len(m.Parts)
		m.Parts = slices.DeleteFunc(m.Parts, func(p llm.Part) bool { return is(&p, f) })
		known = len(m.Parts) < count || known
		known = stripAll(m.Parts, f) || known
	}
	for i := range c.Tools {
		if f == llm.FCacheTTL && c.Tools[i].Cache != "" {
			c.Tools[i].Cache, known = "5m", true
		}
	}
	return known
}

// is says of a part whether it is the feature itself.
func is(p *llm.Part, f llm.Feature) bool {
	m := p.Media
	switch f {
	case llm.FImageURL:
		return p.Kind == llm.Image && m.URL != nil
	case llm.FImageData:
		return p.Kind == llm.Image && m.Data != nil && m.URL == nil
	case llm.FImageFile:
		return p.Kind == llm.Image && m.FileID != nil
	case llm.FAudioData:
		return p.Kind == llm.Audio
	case llm.FVideo:
		return p.Kind == llm.Video
	case llm.FFileURL:
		return p.Kind == llm.File && m.URL != nil
	case llm.FFileData:
		return p.Kind == llm.File && m.Data != nil && m.URL == nil
	case llm.FFileID:
		return p.Kind == llm.File && m.FileID != nil
	case llm.FFileText:
		return p.Kind == llm.File && (m.Text != nil || m.Parts != nil)
	case llm.FRefusal:
		return p.Kind == llm.Refusal
	case llm.FVendorPart:
		return p.Kind == llm.Vendor
	}
	return false
}

func stripAll(parts []llm.Part, f llm.Feature) (known bool) {
	for i := range parts {
		p := &parts[i]
		known = strip(p, f) || known
		if p.Media != nil {
			known = stripMedia(p.Media, f) || stripAll(p.Media.Parts, f) || known
		}
		if res := p.Result; res != nil {
			known = stripAll(res.Parts, f) || known
			if f == llm.FResultError && res.Error {
				res.Error, known = false, true
			}
			if media := func(p llm.Part) bool { return p.Kind != llm.Text }; f == llm.FResultMedia && slices.ContainsFunc(res.Parts, media) {
				res.Parts, known = slices.DeleteFunc(res.Parts, media), true
			}
		}
	}
	return known
}

// strip takes out of a part what is not the part itself.
func strip(p *llm.Part, f llm.Feature) (known bool) {
	switch {
	case f == llm.FCache && p.Cache != "":
		p.Cache = ""
	case f == llm.FCacheTTL && p.Cache != "" && p.Cache != "5m":
		p.Cache = "5m"
	case f == llm.FCitations && p.Cites != nil:
		p.Cites = nil
	case f == llm.FThinkingState && p.State != nil:
		p.State = nil
	default:
		return false
	}
	return true
}

func stripMedia(m *llm.Media, f llm.Feature) (known bool) {
	switch {
	case f == llm.FImageDetail && m.Detail != "":
		m.Detail = ""
	case f == llm.FFileName && m.Name != nil:
		m.Name = nil
	case f == llm.FFileContext && m.Context != nil:
		m.Context = nil
	case f == llm.FFileCites && m.Cites:
		m.Cites = false
	default:
		return false
	}
	return true
}
