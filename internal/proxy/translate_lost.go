package proxy

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerMark stands before what was left out of an answer, in the vendor's words, where
// what was left out of the request is named in the caller's.
const answerMark = "answer: "

// partFeature is the feature of answers that a kind of part is, 0 where every dialect has it.
func partFeature(what llm.PartKind) llm.Feature {
	switch what {
	case llm.Vendor:
		return llm.AVendorPart
	case llm.Image, llm.Audio, llm.Video, llm.File:
		return llm.AMedia
	}
	return 0
}

// noteLost names what of a whole answer the caller's dialect has no place for.
func (x *exchange) noteLost(a *llm.Answer, plain []byte) {
	var has llm.Features
	if len(a.Choices) > 1 {
		has.Add(llm.AChoices)
	}
	for i := range a.Choices {
		c := &a.Choices[i]
		if c.Logprobs != nil {
			has.Add(llm.ALogprobs)
		}
		for n := range c.Parts {
			if f := partFeature(c.Parts[n].Kind); f != 0 {
				has.Add(f)
			}
			if len(c.Parts[n].Cites) > 0 {
				has.Add(llm.ACitations)
			}
		}
	}
	if lost := x.unsaid(has); lost != (llm.Features{}) {
		for _, path := range dialect.PathsOf(x.spoken.AnswerFields, lost, plain) {
			x.tr.noteDropped(answerMark + path)
		}
	}
}

// noteLostEvent does the same for an event of a stream. Once its head is gone, the entry
// alone tells.
func (x *exchange) noteLostEvent(e *llm.Event) {
	f := partFeature(e.What)
	if e.Kind != llm.PartStart || f == 0 || x.unsaid(llm.Of(f)) == (llm.Features{}) {
		return
	}
	path := dialect.PathOf(x.spoken.AnswerFields, f)
	if kind, ok := jsonscan.String(jsonscan.Get(e.Raw, "type")); ok {
		path += " (" + kind + ")"
	}
	x.tr.noteDropped(answerMark + path)
}

// unsaid gives the features that the caller's dialect has no place for.
func (x *exchange) unsaid(has llm.Features) (lost llm.Features) {
	for f := range features(has) {
		if x.dialect.AnswerCarries[f].Fate == dialect.Dropped {
			lost.Add(f)
		}
	}
	return lost
}

func (tr *translation) noteDropped(name string) {
	if len(tr.dropped) < 2*maxDropped && !slices.Contains(tr.dropped, name) {
		tr.dropped = append(tr.dropped, name)
	}
}
