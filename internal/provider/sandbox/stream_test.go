package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

// speech is how one dialect asks a question, and where its answer has text and usage.
type speech struct {
	target string // %s is the model, escaped
	body   string // the two %s are the model and more members
	stream func(target, body string) (string, string)
	text   func(t *testing.T, body []byte) string
	usage  func(t *testing.T, body []byte) string
}

func inBody(target, body string) (string, string) {
	return target, strings.Replace(body, "{", `{"stream":true,"stream_options":{"include_usage":true},`, 1)
}

func inPath(target, body string) (string, string) {
	return strings.Replace(target, ":generate", ":streamGenerate", 1) + "?alt=sse", body
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func dialects() map[string]speech {
	return map[string]speech{
		"chat": {
			"/v1/chat/completions", `{"model":"%s","messages":[{"role":"user","content":"%s"}]}`, inBody,
			func(t *testing.T, b []byte) string {
				return fmt.Sprint(dig(t, b, "choices", 0, "message", "content"))
			},
			func(t *testing.T, b []byte) string { return text(t, dig(t, b, "usage")) },
		},
		"responses": {
			"/v1/responses", `{"model":"%s","input":"%s"}`, inBody,
			func(t *testing.T, b []byte) string {
				out, _ := dig(t, b, "output").([]any)
				return fmt.Sprint(dig(t, b, "output", len(out)-1, "content", 0, "text"))
			},
			func(t *testing.T, b []byte) string { return text(t, dig(t, b, "usage")) },
		},
		"messages": {
			"/v1/messages", `{"model":"%s","max_tokens":9000,"messages":[{"role":"user","content":"%s"}]}`, inBody,
			func(t *testing.T, b []byte) string {
				out, _ := dig(t, b, "content").([]any)
				return fmt.Sprint(dig(t, b, "content", len(out)-1, "text"))
			},
			func(t *testing.T, b []byte) string { return text(t, dig(t, b, "usage")) },
		},
		"cohere": {
			"/v2/chat", `{"model":"%s","messages":[{"role":"user","content":"%s"}]}`, inBody,
			func(t *testing.T, b []byte) string {
				out, _ := dig(t, b, "message", "content").([]any)
				return fmt.Sprint(dig(t, b, "message", "content", len(out)-1, "text"))
			},
			func(t *testing.T, b []byte) string { return text(t, dig(t, b, "usage")) },
		},
		"gemini": {
			"/v1beta/models/%s:generateContent", `{"contents":[{"parts":[{"text":"%[2]s"}]}]}`, inPath,
			func(t *testing.T, b []byte) string {
				out, _ := dig(t, b, "candidates", 0, "content", "parts").([]any)
				return fmt.Sprint(dig(t, b, "candidates", 0, "content", "parts", len(out)-1, "text"))
			},
			func(t *testing.T, b []byte) string { return text(t, dig(t, b, "usageMetadata")) },
		},
	}
}

func (s *speech) request(model, question string) (target, body string) {
	target = s.target
	if strings.Contains(target, "%s") {
		target = fmt.Sprintf(target, strings.ReplaceAll(model, "?", "%3F"))
	}
	body = fmt.Sprintf(s.body, model, question)
	body, _, _ = strings.Cut(body, "%!")
	return target, body
}

// joined puts a stream together again: its text and its last usage.
func joined(t *testing.T, dialect string, body []byte) (text, usage string) {
	t.Helper()
	for _, e := range events(t, body) {
		if string(e.data) == "[DONE]" {
			continue
		}
		part, u := onePiece(t, dialect, e)
		text += part
		if u != nil {
			usage = textOf(t, u)
		}
	}
	return text, usage
}

func textOf(t *testing.T, v any) string { t.Helper(); return text(t, v) }

func onePiece(t *testing.T, dialect string, e event) (part string, usage any) {
	t.Helper()
	switch dialect {
	case "chat":
		part, _ = dig(t, e.data, "choices", 0, "delta", "content").(string)
		return part, dig(t, e.data, "usage")
	case "responses":
		if e.name == "response.output_text.delta" {
			part, _ = dig(t, e.data, "delta").(string)
		}
		return part, dig(t, e.data, "response", "usage")
	case "messages":
		part, _ = dig(t, e.data, "delta", "text").(string)
		return part, dig(t, e.data, "usage")
	case "cohere":
		part, _ = dig(t, e.data, "delta", "message", "content", "text").(string)
		return part, dig(t, e.data, "delta", "usage")
	}
	if dig(t, e.data, "candidates", 0, "content", "parts", 0, "thought") == nil {
		part, _ = dig(t, e.data, "candidates", 0, "content", "parts", 0, "text").(string)
	}
	return part, dig(t, e.data, "usageMetadata")
}

func TestAStreamSaysTheSameAsTheWholeAnswerAndCountsTheSame(t *testing.T) {
	h := sandbox.Handler(sandbox.Options{})
	for name, s := range dialects() {
		for _, model := range []string{"echo", "chat", "reason", "json", "long", "chat?size=5000&chunks=7"} {
			t.Run(name+" "+model, func(t *testing.T) {
				target, body := s.request(model, "Zażółć gęślą jaźń, what?")
				whole := ask(h, http.MethodPost, target, nil, body)
				target, body = s.stream(target, body)
				streamed := ask(h, http.MethodPost, target, nil, body)
				if whole.status != 200 || streamed.status != 200 {
					t.Fatalf("%d %s, %d %s", whole.status, whole.body, streamed.status, streamed.body)
				}
				gotText, gotUsage := joined(t, name, streamed.body)
				if want := s.text(t, whole.body); gotText != want || want == "" {
					t.Errorf("streamed %q, whole %q", gotText, want)
				}
				if want := s.usage(t, whole.body); gotUsage != want {
					t.Errorf("streamed usage %s, whole %s", gotUsage, want)
				}
			})
		}
	}
}

func TestTheNumberOfChunksIsWhatWasAskedFor(t *testing.T) {
	for name, s := range dialects() {
		target, body := s.stream(s.request("chat?chunks=20&size=2000", "Hi"))
		n := 0
		for _, e := range events(t, post(t, target, body).body) {
			if string(e.data) != "[DONE]" {
				if part, _ := onePiece(t, name, e); part != "" {
					n++
				}
			}
		}
		if n != 20 {
			t.Errorf("%s: %d chunks with text, want 20", name, n)
		}
	}
}

func TestChatStreamsShowUsageOnlyWhenAsked(t *testing.T) {
	body := `{"model":"echo","stream":true,"messages":[{"role":"user","content":"Hi"}]}`
	if a := post(t, "/v1/chat/completions", body); bytes.Contains(a.body, []byte("usage")) {
		t.Errorf("usage without being asked: %s", a.body)
	}
	_, body = inBody("", strings.Replace(body, `"stream":true,`, "", 1))
	all := events(t, post(t, "/v1/chat/completions", body).body)
	for _, e := range all[:len(all)-2] {
		if !bytes.HasSuffix(e.data, []byte(`,"usage":null}`)) {
			t.Errorf("a chunk before the last has no null usage: %s", e.data)
		}
	}
	last := all[len(all)-2].data
	if choices, _ := dig(t, last, "choices").([]any); choices == nil || len(choices) > 0 || dig(t, last, "usage", "total_tokens") != 2.0 {
		t.Errorf("the usage chunk is %s", last)
	}
	if string(all[len(all)-1].data) != "[DONE]" {
		t.Error("no [DONE] at the end")
	}
}

func TestResponsesEventsAreNumberedNamedAndEndWithTheResponse(t *testing.T) {
	body := `{"model":"reason","input":"Hi","stream":true,"max_output_tokens":30}`
	all := events(t, post(t, "/v1/responses", body).body)
	for i, e := range all {
		if dig(t, e.data, "type") != e.name || dig(t, e.data, "sequence_number") != float64(i) {
			t.Errorf("event %d is %s", i, e.data)
		}
	}
	last := all[len(all)-1]
	if last.name != "response.incomplete" || dig(t, last.data, "response", "incomplete_details", "reason") != "max_output_tokens" {
		t.Errorf("the end is %s", last.data)
	}
	if dig(t, last.data, "response", "usage", "output_tokens") != 30.0 {
		t.Errorf("the limit of 30 gave %v", dig(t, last.data, "response", "usage"))
	}
}

func TestMessageStreamsKeepTheOrderOfEvents(t *testing.T) {
	body := `{"model":"reason?chunks=1","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`
	var names []string
	for _, e := range events(t, post(t, "/v1/messages", body).body) {
		names = append(names, e.name)
	}
	want := []string{
		"message_start", "ping", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
		"content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v", names)
	}
}

func TestAGeminiStreamWithoutSSEIsOneArray(t *testing.T) {
	a := post(t, "/v1beta/models/long:streamGenerateContent", `{"contents":[{"parts":[{"text":"Hi"}]}]}`)
	var all []json.RawMessage
	if err := json.Unmarshal(a.body, &all); err != nil || len(all) < 100 {
		t.Fatalf("%d elements, %v", len(all), err)
	}
	if dig(t, all[len(all)-1], "usageMetadata", "candidatesTokenCount") != 4000.0 {
		t.Errorf("the last element is %s", all[len(all)-1])
	}
}
