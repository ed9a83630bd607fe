package openai

import (
	"encoding/base64"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// speechFields are those of https://platform.openai.com/docs/api-reference/audio/createSpeech.
var speechFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "input", Frame: true},
	{Path: "stream_format", Frame: true},
	{Path: "voice", Param: llm.ParamVoice},
	{Path: "response_format", Param: llm.ParamFormat},
	{Path: "speed", Param: llm.ParamSpeed},
	{Path: "instructions", Param: llm.ParamInstructions},
}

// ShapeEvents is the shape of speech that comes in events.
const ShapeEvents = "sse"

func parseSpeech(in *dialect.OpRequest) (*llm.Task, error) {
	r := dialect.TaskReader{}
	t := &r.Task
	r.Members("", in.Body, func(key string, v llm.Raw) {
		switch key {
		case "model":
		case "input":
			t.Inputs = []llm.Input{llm.TextInput(r.Text(key, v))}
		case "voice":
			if v[0] == '{' { // a voice of one's own
				v = jsonscan.Get(v, "id")
			}
			t.Ask(llm.ParamVoice, key, r.Text(key, v))
		case "response_format":
			t.Ask(llm.ParamFormat, key, r.Text(key, v))
		case "speed":
			t.Ask(llm.ParamSpeed, key, r.Number(key, v))
		case "instructions":
			t.Ask(llm.ParamInstructions, key, r.Text(key, v))
		case "stream_format":
			if r.Word(key, v) == ShapeEvents {
				t.Shape = ShapeEvents
			}
		default:
			t.Ask("", key, v)
		}
	})
	if len(t.Inputs) == 0 && !r.Failed() {
		r.Missing("input")
	}
	return r.Done()
}

// answerSpeech gives the sound itself, or an event that holds it.
func answerSpeech(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	if a.Sound == nil || len(a.Sound.Data) == 0 {
		return dialect.OpAnswer{}, dialect.Unreadable("it has no sound")
	}
	if c.Task.Shape == ShapeEvents {
		return streamSpeech(a), nil
	}
	sound, err := base64.StdEncoding.AppendDecode(nil, a.Sound.Data)
	if err != nil {
		return dialect.OpAnswer{}, dialect.Unreadable("its sound is no base64")
	}
	return dialect.OpAnswer{ContentType: a.Sound.Type, Body: sound}, nil
}

func streamSpeech(a *llm.Outcome) dialect.OpAnswer {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("type", "speech.audio.delta")
	writeBytes(&w, "audio", a.Sound.Data)
	w.End('}')
	out := appendEvent(nil, "", w.B)
	w = jsonout.Writer{}
	w.Begin('{')
	w.Text("type", "speech.audio.done")
	if u := &a.Usage; u.InputTokens.Known {
		in, said := u.InputTokens.N, u.OutputTokens.Or(0)
		w.Object("usage")
		w.Number("input_tokens", in)
		w.Number("output_tokens", said)
		w.Number("total_tokens", in+said)
		w.End('}')
	}
	w.End('}')
	return dialect.OpAnswer{ContentType: eventStream, Body: appendEvent(out, "", w.B)}
}

// SoundType gives the media type of a format's name, as OpenAI calls formats.
func SoundType(format string) string {
	switch format {
	case "wav":
		return "audio/wav"
	case "pcm":
		return "audio/pcm"
	case "opus":
		return "audio/ogg"
	case "aac":
		return "audio/aac"
	case "flac":
		return "audio/flac"
	}
	return "audio/mpeg"
}

// SoundFormat gives the name of a media type of sound; "" = none is known.
func SoundFormat(mime string) string {
	mime, _, _ = strings.Cut(mime, ";")
	switch strings.TrimPrefix(strings.TrimSpace(mime), "audio/") {
	case "wav", "x-wav", "wave":
		return "wav"
	case "mpeg", "mp3", "mpga":
		return "mp3"
	case "ogg", "opus":
		return "ogg"
	case "flac", "x-flac":
		return "flac"
	case "aac":
		return "aac"
	case "mp4", "m4a", "x-m4a":
		return "m4a"
	case "webm":
		return "webm"
	}
	return ""
}
