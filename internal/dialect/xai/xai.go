// Package xai is xAI's form of image generation, which shares its path with OpenAI's
// shape and knows fewer of its words.
package xai

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the form (https://docs.x.ai/docs/guides/image-generations).
var Dialect = openai.Vendor("xai", map[llm.Operation]*dialect.Op{llm.OpImages: images})

var foreign = []string{"size", "quality", "style", "background", "moderation", "output_format", "output_compression", "partial_images", "stream"}

var images = openai.ImageOp(dialect.Op{
	Format: format, Read: openai.ReadImages,
	Native: func(body []byte) bool { return !openai.Has(body, foreign...) },
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamN:        {Fate: dialect.Kept, How: "n"},
		llm.ParamDelivery: {Fate: dialect.Kept, How: "response_format"},
		llm.ParamUser:     {Fate: dialect.Kept, How: "user"},
		llm.ParamAspect:   {Fate: dialect.Kept, How: "aspect_ratio"},
		llm.ParamSize:     {Fate: dialect.Mapped, How: "the nearest aspect_ratio; grok-2-image has none"},
		llm.ParamImages:   {Fate: dialect.Refused, How: "images are edited by a path of its own"},
		llm.ParamMask:     {Fate: dialect.Refused, How: "images are edited by a path of its own"},
	},
})

var ratios = []string{"1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2"}

func format(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Text("model", to.Model)
	w.Member("prompt", dialect.InputText(&t.Inputs[0]))
	w.MemberIf("n", t.Asked(llm.ParamN))
	w.MemberIf("user", t.Asked(llm.ParamUser))
	delivery := t.Asked(llm.ParamDelivery)
	if t.Stream {
		delivery = llm.Raw(`"b64_json"`)
	}
	w.MemberIf("response_format", delivery)
	if ratio := dialect.Aspect(t, ratios...); ratio != "" {
		if strings.HasPrefix(to.Model, "grok-2-image") {
			o.Lost = append(o.Lost, llm.ParamSize, llm.ParamAspect)
		} else {
			w.Text("aspect_ratio", ratio)
		}
	}
	w.End('}')
	o.Path, o.Body = "/v1/images/generations", w.B
	return o, nil
}
