package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// parseAnswer reads the answer of https://docs.cohere.com/reference/chat. It does not
// name its model.
func parseAnswer(body []byte, c *dialect.Call) (*llm.Answer, error) {
	if isError(body) {
		return nil, parseError(200, nil, body)
	}
	a := &llm.Answer{Choices: make([]llm.Choice, 1)}
	choice := &a.Choices[0]
	p := &reader{}
	var used spent
	err := jsonscan.Members(body, func(key, v []byte) bool {
		if absent(v) {
			return true
		}
		switch string(key) {
		case "id":
			setText(&a.ID, v)
		case "message":
			choice.Parts = p.answer(v)
		case "finish_reason":
			setText(&choice.Vendor, v)
			choice.Finish = readFinish(choice.Vendor)
		case "usage":
			used.read(v)
			a.Usage = used.processed()
		case "logprobs":
			choice.Logprobs = readLogprobs(nil, v)
		default:
			a.Own = append(a.Own, llm.Member{Name: keyName(key), Value: v})
		}
		return p.err == nil
	})
	switch {
	case err != nil || p.err != nil:
		if err == nil {
			err = p.err
		}
		return nil, fault.New(fault.UpstreamError, "The provider's answer could not be read.").With(err)
	case choice.Vendor == finishError && len(choice.Parts) == 0:
		return nil, fault.New(fault.UpstreamError, "The provider gave up before it answered.")
	}
	nameCalls(choice.Parts, c)
	if choice.Finish == "" {
		choice.Finish = llm.FinishUnknown
	}
	return a, nil
}

// answer reads the one turn of an answer.
func (p *reader) answer(v []byte) []llm.Part {
	var t turn
	p.turn(&t, v, "message.")
	return p.assistant(&t, top("message"))
}

// nameCalls gives calls the caller's names, and ids where the vendor gave none.
func nameCalls(parts []llm.Part, c *dialect.Call) {
	n := 0
	for i := range parts {
		call := parts[i].Call
		if call == nil {
			continue
		}
		call.Name = c.ToolName(call.Name)
		if call.ID == "" {
			call.ID = c.MadeID(0, n)
		}
		n++
	}
}
