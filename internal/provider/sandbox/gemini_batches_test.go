package sandbox_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

var google = http.Header{"X-Goog-Api-Client": {"test"}}

const twoRequests = `{"batch":{"displayName":"Two","inputConfig":{"requests":{"requests":[` +
	`{"request":{"contents":[{"parts":[{"text":"Hello"}]}]},"metadata":{"key":"a"}},{"request":{},"metadata":{"key":"b"}}]}}}}`

func TestAGeminiBatchHasEndedWhenItIsCreated(t *testing.T) {
	for _, version := range []string{"/v1beta", "/v1"} {
		h := handler()
		a := ask(h, http.MethodPost, version+"/models/echo:batchGenerateContent", google, twoRequests)
		if dig(t, a.body, "done") != true || dig(t, a.body, "metadata", "state") != "BATCH_STATE_SUCCEEDED" ||
			text(t, dig(t, a.body, "metadata", "batchStats")) != `{"failedRequestCount":"1","requestCount":"2","successfulRequestCount":"1"}` {
			t.Fatalf("%d %s", a.status, a.body)
		}
		out, _ := dig(t, a.body, "response", "inlinedResponses", "inlinedResponses").([]any)
		good, bad := []byte(text(t, out[0])), []byte(text(t, out[1]))
		if dig(t, good, "metadata", "key") != "a" || dig(t, good, "response", "candidates", 0, "content", "parts", 0, "text") != "Hello" {
			t.Errorf("got %s", good)
		}
		if dig(t, bad, "metadata", "key") != "b" || dig(t, bad, "error", "code") != 400.0 || dig(t, bad, "response") != nil {
			t.Errorf("got %s", bad)
		}
		name := version + "/" + dig(t, a.body, "name").(string)
		if again := ask(h, http.MethodGet, name, google, ""); !bytes.Equal(again.body, a.body) {
			t.Errorf("GET gives %s", again.body)
		}
		if list := ask(h, http.MethodGet, version+"/batches", google, ""); dig(t, list.body, "operations", 0, "name") != dig(t, a.body, "name") {
			t.Errorf("list is %s", list.body)
		}
		if c := ask(h, http.MethodPost, name+":cancel", google, ""); c.status != 200 || string(c.body) != "{}" {
			t.Errorf("cancel: %d %s", c.status, c.body)
		}
		if d := ask(h, http.MethodDelete, name, google, ""); d.status != 200 || string(d.body) != "{}" {
			t.Errorf("delete: %d %s", d.status, d.body)
		}
		for _, c := range []struct{ method, target string }{{http.MethodGet, name}, {http.MethodPost, name + ":cancel"}, {http.MethodDelete, name}} {
			if gone := ask(h, c.method, c.target, google, ""); gone.status != 404 {
				t.Errorf("%s of a deleted batch: %d", c.method, gone.status)
			}
		}
	}
}

func TestAGeminiBatchFromAFileAnswersIntoAFile(t *testing.T) {
	h := handler()
	lines := `{"key":"a","request":{"content":{"parts":[{"text":"Hi"}]}}}` + "\n\n" + `{"key":"b","request":{"content":{"parts":[]}}}`
	sent := ask(h, http.MethodPost, "/upload/v1beta/files", nil, lines)
	body := fmt.Sprintf(`{"batch":{"input_config":{"file_name":"%s"}}}`, dig(t, sent.body, "file", "name"))
	a := postTo(h, "/v1beta/models/embed:asyncBatchEmbedContent", body)
	name, _ := dig(t, a.body, "metadata", "output", "responsesFile").(string)
	if !strings.HasPrefix(name, "files/") || dig(t, a.body, "response", "responsesFile") != name || dig(t, a.body, "response", "inlinedResponses") != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	out := ask(h, http.MethodGet, "/download/v1beta/"+name+":download?alt=media", nil, "")
	got := bytes.Split(bytes.TrimSpace(out.body), []byte("\n"))
	if len(got) != 2 || dig(t, got[0], "key") != "a" || dig(t, got[1], "key") != "b" || dig(t, got[1], "error", "status") != "INVALID_ARGUMENT" {
		t.Fatalf("results are %s", out.body)
	}
	if v, _ := dig(t, got[0], "response", "embedding", "values").([]any); len(v) != 64 {
		t.Errorf("an embedding of %d numbers", len(v))
	}
}

func TestGeminiBatchesThatCannotBeRunAreRefused(t *testing.T) {
	big := strings.Repeat(`{"request":{"contents":[{"parts":[{"text":"Hi"}]}]}},`, 9)
	for _, c := range []struct {
		name, target, body string
		status             int
		says               string
	}{
		{"no requests", "echo:batchGenerateContent", `{"batch":{}}`, 400, "batch.inputConfig"},
		{"an unknown file", "echo:batchGenerateContent", `{"batch":{"inputConfig":{"fileName":"files/x"}}}`, 404, `"x"`},
		{"an unknown model", "nope:batchGenerateContent", twoRequests, 404, "no model"},
		{"a model for something else", "echo:asyncBatchEmbedContent", twoRequests, 404, "embed"},
		{"too much to answer", "echo%3Fsize=9000000:batchGenerateContent", `{"batch":{"inputConfig":{"requests":{"requests":[` + big[:len(big)-1] + `]}}}}`, 400, "64 MiB"},
	} {
		a := post(t, "/v1beta/models/"+c.target, c.body)
		if m, _ := dig(t, a.body, "error", "message").(string); a.status != c.status || !strings.Contains(m, c.says) {
			t.Errorf("%s: got %d %.300s, want %d and %q", c.name, a.status, a.body, c.status, c.says)
		}
	}
}

func TestABatchOfOneFamilyDoesNotShowInAnother(t *testing.T) {
	h := handler()
	a := ask(h, http.MethodPost, "/v1/models/echo:batchGenerateContent", google, twoRequests)
	id := strings.TrimPrefix(dig(t, a.body, "name").(string), "batches/")
	if other := ask(h, http.MethodGet, "/v1/batches/"+id, nil, ""); other.status != 404 {
		t.Errorf("got %s", other.body)
	}
	if list := ask(h, http.MethodGet, "/v1/batches", nil, ""); text(t, dig(t, list.body, "data")) != "[]" {
		t.Errorf("got %s", list.body)
	}
}

func TestBatchesThatWouldAnswerTooMuchAreRefused(t *testing.T) {
	h := handler()
	line := `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"echo?size=9000000","messages":[{"role":"user","content":"Hi"}]}}` + "\n"
	in := upload(t, h, nil, strings.Repeat(line, 9))
	message := `{"custom_id":"a","params":{"model":"echo?size=9000000","max_tokens":9000000,"messages":[{"role":"user","content":"Hi"}]}},`
	for target, body := range map[string]string{
		"/v1/batches":          `{"input_file_id":"` + in + `","endpoint":"/v1/chat/completions"}`,
		"/v1/messages/batches": `{"requests":[` + strings.TrimSuffix(strings.Repeat(message, 9), ",") + `]}`,
		"/v1/chat/completions": `{"model":"echo?size=9000000","n":9,"messages":[{"role":"user","content":"Hi"}]}`,
		"/v1/completions":      `{"model":"echo?size=9000000","prompt":["1","2","3","4","5","6","7","8","9"]}`,
	} {
		a := postTo(h, target, body)
		if m := fmt.Sprint(dig(t, a.body, "error", "message")); a.status != 400 || !strings.Contains(m, "64 MiB") {
			t.Errorf("%s: %d %.300s", target, a.status, a.body)
		}
	}
}
