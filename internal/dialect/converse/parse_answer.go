package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ParseAnswer implements dialect.Codec.
func (codec) ParseAnswer(body []byte, c *dialect.Call) (*llm.Answer, error) {
	p := parser{r: &llm.Request{}, call: c, role: llm.Assistant}
	a := &llm.Answer{Choices: make([]llm.Choice, 1)}
	choice := &a.Choices[0]
	stopped := false
	d := jsonscan.NewReader(body)
	if !d.At('{') {
		return nil, fault.New(fault.UpstreamError, "The provider's answer is no JSON object.")
	}
	p.object(&d, "", func(key []byte) {
		switch string(key) {
		case "output":
			p.object(&d, "output", func(key []byte) {
				if string(key) == "message" {
					p.answered(&d)
				}
			})
		case "stopReason":
			choice.Vendor, stopped = p.word(&d, "stopReason"), true
		case "usage":
			a.Usage = readUsage(d.Raw())
		case "serviceTier":
			a.Tier, _ = jsonscan.String(jsonscan.Get(d.Raw(), "type"))
		case "additionalModelResponseFields":
			v := d.Raw()
			choice.StopText = stopText(v)
			a.Own = append(a.Own, llm.Member{Name: string(key), Value: v})
		default:
			if v := d.Raw(); !jsonscan.IsNull(v) {
				a.Own = append(a.Own, llm.Member{Name: string(key), Value: v})
			}
		}
	})
	if err := p.done(&d, "The answer"); err != nil {
		return nil, err
	}
	if !stopped && len(p.r.Messages) == 0 && isError(body) {
		return nil, parseError(200, nil, body)
	}
	if len(p.r.Messages) > 0 {
		choice.Parts = p.r.Messages[0].Parts
	}
	choice.Finish = finishOf(choice.Vendor)
	return a, nil
}

// answered reads the message of an answer.
func (p *parser) answered(d *jsonscan.Reader) {
	p.object(d, "output.message", func(key []byte) {
		if string(key) != "content" {
			return
		}
		p.array(d, "output.message.content", func() { p.block(d) })
		p.flush()
	})
}

// stopText finds the stop sequence that was met, where the caller asked for it: in a
// whole answer at the top, in a stream in Claude's delta.
func stopText(v []byte) llm.Raw {
	if s := ifText(jsonscan.Get(v, "stop_sequence")); s != nil {
		return s
	}
	return ifText(jsonscan.Get(v, "delta", "stop_sequence"))
}

// finishes are the stop reasons of
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
// and, last, those of Claude's that may come through. The first one of a finish is the one
// written: a word of the vendor's own, so that a refusal is what was filtered, and a turn
// that pauses is one that was cut.
var finishes = [...]struct {
	word   string
	finish llm.Finish
}{
	{"end_turn", llm.FinishStop},
	{"stop_sequence", llm.FinishStop},
	{"max_tokens", llm.FinishLength},
	{"tool_use", llm.FinishTools},
	{"content_filtered", llm.FinishFilter},
	{"guardrail_intervened", llm.FinishFilter},
	{"model_context_window_exceeded", llm.FinishContext},
	{"malformed_model_output", llm.FinishError},
	{"malformed_tool_use", llm.FinishError},
	{"refusal", llm.FinishRefusal},
	{"pause_turn", llm.FinishPause},
}

func finishOf(word string) llm.Finish {
	for _, f := range finishes {
		if f.word == word {
			return f.finish
		}
	}
	return llm.FinishUnknown
}

// stopReason gives the vendor's word for a finish. The vendor's SDKs take words that
// they do not know, so that an unknown one stays.
func stopReason(f llm.Finish, vendor string, stop llm.Raw) string {
	if f == llm.FinishStop && dialect.MetStop(vendor, stop) {
		return "stop_sequence"
	}
	switch f {
	case llm.FinishRefusal:
		return "content_filtered"
	case llm.FinishPause:
		return "max_tokens"
	}
	if finishOf(vendor) == f && vendor != "" {
		return vendor
	}
	for _, known := range finishes {
		if known.finish == f {
			return known.word
		}
	}
	if vendor == "" {
		return "end_turn"
	}
	return vendor
}
