package openai

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ImageOp makes the operation for a provider whose requests or answers differ.
func ImageOp(op dialect.Op) *dialect.Op {
	op.Parse, op.Answer, op.Fields = parseImages, answerImages, imageFields
	return &op
}

// SpeechOp makes the operation for a provider whose requests or answers differ.
func SpeechOp(op dialect.Op) *dialect.Op {
	op.Parse, op.Answer, op.Fields = parseSpeech, answerSpeech, speechFields
	return &op
}

// TranscriptionOp makes the operation for a provider whose requests or answers differ.
func TranscriptionOp(op dialect.Op) *dialect.Op {
	op.Parse, op.Answer, op.Fields = parseTranscription, answerTranscription, transcriptionFields
	return &op
}

// ReadImages reads an answer of this shape.
func ReadImages(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	a.ID, _ = jsonscan.String(jsonscan.Get(r.Body, "id"))
	a.Created, _ = jsonscan.Int(jsonscan.Get(r.Body, "created"))
	ReadUsage(&a.Usage, jsonscan.Get(r.Body, "usage"))
	bad := false
	err := jsonscan.Elements(jsonscan.Get(r.Body, "data"), func(one []byte) bool {
		p := llm.Picture{Revised: jsonscan.Get(one, "revised_prompt")}
		if jsonscan.IsNull(p.Revised) {
			p.Revised = nil
		}
		if data := dialect.Base64(jsonscan.Get(one, "b64_json")); data != nil {
			p.Media.Data = data
		} else {
			p.Media.URL = jsonscan.Get(one, "url")
		}
		bad = bad || len(p.Media.Data) == 0 && len(p.Media.URL) < 3
		a.Pictures = append(a.Pictures, p)
		return true
	})
	if err != nil || bad {
		return nil, dialect.Unreadable("it has no images")
	}
	return a, nil
}
