package pairs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	cohere "github.com/cohere-ai/cohere-go/v2"
	cohereclient "github.com/cohere-ai/cohere-go/v2/client"
	"github.com/cohere-ai/cohere-go/v2/core"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func cohereError(err error) (int, string) {
	var bad *cohere.BadRequestError
	var many *cohere.TooManyRequestsError
	var other *core.APIError
	switch {
	case errors.As(err, &bad):
		return 400, jsonText(bad.Body)
	case errors.As(err, &many):
		return 429, jsonText(many.Body)
	case errors.As(err, &other):
		return other.StatusCode, err.Error()
	}
	return 0, ""
}

// cohereTalk is a conversation; messages are kept as the vendor's JSON.
type cohereTalk struct {
	client   *cohereclient.Client
	q        question
	messages []any
}

func askCohere(ctx context.Context, s *stand, q question) (*answer, error) {
	h := &http.Client{Transport: byEvent{s.http.Transport}}
	c := cohereclient.NewClient(cohereclient.WithBaseURL(s.url), cohereclient.WithToken(testgw.Key), cohereclient.WithHTTPClient(h), cohereclient.WithMaxAttempts(1))
	talk := &cohereTalk{c, q, []any{map[string]any{"role": "system", "content": "You are brief."}, map[string]any{"role": "user", "content": q.text}}}
	return talk.ask(ctx)
}

func (k *cohereTalk) request() (*cohere.V2ChatRequest, error) {
	p := &cohere.V2ChatRequest{Model: k.q.model}
	if err := json.Unmarshal([]byte(jsonText(k.messages)), &p.Messages); err != nil {
		return nil, err
	}
	if k.q.tools {
		for _, t := range tools {
			p.Tools = append(p.Tools, &cohere.ToolV2{Type: cohere.String("function"), Function: &cohere.ToolV2Function{Name: t.name, Description: &t.description, Parameters: t.schema}})
		}
	}
	if k.q.schema {
		p.ResponseFormat = &cohere.ResponseFormatV2{Type: "json_object", JsonObject: &cohere.JsonResponseFormatV2{JsonSchema: degrees}}
	}
	if k.q.think {
		p.Thinking = &cohere.Thinking{Type: cohere.ThinkingTypeEnabled, TokenBudget: cohere.Int(2048)}
	}
	return p, nil
}

// said is what an assistant's message holds.
type said struct {
	text, thought, plan string
	calls               []call
	finish              string
	usage               *cohere.Usage
}

func (k *cohereTalk) ask(ctx context.Context) (*answer, error) {
	p, err := k.request()
	if err != nil {
		return nil, err
	}
	var m *said
	if k.q.stream {
		m, err = k.streamed(ctx, p)
	} else {
		m, err = k.whole(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	a := &answer{text: m.text, thinking: m.thought + m.plan, calls: m.calls}
	if m.usage != nil && m.usage.Tokens != nil {
		a.input, a.output = int64(*m.usage.Tokens.InputTokens), int64(*m.usage.Tokens.OutputTokens)
	}
	if (len(a.calls) > 0) != (m.finish == "TOOL_CALL") {
		return nil, errors.New("it ended with " + m.finish)
	}
	a.again = func(results []string) (*answer, error) {
		k.messages = append(k.messages, m.message())
		for i, r := range results {
			k.messages = append(k.messages, map[string]any{"role": "tool", "tool_call_id": a.calls[i].id, "content": r})
		}
		return k.ask(ctx)
	}
	return a, nil
}

func (s *said) message() map[string]any {
	m := map[string]any{"role": "assistant"}
	var content []any
	if s.thought != "" {
		content = append(content, map[string]any{"type": "thinking", "thinking": s.thought})
	}
	if s.text != "" {
		content = append(content, map[string]any{"type": "text", "text": s.text})
	}
	if content != nil {
		m["content"] = content
	}
	if s.plan != "" {
		m["tool_plan"] = s.plan
	}
	var calls []any
	for _, c := range s.calls {
		calls = append(calls, map[string]any{"id": c.id, "type": "function", "function": map[string]any{"name": c.name, "arguments": c.args}})
	}
	m["tool_calls"] = calls
	return m
}

func (k *cohereTalk) whole(ctx context.Context, p *cohere.V2ChatRequest) (*said, error) {
	got, err := k.client.V2.Chat(ctx, p)
	if err != nil {
		return nil, err
	}
	s := &said{finish: string(got.FinishReason), usage: got.Usage, plan: deref(got.Message.ToolPlan)}
	for _, part := range got.Message.Content {
		if part.Text != nil {
			s.text += part.Text.Text
		}
		if part.Thinking != nil {
			s.thought += part.Thinking.Thinking
		}
	}
	for _, t := range got.Message.ToolCalls {
		s.calls = append(s.calls, call{deref(t.Id), deref(t.Function.Name), deref(t.Function.Arguments)})
	}
	return s, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (k *cohereTalk) streamed(ctx context.Context, p *cohere.V2ChatRequest) (*said, error) {
	events, err := k.client.V2.ChatStream(ctx, &cohere.V2ChatStreamRequest{Model: p.Model, Messages: p.Messages, Tools: p.Tools, ResponseFormat: p.ResponseFormat, Thinking: p.Thinking})
	if err != nil {
		return nil, err
	}
	defer events.Close()
	s := &said{}
	for {
		e, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case e.ContentDelta != nil:
			s.text += deref(e.ContentDelta.Delta.Message.Content.Text)
			s.thought += deref(e.ContentDelta.Delta.Message.Content.Thinking)
		case e.ToolPlanDelta != nil:
			s.plan += deref(e.ToolPlanDelta.Delta.Message.ToolPlan)
		case e.ToolCallStart != nil:
			t := e.ToolCallStart.Delta.Message.ToolCalls
			s.calls = append(s.calls, call{deref(t.Id), deref(t.Function.Name), deref(t.Function.Arguments)})
		case e.ToolCallDelta != nil:
			s.calls[len(s.calls)-1].args += deref(e.ToolCallDelta.Delta.Message.ToolCalls.Function.Arguments)
		case e.MessageEnd != nil:
			if d := e.MessageEnd.Delta; d.FinishReason == nil {
				return nil, fmt.Errorf("the stream failed: %s", deref(d.Error))
			} else {
				s.finish, s.usage = string(*d.FinishReason), d.Usage
			}
		}
	}
}

// byEvent gives a stream's bytes event by event: the SDK takes the end of what it has
// read for the end of an event.
type byEvent struct{ next http.RoundTripper }

func (b byEvent) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		resp.Body = &eventReader{body: resp.Body, in: bufio.NewReaderSize(resp.Body, 1<<20)}
	}
	return resp, err
}

type eventReader struct {
	body io.Closer
	in   *bufio.Reader
	left []byte
}

func (e *eventReader) Close() error { return e.body.Close() }

func (e *eventReader) Read(p []byte) (int, error) {
	for len(e.left) == 0 {
		line, err := e.in.ReadBytes('\n')
		if len(line) == 0 {
			return 0, err
		}
		if strings.HasPrefix(string(line), "data:") {
			e.left = line
		}
	}
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}
