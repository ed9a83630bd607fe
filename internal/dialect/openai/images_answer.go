package openai

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerImages writes https://platform.openai.com/docs/api-reference/images/object, or
// the events of a caller who asked for a stream.
func answerImages(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	if c.Task.Stream {
		return streamImages(a, c), nil
	}
	byURL := wantsURL(c.Task)
	w := jsonout.Writer{B: make([]byte, 0, 256+sizeOfPictures(a))}
	w.Begin('{')
	w.Number("created", created(a, c))
	w.Array("data")
	for i := range a.Pictures {
		p := &a.Pictures[i]
		w.Begin('{')
		w.MemberIf("revised_prompt", p.Revised)
		if byURL || len(p.Media.Data) == 0 {
			w.Member("url", dialect.MediaURL(&p.Media))
		} else {
			writeBytes(&w, "b64_json", p.Media.Data)
		}
		w.End('}')
	}
	w.End(']')
	writeImageUsage(&w, &a.Usage)
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}

// wantsURL reports callers who want a URL: they get one that holds the bytes.
func wantsURL(t *llm.Task) bool { return string(t.Asked(llm.ParamDelivery)) == `"url"` }

func sizeOfPictures(a *llm.Outcome) (n int) {
	for i := range a.Pictures {
		n += 128 + len(a.Pictures[i].Media.Data)
	}
	return n
}

func created(a *llm.Outcome, c *dialect.OpCall) int64 {
	if a.Created > 0 {
		return a.Created
	}
	return c.Time.Unix()
}

// writeBytes writes base64 as a member.
func writeBytes(w *jsonout.Writer, key string, data []byte) {
	w.Key(key)
	w.B = append(append(append(w.B, '"'), data...), '"')
}

func writeImageUsage(w *jsonout.Writer, u *llm.Usage) {
	if !u.InputTokens.Known && !u.OutputTokens.Known {
		return
	}
	in, out := u.InputTokens.Or(0), u.OutputTokens.Or(0)
	images := int64(u.Units[llm.UnitImageInputTokens])
	w.Object("usage")
	w.Number("input_tokens", in)
	w.Number("output_tokens", out)
	w.Number("total_tokens", in+out)
	w.Object("input_tokens_details")
	w.Number("image_tokens", images)
	w.Number("text_tokens", in-images)
	w.End('}')
	w.End('}')
}

// streamImages writes one event for each image, which came whole.
func streamImages(a *llm.Outcome, c *dialect.OpCall) dialect.OpAnswer {
	var out []byte
	for i := range a.Pictures {
		var w jsonout.Writer
		w.Begin('{')
		w.Text("type", "image_generation.completed")
		writeBytes(&w, "b64_json", a.Pictures[i].Media.Data)
		w.Number("created_at", created(a, c))
		for _, p := range [...]struct {
			key   string
			param llm.Param
			usual string
		}{{"size", llm.ParamSize, "auto"}, {"quality", llm.ParamQuality, "auto"}, {"background", llm.ParamBackground, "auto"}, {"output_format", llm.ParamFormat, "png"}} {
			word, ok := jsonscan.String(c.Task.Asked(p.param))
			if !ok {
				word = p.usual
			}
			w.Text(p.key, word)
		}
		if i == len(a.Pictures)-1 {
			writeImageUsage(&w, &a.Usage)
		}
		w.End('}')
		out = appendEvent(out, "image_generation.completed", w.B)
	}
	return dialect.OpAnswer{ContentType: eventStream, Body: out}
}

const eventStream = "text/event-stream"

// appendEvent frames one event; name may be "".
func appendEvent(dst []byte, name string, data []byte) []byte {
	if name != "" {
		dst = append(append(append(dst, "event: "...), name...), '\n')
	}
	dst = append(append(dst, "data: "...), data...)
	return append(dst, "\n\n"...)
}
