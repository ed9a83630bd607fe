package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What the plain upstream answers, and what reaches a caller of it: the stream without
// the usage event, which the gateway asked for itself.
const (
	plainText  = `{"id":"chatcmpl-e2e","object":"chat.completion","created":1700000000,"model":"m1","choices":[{"index":0,"message":{"role":"assistant","content":"Good day."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}`
	usageEvent = `data: {"id":"chatcmpl-e2e","object":"chat.completion.chunk","created":1700000000,"model":"m1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}` + "\n\n"
	doneEvent  = "data: [DONE]\n\n"
)

var streamText = chunk("Good") + chunk(" day") + chunk(".") + lastChunk + doneEvent

const lastChunk = `data: {"id":"chatcmpl-e2e","object":"chat.completion.chunk","created":1700000000,"model":"m1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"

// chunk is one content event.
func chunk(text string) string {
	return fmt.Sprintf(`data: {"id":"chatcmpl-e2e","object":"chat.completion.chunk","created":1700000000,"model":"m1","choices":[{"index":0,"delta":{"content":%q},"finish_reason":null}]}`, text) + "\n\n"
}

// serveUpstream runs an upstream that is only a handler, and keeps nothing of what it got.
func serveUpstream(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// plainUpstream answers every call at once, streams included.
func plainUpstream(t testing.TB) string { return serveUpstream(t, answerPlainly) }

func answerPlainly(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !bytes.Contains(body, []byte(`"stream":true`)) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, plainText) // a gateway that left needs no answer
		return
	}
	s := beginStream(w)
	for _, text := range []string{"Good", " day", "."} {
		s.send(chunk(text))
	}
	s.finish(body)
}

// eventWriter writes a stream, one flush per piece.
type eventWriter struct {
	w http.ResponseWriter
	f *http.ResponseController
}

func beginStream(w http.ResponseWriter) eventWriter {
	w.Header().Set("Content-Type", "text/event-stream")
	s := eventWriter{w, http.NewResponseController(w)}
	_ = s.f.Flush() // send reports a gateway that left
	return s
}

// send reports whether the gateway is still there.
func (s eventWriter) send(event string) bool {
	_, err := io.WriteString(s.w, event)
	return err == nil && s.f.Flush() == nil
}

// finish ends a stream as the request asked for it.
func (s eventWriter) finish(request []byte) {
	end := lastChunk
	if bytes.Contains(request, []byte(`"include_usage":true`)) {
		end += usageEvent
	}
	s.send(end + doneEvent)
}

// config is a document with one provider, called up; more goes below it.
func config(upstream string, more ...string) string {
	return fmt.Sprintf("discover: false\nproviders:\n  up: { kind: openai-compatible, base_url: %q, api_key: env:UP_KEY }\n", upstream+"/v1") + strings.Join(more, "\n") + "\n"
}

// metadataOnly is the policy under which most of these tests record.
const metadataOnly = "gateways: { default: { log: { bodies: metadata } } }"
