package gemini

import (
	"bytes"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// generation reads generationConfig (https://ai.google.dev/api/generate-content#generationconfig).
func (p *requestParser) generation(v llm.Raw) {
	if v == nil || p.err != nil {
		return
	}
	err := jsonscan.Members(v, func(key, v []byte) bool {
		if !jsonscan.IsNull(v) {
			p.setting(key, v)
		}
		return p.err == nil
	})
	p.broken("generationConfig", err)
}

func (p *requestParser) setting(key []byte, v llm.Raw) {
	switch string(key) {
	case "temperature":
		p.number(llm.FTemperature, v, "temperature")
	case "topP", "top_p":
		p.number(llm.FTopP, v, "topP")
	case "topK", "top_k":
		p.whole(llm.FTopK, v, "topK")
	case "presencePenalty", "presence_penalty":
		p.number(llm.FPresencePenalty, v, "presencePenalty")
	case "frequencyPenalty", "frequency_penalty":
		p.number(llm.FFrequencyPenalty, v, "frequencyPenalty")
	case "seed":
		p.whole(llm.FSeed, v, "seed")
	case "candidateCount", "candidate_count":
		p.whole(llm.FN, v, "candidateCount")
	case "logprobs":
		p.whole(llm.FTopLogprobs, v, "logprobs")
	case "responseLogprobs", "response_logprobs":
		p.flag(llm.FLogprobs, v, "generationConfig.responseLogprobs")
	case "maxOutputTokens", "max_output_tokens":
		p.maxOutput(v)
	case "stopSequences", "stop_sequences":
		p.stop(v)
	case "responseModalities", "response_modalities":
		p.modalities(v)
	case "thinkingConfig", "thinking_config":
		p.thinking(v)
	default:
		p.output(key, v)
	}
}

// number notes a setting that is a number. Numbers may come in quotes, as the proto3
// JSON form allows.
func (p *requestParser) number(f llm.Feature, v llm.Raw, name string) {
	v = bytes.Trim(v, `"`)
	if _, ok := jsonscan.Float(v); !ok {
		p.fail("generationConfig."+name, "must be a number.")
		return
	}
	p.r.Set(f, v)
}

// whole notes a setting that is a whole number, however it is written: 40.0 is 40.
func (p *requestParser) whole(f llm.Feature, v llm.Raw, name string) {
	n, ok := jsonscan.Int(bytes.Trim(v, `"`))
	if !ok {
		p.fail("generationConfig."+name, "must be a whole number.")
		return
	}
	if bytes.ContainsAny(v, `."eE`) {
		v = llm.Known(n).AppendJSON(nil)
	}
	p.r.Set(f, v)
}

func (p *requestParser) maxOutput(v llm.Raw) {
	n, ok := jsonscan.Int(bytes.Trim(v, `"`))
	if !ok || n < 0 {
		p.fail("generationConfig.maxOutputTokens", "must be a whole number.")
		return
	}
	p.r.MaxOutput = llm.Known(n)
	p.r.Has.Add(llm.FMaxOutput)
}

func (p *requestParser) stop(v llm.Raw) {
	err := each(v, func(one []byte) bool {
		if p.isText(one, "generationConfig.stopSequences") {
			p.r.Stop = append(p.r.Stop, one)
		}
		return p.err == nil
	})
	p.broken("generationConfig.stopSequences", err)
	if len(p.r.Stop) > 0 {
		p.r.Has.Add(llm.FStop)
	}
}

// modalities writes the modalities in small letters.
func (p *requestParser) modalities(v llm.Raw) {
	var w jsonout.Writer
	w.Begin('[')
	err := each(v, func(one []byte) bool {
		w.String(strings.ToLower(p.text(one, "generationConfig.responseModalities")))
		return p.err == nil
	})
	w.End(']')
	p.broken("generationConfig.responseModalities", err)
	p.r.Set(llm.FModalities, w.B)
}

// thinking reads a thinkingConfig (https://ai.google.dev/gemini-api/docs/thinking): a
// budget of -1 leaves it to the model, 0 is none.
func (p *requestParser) thinking(v llm.Raw) {
	t, has := &p.r.Thinking, &p.r.Has
	err := jsonscan.Members(v, func(key, value []byte) bool {
		switch string(key) {
		case "includeThoughts", "include_thoughts":
			t.Summary = map[string]string{"true": "auto", "false": "none"}[string(value)]
			if t.Summary != "" {
				has.Add(llm.FThinkingSummary)
			}
		case "thinkingBudget", "thinking_budget":
			n, ok := jsonscan.Int(bytes.Trim(value, `"`))
			switch {
			case jsonscan.IsNull(value):
			case !ok:
				p.fail("generationConfig.thinkingConfig.thinkingBudget", "must be a whole number.")
			case n == 0:
				t.Mode = "off"
				has.Add(llm.FThinkingOff)
			case n < 0:
				t.Mode = "adaptive"
				has.Add(llm.FThinkingBudget)
			default:
				t.Mode, t.Budget = "on", llm.Known(n)
				has.Add(llm.FThinkingBudget)
			}
		case "thinkingLevel", "thinking_level":
			p.level(value)
		default:
			p.own("generationConfig.thinkingConfig."+nameOf(key), value)
		}
		return p.err == nil
	})
	p.broken("generationConfig.thinkingConfig", err)
}

// levels of thinking by their numbers.
var levels = [...]string{"", "LOW", "MEDIUM", "HIGH", "MINIMAL"}

func (p *requestParser) level(v llm.Raw) {
	level := word(v, levels[:])
	if level == "" || level == "THINKING_LEVEL_UNSPECIFIED" {
		return
	}
	p.r.Thinking.Mode, p.r.Thinking.Effort = "on", strings.ToLower(level)
	p.r.Has.Add(llm.FThinkingEffort)
}

// output reads the form of the answer, and what only this dialect has.
func (p *requestParser) output(key []byte, v llm.Raw) {
	o := &p.r.Output
	switch string(key) {
	case "responseMimeType", "response_mime_type":
		p.mimeType(v)
	case "responseSchema", "response_schema":
		if onlyOpenAPI(v) {
			v = fromOpenAPI(v)
		}
		o.Kind, o.Schema = "schema", v
		p.r.Has.Add(llm.FSchema)
	case "responseJsonSchema", "response_json_schema", "_responseJsonSchema", "_response_json_schema":
		o.Kind, o.Schema = "schema", v
		p.r.Has.Add(llm.FSchema)
	default:
		p.own("generationConfig."+camelSetting(key), v)
	}
}

func (p *requestParser) mimeType(v llm.Raw) {
	switch p.text(v, "generationConfig.responseMimeType") {
	case "application/json":
		if p.r.Output.Kind == "" {
			p.r.Output.Kind = "json"
		}
		p.r.Has.Add(llm.FJSON)
	case "text/plain", "":
	default:
		p.own("generationConfig.responseMimeType", v)
	}
}

// camelSetting gives the camelCase spelling of settings that only this dialect has.
func camelSetting(key []byte) string {
	switch string(key) {
	case "speech_config":
		return "speechConfig"
	case "image_config":
		return "imageConfig"
	case "media_resolution":
		return "mediaResolution"
	case "audio_timestamp":
		return "audioTimestamp"
	case "routing_config":
		return "routingConfig"
	case "model_config":
		return "modelConfig"
	case "model_selection_config":
		return "modelSelectionConfig"
	case "enable_affective_dialog":
		return "enableAffectiveDialog"
	case "enable_enhanced_civic_answers":
		return "enableEnhancedCivicAnswers"
	}
	return nameOf(key)
}
