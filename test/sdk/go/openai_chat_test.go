package sdk_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func openaiAt(t *testing.T, url, key string, more ...option.RequestOption) openai.Client {
	return openai.NewClient(append([]option.RequestOption{option.WithBaseURL(url + "/v1"), option.WithAPIKey(key), option.WithHTTPClient(httpClient(t))}, more...)...)
}

func openaiChat(text string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: "gpt-4o-mini", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text)}}
}

var openaiWeather = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
	Name: "get_weather", Description: openai.String("The weather of a city <now>"), Parameters: weatherSchema,
})}

var weatherSchema = map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}, "required": []string{"city"}}

func TestOpenAIAnswersAChat(t *testing.T) {
	s := start(t, noRetries)
	for _, model := range []string{"gpt-4o-mini", "openai/gpt-4o-mini", "openai/a-model-of-tomorrow"} {
		p := openaiChat(question)
		p.Model = model
		c := openaiAt(t, s.URL, testgw.Key)
		got := must(c.Chat.Completions.New(deadline(t), p))(t)
		same(t, "text", got.Choices[0].Message.Content, calm)
		same(t, "finish reason", got.Choices[0].FinishReason, "stop")
		same(t, "cached tokens", got.Usage.PromptTokensDetails.CachedTokens, 4)
		var sent struct{ Model string }
		_ = json.Unmarshal(s.up.Last("openai/chat").Body, &sent)
		same(t, "the vendor's model", sent.Model, strings.TrimPrefix(model, "openai/"))
		same(t, "the vendor's key", s.up.Last("openai/chat").Header.Get("Authorization"), "Bearer "+vendorKey)
	}
}

func TestOpenAITokensArriveOneByOne(t *testing.T) {
	s := start(t, noRetries)
	for name, usage := range map[string]bool{"usage not asked for": false, "usage asked for": true} {
		t.Run(name, func(t *testing.T) {
			p := openaiChat("Please count to three.")
			if usage {
				p.StreamOptions.IncludeUsage = openai.Bool(true)
			}
			c := openaiAt(t, s.URL, testgw.Key)
			stream := c.Chat.Completions.NewStreaming(deadline(t), p)
			defer stream.Close()
			var acc openai.ChatCompletionAccumulator
			var usages, chunks int
			for released := false; stream.Next(); chunks++ {
				chunk := stream.Current()
				acc.AddChunk(chunk)
				if len(chunk.Choices) == 0 {
					usages++
				} else if chunk.Choices[0].Delta.Content == "One" && !released {
					released = true
					s.up.Release("openai/chat-stream") // only now does the vendor go on
				}
			}
			if stream.Err() != nil {
				t.Fatal(stream.Err())
			}
			same(t, "text", acc.Choices[0].Message.Content, "One, two, three.")
			same(t, "finish reason", acc.Choices[0].FinishReason, "stop")
			same(t, "chunks without a choice", usages, map[bool]int{true: 1}[usage])
			same(t, "total tokens", acc.Usage.TotalTokens, map[bool]int64{true: 18}[usage])
			holds(t, "what the vendor got", string(s.up.Last("openai/chat-stream").Body), `"include_usage":true`)
		})
	}
}

func TestOpenAICallsToolsAndTakesTheirResults(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	p := openaiChat("The weather?")
	p.Tools = openaiWeather
	got := must(c.Chat.Completions.New(deadline(t), p))(t)
	calls := got.Choices[0].Message.ToolCalls
	if len(calls) != 2 || calls[0].ID != "call_lisbon" || calls[0].Function.Arguments != `{"city": "Lisbon"}` || calls[1].Function.Name != "get_weather" {
		t.Fatalf("calls %+v", calls)
	}
	p.Messages = append(p.Messages, got.Choices[0].Message.ToParam(), openai.ToolMessage("sunny", calls[0].ID), openai.ToolMessage("snow & <ice>", calls[1].ID))
	got = must(c.Chat.Completions.New(deadline(t), p))(t)
	same(t, "text", got.Choices[0].Message.Content, "Lisbon is sunny, Oslo is snowed in.")
}

func TestOpenAICollectsToolCallsFromAStream(t *testing.T) {
	s := start(t, noRetries)
	p := openaiChat("The weather?")
	p.Tools = openaiWeather
	c := openaiAt(t, s.URL, testgw.Key)
	stream := c.Chat.Completions.NewStreaming(deadline(t), p)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	for stream.Next() {
		acc.AddChunk(stream.Current())
	}
	if stream.Err() != nil || len(acc.Choices) != 1 || len(acc.Choices[0].Message.ToolCalls) != 2 {
		t.Fatalf("%v, %+v", stream.Err(), acc.Choices)
	}
	calls := acc.Choices[0].Message.ToolCalls
	same(t, "first arguments", calls[0].Function.Arguments, `{"city":"Lisbon"}`)
	same(t, "second call", calls[1].ID+" "+calls[1].Function.Arguments, "call_oslo {}")
	same(t, "finish reason", acc.Choices[0].FinishReason, "tool_calls")
}

func TestOpenAISendsAPicture(t *testing.T) {
	s := start(t, noRetries)
	p := openaiChat("")
	url := "data:image/png;base64," + pixel
	p.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
		openai.TextContentPart("What is it?"), openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: url}),
	})}
	c := openaiAt(t, s.URL, testgw.Key)
	got := must(c.Chat.Completions.New(deadline(t), p))(t)
	same(t, "text", got.Choices[0].Message.Content, "One red pixel.")
	holds(t, "what the vendor got", string(s.up.Last("openai/chat-image").Body), url)
}

func TestOpenAICallerWhoLeavesEndsTheVendorsWork(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	leave(t, s, "openai/chat-hang", func(ctx context.Context) (first string) {
		stream := c.Chat.Completions.NewStreaming(ctx, openaiChat("Please never end."))
		for first == "" && stream.Next() {
			if ch := stream.Current().Choices; len(ch) > 0 {
				first = ch[0].Delta.Content
			}
		}
		return first
	})
}
