package mistral

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// speech: the sound stands as base64 in an answer that is JSON
// (https://docs.mistral.ai/api/endpoint/audio/speech).
var speech = openai.SpeechOp(dialect.Op{
	Format: formatSpeech, Read: readSpeech,
	Native: func(body []byte) bool { return openai.Has(body, "voice_id", "ref_audio") },
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamVoice:  {Fate: dialect.Kept, How: "voice"},
		llm.ParamFormat: {Fate: dialect.Kept, How: "response_format; aac is dropped, and the sound is mp3"},
	},
})

func formatSpeech(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Text("model", to.Model)
	w.Member("input", t.Inputs[0].Plain())
	w.MemberIf("voice", t.Asked(llm.ParamVoice))
	switch format := t.Asked(llm.ParamFormat); string(format) {
	case `"aac"`:
		o.Lost = []llm.Param{llm.ParamFormat}
	default:
		w.MemberIf("response_format", format)
	}
	w.End('}')
	o.Path, o.Body = "/v1/audio/speech", w.B
	return o, nil
}

func readSpeech(r *dialect.OpReply, c *dialect.OpCall) (*llm.Outcome, error) {
	data, ok := jsonscan.String(jsonscan.Get(r.Body, "audio_data"))
	if !ok || data == "" {
		return nil, dialect.Unreadable("it has no audio_data")
	}
	format, _ := jsonscan.String(c.Task.Asked(llm.ParamFormat))
	a := &llm.Outcome{Sound: &llm.Media{Type: openai.SoundType(format), Data: []byte(data)}}
	openai.ReadUsage(&a.Usage, jsonscan.Get(r.Body, "usage"))
	return a, nil
}
