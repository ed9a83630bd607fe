package ops_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

const picture = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Here."},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1290,"totalTokenCount":1299}}`

func TestImagesOfVendorsThatDiffer(t *testing.T) {
	s := newStage(t, "")
	path := "/v1/images/generations"
	drawn := `{"created":1,"data":[{"b64_json":"aGk="}]}`
	for _, e := range []exchange{
		{name: "gemini", path: path, ask: `{"model":"gemini/gemini-2.5-flash-image","prompt":"a cat","size":"1536x1024","quality":"high","n":1}`,
			at: "/v1beta/models/gemini-2.5-flash-image:generateContent", answer: picture, dropped: "quality", usage: `"images":1`, spoken: "gemini",
			got:  `{"contents":[{"role":"user","parts":[{"text":"a cat"}]}],"generationConfig":{"responseModalities":["TEXT","IMAGE"],"imageConfig":{"aspectRatio":"3:2"}}}`,
			want: `{"created":0,"data":[{"b64_json":"iVBORw0KGgo="}],"usage":{"input_tokens":9,"output_tokens":1290,"total_tokens":1299,"input_tokens_details":{"image_tokens":0,"text_tokens":9}}}`},
		{name: "gemini, by URL", path: path, ask: `{"model":"gemini/gemini-2.5-flash-image","prompt":"a cat","response_format":"url"}`,
			at: "/v1beta/models/gemini-2.5-flash-image:generateContent", answer: picture,
			want: `{"created":0,"data":[{"url":"data:image/png;base64,iVBORw0KGgo="}],"usage":{"input_tokens":9,"output_tokens":1290,"total_tokens":1299,"input_tokens_details":{"image_tokens":0,"text_tokens":9}}}`},
		{name: "imagen", path: path, ask: `{"model":"gemini/imagen-4.0-generate-001","prompt":"a cat","size":"1792x1024","n":2,"style":"vivid"}`,
			at: "/v1beta/models/imagen-4.0-generate-001:predict", dropped: "style", usage: `"images":2`,
			answer: `{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"aGk="},{"mimeType":"image/png","bytesBase64Encoded":"aG8="}]}`,
			got:    `{"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":2,"aspectRatio":"16:9"}}`, want: `{"created":0,"data":[{"b64_json":"aGk="},{"b64_json":"aG8="}]}`},
		{name: "bedrock", path: path, ask: `{"model":"bedrock/amazon.nova-canvas-v1:0","prompt":"a cat","size":"1024x1024","user":"u"}`,
			at: "/model/amazon.nova-canvas-v1%3A0/invoke", answer: `{"images":["aGk="]}`, dropped: "user", usage: `"images":1`, spoken: "bedrock-canvas",
			got:  `{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a cat"},"imageGenerationConfig":{"numberOfImages":1,"width":1024,"height":1024}}`,
			want: `{"created":0,"data":[{"b64_json":"aGk="}]}`},
		{name: "imagen at vertex", path: path, ask: `{"model":"vertex/imagen-4.0-generate-001","prompt":"a cat"}`,
			at: "/v1/publishers/google/models/imagen-4.0-generate-001:predict", answer: `{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"aGk="}]}`, spoken: "gemini",
			got: `{"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":1}}`, want: `{"created":0,"data":[{"b64_json":"aGk="}]}`},
		{name: "xai", path: path, ask: `{"model":"xai/grok-imagine-image","prompt":"a cat","size":"1024x1024","quality":"low","response_format":"b64_json"}`,
			at: path, answer: drawn, dropped: "quality", got: `{"model":"grok-imagine-image","prompt":"a cat","response_format":"b64_json","aspect_ratio":"1:1"}`, spoken: "xai"},
		{name: "xai as it is", path: path, ask: `{"model":"xai/grok-2-image","prompt":"a cat","n":1}`, at: path, answer: drawn, spoken: "openai"},
		{name: "together", path: path, ask: `{"model":"together/flux","prompt":"a cat","size":"1024x768","response_format":"b64_json","user":"u"}`,
			at: path, answer: drawn, dropped: "user", got: `{"model":"flux","prompt":"a cat","width":1024,"height":768,"response_format":"base64"}`},
	} {
		t.Run(e.name, func(t *testing.T) {
			if e.want != "" {
				e.want = strings.Replace(e.want, `"created":0`, `"created":`+now(t, s, &e), 1)
			}
			e.run(t, s)
		})
	}
	refused(t, s, path, `{"model":"gemini/gemini-2.5-flash-image","prompt":"a cat","n":2}`, 400, "'n'")
	refused(t, s, path, `{"model":"gemini/gemini-2.5-flash-image"}`, 400, "prompt")
}

// now makes the call once, for the time that its answer tells.
func now(t *testing.T, s *stage, e *exchange) string {
	t.Helper()
	s.up.Script(func(c *testup.Call) { c.JSON(200, e.answer) })
	_, body := s.Post(e.path, e.ask)
	var got struct{ Created json.Number }
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	return got.Created.String()
}

func TestAnImageThatTheModelRefusesIsAnErrorOfPolicy(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) {
		c.JSON(200, `{"candidates":[{"content":{"role":"model"},"finishReason":"IMAGE_SAFETY"}]}`)
	})
	resp, body := s.Post("/v1/images/generations", `{"model":"gemini/gemini-2.5-flash-image","prompt":"a cat"}`)
	if resp.StatusCode != 400 || !contains(string(body), "IMAGE_SAFETY", "content_filter") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestAStreamOfImagesEndsWithTheImageThatCameWhole(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) { c.JSON(200, picture) })
	resp, body := s.Post("/v1/images/generations", `{"model":"gemini/gemini-2.5-flash-image","prompt":"a cat","stream":true,"partial_images":2}`)
	if resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Sluice-Dropped-Params") != "partial_images" {
		t.Fatalf("%v %s", resp.Header, body)
	}
	name, data, ok := strings.Cut(string(body), "\ndata: ")
	if !ok || name != "event: image_generation.completed" || !contains(data, `"type":"image_generation.completed"`, `"b64_json":"iVBORw0KGgo="`, `"size":"auto"`, `"output_tokens":1290`) {
		t.Errorf("the stream is %s", body)
	}
}

// form makes a multipart body.
func form(t *testing.T, file, name string, content []byte, fields ...string) (string, []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile(file, name)
	if err == nil {
		_, err = f.Write(content)
	}
	for i := 0; err == nil && i < len(fields); i += 2 {
		err = w.WriteField(fields[i], fields[i+1])
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func postForm(s *stage, path, contentType string, body []byte) (*http.Response, []byte) {
	r := s.Request(http.MethodPost, path, body)
	r.Header.Set("Content-Type", contentType)
	return s.Do(r)
}

func TestAnImageIsEditedByAModelThatTakesItBesideTheWords(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) { c.JSON(200, picture) })
	kind, body := form(t, "image[]", "cat.png", []byte("\x89PNG"), "prompt", "make it blue", "model", "gemini/gemini-2.5-flash-image", "input_fidelity", "high")
	resp, answer := postForm(s, "/v1/images/edits", kind, body)
	if resp.StatusCode != 200 || resp.Header.Get("Sluice-Dropped-Params") != "input_fidelity" || !contains(string(answer), `"b64_json":"iVBORw0KGgo="`) {
		t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, answer)
	}
	same(t, "the vendor got", string(s.up.Last().Body), `{"contents":[{"role":"user","parts":[{"text":"make it blue"},{"inlineData":{"mimeType":"image/png","data":"iVBORw=="}}]}],"generationConfig":{"responseModalities":["TEXT","IMAGE"]}}`)
	kind, body = form(t, "mask", "m.png", []byte("\x89PNG"), "prompt", "x", "model", "gemini/gemini-2.5-flash-image")
	if resp, answer = postForm(s, "/v1/images/edits", kind, body); resp.StatusCode != 400 || !contains(string(answer), "mask") {
		t.Errorf("%d %s", resp.StatusCode, answer)
	}
}
