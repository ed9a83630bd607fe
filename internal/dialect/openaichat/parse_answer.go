package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerReader reads one whole answer.
type answerReader struct {
	c       *dialect.Call
	a       llm.Answer
	failure []byte // an error in the answer
	sources []llm.Citation
}

// ParseAnswer implements dialect.Codec.
func (codec) ParseAnswer(body []byte, c *dialect.Call) (*llm.Answer, error) {
	p := answerReader{c: c}
	if err := jsonscan.Members(body, p.member); err != nil {
		return nil, fault.New(fault.UpstreamError, "The provider's answer is no JSON object.").With(err)
	}
	if p.failure != nil {
		return nil, openai.ParseError(200, nil, p.failure)
	}
	if len(p.a.Choices) == 0 {
		return nil, fault.New(fault.UpstreamError, "The provider's answer holds no choices.")
	}
	p.cite()
	return &p.a, nil
}

func (p *answerReader) member(key, v []byte) bool {
	a := &p.a
	switch string(key) {
	case "id":
		openai.SetText(&a.ID, v)
	case "model":
		openai.SetText(&a.Model, v)
	case "created":
		a.Created, _ = jsonscan.Int(v)
	case "service_tier":
		openai.SetWord(&a.Tier, v)
	case "usage":
		p.usage(v)
	case "x_groq":
		if a.Usage.IsZero() {
			p.usage(jsonscan.Get(v, "usage"))
		}
	case "error":
		if openai.IsError(v) {
			p.failure = []byte(`{"error":` + string(v) + `}`)
		}
	case "search_results", "citations":
		p.sources = readSources(v, p.sources)
	case "choices":
		_ = jsonscan.Elements(v, func(v []byte) bool { p.choice(v); return true })
	}
	return true
}

func (p *answerReader) usage(v []byte) {
	if len(v) == 0 || v[0] != '{' {
		return
	}
	in := jsonscan.NewReader(v)
	openai.SetWord(&p.a.Tier, openai.ToldUsageFrom(&p.a.Usage, &in))
}

// readSources reads what one vendor searched: objects, or bare URLs, which say less
// (https://docs.perplexity.ai/api-reference/chat-completions-post).
func readSources(v []byte, known []llm.Citation) (all []llm.Citation) {
	if len(v) == 0 || v[0] != '[' || len(known) > 0 && known[0].Title != nil {
		return known
	}
	_ = jsonscan.Elements(v, func(v []byte) bool {
		switch {
		case v[0] == '"':
			all = append(all, llm.Citation{URL: v})
		case v[0] == '{':
			c := llm.Citation{URL: stringOnly(jsonscan.Get(v, "url")), Title: stringOnly(jsonscan.Get(v, "title"))}
			all = append(all, c)
		}
		return true
	})
	if len(all) == 0 {
		return known
	}
	return all
}

// cite gives the sources of the whole answer to its first text.
func (p *answerReader) cite() {
	if len(p.sources) == 0 {
		return
	}
	for i := range p.a.Choices {
		for n := range p.a.Choices[i].Parts {
			if part := &p.a.Choices[i].Parts[n]; part.Kind == llm.Text && part.Cites == nil {
				part.Cites = p.sources
				break
			}
		}
	}
}

func (p *answerReader) choice(v []byte) {
	var choice llm.Choice
	var said spoken
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "message":
			said.read(v)
		case "delta": // some servers repeat the message under the name of the streams
			if said.empty {
				said.read(v)
			}
		case "finish_reason":
			choice.Vendor, _ = jsonscan.String(v)
		case "logprobs":
			choice.Logprobs = logprobsOf(v)
		case "stop_reason", "matched_stop": // vLLM's and SGLang's word for the sequence
			choice.StopText = stringOnly(v)
		case "error":
			if openai.IsError(v) {
				p.failure = []byte(`{"error":` + string(v) + `}`)
			}
		}
		return true
	})
	choice.Parts = said.parts(p.c, len(p.a.Choices))
	choice.Finish = finishOf(choice.Vendor, calls(choice.Parts))
	p.a.Choices = append(p.a.Choices, choice)
}

func logprobsOf(v []byte) llm.Raw {
	if content := jsonscan.Get(v, "content"); len(content) > 2 && content[0] == '[' {
		return content
	}
	return nil
}

// finishOf gives the meaning of a vendor's word. Some vendors say stop, or nothing,
// when tools are called.
func finishOf(word string, calls bool) llm.Finish {
	switch word {
	case "stop", "", "eos", "eos_token", "end_turn", "STOP", "COMPLETE":
		if calls {
			return llm.FinishTools
		}
		return llm.FinishStop
	case "tool_calls", "function_call", "tool_use":
		return llm.FinishTools
	case "length", "max_tokens", "MAX_TOKENS":
		return llm.FinishLength
	case "model_length", "model_context_window_exceeded":
		return llm.FinishContext
	case "content_filter", "sensitive", "safety", "SAFETY":
		return llm.FinishFilter
	case "refusal":
		return llm.FinishRefusal
	case "error", "network_error", "insufficient_system_resource":
		return llm.FinishError
	}
	return llm.FinishUnknown
}
