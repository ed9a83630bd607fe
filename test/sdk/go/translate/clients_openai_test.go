package translate_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

// client asks a gateway in one dialect, by the dialect's official SDK.
type client func(ctx context.Context, h *http.Client, url, key, model, text string, stream bool) *meaning

var clients = map[string]client{
	"chat": askChat, "responses": askResponses, "messages": askMessages, "gemini": askGemini, "converse": askConverse, "cohere": askCohere,
}

func openaiClient(h *http.Client, url, key string) openai.Client {
	return openai.NewClient(option.WithBaseURL(url+"/v1"), option.WithAPIKey(key), option.WithHTTPClient(h), option.WithMaxRetries(0))
}

func openaiFailed(err error) *meaning {
	var e *openai.Error
	if errors.As(err, &e) {
		return &meaning{Status: e.StatusCode, Text: e.Message}
	}
	return &meaning{Failed: true, Text: err.Error()}
}

func askChat(ctx context.Context, h *http.Client, url, key, model, text string, stream bool) *meaning {
	c := openaiClient(h, url, key)
	p := openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text)}}
	m := &meaning{}
	if !stream {
		got, err := c.Chat.Completions.New(ctx, p)
		if err != nil {
			return openaiFailed(err)
		}
		if len(got.Choices) == 0 {
			return &meaning{Text: "no choice"}
		}
		msg := got.Choices[0].Message
		m.Text = msg.Content + msg.Refusal
		m.Thinking = extra(msg.JSON.ExtraFields["reasoning_content"].Raw())
		for _, t := range msg.ToolCalls {
			m.addCall(t.Function.Name, t.Function.Arguments)
		}
		m.Word = got.Choices[0].FinishReason
		chatUsage(m, &got.Usage)
		return m
	}
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	s := c.Chat.Completions.NewStreaming(ctx, p)
	defer s.Close()
	var acc openai.ChatCompletionAccumulator
	for s.Next() {
		chunk := s.Current()
		if !acc.AddChunk(chunk) {
			return &meaning{Failed: true, Text: "the SDK cannot put the chunks together"}
		}
		for _, choice := range chunk.Choices {
			if choice.Index == 0 {
				m.Thinking += extra(choice.Delta.JSON.ExtraFields["reasoning_content"].Raw())
			}
		}
	}
	if s.Err() != nil {
		return openaiFailed(s.Err())
	}
	if len(acc.Choices) == 0 {
		return &meaning{Text: "no choice"}
	}
	msg := acc.Choices[0].Message
	m.Text = msg.Content + msg.Refusal
	for _, t := range msg.ToolCalls {
		m.addCall(t.Function.Name, t.Function.Arguments)
	}
	m.Word = acc.Choices[0].FinishReason
	chatUsage(m, &acc.Usage)
	return m
}

func extra(raw string) (s string) {
	_ = json.Unmarshal([]byte(raw), &s)
	return s
}

func chatUsage(m *meaning, u *openai.CompletionUsage) {
	m.count("in", float64(u.PromptTokens))
	m.count("out", float64(u.CompletionTokens))
	m.count("cached", float64(u.PromptTokensDetails.CachedTokens))
	m.count("reasoning", float64(u.CompletionTokensDetails.ReasoningTokens))
}

func askResponses(ctx context.Context, h *http.Client, url, key, model, text string, stream bool) *meaning {
	c := openaiClient(h, url, key)
	p := responses.ResponseNewParams{Model: model, Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(text)}}
	if !stream {
		got, err := c.Responses.New(ctx, p)
		if err != nil {
			return openaiFailed(err)
		}
		return responseSaid(got)
	}
	s := c.Responses.NewStreaming(ctx, p)
	defer s.Close()
	var final *responses.Response
	var deltas, thoughts string
	for s.Next() {
		switch e := s.Current().AsAny().(type) {
		case responses.ResponseTextDeltaEvent:
			deltas += e.Delta
		case responses.ResponseRefusalDeltaEvent:
			deltas += e.Delta
		case responses.ResponseReasoningSummaryTextDeltaEvent:
			thoughts += e.Delta
		case responses.ResponseReasoningTextDeltaEvent:
			thoughts += e.Delta
		case responses.ResponseCompletedEvent:
			final = &e.Response
		case responses.ResponseIncompleteEvent:
			final = &e.Response
		case responses.ResponseFailedEvent:
			m := responseSaid(&e.Response)
			m.Failed = true
			return m
		case responses.ResponseErrorEvent:
			return &meaning{Failed: true, Text: e.Message}
		}
	}
	if s.Err() != nil {
		return openaiFailed(s.Err())
	}
	if final == nil {
		return &meaning{Failed: true, Text: "the stream has no end"}
	}
	m := responseSaid(final)
	if m.Text != deltas {
		m.Text = "the deltas differ from the whole: " + deltas
	}
	if m.Thinking != thoughts {
		m.Thinking = "the deltas differ from the whole: " + thoughts
	}
	return m
}

func responseSaid(r *responses.Response) *meaning {
	m := &meaning{}
	for _, item := range r.Output {
		switch o := item.AsAny().(type) {
		case responses.ResponseOutputMessage:
			for _, p := range o.Content {
				m.Text += p.Text + p.Refusal
			}
		case responses.ResponseReasoningItem:
			had := len(m.Thinking)
			for _, p := range o.Summary {
				m.Thinking += p.Text
			}
			for _, p := range o.Content {
				if len(m.Thinking) == had {
					m.Thinking += p.Text
				}
			}
		case responses.ResponseFunctionToolCall:
			m.addCall(o.Name, o.Arguments)
		}
	}
	m.Word = strings.TrimSpace(string(r.Status) + " " + r.IncompleteDetails.Reason)
	m.count("in", float64(r.Usage.InputTokens))
	m.count("out", float64(r.Usage.OutputTokens))
	m.count("cached", float64(r.Usage.InputTokensDetails.CachedTokens))
	m.count("reasoning", float64(r.Usage.OutputTokensDetails.ReasoningTokens))
	return m
}
