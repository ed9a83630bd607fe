package chaos_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

// callers are the dialects in which calls are made.
var callers = []string{"chat", "responses", "messages", "gemini"}

// request gives the path and body of a call.
func request(dialect, model string, stream bool) (path, body string) {
	suffix := ""
	if stream {
		suffix = `,"stream":true`
	}
	switch dialect {
	case "chat":
		return "/v1/chat/completions", `{"model":"` + model + `","messages":[{"role":"user","content":"hi"}]` + suffix + `}`
	case "responses":
		return "/v1/responses", `{"model":"` + model + `","input":"hi"` + suffix + `}`
	case "messages":
		return "/v1/messages", `{"model":"` + model + `","max_tokens":99,"messages":[{"role":"user","content":"hi"}]` + suffix + `}`
	}
	verb := ":generateContent"
	switch {
	case dialect == "array":
		verb = ":streamGenerateContent"
	case stream:
		verb = ":streamGenerateContent?alt=sse"
	}
	return "/v1beta/models/" + model + verb, `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`
}

// heard is what a caller got.
type heard struct {
	status int
	header http.Header
	text   string
	errors []string // messages, of the answer or in its stream
	bad    []string // what its client could not read
	ended  bool     // the answer came to its proper end
	cut    error    // the connection broke
	raw    string
	took   time.Duration
}

func (h *heard) id() string { return h.header.Get("sluice-request-id") }

// ask makes a call and reads the answer as a client of the dialect does.
func ask(t testing.TB, g *testgw.Gateway, dialect, model string, stream bool, head ...string) *heard {
	return askAt(t, g.URL, dialect, model, stream, head...)
}

// askAt is ask below an address.
func askAt(t testing.TB, base, dialect, model string, stream bool, head ...string) *heard {
	path, body := request(dialect, model, stream)
	r, err := http.NewRequest("POST", base+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return &heard{}
	}
	r.Header.Set("Authorization", "Bearer "+testgw.Key)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	began := time.Now()
	resp, err := client.RoundTrip(r)
	if err != nil {
		return &heard{cut: err, header: http.Header{}, took: time.Since(began)}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	h := &heard{status: resp.StatusCode, header: resp.Header, cut: err, raw: string(b), took: time.Since(began)}
	switch {
	case dialect == "array" && resp.StatusCode == 200:
		h.readArray(b)
		return h
	case stream && resp.StatusCode == 200:
		h.readStream(dialect, h.raw)
		return h
	}
	h.take(dialect, b)
	h.ended = h.ended || len(h.errors) > 0
	return h
}

var client = &http.Transport{MaxIdleConnsPerHost: 64}

// readArray reads a stream that is one JSON array.
func (h *heard) readArray(b []byte) {
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		h.bad = append(h.bad, err.Error())
	}
	for _, one := range all {
		h.take("gemini", one)
	}
}

// readStream reads server-sent events.
func (h *heard) readStream(dialect, stream string) {
	if ct := h.header.Get("Content-Type"); !strings.HasPrefix(ct, "text/event-stream") {
		h.bad = append(h.bad, "content type "+ct)
	}
	stream = strings.TrimSuffix(strings.ReplaceAll(stream, "\r\n", "\n"), "\r")
	for _, event := range strings.Split(stream, "\n\n") {
		var data []string
		for _, line := range strings.Split(event, "\n") {
			switch {
			case strings.HasPrefix(line, "data:"):
				data = append(data, strings.TrimPrefix(line[5:], " "))
			case line == "", line[0] == ':', strings.HasPrefix(line, "event:"), strings.HasPrefix(line, "id:"):
			default:
				h.bad = append(h.bad, line)
			}
		}
		switch text := strings.Join(data, "\n"); text {
		case "":
		case "[DONE]":
			h.ended = true
		default:
			h.take(dialect, []byte(text))
		}
	}
}

// said are the members, of all dialects, of whole answers and of events.
type said struct {
	Type    string
	Delta   json.RawMessage // responses: text; messages: object
	Message json.RawMessage
	Error   *struct{ Message string }
	Choices []struct {
		Delta, Message struct{ Content string }
		FinishReason   string `json:"finish_reason"`
	}
	Output  []struct{ Content []struct{ Text string } }
	Content []struct{ Text string }
	Status  string

	Candidates []struct {
		Content struct {
			Parts []struct{ Text string }
		}
		FinishReason string
	}
}

// take reads a whole answer or the data of an event.
func (h *heard) take(dialect string, b []byte) {
	var s said
	if err := json.Unmarshal(b, &s); err != nil {
		h.bad = append(h.bad, fmt.Sprintf("%v: %.200s", err, b))
		return
	}
	switch {
	case dialect == "responses" && s.Type == "error" && s.Error == nil:
		var message string
		_ = json.Unmarshal(s.Message, &message)
		h.errors = append(h.errors, message)
		return
	case s.Error != nil:
		h.errors = append(h.errors, s.Error.Message)
		return
	}
	for _, c := range s.Choices {
		h.text += c.Delta.Content + c.Message.Content
		h.ended = h.ended || c.FinishReason != "" && !bytes.Contains(b, []byte("chunk"))
	}
	if s.Type == "response.output_text.delta" {
		var text string
		_ = json.Unmarshal(s.Delta, &text)
		h.text += text
	}
	if s.Type == "content_block_delta" {
		var d struct{ Text string }
		_ = json.Unmarshal(s.Delta, &d)
		h.text += d.Text
	}
	for _, o := range s.Output {
		for _, c := range o.Content {
			h.text += c.Text
		}
	}
	for _, c := range s.Content {
		h.text += c.Text
	}
	for _, c := range s.Candidates {
		for _, p := range c.Content.Parts {
			h.text += p.Text
		}
		h.ended = h.ended || c.FinishReason != ""
	}
	switch s.Type {
	case "message", "message_stop", "response.completed":
		h.ended = true
	case "response.failed": // which may stand beside the event of the error
		if len(h.errors) == 0 {
			h.errors = append(h.errors, "response.failed")
		}
	}
	h.ended = h.ended || dialect == "responses" && s.Status == "completed"
}
