package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// form is what a setting's value must be.
type form uint8

const (
	asNumber form = iota
	asInteger
	asSeed // a whole number of any size
	asFlag
	asText
	asObject
	asArray
)

const (
	wholeNumber = "a whole number"
	smallNumber = "a whole number of no more than 64 bits"
)

func (f form) want() string {
	return [...]string{"a number", wholeNumber, "a whole number", "true or false", "a string", "an object", "an array"}[f]
}

// setting is a member of the body whose value is its neutral form.
type setting struct {
	name    string
	alias   string // how another vendor spells it
	feature llm.Feature
	form    form
}

// settings are the plain members
// (https://platform.openai.com/docs/api-reference/chat/create), and two that many
// servers of this form know beside them.
var settings = [...]setting{
	{"temperature", "", llm.FTemperature, asNumber},
	{"top_p", "", llm.FTopP, asNumber},
	{"top_k", "", llm.FTopK, asInteger},
	{"min_p", "", llm.FMinP, asNumber},
	{"frequency_penalty", "", llm.FFrequencyPenalty, asNumber},
	{"presence_penalty", "", llm.FPresencePenalty, asNumber},
	{"seed", "random_seed", llm.FSeed, asSeed}, // https://docs.mistral.ai/api/
	{"n", "", llm.FN, asInteger},
	{"logprobs", "", llm.FLogprobs, asFlag},
	{"top_logprobs", "", llm.FTopLogprobs, asInteger},
	{"logit_bias", "", llm.FLogitBias, asObject},
	{"user", "", llm.FUser, asText},
	{"safety_identifier", "", llm.FSafetyID, asText},
	{"metadata", "", llm.FMetadata, asObject},
	{"service_tier", "", llm.FTier, asText},
	{"store", "", llm.FStore, asFlag},
	{"prompt_cache_key", "", llm.FCacheKey, asText},
	{"prompt_cache_retention", "", llm.FCacheRetention, asText},
	{"verbosity", "", llm.FVerbosity, asText},
	{"modalities", "", llm.FModalities, asArray},
	{"audio", "", llm.FAudioOut, asObject},
	{"prediction", "", llm.FPrediction, asObject},
	{"web_search_options", "", llm.FSearchOptions, asObject},
}

// fits reports whether a value has the setting's form.
func (s *setting) fits(v []byte) bool {
	ok := false
	switch s.form {
	case asNumber:
		_, ok = jsonscan.Float(v)
	case asInteger:
		_, ok = jsonscan.Int(v)
	case asSeed:
		_, ok = jsonscan.Int(v)
		ok = ok || jsonscan.IsWhole(v)
	case asFlag:
		_, ok = jsonscan.Bool(v)
	case asText:
		ok = v[0] == '"'
	case asObject:
		ok = v[0] == '{'
	case asArray:
		ok = v[0] == '['
	}
	return ok
}

// settingOf finds the member of a feature, nil when it is no plain one.
func settingOf(f llm.Feature) *setting {
	for i := range settings {
		if settings[i].feature == f {
			return &settings[i]
		}
	}
	return nil
}
