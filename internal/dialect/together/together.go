// Package together is Together AI's form of image generation, which shares its path with
// OpenAI's shape and says sizes and spellings in other words.
package together

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the form (https://docs.together.ai/reference/post-images-generations).
var Dialect = openai.Vendor("together", map[llm.Operation]*dialect.Op{llm.OpImages: images})

var foreign = []string{"size", "quality", "style", "background", "moderation", "output_compression", "partial_images", "stream", "user"}

var images = openai.ImageOp(dialect.Op{
	Format: format, Read: openai.ReadImages,
	Native: func(body []byte) bool {
		delivery, _ := jsonscan.String(jsonscan.Get(body, "response_format"))
		return !openai.Has(body, foreign...) && delivery != "b64_json"
	},
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamN:        {Fate: dialect.Kept, How: "n"},
		llm.ParamSize:     {Fate: dialect.Kept, How: "width and height"},
		llm.ParamDelivery: {Fate: dialect.Kept, How: "response_format: url, base64"},
		llm.ParamFormat:   {Fate: dialect.Kept, How: "output_format: png, jpeg"},
		llm.ParamSeed:     {Fate: dialect.Kept, How: "seed"},
		llm.ParamNegative: {Fate: dialect.Kept, How: "negative_prompt"},
		llm.ParamImages:   {Fate: dialect.Refused, How: "it draws from words only here"},
		llm.ParamMask:     {Fate: dialect.Refused, How: "it draws from words only here"},
	},
})

func format(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Text("model", to.Model)
	w.Member("prompt", dialect.InputText(&t.Inputs[0]))
	w.MemberIf("n", t.Asked(llm.ParamN))
	if width, height, ok := dialect.Measures(t.Asked(llm.ParamSize)); ok {
		w.Number("width", int64(width))
		w.Number("height", int64(height))
	}
	switch delivery := t.Asked(llm.ParamDelivery); {
	case t.Stream || string(delivery) == `"b64_json"`:
		w.Text("response_format", "base64")
	default:
		w.MemberIf("response_format", delivery)
	}
	if f := t.Asked(llm.ParamFormat); string(f) == `"png"` || string(f) == `"jpeg"` {
		w.Member("output_format", f)
	} else if f != nil {
		o.Lost = append(o.Lost, llm.ParamFormat)
	}
	w.MemberIf("seed", t.Asked(llm.ParamSeed))
	w.MemberIf("negative_prompt", t.Asked(llm.ParamNegative))
	w.End('}')
	o.Path, o.Body = "/v1/images/generations", w.B
	return o, nil
}
