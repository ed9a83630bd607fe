package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ops are the operations beside conversation that are translated.
var ops = map[llm.Operation]*dialect.Op{
	llm.OpCountTokens: {
		Parse: parseCount,
		Answer: func(a *llm.Outcome, _ *dialect.OpCall) (dialect.OpAnswer, error) {
			return dialect.AnswerCount(a, "inputTokens"), nil
		},
		Format: formatCount,
		Read: func(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
			return dialect.ReadCount(r.Body, "inputTokens")
		},
	},
}

// parseCount reads https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html.
func parseCount(in *dialect.OpRequest) (*llm.Task, error) {
	body := jsonscan.Get(in.Body, "input", "converse")
	if len(body) == 0 || body[0] != '{' {
		return nil, fault.New(fault.InvalidRequest, "'input.converse' must be an object: a body of InvokeModel is in a vendor's own form, which is not translated.").Field("input.converse")
	}
	return dialect.CountTask(codec{}, body)
}

func formatCount(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	written, err := codec{}.FormatRequest(nil, t.Chat, to)
	if err != nil {
		return o, err
	}
	var w jsonout.Writer
	w.Begin('{')
	w.Object("input")
	w.Member("converse", dialect.Keep(written.Body, "messages", "system", "toolConfig", "additionalModelRequestFields"))
	w.B = append(w.B, "}}"...)
	o.Path, o.Body, o.LostOfChat = "/model/{model}/count-tokens", w.B, written.Lost
	return o, nil
}
