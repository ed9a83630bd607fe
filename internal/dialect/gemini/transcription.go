package gemini

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var transcription = &dialect.Op{
	Format: formatTranscription, Read: readTranscription,
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamLanguage:    {Fate: dialect.Mapped, How: "words of the prompt"},
		llm.ParamPrompt:      {Fate: dialect.Mapped, How: "words of the prompt"},
		llm.ParamTranslate:   {Fate: dialect.Mapped, How: "words of the prompt"},
		llm.ParamTemperature: {Fate: dialect.Kept, How: "generationConfig.temperature"},
		llm.ParamAnswer:      {Fate: dialect.Mapped, How: "json and text; forms with times are refused"},
		llm.ParamTimes:       {Fate: dialect.Refused, How: "it tells no times"},
		llm.ParamDiarize:     {Fate: dialect.Refused, How: "it does not tell speakers apart"},
	},
}

// formatTranscription asks a model that hears to write down what it heard.
func formatTranscription(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if form := t.Shape; form != "" && form != "json" && form != "text" {
		return o, dialect.Unsupported(to, "response_format", "it tells no times and no speakers")
	}
	var b strings.Builder
	if t.Asked(llm.ParamTranslate) != nil {
		b.WriteString("Translate the speech in the provided audio into English and respond with only the translation.")
	} else {
		b.WriteString("Transcribe the speech in the provided audio word for word and respond with only the transcript.")
	}
	if language, ok := jsonscan.String(t.Asked(llm.ParamLanguage)); ok && language != "" {
		b.WriteString(" The language spoken is " + language + " (ISO 639-1).")
	}
	if hint, ok := jsonscan.String(t.Asked(llm.ParamPrompt)); ok && hint != "" {
		b.WriteString(" Context and spelling: " + hint)
	}
	w := jsonout.Writer{B: make([]byte, 0, 512+len(t.Inputs[0].Parts[0].Media.Data))}
	w.Begin('{')
	writeContents(&w, []llm.Part{{Kind: llm.Text, Text: jsonout.Quote(b.String())}, t.Inputs[0].Parts[0]})
	if v := t.Asked(llm.ParamTemperature); v != nil {
		w.Object("generationConfig")
		w.Member("temperature", v)
		w.End('}')
	}
	w.End('}')
	o.Path, o.Body = generatePath, w.B
	return o, nil
}

func readTranscription(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	var b strings.Builder
	eachAnswerPart(r.Body, func(part []byte) {
		if string(jsonscan.Get(part, "thought")) != "true" {
			text, _ := jsonscan.String(jsonscan.Get(part, "text"))
			b.WriteString(text)
		}
	})
	text := strings.TrimSpace(b.String())
	if why := refusal(r.Body); text == "" && why != "" {
		return nil, nothing("wrote nothing down", why)
	}
	return &llm.Outcome{Transcript: &llm.Transcript{Text: jsonout.Quote(text)}}, nil
}
