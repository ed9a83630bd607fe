package gemini

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var images = &dialect.Op{
	Format: formatImages, Read: readImages,
	Inline: func(*llm.Media) bool { return true },
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamN:        {Fate: dialect.Mapped, How: "sampleCount of Imagen; other models draw one image, and more are refused"},
		llm.ParamSize:     {Fate: dialect.Mapped, How: "the nearest aspectRatio that the model has"},
		llm.ParamAspect:   {Fate: dialect.Kept, How: "aspectRatio"},
		llm.ParamImages:   {Fate: dialect.Kept, How: "inlineData; Imagen takes none"},
		llm.ParamDelivery: {Fate: dialect.Mapped, How: "images come as bytes; a caller who wants a URL gets a data: URI"},
		llm.ParamMask:     {Fate: dialect.Refused, How: "it takes no mask"},
	},
}

// ratios are those of https://ai.google.dev/gemini-api/docs/image-generation, imagenRatios
// those of https://ai.google.dev/gemini-api/docs/imagen.
var (
	ratios       = []string{"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"}
	imagenRatios = []string{"1:1", "3:4", "4:3", "9:16", "16:9"}
)

func formatImages(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if strings.HasPrefix(to.Model, "imagen") {
		return formatImagen(t, to)
	}
	if n := dialect.PictureCount(t); n > 1 {
		return o, dialect.Unsupported(to, "n", "the model draws one image in a call")
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	writeContents(&w, t.Inputs[0].Parts)
	w.Object("generationConfig")
	w.Member("responseModalities", []byte(`["TEXT","IMAGE"]`))
	if ratio := dialect.Aspect(t, ratios...); ratio != "" {
		w.Object("imageConfig")
		w.Text("aspectRatio", ratio)
		w.End('}')
	}
	w.B = append(w.B, "}}"...)
	o.Path, o.Body = generatePath, w.B
	return o, nil
}

const generatePath = "/v1beta/models/{model}:generateContent"

// writeContents writes one turn of a user.
func writeContents(w *jsonout.Writer, parts []llm.Part) {
	w.Array("contents")
	w.Begin('{')
	w.Text("role", "user")
	w.Array("parts")
	for i := range parts {
		writeEmbedPart(w, &parts[i], "")
	}
	w.B = append(w.B, "]}]"...)
}

func formatImagen(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if t.Asked(llm.ParamImages) != nil || len(t.Inputs[0].Parts) > 1 {
		return o, dialect.Unsupported(to, "image", "the model draws from words only")
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Array("instances")
	w.Begin('{')
	w.Member("prompt", dialect.InputText(&t.Inputs[0]))
	w.B = append(w.B, "}]"...)
	w.Object("parameters")
	w.Number("sampleCount", dialect.PictureCount(t))
	w.TextIf("aspectRatio", dialect.Aspect(t, imagenRatios...))
	w.B = append(w.B, "}}"...)
	o.Path, o.Body = "/v1beta/models/{model}:predict", w.B
	return o, nil
}

// readImages reads either form.
func readImages(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	eachAnswerPart(r.Body, func(part []byte) {
		if inline := either(part, "inlineData", "inline_data"); inline != nil && string(jsonscan.Get(part, "thought")) != "true" {
			addPicture(a, jsonscan.Get(inline, "data"), either(inline, "mimeType", "mime_type"))
		}
	})
	reason := refusal(r.Body)
	_ = jsonscan.Elements(jsonscan.Get(r.Body, "predictions"), func(one []byte) bool {
		addPicture(a, jsonscan.Get(one, "bytesBase64Encoded"), jsonscan.Get(one, "mimeType"))
		if why, ok := jsonscan.String(jsonscan.Get(one, "raiFilteredReason")); ok {
			reason = why
		}
		return true
	})
	if len(a.Pictures) == 0 {
		return nil, nothing("drew nothing", reason)
	}
	return a, nil
}

func addPicture(a *llm.Outcome, data, mimeType []byte) {
	if bytes := dialect.Base64(data); len(bytes) > 0 {
		a.Pictures = append(a.Pictures, llm.Picture{Media: llm.Media{Data: bytes, Type: word(mimeType, nil)}})
	}
}

// eachAnswerPart calls fn with each part of an answer's candidates.
func eachAnswerPart(body []byte, fn func(part []byte)) {
	_ = jsonscan.Elements(jsonscan.Get(body, "candidates"), func(c []byte) bool {
		_ = jsonscan.Elements(jsonscan.Get(c, "content", "parts"), func(part []byte) bool { fn(part); return true })
		return true
	})
}

// refusal gives the vendor's word for why an answer holds nothing.
func refusal(body []byte) (reason string) {
	reason = word(jsonscan.Get(body, "promptFeedback", "blockReason"), blockReasons[:])
	_ = jsonscan.Elements(jsonscan.Get(body, "candidates"), func(c []byte) bool {
		if why := word(jsonscan.Get(c, "finishReason"), finishReasons[:]); why != "" && why != "STOP" {
			reason = why
		}
		return true
	})
	return reason
}

// nothing is the fault of an answer that does not hold what was asked for.
func nothing(what, reason string) error {
	if reason == "" {
		return dialect.Unreadable("the model " + what)
	}
	f := fault.New(fault.UpstreamError, "The model "+what+": "+reason+".")
	f.Kind, f.Status = fault.ContentPolicy, http.StatusBadRequest
	return f
}
