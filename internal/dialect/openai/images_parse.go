package openai

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// imageFields are those of https://platform.openai.com/docs/api-reference/images/create
// and createEdit, and below them what other servers have on these paths.
var imageFields = []dialect.OpField{
	{Path: "model", Frame: true},
	{Path: "prompt", Frame: true},
	{Path: "stream", Frame: true},
	{Path: "n", Param: llm.ParamN},
	{Path: "size", Param: llm.ParamSize},
	{Path: "quality", Param: llm.ParamQuality},
	{Path: "style", Param: llm.ParamStyle},
	{Path: "response_format", Param: llm.ParamDelivery},
	{Path: "output_format", Param: llm.ParamFormat},
	{Path: "output_compression", Param: llm.ParamCompression},
	{Path: "background", Param: llm.ParamBackground},
	{Path: "moderation", Param: llm.ParamModeration},
	{Path: "user", Param: llm.ParamUser},
	{Path: "partial_images"},
	{Path: "image", Param: llm.ParamImages},
	{Path: "mask", Param: llm.ParamMask},
	{Path: "input_fidelity"},

	{Path: "aspect_ratio", Param: llm.ParamAspect},
	{Path: "seed", Param: llm.ParamSeed},
	{Path: "negative_prompt", Param: llm.ParamNegative},
}

// imageParams are the members that are plain strings.
var imageParams = map[string]llm.Param{
	"size": llm.ParamSize, "quality": llm.ParamQuality, "style": llm.ParamStyle, "response_format": llm.ParamDelivery, "output_format": llm.ParamFormat,
	"background": llm.ParamBackground, "moderation": llm.ParamModeration, "user": llm.ParamUser, "aspect_ratio": llm.ParamAspect, "negative_prompt": llm.ParamNegative,
}

// imageNumbers are those that are whole numbers.
var imageNumbers = map[string]llm.Param{"n": llm.ParamN, "output_compression": llm.ParamCompression, "seed": llm.ParamSeed}

type imageReader struct {
	dialect.TaskReader
	in llm.Input // the prompt first
}

// parseImages reads a request to draw, or to draw anew what is given.
func parseImages(in *dialect.OpRequest) (*llm.Task, error) {
	if strings.HasSuffix(in.Path, "/variations") {
		return nil, fault.New(fault.UnsupportedOperation, "Variations of images are not translated: the provider has none. Use /v1/images/edits with a prompt.")
	}
	r := imageReader{}
	if isForm(in) {
		if err := eachField(in, r.field); err != nil {
			return nil, err
		}
	} else {
		r.Members("", in.Body, r.member)
	}
	if r.in.Plain() == nil && dialect.InputText(&r.in)[1] == '"' && !r.Failed() {
		r.Missing("prompt")
	}
	r.Task.Inputs = []llm.Input{r.in}
	return r.Done()
}

func (r *imageReader) prompt(text llm.Raw) {
	r.in.Parts = append([]llm.Part{{Kind: llm.Text, Text: text}}, r.in.Parts...)
}

func (r *imageReader) member(key string, v llm.Raw) {
	t := &r.Task
	switch {
	case key == "model", key == "stream":
	case key == "prompt":
		r.prompt(r.Text(key, v))
	case imageParams[key] != "":
		t.Ask(imageParams[key], key, r.Text(key, v))
	case imageNumbers[key] != "":
		t.Ask(imageNumbers[key], key, r.Int(key, v))
	case key == "image", key == "images":
		r.given(key, v)
	case key == "mask":
		t.Ask(llm.ParamMask, key, v)
	default:
		t.Ask("", key, v)
	}
}

// given takes images of a body that is JSON: URLs, or objects that hold one.
func (r *imageReader) given(path string, v llm.Raw) {
	one := func(path string, v llm.Raw) {
		if v[0] == '{' {
			v, path = jsonscan.Get(v, "image_url"), path+".image_url"
			if len(v) > 0 && v[0] == '{' {
				v = jsonscan.Get(v, "url")
			}
		}
		r.in.Parts = append(r.in.Parts, r.Image(path, v))
	}
	r.Uses(llm.ParamImages, path)
	if v[0] == '[' {
		r.Elements(path, v, one)
		return
	}
	one(path, v)
}

func (r *imageReader) field(f *formField) {
	t := &r.Task
	switch {
	case f.name == "image" && f.file != "":
		r.Uses(llm.ParamImages, f.name)
		r.in.Parts = append(r.in.Parts, llm.Part{Kind: llm.Image, Media: f.media()})
	case f.name == "mask":
		t.Ask(llm.ParamMask, f.name, llm.Raw(`""`))
	case f.name == "model", f.name == "stream":
	case f.name == "prompt":
		r.prompt(f.quoted())
	case imageParams[f.name] != "":
		t.Ask(imageParams[f.name], f.name, f.quoted())
	case imageNumbers[f.name] != "":
		t.Ask(imageNumbers[f.name], f.name, r.Int(f.name, f.data))
	default:
		t.Ask("", f.name, f.quoted())
	}
}
