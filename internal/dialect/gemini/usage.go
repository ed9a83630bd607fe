package gemini

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// tokens are the counts of https://ai.google.dev/api/generate-content#UsageMetadata:
// prompt includes what was cached; candidates excludes thoughts; toolPrompt is extra.
type tokens struct {
	prompt, toolPrompt, cached, candidates, thoughts, total llm.Count
	audioIn, audioOut, cachedAudio, imageIn, imageOut       int64
	tier, traffic                                           string
}

// readUsage brings the report up to date with the last usage.
func (m *meter) readUsage() {
	t := readTokens(m.last)
	u := t.usage(m.whole && m.op != llm.OpEmbeddings)
	u.Images = m.images.Add(m.predict.images)
	unit(&u, llm.UnitSearches, int64(m.searches))
	m.predict.addTo(&u)
	m.report.Usage, m.report.ServiceTier = u, t.served()
}

// readTokens reads a usageMetadata.
func readTokens(raw []byte) (t tokens) {
	_ = jsonscan.Members(raw, func(key, value []byte) bool { t.set(key, value); return true })
	return t
}

// usage gives the counts in the neutral sense. Of a whole answer, what it leaves out is
// not to come.
func (t *tokens) usage(whole bool) llm.Usage {
	u := llm.Usage{
		InputTokens:     t.prompt.Add(t.toolPrompt),
		OutputTokens:    t.candidates.Add(t.thoughts),
		CacheReadTokens: t.cached,
		ReasoningTokens: t.thoughts,
	}
	if !u.OutputTokens.Known && whole {
		u.OutputTokens = t.rest()
	}
	u.AudioInputTokens = positive(t.audioIn)
	u.AudioOutputTokens = positive(t.audioOut)
	unit(&u, llm.UnitCachedAudio, t.cachedAudio)
	unit(&u, llm.UnitImageInputTokens, t.imageIn)
	unit(&u, llm.UnitImageTokens, t.imageOut)
	return u
}

func (t *tokens) set(key, value []byte) {
	switch string(key) {
	case "promptTokenCount":
		t.prompt = count(value)
	case "toolUsePromptTokenCount":
		t.toolPrompt = count(value)
	case "cachedContentTokenCount":
		t.cached = count(value)
	case "candidatesTokenCount":
		t.candidates = count(value)
	case "thoughtsTokenCount":
		t.thoughts = count(value)
	case "totalTokenCount":
		t.total = count(value)
	case "promptTokensDetails", "promptTokenDetails", "toolUsePromptTokensDetails": // the second is embeddings'
		modality(value, &t.audioIn, &t.imageIn)
	case "candidatesTokensDetails":
		modality(value, &t.audioOut, &t.imageOut)
	case "cacheTokensDetails":
		modality(value, &t.cachedAudio, nil)
	case "serviceTier":
		t.tier, _ = jsonscan.String(value)
	case "trafficType":
		t.traffic, _ = jsonscan.String(value)
	}
}

// rest is the output of an answer that counts none: the vendor leaves out zeros, so
// what the total has beyond the input is all there was.
func (t *tokens) rest() llm.Count {
	input := t.prompt.Add(t.toolPrompt)
	if !t.total.Known || !input.Known || t.total.N < input.N {
		return llm.Count{}
	}
	return llm.Known(t.total.N - input.N)
}

// served is the tier that answered, in one cloud's words for both
// (https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#TrafficType).
func (t *tokens) served() string {
	if t.tier != "" {
		return t.tier
	}
	switch t.traffic {
	case "ON_DEMAND":
		return "standard"
	case "ON_DEMAND_PRIORITY":
		return "priority"
	case "ON_DEMAND_FLEX":
		return "flex"
	}
	return t.traffic
}

// count takes what is a plausible number of tokens.
func count(raw []byte) llm.Count {
	if n, ok := jsonscan.Int(raw); ok && n >= 0 && n < 1<<53 {
		return llm.Known(n)
	}
	return llm.Count{}
}

// modality adds the audio and image counts of a list of {modality, tokenCount}.
func modality(list []byte, audio, image *int64) {
	_ = jsonscan.Elements(list, func(one []byte) bool {
		n := count(jsonscan.Get(one, "tokenCount")).N
		switch kind := jsonscan.Get(one, "modality"); {
		case is(kind, "AUDIO"):
			*audio += n
		case is(kind, "IMAGE") && image != nil:
			*image += n
		}
		return true
	})
}

// is compares an enum's value, written as a name or as a number.
func is(raw []byte, name string) bool {
	if len(raw) == 1 && raw[0] >= '0' && raw[0] < '0'+byte(len(modalities)) {
		return modalities[raw[0]-'0'] == name
	}
	return len(raw) == len(name)+2 && string(raw[1:len(raw)-1]) == name
}

func positive(n int64) llm.Count { return llm.Count{N: n, Known: n > 0} }

func unit(u *llm.Usage, name string, n int64) {
	if n > 0 {
		u.SetUnit(name, float64(n))
	}
}

// predictions is what a :predict answer says of itself: images made, or texts embedded
// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api).
type predictions struct {
	images, tokens llm.Count
	characters     int64
}

func (p *predictions) read(list []byte) {
	_ = jsonscan.Elements(list, func(one []byte) bool {
		if bytes.HasPrefix(jsonscan.Get(one, "mimeType"), []byte(`"image/`)) {
			p.images = p.images.Add(llm.Known(1))
		}
		p.tokens = p.tokens.Add(count(jsonscan.Get(one, "embeddings", "statistics", "token_count")))
		return true
	})
}

func (p *predictions) readMetadata(metadata []byte) {
	p.characters = count(jsonscan.Get(metadata, "billableCharacterCount")).N
}

func (p *predictions) addTo(u *llm.Usage) {
	if !u.InputTokens.Known {
		u.InputTokens = p.tokens
	}
	unit(u, llm.UnitCharacters, p.characters)
}
