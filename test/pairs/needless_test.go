package pairs_test

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// thoughtless are models that do not reason.
var thoughtless = []string{
	"gpt-4o", "gpt-4o-search-preview", "gemini-2.0-flash", "gemma-3-27b-it", "command-a-03-2025",
}

// needless reports whether a request says with a feature what the target does unasked,
// so that nothing is lost when nothing is written.
func needless(r *llm.Request, f llm.Feature, to *dialect.Dialect, target *dialect.Target) bool {
	value := string(r.Setting(f))
	switch f {
	case llm.FStreamUsage: // only one dialect has to be asked
		return to.Name != dialect.Chat
	case llm.FParallel, llm.FChoiceRequired, llm.FChoiceTool:
		return !callable(r)
	case llm.FChoiceAllowed: // all that there are
		return !callable(r) || len(r.Choice.Names) == len(r.Tools)
	case llm.FChoiceNone, llm.FTools: // no tools, or none that may be called
		return !callable(r)
	case llm.FSystemLater: // with nothing in it
		return !slices.ContainsFunc(r.Messages, func(m llm.Message) bool { return m.Role == llm.System && len(m.Parts) > 0 })
	case llm.FStore:
		return value == "false"
	case llm.FToolStrict: // what is not strict anyway, or obeyed where a call is required
		return to.Name == dialect.Gemini && r.Has.Has(llm.FChoiceRequired) || !slices.ContainsFunc(r.Tools, func(t llm.Tool) bool { return t.Strict != nil && *t.Strict })
	case llm.FStrict: // a schema is always obeyed there
		return to.Name != dialect.Chat && to.Name != dialect.Responses || !*r.Output.Strict
	case llm.FFileCites: // documents are always cited there
		return to.Name == dialect.Cohere
	case llm.FThinkingEffort: // left to the model
		return r.Thinking.Effort == "" && (r.Thinking.Mode == "adaptive" || r.Thinking.Budget.Known)
	case llm.FThinkingOff: // it is not done unasked, or not at all
		return to.Name == dialect.Messages || to.Name == dialect.Converse || slices.Contains(thoughtless, target.Model)
	case llm.FThinkingSummary: // there is none, or it is shown anyway
		t := &r.Thinking
		shown := to.Name == dialect.Messages || to.Name == dialect.Converse || target.Traits.Reasoning == "object"
		return t.Mode == "" && t.Effort == "" && !t.Budget.Known || shown && t.Summary != "none"
	}
	return false
}

func callable(r *llm.Request) bool {
	return (r.Has.Has(llm.FTools) || r.Has.Has(llm.FCustomTool)) && r.Choice.Mode != "none"
}

// ofWhole says of what a feature is a detail: with the whole it goes, too.
var ofWhole = map[llm.Feature][]llm.Feature{
	llm.FCacheTTL:       {llm.FCache, llm.FToolCache, llm.FTools},
	llm.FImageDetail:    {llm.FImageFile, llm.FImageURL},
	llm.FFileName:       {llm.FFileID, llm.FFileURL, llm.FFileData},
	llm.FFileContext:    {llm.FFileID, llm.FFileURL, llm.FFileData},
	llm.FFileCites:      {llm.FFileID, llm.FFileURL, llm.FFileData},
	llm.FResultMedia:    {llm.FImageFile, llm.FFileID, llm.FVideo},
	llm.FThinkingState:  {llm.FThinking},
	llm.FToolStrict:     {llm.FTools},
	llm.FToolCache:      {llm.FTools},
	llm.FChoiceRequired: {llm.FTools},
	llm.FChoiceTool:     {llm.FTools},
	llm.FChoiceAllowed:  {llm.FTools},
	llm.FChoiceNone:     {llm.FTools},
	llm.FParallel:       {llm.FTools},
	llm.FStrict:         {llm.FSchema},
	llm.FSchemaName:     {llm.FSchema},
	llm.FTopLogprobs:    {llm.FLogprobs},
	llm.FAudioOut:       {llm.FModalities},
}

// goneWithWhole reports whether what a feature is a detail of is told as dropped.
func goneWithWhole(r *llm.Request, f llm.Feature, to *dialect.Dialect, lost llm.Features) bool {
	lost = lost.With(r.Has.Without(dialect.Carried(to.Carries)))
	return slices.ContainsFunc(ofWhole[f], lost.Has)
}

// within are features that another one says, too, once they are written.
var within = map[llm.Feature][]llm.Feature{
	llm.FJSON:           {llm.FSchema},
	llm.FImageData:      {llm.FResultMedia},
	llm.FImageURL:       {llm.FResultMedia},
	llm.FFileData:       {llm.FResultMedia, llm.FFileText},
	llm.FFileText:       {llm.FFileData},
	llm.FThinkingEffort: {llm.FThinkingBudget},
}

func said(f llm.Feature, back *llm.Request) bool {
	return back.Has.Has(f) || slices.ContainsFunc(within[f], back.Has.Has)
}
