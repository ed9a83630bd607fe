package cohere

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// parseRequest reads the body of https://docs.cohere.com/reference/chat.
func parseRequest(body []byte) (*llm.Request, error) {
	p := &reader{r: &llm.Request{Dialect: own}}
	q := request{reader: p, r: p.r}
	err := jsonscan.Members(body, func(key, v []byte) bool {
		return absent(v) || q.member(key, v) && p.err == nil
	})
	switch {
	case p.err != nil:
		return nil, p.err
	case err != nil:
		return nil, fault.Newf(fault.InvalidRequest, "The body is not a JSON object: %v.", err)
	}
	q.finish()
	return p.r, nil
}

// request reads the members of a body. What concerns several of them waits until all
// have been seen, since their order is free.
type request struct {
	*reader
	r           *llm.Request
	documents   []llm.Part
	strict      *bool
	uncited     bool
	hasMessages bool
}

func (q *request) member(key, v []byte) bool {
	switch string(key) {
	case "model":
		q.r.Model = q.text(v, top("model"))
	case "stream":
		q.r.Stream = q.flag(v, top("stream"))
	case "messages":
		q.hasMessages = true
		return q.messages(v)
	case "documents":
		return q.elements(v, top("documents"), q.document)
	case "tools":
		return q.elements(v, top("tools"), q.tool)
	case "strict_tools":
		strict := q.flag(v, top("strict_tools"))
		q.strict = &strict
	case "tool_choice":
		q.choice(v)
	case "response_format":
		return q.format(v)
	case "thinking":
		return q.thinking(v)
	case "max_tokens":
		q.r.MaxOutput = q.count(v, top("max_tokens"))
		q.has(llm.FMaxOutput)
	case "stop_sequences":
		return q.stops(v)
	default:
		return q.setting(key, v)
	}
	return true
}

// settings are the plain numbers and switches.
var settings = [...]struct {
	name    string
	feature llm.Feature
}{
	{"temperature", llm.FTemperature}, {"p", llm.FTopP}, {"k", llm.FTopK}, {"seed", llm.FSeed},
	{"frequency_penalty", llm.FFrequencyPenalty}, {"presence_penalty", llm.FPresencePenalty},
}

func (q *request) setting(key, v []byte) bool {
	for i := range settings {
		if string(key) == settings[i].name {
			if _, ok := jsonscan.Float(v); !ok {
				return q.wrong(top(settings[i].name), "a number")
			}
			q.r.Set(settings[i].feature, v)
			return true
		}
	}
	switch string(key) {
	case "logprobs":
		q.flag(v, top("logprobs"))
		q.r.Set(llm.FLogprobs, v)
		return true
	case "citation_options":
		mode := string(plain(jsonscan.Get(v, "mode")))
		q.uncited = strings.EqualFold(mode, "OFF") || strings.EqualFold(mode, "DISABLED")
		return q.keepBelow("citation_options", key, v)
	case "raw_prompting":
		if q.flag(v, top("raw_prompting")) { // the one message is the whole prompt
			q.r.Refuse = append(q.r.Refuse, "raw_prompting")
		}
	}
	return q.keep(&q.r.Own, "", key, v)
}

// keepBelow keeps a whole object whose members the ledger names one by one.
func (q *request) keepBelow(path string, key, v []byte) bool {
	q.r.Own = append(q.r.Own, llm.Member{Name: keyName(key), Value: v})
	return q.members(v, top(path), func(key, _ []byte) bool {
		q.unname(path + "." + keyName(key))
		return true
	})
}

func (q *request) stops(v []byte) bool {
	q.has(llm.FStop)
	return q.elements(v, top("stop_sequences"), func(v []byte) bool {
		q.r.Stop = append(q.r.Stop, q.raw(v, top("stop_sequences")))
		return true
	})
}

// choice reads tool_choice. A word that is none of the two is kept for the vendor.
func (q *request) choice(v []byte) {
	switch word := q.text(v, top("tool_choice")); {
	case strings.EqualFold(word, "REQUIRED"):
		q.r.Choice.Mode = "required"
		q.has(llm.FChoiceRequired)
	case strings.EqualFold(word, "NONE"):
		q.r.Choice.Mode = "none"
		q.has(llm.FChoiceNone)
	default:
		q.r.Choice.Vendor = v
		q.unname("tool_choice")
	}
}

func (q *request) format(v []byte) bool {
	kind := ""
	var left []llm.Member
	if !q.members(v, top("response_format"), func(key, v []byte) bool {
		switch string(key) {
		case "type":
			kind = q.text(v, top("response_format.type"))
		case "json_schema", "schema": // the older name is still taken
			q.r.Output.Schema = v
			return isObject(v) || q.wrong(top("response_format.json_schema"), "an object")
		default:
			return q.keep(&left, "response_format.", key, v)
		}
		return true
	}) {
		return false
	}
	switch {
	case kind == "text":
		q.r.Output.Schema = nil
	case kind != "json_object":
		return q.wrong(top("response_format.type"), "'text' or 'json_object'")
	case q.r.Output.Schema != nil:
		q.r.Output.Kind = "schema"
		q.has(llm.FSchema)
	default:
		q.r.Output.Kind = "json"
		q.has(llm.FJSON)
	}
	return true
}

// thinking reads https://docs.cohere.com/docs/reasoning: on by default where the model
// can, with or without a budget.
func (q *request) thinking(v []byte) bool {
	t := &q.r.Thinking
	var left []llm.Member
	return q.members(v, top("thinking"), func(key, v []byte) bool {
		switch string(key) {
		case "type":
			switch word := q.text(v, top("thinking.type")); word {
			case "enabled":
				t.Mode = "on"
				q.has(llm.FThinkingEffort)
			case "disabled":
				t.Mode = "off"
				q.has(llm.FThinkingOff)
			default:
				return q.wrong(top("thinking.type"), "'enabled' or 'disabled'")
			}
		case "token_budget":
			t.Budget = q.count(v, top("thinking.token_budget"))
			q.has(llm.FThinkingBudget)
		default:
			return q.keep(&left, "thinking.", key, v)
		}
		return true
	})
}

// finish sets what several members decide together.
func (q *request) finish() {
	if q.strict != nil {
		for i := range q.r.Tools {
			q.r.Tools[i].Strict = q.strict
		}
		q.has(llm.FToolStrict)
	}
	if len(q.documents) > 0 {
		q.placeDocuments()
	}
	if q.r.Prefilled() {
		q.has(llm.FAssistantPrefill)
	}
}

// placeDocuments puts the documents before what the user said last: that is what they
// are for.
func (q *request) placeDocuments() {
	q.has(llm.FFileText)
	if !q.uncited {
		q.has(llm.FFileCites)
	}
	for i := range q.documents {
		q.documents[i].Media.Cites = !q.uncited
	}
	for i := len(q.r.Messages) - 1; i >= 0; i-- {
		if m := &q.r.Messages[i]; m.Role == llm.User {
			m.Parts = append(q.documents, m.Parts...)
			return
		}
	}
	q.r.Messages = append(q.r.Messages, llm.Message{Role: llm.User, Parts: q.documents})
}
