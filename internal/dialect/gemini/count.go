package gemini

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var countTokens = &dialect.Op{Parse: parseCount, Answer: answerCount, Format: formatCount, Read: readCount}

// parseCount reads https://ai.google.dev/api/tokens#method:-models.counttokens: contents
// alone, or a whole request.
func parseCount(in *dialect.OpRequest) (*llm.Task, error) {
	body := in.Body
	if whole := either(body, "generateContentRequest", "generate_content_request"); whole != nil && whole[0] == '{' {
		body = whole
	}
	return dialect.CountTask(codec{}, body)
}

// formatCount writes a whole request, since contents alone leave out instructions and
// tools. At the vendor's cloud the members of one stand in the body itself
// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens).
func formatCount(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	written, err := codec{}.FormatRequest(nil, t.Chat, to)
	if err != nil {
		return o, err
	}
	o.Path, o.Body, o.LostOfChat = "/v1beta/models/{model}:countTokens", written.Body, written.Lost
	if to.Traits.NoCallIDs {
		o.Body = dialect.Keep(written.Body, "contents", "systemInstruction", "tools", "generationConfig")
		return o, nil
	}
	var w jsonout.Writer
	w.Begin('{')
	w.Object("generateContentRequest")
	w.Text("model", "models/"+to.Model)
	_ = jsonscan.Members(written.Body, func(key, v []byte) bool {
		if string(key) != "model" {
			w.Member(string(key), v)
		}
		return true
	})
	w.B = append(w.B, "}}"...)
	o.Body = w.B
	return o, nil
}

func readCount(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	return dialect.ReadCount(r.Body, "totalTokens")
}

func answerCount(a *llm.Outcome, _ *dialect.OpCall) (dialect.OpAnswer, error) {
	return dialect.AnswerCount(a, "totalTokens"), nil
}
