package proxy

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Parameter is one setting of a request: a number, or texts.
type Parameter struct {
	Name   string // temperature, top_p, top_k, max_tokens, frequency_penalty, presence_penalty, seed, stop_sequences, choice.count, encoding_formats
	Number float64
	Texts  []string // nil = it is a number
}

// parameterOf is what spans call a setting of a dialect's, in the document itself or in one
// of its objects of settings; "" = it is none that they tell.
func parameterOf(member []byte) string {
	switch string(member) {
	case "temperature":
		return "temperature"
	case "top_p", "topP", "p":
		return "top_p"
	case "top_k", "topK", "k":
		return "top_k"
	case "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens":
		return "max_tokens"
	case "frequency_penalty", "frequencyPenalty":
		return "frequency_penalty"
	case "presence_penalty", "presencePenalty":
		return "presence_penalty"
	case "n", "candidateCount":
		return "choice.count"
	case "seed":
		return "seed"
	case "stop", "stop_sequences", "stopSequences":
		return "stop_sequences"
	case "encoding_format":
		return "encoding_formats"
	}
	return ""
}

// ofParameters reports whether a member holds settings.
func ofParameters(member []byte) bool {
	switch string(member) {
	case "generationConfig", "generation_config", "inferenceConfig":
		return true
	}
	return false
}

// maxParameterText bounds one text, maxParameterTexts their number.
const (
	maxParameterText  = 128
	maxParameterTexts = 16
)

// parameters reads the settings of a JSON request whose body is still at hand. It is called
// for calls that are traced alone; words says whether spans may hold what the caller said.
func (x *exchange) parameters(words bool) (out []Parameter) {
	if x.ep == nil || x.ep.Body != dialect.JSON || x.bodyLeft != nil {
		return nil
	}
	take := func(key, value []byte) bool {
		if to := parameterOf(key); to != "" && (words || to != "stop_sequences") {
			out = appendParameter(out, to, value)
		}
		return true
	}
	_ = jsonscan.Members(x.body.bytes(), func(key, value []byte) bool { // what is wrong with it the caller was told
		if ofParameters(key) {
			_ = jsonscan.Members(value, take)
			return true
		}
		return take(key, value)
	})
	return out
}

func appendParameter(out []Parameter, name string, value []byte) []Parameter {
	for i := range out {
		if out[i].Name == name { // said twice, in two spellings
			return out
		}
	}
	if name != "stop_sequences" && name != "encoding_formats" {
		if n, ok := jsonscan.Float(value); ok {
			out = append(out, Parameter{Name: name, Number: n})
		}
		return out
	}
	var texts []string
	add := func(v []byte) bool {
		if s, ok := jsonscan.String(v); ok && len(texts) < maxParameterTexts {
			texts = append(texts, strings.Clone(s[:min(len(s), maxParameterText)]))
		}
		return true
	}
	if len(value) > 0 && value[0] == '[' {
		_ = jsonscan.Elements(value, add)
	} else {
		add(value)
	}
	if texts != nil {
		out = append(out, Parameter{Name: name, Texts: texts})
	}
	return out
}
