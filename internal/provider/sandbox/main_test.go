package sandbox_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is what came back, whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request to a handler without a connection.
func ask(h http.Handler, method, target string, header http.Header, body string) answer {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for k, v := range header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// post asks a sandbox of its own.
func post(t *testing.T, target, body string) answer {
	t.Helper()
	return ask(sandbox.Handler(sandbox.Options{}), http.MethodPost, target, nil, body)
}

// dig reads a member by its path from JSON; nil when there is none.
func dig(t *testing.T, body []byte, path ...any) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

// event is one server-sent event.
type event struct {
	name string
	data []byte
}

// events splits a stream and fails on anything that is not the grammar.
func events(t *testing.T, body []byte) []event {
	t.Helper()
	if !bytes.HasSuffix(bytes.ReplaceAll(body, []byte("\r"), nil), []byte("\n\n")) {
		t.Fatalf("the last event has no end: %q", body)
	}
	var out []event
	var e event
	for line := range strings.Lines(string(body)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "":
			out = append(out, e)
			e = event{}
		case strings.HasPrefix(line, "event: "):
			e.name = line[len("event: "):]
		case strings.HasPrefix(line, "data: ") && e.data == nil:
			e.data = []byte(line[len("data: "):])
		default:
			t.Fatalf("line %q is no part of an event", line)
		}
	}
	return out
}

// client speaks to a Spec over its own connections, which end with the test.
func client(t *testing.T, spec *provider.Spec) *http.Client {
	tr := &http.Transport{DialContext: spec.Dial}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// send posts over a connection and gives the answer with its body open.
func send(ctx context.Context, c *http.Client, target, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sandbox.internal"+target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	return c.Do(r)
}

func readAll(t *testing.T, r *http.Response) []byte {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(bufio.NewReader(r.Body))
	if err != nil {
		t.Error(err)
	}
	return b
}

func handler() http.Handler { return sandbox.Handler(sandbox.Options{}) }

func postTo(h http.Handler, target, body string) answer {
	return ask(h, http.MethodPost, target, nil, body)
}

// validJSON reports whether a text is valid JSON.
func validJSON(s string) bool { return json.Valid([]byte(s)) }
