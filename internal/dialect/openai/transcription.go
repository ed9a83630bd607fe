package openai

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// transcriptionFields are those of
// https://platform.openai.com/docs/api-reference/audio/createTranscription, and below
// them what other servers have on this path.
var transcriptionFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "file", Frame: true},
	{Path: "stream", Frame: true},
	{Path: "language", Param: llm.ParamLanguage},
	{Path: "prompt", Param: llm.ParamPrompt},
	{Path: "temperature", Param: llm.ParamTemperature},
	{Path: "response_format", Param: llm.ParamAnswer},
	{Path: "timestamp_granularities", Param: llm.ParamTimes},
	{Path: "include", Param: llm.ParamLogprobs},
	{Path: "chunking_strategy"},
	{Path: "known_speaker_names"},
	{Path: "known_speaker_references"},
	{Path: "(the path /v1/audio/translations)", Param: llm.ParamTranslate},

	{Path: "diarize", Param: llm.ParamDiarize},
}

// The forms of answers, where they are not JSON with a text.
const (
	formText    = "text"
	formVerbose = "verbose_json"
)

type transcriptionReader struct {
	dialect.TaskReader
	times []byte // JSON array in the making
}

func parseTranscription(in *dialect.OpRequest) (*llm.Task, error) {
	r := transcriptionReader{}
	if err := eachField(in, r.field); err != nil {
		return nil, err
	}
	t := &r.Task
	if len(t.Inputs) == 0 && !r.Failed() {
		r.Missing("file")
	}
	if strings.HasSuffix(in.Path, "/translations") {
		t.Ask(llm.ParamTranslate, "(the path /v1/audio/translations)", llm.Raw("true"))
	}
	if r.times != nil {
		t.Ask(llm.ParamTimes, "timestamp_granularities", append(r.times, ']'))
	}
	return r.Done()
}

func (r *transcriptionReader) field(f *formField) {
	t := &r.Task
	switch f.name {
	case "model", "stream":
	case "file":
		if f.file != "" {
			t.Inputs = []llm.Input{{Parts: []llm.Part{{Kind: llm.Audio, Media: f.media()}}}}
		}
	case "language":
		t.Ask(llm.ParamLanguage, f.name, f.quoted())
	case "prompt":
		t.Ask(llm.ParamPrompt, f.name, f.quoted())
	case "temperature":
		t.Ask(llm.ParamTemperature, f.name, r.Number(f.name, f.data))
	case "response_format":
		t.Shape = string(f.data)
		if t.Shape != "json" {
			t.Ask(llm.ParamAnswer, f.name, f.quoted())
		}
	case "timestamp_granularities":
		if r.times == nil {
			r.times = []byte{'['}
		} else {
			r.times = append(r.times, ',')
		}
		r.times = append(r.times, f.quoted()...)
	case "include":
		t.Ask(llm.ParamLogprobs, f.name, f.quoted())
	case "diarize":
		if string(f.data) == "true" {
			t.Ask(llm.ParamDiarize, f.name, llm.Raw("true"))
		}
	default:
		t.Ask("", f.name, f.quoted())
	}
}

// answerTranscription writes a transcript in the form that the caller asked for.
func answerTranscription(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	tr := a.Transcript
	if tr == nil || tr.Text == nil {
		return dialect.OpAnswer{}, dialect.Unreadable("it has no text")
	}
	if c.Task.Stream {
		return streamTranscript(a), nil
	}
	switch c.Task.Shape {
	case formText:
		text, _ := jsonscan.String(tr.Text)
		return dialect.OpAnswer{ContentType: "text/plain; charset=utf-8", Body: append([]byte(text), '\n')}, nil
	case "srt", "vtt":
		return subtitles(tr, c.Task.Shape)
	}
	var w jsonout.Writer
	w.Begin('{')
	if c.Task.Shape == formVerbose {
		w.Text("task", taskWord(c.Task))
		w.TextIf("language", tr.Language)
		w.MemberIf("duration", tr.Seconds)
	}
	w.Member("text", tr.Text)
	if c.Task.Shape == formVerbose {
		w.MemberIf("segments", tr.Segments)
		w.MemberIf("words", tr.Words)
	}
	writeTranscriptUsage(&w, &a.Usage)
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}

func taskWord(t *llm.Task) string {
	if t.Asked(llm.ParamTranslate) != nil {
		return "translate"
	}
	return "transcribe"
}

func writeTranscriptUsage(w *jsonout.Writer, u *llm.Usage) {
	if !u.InputTokens.Known && !u.OutputTokens.Known {
		return
	}
	in, out := u.InputTokens.Or(0), u.OutputTokens.Or(0)
	w.Object("usage")
	w.Text("type", "tokens")
	w.Number("input_tokens", in)
	w.Number("output_tokens", out)
	w.Number("total_tokens", in+out)
	if audio := u.AudioInputTokens; audio.Known {
		w.Object("input_token_details")
		w.Number("text_tokens", in-audio.N)
		w.Number("audio_tokens", audio.N)
		w.End('}')
	}
	w.End('}')
}

// streamTranscript writes a transcript that came whole as the events of a stream.
func streamTranscript(a *llm.Outcome) dialect.OpAnswer {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("type", "transcript.text.delta")
	w.Member("delta", a.Transcript.Text)
	w.End('}')
	out := appendEvent(nil, "", w.B)
	w = jsonout.Writer{}
	w.Begin('{')
	w.Text("type", "transcript.text.done")
	w.Member("text", a.Transcript.Text)
	writeTranscriptUsage(&w, &a.Usage)
	w.End('}')
	return dialect.OpAnswer{ContentType: eventStream, Body: appendEvent(appendEvent(out, "", w.B), "", []byte("[DONE]"))}
}

// subtitles writes segments as SubRip or WebVTT (https://www.w3.org/TR/webvtt1/).
func subtitles(tr *llm.Transcript, form string) (dialect.OpAnswer, error) {
	var b strings.Builder
	point, kind := ",", "application/x-subrip"
	if form == "vtt" {
		point, kind = ".", "text/vtt; charset=utf-8"
		b.WriteString("WEBVTT\n\n")
	}
	n := 0
	_ = jsonscan.Elements(tr.Segments, func(one []byte) bool {
		from, _ := jsonscan.Float(jsonscan.Get(one, "start"))
		to, _ := jsonscan.Float(jsonscan.Get(one, "end"))
		text, _ := jsonscan.String(jsonscan.Get(one, "text"))
		if n++; form == "srt" {
			b.WriteString(strconv.Itoa(n) + "\n")
		}
		b.WriteString(clock(from, point) + " --> " + clock(to, point) + "\n" + strings.TrimSpace(text) + "\n\n")
		return true
	})
	if n == 0 {
		return dialect.OpAnswer{}, dialect.Unreadable("it has no segments to make subtitles of")
	}
	return dialect.OpAnswer{ContentType: kind, Body: []byte(b.String())}, nil
}

// clock writes seconds as 00:00:00,000.
func clock(seconds float64, point string) string {
	ms := int64(seconds*1000 + 0.5)
	pad := func(n int64, width int) string {
		s := strconv.FormatInt(n, 10)
		return strings.Repeat("0", max(0, width-len(s))) + s
	}
	return pad(ms/3600000, 2) + ":" + pad(ms/60000%60, 2) + ":" + pad(ms/1000%60, 2) + point + pad(ms%1000, 3)
}
