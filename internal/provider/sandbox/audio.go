package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
)

// Audio: https://platform.openai.com/docs/api-reference/audio.

const (
	sampleRate  = 8000
	toneSamples = sampleRate / 4
	wavHeader   = 44
	// otherRate is taken as the bytes of a second of any audio but WAV.
	otherRate = 16_000
)

type speechRequest struct {
	Model  string `json:"model"`
	Input  string `json:"input"`
	Format string `json:"response_format"`
	Stream string `json:"stream_format"`
}

func speech(x *exchange) *problem {
	var q speechRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	if q.Input == "" {
		return missing("input")
	}
	if p := x.use(speaks, q.Model); p != nil {
		return p
	}
	sound, kind := wav(tone(q.Input)), "audio/wav"
	if q.Format == "pcm" {
		sound, kind = sound[wavHeader:], "audio/pcm"
	}
	if q.Stream == "sse" {
		x.streamSpeech(sound, tokens(q.Input))
		return nil
	}
	x.write(http.StatusOK, kind, sound)
	return nil
}

func (x *exchange) streamSpeech(sound []byte, in int) {
	type usage struct {
		Input  int `json:"input_tokens"`
		Output int `json:"output_tokens"`
		Total  int `json:"total_tokens"`
	}
	s := x.stream(eventStream)
	s.event("", struct {
		Type  string `json:"type"`
		Audio string `json:"audio"`
	}{"speech.audio.delta", base64.StdEncoding.EncodeToString(sound)})
	out := len(sound) / (2 * sampleRate / 100)
	s.event("", struct {
		Type  string `json:"type"`
		Usage usage  `json:"usage"`
	}{"speech.audio.done", usage{in, out, in + out}})
}

// tone is a quarter of a second whose pitch depends on the text.
func tone(text string) []int16 {
	h := newSeed("tone", "", []byte(text))
	pitch := 220 + float64(h[0])
	out := make([]int16, toneSamples)
	for i := range out {
		out[i] = int16(8000 * math.Sin(2*math.Pi*pitch*float64(i)/sampleRate))
	}
	return out
}

// wav puts one channel of 16-bit samples into a file:
// http://soundfile.sapp.org/doc/WaveFormat/.
func wav(samples []int16) []byte {
	size := uint32(2 * len(samples))
	le := binary.LittleEndian
	b := append(make([]byte, 0, wavHeader+int(size)), "RIFF"...)
	b = le.AppendUint32(b, wavHeader-8+size)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)           // of this chunk
	b = le.AppendUint16(b, 1)            // PCM
	b = le.AppendUint16(b, 1)            // channels
	b = le.AppendUint32(b, sampleRate)   // a second
	b = le.AppendUint32(b, 2*sampleRate) // bytes a second
	b = le.AppendUint16(b, 2)            // bytes a sample
	b = le.AppendUint16(b, 16)           // bits a sample
	b = append(b, "data"...)
	b = le.AppendUint32(b, size)
	for _, s := range samples {
		b = le.AppendUint16(b, uint16(s))
	}
	return b
}

// seconds is how long a recording is: by its header when it is WAV, else guessed from
// its size.
func seconds(sound []byte) float64 {
	if len(sound) > wavHeader && bytes.HasPrefix(sound, []byte("RIFF")) {
		if rate := binary.LittleEndian.Uint32(sound[28:]); rate > 0 {
			return float64(len(sound)-wavHeader) / float64(rate)
		}
	}
	return float64(len(sound)) / otherRate
}

type durationUsage struct {
	Type    string  `json:"type"`
	Seconds float64 `json:"seconds"`
}

type transcript struct {
	Text  string        `json:"text"`
	Usage durationUsage `json:"usage"`
}

type verboseTranscript struct {
	Task     string        `json:"task"`
	Language string        `json:"language"`
	Duration float64       `json:"duration"`
	Text     string        `json:"text"`
	Segments []segment     `json:"segments"`
	Usage    durationUsage `json:"usage"`
}

type segment struct {
	ID    int     `json:"id"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Text  string  `json:"text"`
}

// transcription serves translations too.
func transcription(x *exchange) *problem {
	f, p := x.form()
	if p != nil {
		return p
	}
	sound, p := f.file("file")
	if p != nil {
		return p
	}
	if p := x.use(hears, f.fields.Get("model")); p != nil {
		return p
	}
	long := seconds(sound.data)
	text := fmt.Sprintf("The sandbox heard %d bytes of %s.", len(sound.data), sound.name)
	usage := durationUsage{"duration", math.Ceil(long)}
	if f.fields.Get("stream") == "true" {
		x.streamTranscript(text, usage)
		return nil
	}
	switch format := f.fields.Get("response_format"); format {
	case "", "json":
		return x.answer(transcript{text, usage})
	case "verbose_json":
		return x.answer(verboseTranscript{"transcribe", "english", long, text, []segment{{0, 0, long, text}}, usage})
	case "text":
		x.write(http.StatusOK, "text/plain; charset=utf-8", []byte(text+"\n"))
	case "srt":
		x.write(http.StatusOK, "text/plain; charset=utf-8", []byte("1\n"+clock(0, ",")+" --> "+clock(long, ",")+"\n"+text+"\n\n"))
	case "vtt":
		x.write(http.StatusOK, "text/plain; charset=utf-8", []byte("WEBVTT\n\n"+clock(0, ".")+" --> "+clock(long, ".")+"\n"+text+"\n\n"))
	default:
		return invalid("response_format", "'response_format' must be json, text, srt, verbose_json or vtt, not "+quote(format))
	}
	return nil
}

func (x *exchange) streamTranscript(text string, u durationUsage) {
	s := x.stream(eventStream)
	for p := range x.pieces(text) {
		s.event("", struct {
			Type  string `json:"type"`
			Delta string `json:"delta"`
		}{"transcript.text.delta", p})
	}
	s.event("", struct {
		Type string `json:"type"`
		transcript
	}{"transcript.text.done", transcript{text, u}})
}

// clock writes a time of subtitles, its thousandths after the mark.
func clock(seconds float64, mark string) string {
	ms := int(seconds * 1000)
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, mark, ms%1000)
}
