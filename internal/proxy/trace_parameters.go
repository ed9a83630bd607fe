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

// parameterNames are the members by which dialects set what spans tell, in the document
// itself or in one of parameterObjects.
var parameterNames = map[string]string{
	"temperature": "temperature",
	"top_p":       "top_p", "topP": "top_p", "p": "top_p",
	"top_k": "top_k", "topK": "top_k", "k": "top_k",
	"max_tokens": "max_tokens", "max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens", "maxOutputTokens": "max_tokens", "maxTokens": "max_tokens",
	"frequency_penalty": "frequency_penalty", "frequencyPenalty": "frequency_penalty",
	"presence_penalty": "presence_penalty", "presencePenalty": "presence_penalty",
	"seed": "seed",
	"n":    "choice.count", "candidateCount": "choice.count",
	"stop": "stop_sequences", "stop_sequences": "stop_sequences", "stopSequences": "stop_sequences",
	"encoding_format": "encoding_formats",
}

// parameterObjects are members that hold settings.
var parameterObjects = map[string]bool{"generationConfig": true, "generation_config": true, "inferenceConfig": true}

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
		if to := parameterNames[string(key)]; to != "" && (words || to != "stop_sequences") {
			out = appendParameter(out, to, value)
		}
		return true
	}
	_ = jsonscan.Members(x.body.bytes(), func(key, value []byte) bool { // what is wrong with it the caller was told
		if parameterObjects[string(key)] {
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
