package translate_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	cohere "github.com/cohere-ai/cohere-go/v2"
	cohereclient "github.com/cohere-ai/cohere-go/v2/client"
	"github.com/cohere-ai/cohere-go/v2/core"
	"google.golang.org/genai"
)

func askMessages(ctx context.Context, h *http.Client, url, key, model, text string, stream bool) *meaning {
	c := anthropic.NewClient(anthropicoption.WithBaseURL(url), anthropicoption.WithAPIKey(key), anthropicoption.WithHTTPClient(h), anthropicoption.WithMaxRetries(0))
	p := anthropic.MessageNewParams{Model: model, MaxTokens: 1000, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))}}
	got := &anthropic.Message{}
	if !stream {
		var err error
		if got, err = c.Messages.New(ctx, p); err != nil {
			return anthropicFailed(err)
		}
	} else {
		s := c.Messages.NewStreaming(ctx, p)
		defer s.Close()
		for s.Next() {
			if err := got.Accumulate(s.Current()); err != nil {
				return &meaning{Failed: true, Text: err.Error()}
			}
		}
		if s.Err() != nil {
			return anthropicFailed(s.Err())
		}
	}
	m := &meaning{}
	for _, b := range got.Content {
		switch b := b.AsAny().(type) {
		case anthropic.TextBlock:
			m.Text += b.Text
		case anthropic.ThinkingBlock:
			m.Thinking += b.Thinking
		case anthropic.ToolUseBlock:
			m.addCall(b.Name, string(b.Input))
		}
	}
	m.Word = string(got.StopReason)
	u := got.Usage
	m.count("in", float64(u.InputTokens+u.CacheReadInputTokens+u.CacheCreationInputTokens))
	m.count("cached", float64(u.CacheReadInputTokens))
	m.count("out", float64(u.OutputTokens))
	return m
}

func anthropicFailed(err error) *meaning {
	var e *anthropic.Error
	if errors.As(err, &e) && e.StatusCode >= 400 {
		return &meaning{Status: e.StatusCode, Text: e.RawJSON()}
	}
	return &meaning{Failed: true, Text: err.Error()}
}

func askGemini(ctx context.Context, h *http.Client, url, key, model, text string, stream bool) *meaning {
	c, err := genai.NewClient(ctx, &genai.ClientConfig{APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: h, HTTPOptions: genai.HTTPOptions{BaseURL: url}})
	if err != nil {
		return &meaning{Failed: true, Text: err.Error()}
	}
	m := &meaning{}
	take := func(got *genai.GenerateContentResponse) {
		if got.UsageMetadata != nil {
			u := got.UsageMetadata
			m.count("in", float64(u.PromptTokenCount+u.ToolUsePromptTokenCount))
			m.count("out", float64(u.CandidatesTokenCount+u.ThoughtsTokenCount))
			m.count("cached", float64(u.CachedContentTokenCount))
			m.count("reasoning", float64(u.ThoughtsTokenCount))
		}
		if got.PromptFeedback != nil && got.PromptFeedback.BlockReason != "" && m.Word == "" {
			m.Word = "blocked"
		}
		for _, cand := range got.Candidates {
			if cand.Index != 0 {
				continue
			}
			if cand.FinishReason != "" {
				m.Word = string(cand.FinishReason)
			}
			if cand.Content == nil {
				continue
			}
			for _, p := range cand.Content.Parts {
				switch {
				case p.FunctionCall != nil:
					m.addCall(p.FunctionCall.Name, jsonText(map[string]any(p.FunctionCall.Args)))
				case p.Thought:
					m.Thinking += p.Text
				default:
					m.Text += p.Text
				}
			}
		}
	}
	if stream {
		for chunk, err := range c.Models.GenerateContentStream(ctx, model, genai.Text(text), nil) {
			if err != nil {
				return geminiFailed(err)
			}
			take(chunk)
		}
	} else {
		got, err := c.Models.GenerateContent(ctx, model, genai.Text(text), nil)
		if err != nil {
			return geminiFailed(err)
		}
		take(got)
	}
	return m
}

func geminiFailed(err error) *meaning {
	var e genai.APIError
	if errors.As(err, &e) {
		return &meaning{Status: e.Code, Text: e.Message}
	}
	return &meaning{Failed: true, Text: err.Error()}
}

func askConverse(ctx context.Context, h *http.Client, url, key, model, text string, stream bool) *meaning {
	// The SDK sends bearer tokens over https only; the test's gateway has none.
	c := bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), RetryMaxAttempts: 1, Credentials: unused, AuthSchemePreference: []string{"sigv4"},
		HTTPClient: &http.Client{Transport: withToken{h.Transport, key}},
	})
	messages := []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}}
	if stream {
		return converseStream(ctx, c, model, messages)
	}
	got, err := c.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: &model, Messages: messages})
	if err != nil {
		return awsFailed(err)
	}
	m := &meaning{Word: string(got.StopReason)}
	out, ok := got.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		return &meaning{Failed: true, Text: "no message"}
	}
	for _, b := range out.Value.Content {
		switch b := b.(type) {
		case *types.ContentBlockMemberText:
			m.Text += b.Value
		case *types.ContentBlockMemberCitationsContent:
			for _, c := range b.Value.Content {
				if t, ok := c.(*types.CitationGeneratedContentMemberText); ok {
					m.Text += t.Value
				}
			}
		case *types.ContentBlockMemberReasoningContent:
			if t, ok := b.Value.(*types.ReasoningContentBlockMemberReasoningText); ok {
				m.Thinking += aws.ToString(t.Value.Text)
			}
		case *types.ContentBlockMemberToolUse:
			m.addCall(aws.ToString(b.Value.Name), documentJSON(b.Value.Input))
		}
	}
	awsUsage(m, got.Usage)
	return m
}

// unused are credentials that the SDK signs with before a token takes the signature's place.
var unused = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "unused", SecretAccessKey: "unused"}, nil
})

// withToken adds a bearer token to every request.
type withToken struct {
	next  http.RoundTripper
	token string
}

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.token)
	return w.next.RoundTrip(r)
}

func documentJSON(d document.Interface) string {
	if d == nil {
		return ""
	}
	b, err := d.MarshalSmithyDocument()
	if err != nil {
		return "invalid " + err.Error()
	}
	return string(b)
}

func awsUsage(m *meaning, u *types.TokenUsage) {
	if u == nil {
		return
	}
	m.count("in", float64(aws.ToInt32(u.InputTokens)+aws.ToInt32(u.CacheReadInputTokens)+aws.ToInt32(u.CacheWriteInputTokens)))
	m.count("out", float64(aws.ToInt32(u.OutputTokens)))
	m.count("cached", float64(aws.ToInt32(u.CacheReadInputTokens)))
}

func awsFailed(err error) *meaning {
	var r *smithyhttp.ResponseError
	if errors.As(err, &r) && r.HTTPStatusCode() >= 400 {
		return &meaning{Status: r.HTTPStatusCode(), Text: err.Error()}
	}
	return &meaning{Failed: true, Text: err.Error()}
}

func converseStream(ctx context.Context, c *bedrockruntime.Client, model string, messages []types.Message) *meaning {
	got, err := c.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: &model, Messages: messages})
	if err != nil {
		return awsFailed(err)
	}
	s := got.GetStream()
	defer s.Close()
	m := &meaning{}
	type open struct{ name, args string }
	blocks := map[int32]*open{}
	for e := range s.Events() {
		switch e := e.(type) {
		case *types.ConverseStreamOutputMemberContentBlockStart:
			if t, ok := e.Value.Start.(*types.ContentBlockStartMemberToolUse); ok {
				blocks[*e.Value.ContentBlockIndex] = &open{name: aws.ToString(t.Value.Name)}
			}
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			switch d := e.Value.Delta.(type) {
			case *types.ContentBlockDeltaMemberText:
				m.Text += d.Value
			case *types.ContentBlockDeltaMemberReasoningContent:
				if t, ok := d.Value.(*types.ReasoningContentBlockDeltaMemberText); ok {
					m.Thinking += t.Value
				}
			case *types.ContentBlockDeltaMemberToolUse:
				if b := blocks[*e.Value.ContentBlockIndex]; b != nil {
					b.args += aws.ToString(d.Value.Input)
				}
			}
		case *types.ConverseStreamOutputMemberContentBlockStop:
			if b := blocks[*e.Value.ContentBlockIndex]; b != nil {
				m.addCall(b.name, b.args)
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			m.Word = string(e.Value.StopReason)
		case *types.ConverseStreamOutputMemberMetadata:
			awsUsage(m, e.Value.Usage)
		}
	}
	if err := s.Err(); err != nil {
		return awsFailed(err)
	}
	if m.Word == "" {
		m.Failed = true
	}
	return m
}

func askCohere(ctx context.Context, h *http.Client, url, key, model, text string, stream bool) *meaning {
	c := cohereclient.NewClient(cohereclient.WithBaseURL(url), cohereclient.WithToken(key), cohereclient.WithHTTPClient(&http.Client{Transport: byEvent{h.Transport}}), cohereclient.WithMaxAttempts(1))
	messages := cohere.ChatMessages{{Role: "user", User: &cohere.UserMessageV2{Content: &cohere.UserMessageV2Content{String: text}}}}
	if stream {
		s, err := c.V2.ChatStream(ctx, &cohere.V2ChatStreamRequest{Model: model, Messages: messages})
		if err != nil {
			return cohereFailed(err)
		}
		defer s.Close()
		return cohereStream(s)
	}
	got, err := c.V2.Chat(ctx, &cohere.V2ChatRequest{Model: model, Messages: messages})
	if err != nil {
		return cohereFailed(err)
	}
	m := &meaning{Word: string(got.FinishReason)}
	if got.Message.ToolPlan != nil {
		m.Thinking = *got.Message.ToolPlan
	}
	for _, p := range got.Message.Content {
		if p.Text != nil {
			m.Text += p.Text.Text
		}
		if p.Thinking != nil {
			m.Thinking += p.Thinking.Thinking
		}
	}
	for _, t := range got.Message.ToolCalls {
		m.addCall(deref(t.Function.Name), deref(t.Function.Arguments))
	}
	cohereCounts(m, got.Usage)
	return m
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func cohereCounts(m *meaning, u *cohere.Usage) {
	if u == nil || u.Tokens == nil {
		return
	}
	if u.Tokens.InputTokens != nil {
		m.count("in", *u.Tokens.InputTokens)
	}
	if u.Tokens.OutputTokens != nil {
		m.count("out", *u.Tokens.OutputTokens)
	}
}

func cohereFailed(err error) *meaning {
	var e *core.APIError
	if errors.As(err, &e) {
		return &meaning{Status: e.StatusCode, Text: err.Error()}
	}
	for status, match := range map[int]any{400: new(*cohere.BadRequestError), 401: new(*cohere.UnauthorizedError), 403: new(*cohere.ForbiddenError), 404: new(*cohere.NotFoundError),
		422: new(*cohere.UnprocessableEntityError), 429: new(*cohere.TooManyRequestsError), 500: new(*cohere.InternalServerError), 501: new(*cohere.NotImplementedError), 503: new(*cohere.ServiceUnavailableError), 504: new(*cohere.GatewayTimeoutError)} {
		if errors.As(err, match) {
			return &meaning{Status: status, Text: err.Error()}
		}
	}
	return &meaning{Failed: true, Text: err.Error()}
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

func cohereStream(s *core.Stream[cohere.V2ChatStreamResponse]) *meaning {
	m := &meaning{}
	var calls []*chatCall
	var plan string
	for {
		e, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cohereFailed(err)
		}
		switch {
		case e.ContentStart != nil && e.ContentStart.Delta != nil:
			m.Text += deref(e.ContentStart.Delta.Message.Content.Text)
			m.Thinking += deref(e.ContentStart.Delta.Message.Content.Thinking)
		case e.ContentDelta != nil:
			m.Text += deref(e.ContentDelta.Delta.Message.Content.Text)
			m.Thinking += deref(e.ContentDelta.Delta.Message.Content.Thinking)
		case e.ToolPlanDelta != nil:
			plan += deref(e.ToolPlanDelta.Delta.Message.ToolPlan)
		case e.ToolCallStart != nil:
			t := e.ToolCallStart.Delta.Message.ToolCalls
			calls = append(calls, &chatCall{name: deref(t.Function.Name), args: deref(t.Function.Arguments)})
		case e.ToolCallDelta != nil:
			calls[len(calls)-1].args += deref(e.ToolCallDelta.Delta.Message.ToolCalls.Function.Arguments)
		case e.MessageEnd != nil:
			d := e.MessageEnd.Delta
			if deref(d.Error) != "" {
				return &meaning{Failed: true, Text: *d.Error}
			}
			m.Word = string(*d.FinishReason)
			cohereCounts(m, d.Usage)
		}
	}
	m.Thinking = plan + m.Thinking
	for _, k := range calls {
		m.addCall(k.name, k.args)
	}
	if m.Word == "" {
		m.Failed = true
	}
	return m
}
