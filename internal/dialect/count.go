package dialect

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// CountTask makes the task of counting a conversation that a caller wrote.
func CountTask(c Codec, body []byte) (*llm.Task, error) {
	r, err := c.ParseRequest(body)
	if err != nil {
		return nil, err
	}
	return &llm.Task{Chat: r, Body: body}, nil
}

// ReadCount reads an answer whose member is the count.
func ReadCount(body []byte, member string) (*llm.Outcome, error) {
	n, ok := jsonscan.Int(jsonscan.Get(body, member))
	if !ok || n < 0 {
		return nil, Unreadable("it has no " + member)
	}
	return &llm.Outcome{Tokens: llm.Known(n)}, nil
}

// AnswerCount writes an answer whose member is the count. One that is no vendor's says
// so in a member beside it, which the dialects' SDKs pass over.
func AnswerCount(a *llm.Outcome, member string) OpAnswer {
	var w jsonout.Writer
	w.Begin('{')
	w.Number(member, a.Tokens.Or(0))
	if a.Estimated {
		w.Flag("estimated", true)
	}
	w.End('}')
	return OpAnswer{Body: w.B}
}

// Keep gives an object with these members only, in their order.
func Keep(obj []byte, names ...string) []byte {
	w := jsonout.Writer{B: make([]byte, 0, len(obj))}
	w.Begin('{')
	_ = jsonscan.Members(obj, func(key, v []byte) bool {
		if slices.Contains(names, string(key)) {
			w.Member(string(key), v)
		}
		return true
	})
	w.End('}')
	return w.B
}
