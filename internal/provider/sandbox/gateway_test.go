package sandbox_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

// through sends a request through a gateway, for the sandbox where nothing else says so.
func through(t *testing.T, g *testgw.Gateway, method, path string, header http.Header, body string) answer {
	t.Helper()
	r := g.Request(method, path, []byte(body))
	r.Header.Set("Sluice-Provider", "sandbox")
	for k, v := range header {
		r.Header[k] = v
	}
	resp, b := g.Do(r)
	return answer{resp.StatusCode, resp.Header, b}
}

// wants fails when an answer is none of success.
func (a answer) wants(t *testing.T, what string) answer {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("%s: %d %s", what, a.status, a.body)
	}
	return a
}

func TestAWholeGatewayKnowsTheSandboxsObjects(t *testing.T) {
	g := testgw.Start(t, "")
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	t.Run("videos by JSON", func(t *testing.T) { videoThrough(t, g, nil, `{"model":"sandbox/video","prompt":"A gate"}`) })
	header, body := multi(map[string]string{"model": "sandbox/video", "prompt": "A gate"}, "ref.png", "x")
	t.Run("videos by a form", func(t *testing.T) { videoThrough(t, g, header, body) })
	t.Run("uploads", func(t *testing.T) { uploadThrough(t, g) })
	t.Run("replays", func(t *testing.T) { replayThrough(t, g) })
	for _, version := range []string{"/v1beta", "/v1"} {
		t.Run("batches "+version, func(t *testing.T) { batchThrough(t, g, version) })
	}
	t.Run("batches in files", func(t *testing.T) { fileBatchThrough(t, g) })
}

func videoThrough(t *testing.T, g *testgw.Gateway, header http.Header, body string) {
	made := through(t, g, http.MethodPost, "/v1/videos", header, body).wants(t, "create")
	at := "/v1/videos/" + dig(t, made.body, "id").(string)
	for _, want := range []string{"in_progress", "completed"} {
		if a := through(t, g, http.MethodGet, at, nil, "").wants(t, "get"); dig(t, a.body, "status") != want {
			t.Errorf("got %s, want %s", a.body, want)
		}
	}
	film := through(t, g, http.MethodGet, at+"/content", nil, "").wants(t, "content")
	if !bytes.Equal(film.body[4:8], []byte("ftyp")) || film.header.Get("Content-Type") != "video/mp4" {
		t.Errorf("content is %d bytes of %s", len(film.body), film.header.Get("Content-Type"))
	}
	again := through(t, g, http.MethodPost, at+"/remix", nil, `{"prompt":"At night"}`).wants(t, "remix")
	list := through(t, g, http.MethodGet, "/v1/videos", nil, "").wants(t, "list")
	if dig(t, list.body, "data", 0, "id") != dig(t, again.body, "id") {
		t.Errorf("list is %s", list.body)
	}
	through(t, g, http.MethodDelete, at, nil, "").wants(t, "delete")
	if a := through(t, g, http.MethodGet, at, nil, ""); a.status != 404 {
		t.Errorf("a deleted video: %d", a.status)
	}
}

func uploadThrough(t *testing.T, g *testgw.Gateway) {
	made := through(t, g, http.MethodPost, "/v1/uploads", nil, `{"filename":"a.txt","purpose":"user_data","bytes":3,"mime_type":"text/plain"}`).wants(t, "create")
	at := "/v1/uploads/" + dig(t, made.body, "id").(string)
	header, body := multi(nil, "part", "abc")
	part := through(t, g, http.MethodPost, at+"/parts", header, strings.Replace(body, `name="file"`, `name="data"`, 1)).wants(t, "part")
	done := through(t, g, http.MethodPost, at+"/complete", nil, fmt.Sprintf(`{"part_ids":["%s"]}`, dig(t, part.body, "id"))).wants(t, "complete")
	file := through(t, g, http.MethodGet, fmt.Sprintf("/v1/files/%s/content", dig(t, done.body, "file", "id")), nil, "").wants(t, "file")
	if string(file.body) != "abc" {
		t.Errorf("the file is %q", file.body)
	}
}

func replayThrough(t *testing.T, g *testgw.Gateway) {
	first := through(t, g, http.MethodPost, "/v1/responses", nil, `{"model":"sandbox/echo?chunks=3","input":"one two three","stream":true}`).wants(t, "create")
	all := events(t, first.body)
	at := "/v1/responses/" + dig(t, all[0].data, "response", "id").(string) + "?stream=true"
	again := through(t, g, http.MethodGet, at, nil, "").wants(t, "replay")
	if !bytes.Equal(again.body, first.body) {
		t.Errorf("got %s", again.body)
	}
	if e := g.Entry(again.header.Get("Sluice-Request-Id")); e.Usage.OutputTokens.Known {
		t.Errorf("a replay is counted once more: %+v", e.Usage)
	}
	rest := through(t, g, http.MethodGet, at+"&starting_after=4", nil, "").wants(t, "the rest")
	if got := events(t, rest.body); len(got) != len(all)-5 || !bytes.HasSuffix(first.body, rest.body) {
		t.Errorf("got %s", rest.body)
	}
}

func batchThrough(t *testing.T, g *testgw.Gateway, version string) {
	made := through(t, g, http.MethodPost, version+"/models/sandbox/echo:batchGenerateContent", google, twoRequests).wants(t, "create")
	name := dig(t, made.body, "name").(string)
	if a := through(t, g, http.MethodGet, version+"/"+name, google, "").wants(t, "get"); !bytes.Equal(a.body, made.body) {
		t.Errorf("got %s", a.body)
	}
	if a := through(t, g, http.MethodGet, version+"/batches", google, "").wants(t, "list"); dig(t, a.body, "operations", 0, "name") != name {
		t.Errorf("list is %s", a.body)
	}
	through(t, g, http.MethodPost, version+"/"+name+":cancel", google, "").wants(t, "cancel")
	through(t, g, http.MethodDelete, version+"/"+name, google, "").wants(t, "delete")
	if a := through(t, g, http.MethodGet, version+"/"+name, google, ""); a.status != 404 {
		t.Errorf("a deleted batch: %d", a.status)
	}
}

func fileBatchThrough(t *testing.T, g *testgw.Gateway) {
	text := http.Header{"Content-Type": {"text/plain"}}
	sent := through(t, g, http.MethodPost, "/upload/v1beta/files", text, `{"key":"a","request":{"content":{"parts":[{"text":"Hi"}]}}}`).wants(t, "upload")
	made := through(t, g, http.MethodPost, "/v1beta/models/sandbox/embed:asyncBatchEmbedContent", nil,
		fmt.Sprintf(`{"batch":{"inputConfig":{"fileName":"%s"}}}`, dig(t, sent.body, "file", "name"))).wants(t, "create")
	got := through(t, g, http.MethodGet, "/v1beta/"+dig(t, made.body, "name").(string), nil, "").wants(t, "get")
	if name, _ := dig(t, got.body, "response", "responsesFile").(string); name == "" {
		t.Errorf("got %s", got.body)
	}
}
