package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ops are the operations beside conversation that are translated.
var ops = map[llm.Operation]*dialect.Op{
	llm.OpCountTokens: {
		Parse:  func(in *dialect.OpRequest) (*llm.Task, error) { return dialect.CountTask(codec{}, in.Body) },
		Answer: answerCount,
		Format: formatCount,
		Read: func(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
			return dialect.ReadCount(r.Body, "input_tokens")
		},
	},
}

// formatCount writes what https://platform.openai.com/docs/api-reference/responses/input-tokens
// takes of a request.
func formatCount(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	written, err := codec{}.FormatRequest(nil, t.Chat, to)
	if err != nil {
		return o, err
	}
	o.Path, o.LostOfChat = "/v1/responses/input_tokens", written.Lost
	o.Body = dialect.Keep(written.Body, "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning", "truncation")
	return o, nil
}

func answerCount(a *llm.Outcome, _ *dialect.OpCall) (dialect.OpAnswer, error) {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("object", "response.input_tokens")
	w.Number("input_tokens", a.Tokens.Or(0))
	if a.Estimated {
		w.Flag("estimated", true)
	}
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}
