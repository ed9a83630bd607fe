package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const defaults = "gateways: { default: { default_provider: { openai: openai, anthropic: anthropic, gemini: gemini } } }"

func TestLinksThatSDKsFollowLeadBackToTheGateway(t *testing.T) {
	var up *testup.Upstream
	g, u := start(t, func(c *testup.Call) {
		batch := fmt.Sprintf(`{ "id":"msgbatch_1","results_url":"%s/v1/messages/batches/msgbatch_1/results", "x": 1.0 }`, up.URL)
		switch {
		case strings.HasSuffix(c.URI, "/results"):
			c.Answer(200, "application/x-jsonl", []byte("{}\n"))
		case c.Method == "GET" && !strings.Contains(c.URI, "msgbatch_1"):
			c.JSON(200, `{"data":[`+batch+`,{"id":"foreign"}],"has_more":false}`)
		default:
			c.JSON(200, batch)
		}
	}, defaults)
	up = u
	want := fmt.Sprintf(`{ "id":"msgbatch_1","results_url":"%s/v1/messages/batches/msgbatch_1/results", "x": 1.0 }`, g.URL)
	ask := func(method, path, body string) string {
		var b []byte
		if body != "" {
			b = []byte(body)
		}
		r := g.Request(method, path, b)
		r.Header.Set("Anthropic-Version", "2023-06-01")
		_, answer := g.Do(r)
		return string(answer)
	}
	if got := ask("POST", "/v1/messages/batches", `{"requests":[]}`); got != want {
		t.Errorf("created: %s", got)
	}
	if got := ask("GET", "/v1/messages/batches/msgbatch_1", ""); got != want {
		t.Errorf("read: %s", got)
	}
	if got := ask("GET", "/v1/messages/batches", ""); got != `{"data":[`+want+`],"has_more":false}` {
		t.Errorf("listed: %s", got)
	}
	if got := ask("GET", "/v1/messages/batches/msgbatch_1/results", ""); got != "{}\n" {
		t.Errorf("results: %s", got)
	}
}

func TestAResumableUploadGoesOnThroughTheGatewayWithItsOwnCredential(t *testing.T) {
	u := testup.New(t, nil)
	used := map[string]string{}
	u.Script(func(c *testup.Call) {
		key := c.Header.Get("X-Goog-Api-Key")
		if strings.Contains(c.URI, "upload_id=") {
			_, id, _ := strings.Cut(c.URI, "upload_id=")
			if used[id] != key {
				t.Errorf("upload %s began with %s and went on with %s", id, used[id], key)
			}
			c.JSON(200, `{"file":{"name":"files/abc"}}`)
			return
		}
		id := fmt.Sprint("id", len(used))
		used[id] = key
		c.Set("X-Goog-Upload-Url", u.URL+"/upload/v1beta/files?upload_id="+id).JSON(200, "")
	})
	config := fmt.Sprintf("providers: { gemini: { base_url: %s, credentials: [ {name: a, api_key: env:A}, {name: b, api_key: env:B}, {name: c, api_key: env:C} ] } }\n%s", u.URL, "gateways: { default: { default_provider: { gemini: gemini } } }")
	g := testgw.StartWith(t, testgw.Options{Config: config, Env: map[string]string{"A": "key-a-0000000", "B": "key-b-0000000", "C": "key-c-0000000"}})
	other := secondKey(t, g, "other", "")
	for range 6 {
		resp, _ := g.Do(g.Request("POST", "/upload/v1beta/files", []byte("{}")))
		next := resp.Header.Get("X-Goog-Upload-Url")
		path, ok := strings.CutPrefix(next, g.URL)
		if !ok {
			t.Fatalf("the upload goes on at %q", next)
		}
		if resp, b := as(g, other, "POST", path, "bytes"); resp.StatusCode != http.StatusNotFound {
			t.Errorf("a foreign upload: %d %s", resp.StatusCode, b)
		}
		if resp, b := as(g, testgw.Key, "POST", path, "bytes"); resp.StatusCode != 200 {
			t.Errorf("%d %s", resp.StatusCode, b)
		}
	}
}

func TestTheModelIsRenamedWhereverTheBodyNamesItAgain(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, `{"embeddings":[]}`) }, defaults)
	g.Post("/v1beta/models/gemini/gemini-embedding-001:batchEmbedContents", `{"requests":[ {"model": "models/gemini/gemini-embedding-001","content":{"parts":[{"text":"gemini/gemini-embedding-001"}]}}, {"model":"models/gemini/gemini-embedding-001"}, {"model":"models/other"} ]}`)
	want := `{"requests":[ {"model": "models/gemini-embedding-001","content":{"parts":[{"text":"gemini/gemini-embedding-001"}]}}, {"model":"models/gemini-embedding-001"}, {"model":"models/other"} ]}`
	if got := string(u.Last().Body); got != want {
		t.Errorf("the vendor got %s", got)
	}
}

func TestSpeechIsCountedInCharacters(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) { c.Answer(200, "audio/mpeg", []byte("mp3")) }, "")
	resp, _ := g.Post("/v1/audio/speech", `{"model":"openai/tts-1","input":"héllo","voice":"alloy"}`)
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Usage.Units["characters"] != 5 {
		t.Errorf("units %v", e.Usage.Units)
	}
}

func TestUnusualSpellingsDoNotSlipPastTheRules(t *testing.T) {
	g, u := start(t, files, defaults)
	other := secondKey(t, g, "other", "")
	as(g, testgw.Key, "POST", "/v1/files", "x")
	for _, path := range []string{
		"/v1/%66iles/file-A", "/v1//files/file-A", "//v1/files/file-A", "/v1/files/file-A/", "/v1/FILES/file-A", "/v1/files%2Ffile-A", "/v1/files/file-A/content%3F",
		"/v1/%2566iles/file-A", "/v1/files;x=1/file-A", "/v2/files/file-A", "/openai/v1/files/file-A", "/v1/x/../files/file-A",
	} {
		before := len(u.Calls())
		resp, b := as(g, other, "GET", "/providers/openai"+path, "")
		if resp.StatusCode != 404 || len(u.Calls()) != before {
			t.Errorf("%s: %d %s", path, resp.StatusCode, b)
		}
	}
	if resp, _ := as(g, other, "DELETE", "/providers/openai/v1/files", ""); resp.StatusCode != 405 || resp.Header.Get("Allow") == "" {
		t.Errorf("another method: %d", resp.StatusCode)
	}
	for _, below := range []string{"PATCH /v1/files/file-A", "GET /v1/files/file-A/anything", "POST /v1/files/file-A:cancel", "POST /v1/files/file-A/x/y"} {
		method, path, _ := strings.Cut(below, " ")
		if resp, b := as(g, other, method, "/providers/openai"+path, ""); resp.StatusCode != 404 {
			t.Errorf("a foreign %s: %d %s", below, resp.StatusCode, b)
		}
		if resp, b := as(g, testgw.Key, method, "/providers/openai"+path, ""); resp.StatusCode != 200 {
			t.Errorf("my own %s: %d %s", below, resp.StatusCode, b)
		}
	}
}

func TestWhatAVendorSaysNeverHoldsItsKey(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) {
		status := 500
		if strings.Contains(string(c.Body), "caller") {
			status = 400
		}
		c.JSON(status, `{"error":{"message":"I was given `+c.Header.Get("Authorization")+`"}}`)
	}, "")
	for _, kind := range []string{"caller", "vendor"} {
		_, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-5","x":"`+kind+`"}`)
		if strings.Contains(string(b), vendorKey) || !strings.Contains(string(b), "[redacted]") {
			t.Errorf("%s: %s", kind, b)
		}
	}
}

func TestACutAnswerIsNotTakenForAWholeOne(t *testing.T) {
	half := strings.Repeat("x", 2<<20)
	g, _ := start(t, func(c *testup.Call) {
		c.Write("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" + half + "\r\n")
	}, defaults)
	resp, err := http.DefaultTransport.RoundTrip(g.Request("GET", "/providers/openai/v1/something", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n := 0
	buf := make([]byte, 64<<10)
	for err == nil {
		var m int
		m, err = resp.Body.Read(buf)
		n += m
	}
	if err.Error() == "EOF" {
		t.Errorf("%d bytes and a proper end", n)
	}
}

func TestRedirectsLeadNobodyAway(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) { c.Set("Location", "https://elsewhere.example/").Answer(307, "text/plain", nil) }, "")
	resp, _ := g.Post("/v1/chat/completions", `{"model":"openai/gpt-5"}`)
	if resp.StatusCode != 502 || resp.Header.Get("Location") != "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestLargeAnswersTellTheirCostInTrailers(t *testing.T) {
	answer := strings.Replace(chatAnswer, `"Hi"`, `"`+strings.Repeat("x", 2<<20)+`"`, 1)
	g, _ := start(t, func(c *testup.Call) { c.JSON(200, answer) }, "")
	resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini"}`)
	if string(b) != answer || resp.Trailer.Get("sluice-usage") == "" || resp.Trailer.Get("sluice-cost-usd") == "" {
		t.Errorf("%d bytes, trailers %v", len(b), resp.Trailer)
	}
}

func TestCreationsAreNotRepeatedUnlessTheVendorDidNotAct(t *testing.T) {
	u := testup.New(t, nil)
	g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf("providers: { openai: { api_key: env:K, base_url: %s/v1, retries: { backoff: { first: 1ms } } } }\n%s", u.URL, "gateways: { default: { default_provider: openai } }"), Env: map[string]string{"K": vendorKey}})
	for _, c := range []struct {
		path, idempotency string
		want              int
	}{{"/v1/videos", "", 1}, {"/v1/videos", "once", 3}, {"/v1/chat/completions", "", 3}} {
		calls := 0
		u.Script(func(c *testup.Call) { calls++; c.JSON(500, "{}") })
		r := g.Request("POST", c.path, []byte(`{"model":"openai/sora-2"}`))
		if c.idempotency != "" {
			r.Header.Set("Idempotency-Key", c.idempotency)
		}
		g.Do(r)
		if calls != c.want {
			t.Errorf("%s, idempotency key %q: %d calls, want %d", c.path, c.idempotency, calls, c.want)
		}
	}
}
