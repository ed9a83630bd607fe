package sandbox

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"image/png"
	"strings"
)

// Images: https://platform.openai.com/docs/api-reference/images.

const (
	imageSide   = 8  // pixels
	imageTokens = 64 // of an image, in or out
	maxImages   = 10
)

type imageRequest struct {
	Model  string `json:"model"`
	Prompt string `json:"prompt"`
	N      *int   `json:"n"`
	Format string `json:"response_format"`
	Stream bool   `json:"stream"`
	inputs int    // images given
}

type imageUsage struct {
	Input        int `json:"input_tokens"`
	InputDetails struct {
		Text  int `json:"text_tokens"`
		Image int `json:"image_tokens"`
	} `json:"input_tokens_details"`
	Output int `json:"output_tokens"`
	Total  int `json:"total_tokens"`
}

type imageDatum struct {
	Base64 string `json:"b64_json,omitempty"`
	URL    string `json:"url,omitempty"`
}

func imageGeneration(x *exchange) *problem {
	var q imageRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	if q.Prompt == "" {
		return missing("prompt")
	}
	return x.draw(&q, "image_generation.completed")
}

// imageEdit serves edits and variations, whose prompt may be missing.
func imageEdit(x *exchange) *problem {
	if strings.HasPrefix(x.r.Header.Get("Content-Type"), "application/json") {
		return imageGeneration(x)
	}
	f, p := x.form()
	if p != nil {
		return p
	}
	if _, p := f.file("image"); p != nil {
		return p
	}
	n, p := f.count("n")
	if p != nil {
		return p
	}
	return x.draw(&imageRequest{
		Model: f.fields.Get("model"), Prompt: f.fields.Get("prompt"), N: n, inputs: len(f.files),
		Format: f.fields.Get("response_format"), Stream: f.fields.Get("stream") == "true",
	}, "image_edit.completed")
}

func (x *exchange) draw(q *imageRequest, event string) *problem {
	n, p := choices(q.N)
	if p != nil || n > maxImages {
		return invalid("n", "'n' must be from 1 to 10")
	}
	if p := x.use(draws, cmp.Or(q.Model, "image")); p != nil {
		return p
	}
	u := imageUsage{Output: n * imageTokens}
	u.InputDetails.Text, u.InputDetails.Image = tokens(q.Prompt), q.inputs*imageTokens
	u.Input = u.InputDetails.Text + u.InputDetails.Image
	u.Total = u.Input + u.Output
	if q.Stream {
		x.streamImages(n, u, event)
		return nil
	}
	var data []imageDatum
	for i := range n {
		d := imageDatum{Base64: x.picture(i)}
		if q.Format == "url" {
			d = imageDatum{URL: "data:image/png;base64," + d.Base64}
		}
		data = append(data, d)
	}
	return x.answer(struct {
		Created int64        `json:"created"`
		Data    []imageDatum `json:"data"`
		Usage   imageUsage   `json:"usage"`
	}{epoch, data, u})
}

func (x *exchange) streamImages(n int, u imageUsage, event string) {
	s := x.stream(eventStream)
	for i := range n {
		s.event(event, struct {
			Type    string     `json:"type"`
			Base64  string     `json:"b64_json"`
			Created int64      `json:"created_at"`
			Format  string     `json:"output_format"`
			Usage   imageUsage `json:"usage"`
		}{event, x.picture(i), epoch, "png", u})
	}
}

// picture is the nth image of an answer: a square in a colour of its own, as base64.
func (x *exchange) picture(n int) string {
	c := x.seed.child("picture", n)
	var b bytes.Buffer
	if err := png.Encode(&b, square(imageSide, [3]byte(c[:3]))); err != nil {
		panic("BUG: " + err.Error())
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// geminiPredict makes images: https://ai.google.dev/gemini-api/docs/imagen.
func geminiPredict(x *exchange, model string) *problem {
	var q struct {
		Instances []struct {
			Prompt string `json:"prompt"`
		} `json:"instances"`
		Parameters struct {
			Count *int `json:"sampleCount"`
		} `json:"parameters"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	n, p := choices(q.Parameters.Count)
	if p != nil || n > maxImages {
		return invalid("sampleCount", "sampleCount must be from 1 to 10")
	}
	if p := x.use(draws, model); p != nil {
		return p
	}
	type prediction struct {
		MimeType string `json:"mimeType"`
		Base64   string `json:"bytesBase64Encoded"`
	}
	out := struct {
		Predictions []prediction `json:"predictions"`
	}{}
	for i := range n {
		out.Predictions = append(out.Predictions, prediction{"image/png", x.picture(i)})
	}
	return x.answer(out)
}
