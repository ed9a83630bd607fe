package openaichat

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// setting writes a plain setting under the name that the target has for it.
func (w *writer) setting(s *llm.Setting) {
	known := settingOf(s.Feature)
	if known == nil || !w.own && s.Unasked() || w.lacks(s.Feature) {
		return
	}
	member, value := known.name, s.Value
	if !w.own {
		member, value = w.adapted(s, member)
		if member == "" {
			w.lose(s.Feature)
			return
		}
	}
	if s.Feature == llm.FSeed && w.to.Traits.Seed != "" {
		member = w.to.Traits.Seed
	}
	w.Member(member, value)
}

// adapted gives the member and value of a setting for a target whose caller speaks
// another dialect; "" = it must be left out.
func (w *writer) adapted(s *llm.Setting, member string) (string, llm.Raw) {
	t := &w.to.Traits
	switch s.Feature {
	case llm.FTopK:
		return kept(t.TopK, member), s.Value
	case llm.FMinP:
		return kept(t.MinP, member), s.Value
	case llm.FTemperature:
		return kept(w.samples() && (!w.to.Facts.Known || w.to.Facts.Temperature), member), s.Value
	case llm.FTopP, llm.FLogprobs, llm.FTopLogprobs:
		return kept(w.samples(), member), s.Value
	case llm.FFrequencyPenalty, llm.FPresencePenalty, llm.FLogitBias:
		return kept(!w.model.reasons, member), s.Value
	case llm.FMetadata: // OpenAI takes it for answers that it stores
		return kept(!w.vendor || string(w.r.Setting(llm.FStore)) == "true", member), s.Value
	case llm.FModalities:
		return kept(!w.vendor || !strings.Contains(string(s.Value), `"image"`), member), s.Value
	case llm.FSeed: // OpenAI's has 64 bits
		_, fits := jsonscan.Int(s.Value)
		return kept(fits || !w.vendor, member), s.Value
	case llm.FUser, llm.FSafetyID, llm.FCacheKey:
		return w.identifier(s, member)
	}
	return member, s.Value
}

func kept(ok bool, member string) string {
	if ok {
		return member
	}
	return ""
}

// samples reports whether the model takes temperature and its like: reasoning models do
// only where they are told not to reason and can do so
// (https://platform.openai.com/docs/guides/latest-model).
func (w *writer) samples() bool {
	if !w.model.reasons {
		return true
	}
	return w.r.Thinking.Mode == "off" && indexOf(w.model.efforts, "none") >= 0
}

// maxIdentifier is how long user, safety_identifier and prompt_cache_key may be.
const maxIdentifier = 64

// identifier writes who asks, or a cache's key: one that is too long as its digest.
func (w *writer) identifier(s *llm.Setting, member string) (string, llm.Raw) {
	if s.Feature == llm.FSafetyID && !w.vendor { // only OpenAI has the newer name
		if w.r.Setting(llm.FUser) != nil || w.to.Traits.Lacks.Has(llm.FUser) {
			return "", nil
		}
		member = "user"
	}
	if len(s.Value) <= maxIdentifier+2 {
		return member, s.Value
	}
	text, _ := jsonscan.String(s.Value)
	sum := sha256.Sum256([]byte(text))
	return member, llm.Raw(`"` + hex.EncodeToString(sum[:]) + `"`)
}
