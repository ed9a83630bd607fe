package bedrock

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// canvas: https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html,
// which Titan's image models share.
var canvas = &dialect.Op{
	Format: formatCanvas, Read: readImages,
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamN:        {Fate: dialect.Kept, How: "numberOfImages"},
		llm.ParamSize:     {Fate: dialect.Kept, How: "width and height"},
		llm.ParamQuality:  {Fate: dialect.Mapped, How: "quality: high and hd are premium, any other is standard"},
		llm.ParamSeed:     {Fate: dialect.Kept, How: "seed"},
		llm.ParamNegative: {Fate: dialect.Kept, How: "negativeText"},
		llm.ParamDelivery: {Fate: dialect.Mapped, How: "images come as bytes; a caller who wants a URL gets a data: URI"},
		llm.ParamImages:   {Fate: dialect.Refused, How: "it draws from words only here"},
		llm.ParamMask:     {Fate: dialect.Refused, How: "it draws from words only here"},
	},
}

func formatCanvas(t *llm.Task, _ *dialect.Target) (o dialect.OpOrder, err error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Text("taskType", "TEXT_IMAGE")
	w.Object("textToImageParams")
	w.Member("text", dialect.InputText(&t.Inputs[0]))
	w.MemberIf("negativeText", t.Asked(llm.ParamNegative))
	w.End('}')
	w.Object("imageGenerationConfig")
	w.Number("numberOfImages", dialect.PictureCount(t))
	if width, height, ok := dialect.Measures(t.Asked(llm.ParamSize)); ok {
		w.Number("width", int64(width))
		w.Number("height", int64(height))
	}
	if quality, ok := jsonscan.String(t.Asked(llm.ParamQuality)); ok && quality != "auto" {
		word := "standard"
		if quality == "high" || quality == "hd" {
			word = "premium"
		}
		w.Text("quality", word)
	}
	w.MemberIf("seed", t.Asked(llm.ParamSeed))
	w.B = append(w.B, "}}"...)
	o.Path, o.Body = invoke, w.B
	return o, nil
}

// stability: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html
// and the pages of the later models beside it.
var stability = &dialect.Op{
	Format: formatStability, Read: readImages,
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamN:        {Fate: dialect.Mapped, How: "one image; more are refused"},
		llm.ParamSize:     {Fate: dialect.Mapped, How: "the nearest aspect_ratio"},
		llm.ParamAspect:   {Fate: dialect.Kept, How: "aspect_ratio"},
		llm.ParamFormat:   {Fate: dialect.Kept, How: "output_format: png, jpeg, webp"},
		llm.ParamSeed:     {Fate: dialect.Kept, How: "seed"},
		llm.ParamNegative: {Fate: dialect.Kept, How: "negative_prompt"},
		llm.ParamDelivery: {Fate: dialect.Mapped, How: "images come as bytes; a caller who wants a URL gets a data: URI"},
		llm.ParamImages:   {Fate: dialect.Refused, How: "it draws from words only here"},
		llm.ParamMask:     {Fate: dialect.Refused, How: "it draws from words only here"},
	},
}

var stabilityRatios = []string{"1:1", "2:3", "3:2", "4:5", "5:4", "9:16", "16:9", "9:21", "21:9"}

func formatStability(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if dialect.PictureCount(t) > 1 {
		return o, dialect.Unsupported(to, "n", "the model draws one image in a call")
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Member("prompt", dialect.InputText(&t.Inputs[0]))
	w.TextIf("aspect_ratio", dialect.Aspect(t, stabilityRatios...))
	w.MemberIf("output_format", t.Asked(llm.ParamFormat))
	w.MemberIf("seed", t.Asked(llm.ParamSeed))
	w.MemberIf("negative_prompt", t.Asked(llm.ParamNegative))
	w.End('}')
	o.Path, o.Body = invoke, w.B
	return o, nil
}

// readImages reads images: [base64], with what was held back beside them.
func readImages(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{Usage: spent(r)}
	_ = jsonscan.Elements(jsonscan.Get(r.Body, "images"), func(one []byte) bool {
		if data, ok := jsonscan.String(one); ok && data != "" {
			a.Pictures = append(a.Pictures, llm.Picture{Media: llm.Media{Data: []byte(data)}})
		}
		return true
	})
	if len(a.Pictures) > 0 {
		a.Usage.Images = llm.Known(int64(len(a.Pictures)))
		return a, nil
	}
	why, _ := jsonscan.String(jsonscan.Get(r.Body, "error"))
	_ = jsonscan.Elements(jsonscan.Get(r.Body, "finish_reasons"), func(one []byte) bool {
		if s, ok := jsonscan.String(one); ok {
			why = s
		}
		return true
	})
	if why == "" {
		return nil, dialect.Unreadable("it has no images")
	}
	f := fault.New(fault.UpstreamError, "The model drew nothing: "+strings.TrimSuffix(why, ".")+".")
	f.Kind, f.Status = fault.ContentPolicy, http.StatusBadRequest
	return nil, f
}
