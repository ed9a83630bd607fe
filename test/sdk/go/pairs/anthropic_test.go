package pairs_test

import (
	"context"
	"errors"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func anthropicError(err error) (int, string) {
	var e *anthropic.Error
	if errors.As(err, &e) {
		return e.StatusCode, e.RawJSON()
	}
	return 0, ""
}

func askMessages(ctx context.Context, s *stand, q question) (*answer, error) {
	c := anthropic.NewClient(option.WithBaseURL(s.url), option.WithAPIKey(testgw.Key), option.WithHTTPClient(s.http), option.WithMaxRetries(0))
	p := anthropic.MessageNewParams{Model: q.model, MaxTokens: 4000, System: []anthropic.TextBlockParam{{Text: "You are brief."}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(q.text))}}
	if q.tools {
		for _, t := range tools {
			p.Tools = append(p.Tools, anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{Name: t.name, Description: anthropic.String(t.description),
				InputSchema: anthropic.ToolInputSchemaParam{Properties: t.schema["properties"], Required: t.schema["required"].([]string)}}})
		}
	}
	if q.schema {
		p.OutputConfig.Format.Schema = degrees
	}
	if q.think {
		p.Thinking = anthropic.ThinkingConfigParamOfEnabled(2048)
	}
	return goMessages(ctx, c, p, q.stream)
}

func goMessages(ctx context.Context, c anthropic.Client, p anthropic.MessageNewParams, stream bool) (*answer, error) {
	got := &anthropic.Message{}
	if stream {
		events := c.Messages.NewStreaming(ctx, p)
		defer events.Close()
		for events.Next() {
			if err := got.Accumulate(events.Current()); err != nil {
				return nil, err
			}
		}
		if events.Err() != nil {
			return nil, events.Err()
		}
	} else {
		var err error
		if got, err = c.Messages.New(ctx, p); err != nil {
			return nil, err
		}
	}
	a := &answer{input: got.Usage.InputTokens + got.Usage.CacheReadInputTokens + got.Usage.CacheCreationInputTokens, output: got.Usage.OutputTokens}
	for _, b := range got.Content {
		switch b := b.AsAny().(type) {
		case anthropic.TextBlock:
			a.text += b.Text
		case anthropic.ThinkingBlock:
			a.thinking += b.Thinking
		case anthropic.ToolUseBlock:
			a.calls = append(a.calls, call{b.ID, b.Name, string(b.Input)})
		}
	}
	if (len(a.calls) > 0) != (got.StopReason == anthropic.StopReasonToolUse) {
		return nil, errors.New("it ended with " + string(got.StopReason))
	}
	a.again = func(results []string) (*answer, error) {
		var blocks []anthropic.ContentBlockParamUnion
		for i, r := range results {
			blocks = append(blocks, anthropic.NewToolResultBlock(a.calls[i].id, r, false))
		}
		p.Messages = append(p.Messages, got.ToParam(), anthropic.NewUserMessage(blocks...))
		return goMessages(ctx, c, p, stream)
	}
	return a, nil
}
