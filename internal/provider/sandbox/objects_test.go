package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image/png"
	"math"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

// multi makes a multipart body of fields and one file.
func multi(fields map[string]string, name, data string) (http.Header, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.SetBoundary("XX")
	for k, v := range fields {
		w.WriteField(k, v)
	}
	f, _ := w.CreateFormFile("file", name)
	f.Write([]byte(data))
	w.Close()
	return http.Header{"Content-Type": {w.FormDataContentType()}}, b.String()
}

func upload(t *testing.T, h http.Handler, extra http.Header, data string) string {
	t.Helper()
	header, body := multi(map[string]string{"purpose": "batch"}, "in.jsonl", data)
	for k, v := range extra {
		header[k] = v
	}
	a := ask(h, http.MethodPost, "/v1/files", header, body)
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return dig(t, a.body, "id").(string)
}

var claude = http.Header{"Anthropic-Version": {"2023-06-01"}}

func TestFilesAreKeptListedReadAndDeletedByFamily(t *testing.T) {
	h := handler()
	for _, family := range []http.Header{{}, claude} {
		id, twin := upload(t, h, family, "data"), upload(t, h, family, "data")
		if id == twin {
			t.Error("two uploads of the same bytes are one file")
		}
		if a := ask(h, http.MethodGet, "/v1/files/"+id+"/content", family, ""); string(a.body) != "data" {
			t.Errorf("content is %d %q", a.status, a.body)
		}
		if a := ask(h, http.MethodGet, "/v1/files/"+id, family, ""); dig(t, a.body, "filename") != "in.jsonl" {
			t.Errorf("got %s", a.body)
		}
		list := ask(h, http.MethodGet, "/v1/files", family, "")
		if data, _ := dig(t, list.body, "data").([]any); len(data) != 2 || dig(t, list.body, "data", 0, "id") != twin {
			t.Errorf("list is %s", list.body)
		}
		if a := ask(h, http.MethodDelete, "/v1/files/"+id, family, ""); a.status != 200 {
			t.Errorf("delete: %s", a.body)
		}
		if a := ask(h, http.MethodGet, "/v1/files/"+id, family, ""); a.status != 404 {
			t.Errorf("a deleted file: %d", a.status)
		}
	}
	if a := ask(h, http.MethodGet, "/v1/files?purpose=other", nil, ""); text(t, dig(t, a.body, "data")) != "[]" {
		t.Errorf("another purpose lists %s", a.body)
	}
}

func TestOldFilesGoWhenThereAreTooMany(t *testing.T) {
	h := handler()
	first := upload(t, h, nil, "0")
	for range 1000 {
		upload(t, h, nil, "x")
	}
	list := ask(h, http.MethodGet, "/v1/files", nil, "")
	if data, _ := dig(t, list.body, "data").([]any); len(data) != 1000 {
		t.Errorf("%d files", len(data))
	}
	if a := ask(h, http.MethodGet, "/v1/files/"+first, nil, ""); a.status != 404 {
		t.Error("the oldest file is still there")
	}
}

func TestGeminiFilesComeInPiecesOrAtOnce(t *testing.T) {
	h := handler()
	start := http.Header{"X-Goog-Upload-Protocol": {"resumable"}, "X-Goog-Upload-Command": {"start"}, "X-Goog-Upload-Header-Content-Type": {"text/plain"}}
	a := ask(h, http.MethodPost, "/upload/v1beta/files", start, `{"file":{"display_name":"n"}}`)
	to := strings.TrimPrefix(a.header.Get("X-Goog-Upload-Url"), "http://example.com")
	if a.status != 200 || !strings.HasPrefix(to, "/upload/v1beta/files?upload_id=") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	ask(h, http.MethodPost, to, http.Header{"X-Goog-Upload-Command": {"upload"}, "X-Goog-Upload-Offset": {"0"}}, "ab")
	last := http.Header{"X-Goog-Upload-Command": {"upload, finalize"}, "X-Goog-Upload-Offset": {"7"}}
	if a := ask(h, http.MethodPost, to, last, "cd"); a.status != 400 {
		t.Errorf("a wrong offset: %d", a.status)
	}
	last["X-Goog-Upload-Offset"] = []string{"2"}
	a = ask(h, http.MethodPost, to, last, "cd")
	name, _ := dig(t, a.body, "file", "name").(string)
	if a.header.Get("X-Goog-Upload-Status") != "final" || dig(t, a.body, "file", "sizeBytes") != "4" || dig(t, a.body, "file", "mimeType") != "text/plain" {
		t.Fatalf("got %s", a.body)
	}
	if a := ask(h, http.MethodGet, "/v1beta/"+name+":download?alt=media", nil, ""); string(a.body) != "abcd" {
		t.Errorf("content is %q", a.body)
	}
	if a := ask(h, http.MethodGet, "/v1beta/"+name, nil, ""); dig(t, a.body, "state") != "ACTIVE" {
		t.Errorf("got %s", a.body)
	}
	related := "--X\r\nContent-Type: application/json\r\n\r\n{\"file\":{\"displayName\":\"r\"}}\r\n--X\r\nContent-Type: text/plain\r\n\r\nxyz\r\n--X--\r\n"
	a = ask(h, http.MethodPost, "/upload/v1beta/files", http.Header{"Content-Type": {"multipart/related; boundary=X"}}, related)
	if dig(t, a.body, "file", "displayName") != "r" || dig(t, a.body, "file", "sizeBytes") != "3" {
		t.Errorf("got %s", a.body)
	}
	if a := ask(h, http.MethodDelete, "/v1beta/"+name, nil, ""); a.status != 200 {
		t.Errorf("delete: %s", a.body)
	}
}

func TestCachedContentsCountAsPartOfThePrompt(t *testing.T) {
	h := handler()
	a := postTo(h, "/v1beta/cachedContents", `{"model":"models/chat","ttl":"60s","contents":[{"role":"user","parts":[{"text":"12345678"}]}]}`)
	name, _ := dig(t, a.body, "name").(string)
	if dig(t, a.body, "expireTime") != "2025-01-01T00:01:00Z" {
		t.Errorf("got %s", a.body)
	}
	a = postTo(h, "/v1beta/models/chat:generateContent", `{"cachedContent":"`+name+`","contents":[{"parts":[{"text":"1234"}]}]}`)
	if u := text(t, dig(t, a.body, "usageMetadata", "cachedContentTokenCount")); u != "2" || dig(t, a.body, "usageMetadata", "promptTokenCount") != 3.0 {
		t.Errorf("usage is %s", a.body)
	}
	if a := ask(h, http.MethodPatch, "/v1beta/"+name, nil, `{"ttl":"120s"}`); dig(t, a.body, "expireTime") != "2025-01-01T00:02:00Z" {
		t.Errorf("got %s", a.body)
	}
	ask(h, http.MethodDelete, "/v1beta/"+name, nil, "")
	if a := ask(h, http.MethodGet, "/v1beta/"+name, nil, ""); a.status != 404 {
		t.Error("it is still there")
	}
}

func TestABatchHasEndedWhenItIsCreated(t *testing.T) {
	h := handler()
	in := upload(t, h, nil, `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"slow","messages":[{"role":"user","content":"Hi"}]}}
{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"error-500","messages":[{"role":"user","content":"Hi"}]}}
`)
	a := postTo(h, "/v1/batches", `{"input_file_id":"`+in+`","endpoint":"/v1/chat/completions","completion_window":"24h"}`)
	if dig(t, a.body, "status") != "completed" || text(t, dig(t, a.body, "request_counts")) != `{"completed":1,"failed":1,"total":2}` {
		t.Fatalf("got %s", a.body)
	}
	out := ask(h, http.MethodGet, fmt.Sprintf("/v1/files/%s/content", dig(t, a.body, "output_file_id")), nil, "")
	if dig(t, out.body, "custom_id") != "a" || dig(t, out.body, "response", "body", "model") != "slow" {
		t.Errorf("output is %s", out.body)
	}
	bad := ask(h, http.MethodGet, fmt.Sprintf("/v1/files/%s/content", dig(t, a.body, "error_file_id")), nil, "")
	if dig(t, bad.body, "response", "status_code") != 500.0 {
		t.Errorf("errors are %s", bad.body)
	}
	id := dig(t, a.body, "id").(string)
	for _, c := range []struct{ method, target string }{{http.MethodGet, "/v1/batches/" + id}, {http.MethodPost, "/v1/batches/" + id + "/cancel"}} {
		if again := ask(h, c.method, c.target, nil, ""); !bytes.Equal(again.body, a.body) {
			t.Errorf("%s gives %s", c.target, again.body)
		}
	}
}

func TestAMessageBatchHasEndedWhenItIsCreated(t *testing.T) {
	h := handler()
	line := `{"custom_id":"%s","params":{"model":"%s","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}}`
	a := postTo(h, "/v1/messages/batches", `{"requests":[`+fmt.Sprintf(line, "a", "cut")+`,`+fmt.Sprintf(line, "b", "nope")+`]}`)
	if dig(t, a.body, "processing_status") != "ended" || dig(t, a.body, "request_counts", "succeeded") != 1.0 || dig(t, a.body, "request_counts", "errored") != 1.0 {
		t.Fatalf("got %s", a.body)
	}
	out := ask(h, http.MethodGet, dig(t, a.body, "results_url").(string), claude, "")
	lines := bytes.Split(bytes.TrimSpace(out.body), []byte("\n"))
	if len(lines) != 2 || dig(t, lines[0], "result", "message", "type") != "message" || dig(t, lines[1], "result", "error", "error", "type") != "not_found_error" {
		t.Errorf("results are %s", out.body)
	}
	id := dig(t, a.body, "id").(string)
	if list := ask(h, http.MethodGet, "/v1/messages/batches", claude, ""); dig(t, list.body, "data", 0, "id") != id {
		t.Errorf("list is %s", list.body)
	}
	if other := ask(h, http.MethodGet, "/v1/batches/"+id, nil, ""); other.status != 404 {
		t.Error("one family's batch shows in the other")
	}
	ask(h, http.MethodDelete, "/v1/messages/batches/"+id, claude, "")
	if gone := ask(h, http.MethodGet, "/v1/messages/batches/"+id, claude, ""); gone.status != 404 {
		t.Error("it is still there")
	}
}

func TestStoredResponsesAreReadContinuedAndDeleted(t *testing.T) {
	h := handler()
	a := postTo(h, "/v1/responses", `{"model":"echo","input":"12345678"}`)
	id := dig(t, a.body, "id").(string)
	if got := ask(h, http.MethodGet, "/v1/responses/"+id, nil, ""); !bytes.Equal(got.body, a.body) {
		t.Errorf("got %s", got.body)
	}
	items := ask(h, http.MethodGet, "/v1/responses/"+id+"/input_items", nil, "")
	if dig(t, items.body, "data", 0, "content", 0, "text") != "12345678" || dig(t, items.body, "data", 0, "id") == nil {
		t.Errorf("items are %s", items.body)
	}
	next := postTo(h, "/v1/responses", `{"model":"echo","input":"1234","previous_response_id":"`+id+`"}`)
	if dig(t, next.body, "usage", "input_tokens") != 5.0 {
		t.Errorf("input is 2+2+1 tokens, got %s", next.body)
	}
	if unstored := postTo(h, "/v1/responses", `{"model":"echo","input":"x","store":false}`); ask(h, http.MethodGet, "/v1/responses/"+dig(t, unstored.body, "id").(string), nil, "").status != 404 {
		t.Error("store: false was stored")
	}
	if gone := ask(h, http.MethodDelete, "/v1/responses/"+id, nil, ""); dig(t, gone.body, "deleted") != true {
		t.Errorf("got %s", gone.body)
	}
	if gone := ask(h, http.MethodGet, "/v1/responses/"+id, nil, ""); gone.status != 404 {
		t.Error("it is still there")
	}
}

func TestEmbeddingsHaveLengthOneAndAreTheSameInEveryForm(t *testing.T) {
	plain := post(t, "/v1/embeddings", `{"model":"embed","input":"Hi"}`)
	packed := post(t, "/v1/embeddings", `{"model":"embed","input":["Hi"],"encoding_format":"base64"}`)
	other := post(t, "/v1beta/models/embed:batchEmbedContents", `{"requests":[{"content":{"parts":[{"text":"Hi"}]}}]}`)
	v := dig(t, plain.body, "data", 0, "embedding").([]any)
	raw, err := base64.StdEncoding.DecodeString(dig(t, packed.body, "data", 0, "embedding").(string))
	if err != nil || len(v) != 64 || len(raw) != 256 {
		t.Fatalf("%d numbers, %d bytes, %v", len(v), len(raw), err)
	}
	sum := 0.0
	for i := range v {
		f := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		if float32(v[i].(float64)) != f || v[i] != dig(t, other.body, "embeddings", 0, "values", i) {
			t.Fatalf("number %d is %v, %v and %v", i, v[i], f, dig(t, other.body, "embeddings", 0, "values", i))
		}
		sum += float64(f) * float64(f)
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("length is %v", sum)
	}
}

func TestPicturesAndSoundsAreValidFiles(t *testing.T) {
	a := post(t, "/v1/images/generations", `{"model":"image","prompt":"A gate","n":2}`)
	for i := range 2 {
		raw, _ := base64.StdEncoding.DecodeString(dig(t, a.body, "data", i, "b64_json").(string))
		if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() != 8 {
			t.Errorf("image %d: %v", i, err)
		}
	}
	sound := post(t, "/v1/audio/speech", `{"model":"tts","input":"Hello","voice":"x"}`)
	if sound.header.Get("Content-Type") != "audio/wav" || len(sound.body) != 4044 {
		t.Fatalf("%d bytes of %s", len(sound.body), sound.header.Get("Content-Type"))
	}
	header, body := multi(map[string]string{"model": "stt", "response_format": "verbose_json"}, "a.wav", string(sound.body))
	heard := ask(handler(), http.MethodPost, "/v1/audio/transcriptions", header, body)
	if dig(t, heard.body, "duration") != 0.25 || dig(t, heard.body, "usage", "seconds") != 1.0 {
		t.Errorf("heard %s", heard.body)
	}
}

func TestManyCallersAtOnceGetTheirOwnAnswers(t *testing.T) {
	spec := sandbox.New(sandbox.Options{})
	hc := client(t, spec)
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			for j := range 8 {
				want := fmt.Sprintf("caller %d, call %d", i, j)
				r, err := send(t.Context(), hc, "/v1/responses", `{"model":"echo","input":"`+want+`"}`)
				if err != nil {
					t.Error(err)
					return
				}
				if b := readAll(t, r); dig(t, b, "output", 0, "content", 0, "text") != want {
					t.Errorf("got %s", b)
				}
			}
		})
	}
	all.Wait()
}
