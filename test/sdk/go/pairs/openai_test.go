package pairs_test

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/packages/respjson"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func openaiClient(s *stand) openai.Client {
	return openai.NewClient(option.WithBaseURL(s.url+"/v1"), option.WithAPIKey(testgw.Key), option.WithHTTPClient(s.http), option.WithMaxRetries(0))
}

func openaiError(err error) (int, string) {
	var e *openai.Error
	if errors.As(err, &e) {
		return e.StatusCode, e.Message
	}
	return 0, ""
}

func askChat(ctx context.Context, s *stand, q question) (*answer, error) {
	p := openai.ChatCompletionNewParams{Model: q.model, Messages: []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage("You are brief."), openai.UserMessage(q.text),
	}}
	if q.tools {
		for _, t := range tools {
			p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: t.name, Description: openai.String(t.description), Parameters: t.schema}))
		}
	}
	if q.schema {
		p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "degrees", Strict: openai.Bool(true), Schema: degrees}}
	}
	if q.think {
		p.ReasoningEffort = shared.ReasoningEffortMedium
	}
	return goChat(ctx, openaiClient(s), p, q.stream)
}

// goChat asks with what was said so far.
func goChat(ctx context.Context, c openai.Client, p openai.ChatCompletionNewParams, stream bool) (*answer, error) {
	a := &answer{}
	var got *openai.ChatCompletion
	if stream {
		p.StreamOptions.IncludeUsage = openai.Bool(true)
		events := c.Chat.Completions.NewStreaming(ctx, p)
		defer events.Close()
		var acc openai.ChatCompletionAccumulator
		for events.Next() {
			chunk := events.Current()
			if !acc.AddChunk(chunk) {
				return nil, errors.New("the SDK cannot put the chunks together")
			}
			for _, choice := range chunk.Choices {
				a.thinking += thoughts(choice.Delta.JSON.ExtraFields)
			}
		}
		if events.Err() != nil {
			return nil, events.Err()
		}
		got = &acc.ChatCompletion
	} else {
		var err error
		if got, err = c.Chat.Completions.New(ctx, p); err != nil {
			return nil, err
		}
	}
	if len(got.Choices) != 1 {
		return nil, errors.New("not one choice")
	}
	m := got.Choices[0].Message
	a.text, a.input, a.output = m.Content, got.Usage.PromptTokens, got.Usage.CompletionTokens
	a.thinking += thoughts(m.JSON.ExtraFields)
	for _, t := range m.ToolCalls {
		a.calls = append(a.calls, call{t.ID, t.Function.Name, t.Function.Arguments})
	}
	if (len(a.calls) > 0) != (got.Choices[0].FinishReason == "tool_calls") {
		return nil, errors.New("it ended with " + got.Choices[0].FinishReason)
	}
	a.again = func(results []string) (*answer, error) {
		p.Messages = append(p.Messages, m.ToParam())
		for i, r := range results {
			p.Messages = append(p.Messages, openai.ToolMessage(r, a.calls[i].id))
		}
		return goChat(ctx, c, p, stream)
	}
	return a, nil
}

// thoughts are what the SDK does not know: in the gateway's words, or in OpenRouter's own.
func thoughts(extra map[string]respjson.Field) (s string) {
	for _, name := range []string{"reasoning_content", "reasoning"} {
		if json.Unmarshal([]byte(extra[name].Raw()), &s) == nil {
			return s
		}
	}
	return ""
}

func askResponses(ctx context.Context, s *stand, q question) (*answer, error) {
	p := responses.ResponseNewParams{Model: q.model, Instructions: openai.String("You are brief."), Store: openai.Bool(false), Include: []responses.ResponseIncludable{"reasoning.encrypted_content"}}
	p.Input.OfInputItemList = responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(q.text, responses.EasyInputMessageRoleUser)}
	if q.tools {
		for _, t := range tools {
			p.Tools = append(p.Tools, responses.ToolUnionParam{OfFunction: &responses.FunctionToolParam{Name: t.name, Description: openai.String(t.description), Parameters: t.schema, Strict: openai.Bool(false)}})
		}
	}
	if q.schema {
		p.Text.Format.OfJSONSchema = &responses.ResponseFormatTextJSONSchemaConfigParam{Name: "degrees", Strict: openai.Bool(true), Schema: degrees}
	}
	if q.think {
		p.Reasoning = shared.ReasoningParam{Effort: shared.ReasoningEffortMedium, Summary: shared.ReasoningSummaryAuto}
	}
	return goResponses(ctx, openaiClient(s), p, q.stream)
}

func goResponses(ctx context.Context, c openai.Client, p responses.ResponseNewParams, stream bool) (*answer, error) {
	got, err := respond(ctx, c, p, stream)
	if err != nil {
		return nil, err
	}
	a := &answer{text: got.OutputText(), input: got.Usage.InputTokens, output: got.Usage.OutputTokens}
	for _, item := range got.Output {
		switch o := item.AsAny().(type) {
		case responses.ResponseReasoningItem:
			for _, part := range o.Summary {
				a.thinking += part.Text
			}
		case responses.ResponseFunctionToolCall:
			a.calls = append(a.calls, call{o.CallID, o.Name, o.Arguments})
		}
	}
	if got.Status != "completed" {
		return nil, errors.New("it ended " + string(got.Status))
	}
	a.again = func(results []string) (*answer, error) {
		in := p.Input.OfInputItemList
		for _, item := range got.Output {
			in = append(in, param.Override[responses.ResponseInputItemUnionParam](json.RawMessage(item.RawJSON())))
		}
		for i, r := range results {
			out := responses.ResponseInputItemParamOfFunctionCallOutput(r)
			out.OfFunctionCallOutput.CallID = openai.String(a.calls[i].id)
			in = append(in, out)
		}
		p.Input.OfInputItemList = in
		return goResponses(ctx, c, p, stream)
	}
	return a, nil
}

func respond(ctx context.Context, c openai.Client, p responses.ResponseNewParams, stream bool) (*responses.Response, error) {
	if !stream {
		return c.Responses.New(ctx, p)
	}
	events := c.Responses.NewStreaming(ctx, p)
	defer events.Close()
	var final *responses.Response
	var deltas string
	for events.Next() {
		switch e := events.Current().AsAny().(type) {
		case responses.ResponseTextDeltaEvent:
			deltas += e.Delta
		case responses.ResponseCompletedEvent:
			final = &e.Response
		case responses.ResponseFailedEvent:
			return nil, errors.New(e.Response.Error.Message)
		case responses.ResponseErrorEvent:
			return nil, errors.New(e.Message)
		}
	}
	switch {
	case events.Err() != nil:
		return nil, events.Err()
	case final == nil:
		return nil, errors.New("the stream has no end")
	case final.OutputText() != deltas:
		return nil, errors.New("the pieces differ from the whole: " + deltas)
	}
	return final, nil
}
