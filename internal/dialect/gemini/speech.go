package gemini

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var speech = &dialect.Op{
	Format: formatSpeech, Read: readSpeech,
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamVoice:        {Fate: dialect.Mapped, How: "voiceName; voices of OpenAI's become one of the vendor's that is like it"},
		llm.ParamInstructions: {Fate: dialect.Mapped, How: "the words before the text that say how it is to be spoken"},
		llm.ParamFormat:       {Fate: dialect.Mapped, How: "wav or pcm; any other is dropped, and the sound is wav"},
	},
}

// voices are the vendor's that stand for those of OpenAI
// (https://ai.google.dev/gemini-api/docs/speech-generation#voices).
var voices = map[string]string{
	"alloy": "Kore", "ash": "Charon", "ballad": "Orus", "coral": "Aoede", "echo": "Puck", "fable": "Fenrir", "nova": "Leda",
	"onyx": "Algenib", "sage": "Callirrhoe", "shimmer": "Zephyr", "verse": "Iapetus", "marin": "Autonoe", "cedar": "Enceladus", "": "Kore",
}

func formatSpeech(t *llm.Task, _ *dialect.Target) (o dialect.OpOrder, err error) {
	text := t.Inputs[0].Plain()
	if how, ok := jsonscan.String(t.Asked(llm.ParamInstructions)); ok && how != "" {
		text = dialect.Prefixed(strings.TrimRight(how, " .:\n")+":\n", text)
	}
	voice, _ := jsonscan.String(t.Asked(llm.ParamVoice))
	if v, foreign := voices[strings.ToLower(voice)]; foreign {
		voice = v
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	writeContents(&w, []llm.Part{{Kind: llm.Text, Text: text}})
	w.Object("generationConfig")
	w.Member("responseModalities", []byte(`["AUDIO"]`))
	w.Object("speechConfig")
	w.Object("voiceConfig")
	w.Object("prebuiltVoiceConfig")
	w.Text("voiceName", voice)
	w.B = append(w.B, "}}}}}"...)
	if format, ok := jsonscan.String(t.Asked(llm.ParamFormat)); ok && format != "wav" && format != "pcm" {
		o.Lost = []llm.Param{llm.ParamFormat}
	}
	o.Path, o.Body = generatePath, w.B
	return o, nil
}

// readSpeech reads the samples, which come bare, and puts them in the file that was
// asked for.
func readSpeech(r *dialect.OpReply, c *dialect.OpCall) (*llm.Outcome, error) {
	var samples []byte
	kind := ""
	eachAnswerPart(r.Body, func(part []byte) {
		inline := either(part, "inlineData", "inline_data")
		if text, ok := jsonscan.String(jsonscan.Get(inline, "data")); ok {
			kind = word(either(inline, "mimeType", "mime_type"), nil)
			piece, err := base64.StdEncoding.DecodeString(text)
			if err == nil {
				samples = append(samples, piece...)
			}
		}
	})
	if len(samples) == 0 {
		return nil, nothing("said nothing", refusal(r.Body))
	}
	m := &llm.Media{Type: "audio/pcm"}
	switch format, _ := jsonscan.String(c.Task.Asked(llm.ParamFormat)); {
	case !strings.HasPrefix(strings.ToLower(kind), "audio/l16") && !strings.HasPrefix(kind, "audio/pcm"):
		m.Type, _, _ = strings.Cut(kind, ";") // a file already
	case format != "pcm":
		m.Type = "audio/wav"
		samples = append(wavHead(len(samples), rateOf(kind)), samples...)
	}
	m.Data = base64.StdEncoding.AppendEncode(nil, samples)
	return &llm.Outcome{Sound: m}, nil
}

// rateOf reads the samples per second of audio/L16;rate=24000 (RFC 2586).
func rateOf(kind string) uint32 {
	for _, p := range strings.Split(kind, ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(p), "rate="); ok {
			if n, err := strconv.ParseUint(v, 10, 32); err == nil && n > 0 {
				return uint32(n)
			}
		}
	}
	return 24000
}

// wavHead is the head of a WAV file of one channel of 16-bit samples.
func wavHead(size int, rate uint32) []byte {
	le := binary.LittleEndian
	h := append(make([]byte, 0, 44+size), "RIFF"...)
	h = le.AppendUint32(h, uint32(36+size))
	h = append(h, "WAVEfmt "...)
	h = le.AppendUint32(h, 16)
	h = le.AppendUint16(h, 1) // PCM
	h = le.AppendUint16(h, 1) // channels
	h = le.AppendUint32(h, rate)
	h = le.AppendUint32(h, rate*2)
	h = le.AppendUint16(h, 2)  // bytes of a frame
	h = le.AppendUint16(h, 16) // bits of a sample
	h = append(h, "data"...)
	return le.AppendUint32(h, uint32(size))
}
