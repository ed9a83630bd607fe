package cohere

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// readLogprobs writes the vendor's log probabilities, a list of {text, token_ids,
// logprobs} or one of them, as the neutral list of tokens. A text of several tokens is
// one entry, whose log probability is their sum.
func readLogprobs(dst []byte, v []byte) llm.Raw {
	w := jsonout.Writer{B: append(dst, '[')}
	if isObject(v) {
		readLogprob(&w, v)
	} else {
		_ = jsonscan.Elements(v, func(v []byte) bool {
			readLogprob(&w, v)
			return true
		})
	}
	w.End(']')
	return w.B
}

func readLogprob(w *jsonout.Writer, v []byte) {
	text := jsonscan.Get(v, "text")
	if !isText(text) {
		return
	}
	n, sum, one := 0, 0.0, []byte(nil)
	_ = jsonscan.Elements(jsonscan.Get(v, "logprobs"), func(v []byte) bool {
		f, ok := jsonscan.Float(v)
		if ok {
			n, sum, one = n+1, sum+f, v
		}
		return true
	})
	w.Begin('{')
	w.Member("token", text)
	w.Key("logprob")
	if n == 1 {
		w.Raw(one) // as it was spelt
	} else {
		w.Float(sum)
	}
	w.Member("bytes", nil)
	w.Array("top_logprobs")
	w.End(']')
	w.End('}')
}

// appendLogprobs writes the neutral list as the vendor's; what the ids of the tokens
// are is not known.
func appendLogprobs(w *jsonout.Writer, v llm.Raw) {
	_ = jsonscan.Elements(v, func(v []byte) bool {
		token, p := jsonscan.Get(v, "token"), jsonscan.Get(v, "logprob")
		if !isText(token) || p == nil {
			return true
		}
		w.Begin('{')
		w.Member("text", token)
		w.Array("token_ids")
		w.End(']')
		w.Array("logprobs")
		w.Raw(p)
		w.End(']')
		w.End('}')
		return true
	})
}

// appendLogprob writes the neutral list of one piece as the one item that an event of a
// stream holds.
func appendLogprob(w *jsonout.Writer, v llm.Raw) {
	var tokens [][]byte
	probs := jsonout.Writer{}
	_ = jsonscan.Elements(v, func(v []byte) bool {
		token, p := jsonscan.Get(v, "token"), jsonscan.Get(v, "logprob")
		if isText(token) && p != nil {
			tokens = append(tokens, token)
			probs.B = append(append(probs.B, ','), p...)
		}
		return true
	})
	if len(tokens) == 0 {
		return
	}
	w.Object("logprobs")
	w.Member("text", jsonout.Join("", tokens...))
	w.Array("token_ids")
	w.End(']')
	w.Array("logprobs")
	w.B = append(w.B, probs.B[1:]...)
	w.End(']')
	w.End('}')
}
