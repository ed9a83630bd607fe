package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ops are the operations beside conversation that are translated.
var ops = map[llm.Operation]*dialect.Op{
	llm.OpCountTokens: {
		Parse: func(in *dialect.OpRequest) (*llm.Task, error) { return dialect.CountTask(codec{}, in.Body) },
		Answer: func(a *llm.Outcome, _ *dialect.OpCall) (dialect.OpAnswer, error) {
			return dialect.AnswerCount(a, "input_tokens"), nil
		},
		Format: formatCount,
		Read: func(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
			return dialect.ReadCount(r.Body, "input_tokens")
		},
	},
}

// formatCount writes what https://platform.claude.com/docs/en/api/messages-count-tokens
// takes: unlike a message it must not say how much is to be answered, or how.
func formatCount(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	written, err := codec{}.FormatRequest(nil, t.Chat, to)
	if err != nil {
		return o, err
	}
	o.Path, o.LostOfChat, o.Header = "/v1/messages/count_tokens", written.Lost, written.Header
	o.Body = dialect.Keep(written.Body, "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control", "anthropic_version", "anthropic_beta")
	if jsonscan.Get(o.Body, "model") == nil { // clouds whose paths name the model of a message
		w := jsonout.Writer{B: o.Body[:len(o.Body)-1]}
		w.Text("model", to.Model)
		w.End('}')
		o.Body = w.B
	}
	return o, nil
}
