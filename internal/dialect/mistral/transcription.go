package mistral

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"mime/multipart"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// transcription: answers are always JSON, with segments where they were asked for
// (https://docs.mistral.ai/api/endpoint/audio/transcriptions).
var transcription = openai.TranscriptionOp(dialect.Op{
	Format: formatTranscription, Read: readTranscription,
	Native: func(body []byte) bool {
		for _, foreign := range [...]string{`name="response_format"`, `name="prompt"`, `name="include`, `name=response_format`, `name=prompt`} {
			if bytes.Contains(body, []byte(foreign)) {
				return false
			}
		}
		return true
	},
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamLanguage:    {Fate: dialect.Kept, How: "language"},
		llm.ParamTemperature: {Fate: dialect.Kept, How: "temperature"},
		llm.ParamTimes:       {Fate: dialect.Kept, How: "timestamp_granularities"},
		llm.ParamDiarize:     {Fate: dialect.Kept, How: "diarize"},
		llm.ParamAnswer:      {Fate: dialect.Mapped, How: "the gateway writes text, verbose_json, srt and vtt; the last three ask for segments"},
		llm.ParamTranslate:   {Fate: dialect.Refused, How: "it does not translate"},
	},
})

func formatTranscription(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	media := t.Inputs[0].Parts[0].Media
	sound, err := base64.StdEncoding.AppendDecode(nil, media.Data)
	if err != nil {
		return o, err
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	sum := sha256.Sum256(sound)
	if err := form.SetBoundary("sound-" + hex.EncodeToString(sum[:12])); err != nil { // the same call, the same bytes
		return o, err
	}
	field := func(name, value string) {
		if err == nil {
			err = form.WriteField(name, value)
		}
	}
	field("model", to.Model)
	for _, p := range [...]struct {
		param llm.Param
		name  string
	}{{llm.ParamLanguage, "language"}, {llm.ParamTemperature, "temperature"}, {llm.ParamDiarize, "diarize"}} {
		if v := t.Asked(p.param); v != nil {
			field(p.name, plain(v))
		}
	}
	for _, word := range times(t) {
		field("timestamp_granularities", word)
	}
	name, _ := jsonscan.String(media.Name)
	file, err2 := form.CreateFormFile("file", name)
	if err2 == nil {
		_, err2 = file.Write(sound)
	}
	if err2 == nil {
		err2 = form.Close()
	}
	if err == nil {
		err = err2
	}
	o.Path, o.ContentType, o.Body = "/v1/audio/transcriptions", form.FormDataContentType(), b.Bytes()
	return o, err
}

func plain(v llm.Raw) string {
	if s, ok := jsonscan.String(v); ok {
		return s
	}
	return string(v)
}

// times gives the granularities asked for, segments where the form of the answer needs them.
func times(t *llm.Task) (words []string) {
	_ = jsonscan.Elements(t.Asked(llm.ParamTimes), func(v []byte) bool {
		words = append(words, plain(v))
		return true
	})
	if len(words) == 0 && (t.Shape == "verbose_json" || t.Shape == "srt" || t.Shape == "vtt") {
		words = []string{"segment"}
	}
	return words
}

func readTranscription(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	text := jsonscan.Get(r.Body, "text")
	if len(text) == 0 || text[0] != '"' {
		return nil, dialect.Unreadable("it has no text")
	}
	a := &llm.Outcome{Transcript: &llm.Transcript{Text: text}}
	a.Model, _ = jsonscan.String(jsonscan.Get(r.Body, "model"))
	a.Transcript.Language, _ = jsonscan.String(jsonscan.Get(r.Body, "language"))
	if segments := jsonscan.Get(r.Body, "segments"); len(segments) > 0 && segments[0] == '[' {
		a.Transcript.Segments = segments
	}
	usage := jsonscan.Get(r.Body, "usage")
	openai.ReadUsage(&a.Usage, usage)
	if seconds := jsonscan.Get(usage, "prompt_audio_seconds"); !jsonscan.IsNull(seconds) {
		a.Transcript.Seconds = seconds
	}
	return a, nil
}
