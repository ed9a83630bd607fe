package gemini

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// readLogprobs gives a logprobsResult as OpenAI's array
// (https://ai.google.dev/api/generate-content#LogprobsResult).
func readLogprobs(v llm.Raw) llm.Raw {
	chosen, top := jsonscan.Get(v, "chosenCandidates"), jsonscan.Get(v, "topCandidates")
	if chosen == nil {
		return nil
	}
	var tops []llm.Raw
	_ = jsonscan.Elements(top, func(one []byte) bool {
		tops = append(tops, jsonscan.Get(one, "candidates"))
		return true
	})
	w := jsonout.Writer{B: make([]byte, 0, 2*len(v))}
	w.Begin('[')
	n := 0
	_ = jsonscan.Elements(chosen, func(one []byte) bool {
		w.Begin('{')
		tokenMembers(&w, one)
		w.Array("top_logprobs")
		if n < len(tops) {
			_ = jsonscan.Elements(tops[n], func(one []byte) bool {
				w.Begin('{')
				tokenMembers(&w, one)
				w.End('}')
				return true
			})
		}
		w.End(']')
		w.End('}')
		n++
		return true
	})
	w.End(']')
	return w.B
}

// tokenMembers writes token, logprob and bytes, which is null: the vendor has none.
func tokenMembers(w *jsonout.Writer, v []byte) {
	token, p := jsonscan.Get(v, "token"), jsonscan.Get(v, "logProbability")
	if token == nil {
		token = []byte(`""`)
	}
	if p == nil {
		p = []byte("0")
	}
	w.Member("token", token)
	w.Member("logprob", p)
	w.Member("bytes", nil)
}

// writeLogprobs writes OpenAI's array as a logprobsResult.
func writeLogprobs(w *jsonout.Writer, v llm.Raw) {
	w.Object("logprobsResult")
	w.Array("topCandidates")
	_ = jsonscan.Elements(v, func(one []byte) bool {
		w.Begin('{')
		w.Array("candidates")
		_ = jsonscan.Elements(jsonscan.Get(one, "top_logprobs"), func(one []byte) bool { writeToken(w, one); return true })
		w.End(']')
		w.End('}')
		return true
	})
	w.End(']')
	w.Array("chosenCandidates")
	_ = jsonscan.Elements(v, func(one []byte) bool { writeToken(w, one); return true })
	w.End(']')
	w.End('}')
}

func writeToken(w *jsonout.Writer, v []byte) {
	w.Begin('{')
	w.MemberIf("token", jsonscan.Get(v, "token"))
	w.MemberIf("logProbability", jsonscan.Get(v, "logprob"))
	w.End('}')
}
