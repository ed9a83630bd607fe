package sdk_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func anthropicAt(t *testing.T, url, key string, more ...option.RequestOption) anthropic.Client {
	return anthropic.NewClient(append([]option.RequestOption{option.WithBaseURL(url), option.WithAPIKey(key), option.WithHTTPClient(httpClient(t))}, more...)...)
}

func anthropicMessage(text string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{Model: "claude-sonnet-5", MaxTokens: 100, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))}}
}

var anthropicWeather = []anthropic.ToolUnionParam{anthropic.ToolUnionParamOfTool(anthropic.ToolInputSchemaParam{Properties: weatherSchema["properties"], Required: []string{"city"}}, "get_weather")}

func TestAnthropicAnswersAMessage(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	for _, model := range []anthropic.Model{"claude-sonnet-5", "anthropic/claude-sonnet-5", "anthropic/claude-of-tomorrow"} {
		p := anthropicMessage(question)
		p.Model = model
		got := must(c.Messages.New(deadline(t), p))(t)
		same(t, "text", got.Content[0].Text, calm)
		same(t, "stop reason", got.StopReason, "end_turn")
		same(t, "cached tokens", got.Usage.CacheReadInputTokens, 20)
	}
	sent := s.up.Last("anthropic/message").Header
	same(t, "the vendor's key", sent.Get("X-Api-Key")+sent.Get("Authorization"), vendorKey)
	same(t, "version", sent.Get("Anthropic-Version"), "2023-06-01")
}

func TestAnthropicTokensArriveOneByOne(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	stream := c.Messages.NewStreaming(deadline(t), anthropicMessage("Please count to three."))
	defer stream.Close()
	var all anthropic.Message
	for stream.Next() {
		e := stream.Current()
		if err := all.Accumulate(e); err != nil {
			t.Fatal(err)
		}
		if e.Type == "content_block_delta" && e.Delta.Text == "One" {
			s.up.Release("anthropic/message-stream") // only now does the vendor go on
		}
	}
	if stream.Err() != nil {
		t.Fatal(stream.Err())
	}
	same(t, "text", all.Content[0].Text, "One, two, three.")
	same(t, "stop reason", all.StopReason, "end_turn")
	same(t, "output tokens", all.Usage.OutputTokens, 8)
}

func TestAnthropicCallsToolsAndTakesTheirResults(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	p := anthropicMessage("The weather?")
	p.Tools = anthropicWeather
	got := must(c.Messages.New(deadline(t), p))(t)
	if len(got.Content) != 4 || got.Content[0].Signature != "c2lnbmVk" || got.Content[2].Name != "get_weather" {
		t.Fatalf("%s", got.RawJSON())
	}
	same(t, "input, as the vendor wrote it", string(got.Content[2].Input), `{"city":"Lisbon","days":1.50}`)
	p.Messages = append(p.Messages, got.ToParam(), anthropic.NewUserMessage(anthropic.NewToolResultBlock(got.Content[2].ID, "sunny", false), anthropic.NewToolResultBlock(got.Content[3].ID, "snow", true)))
	got = must(c.Messages.New(deadline(t), p))(t)
	same(t, "text", got.Content[0].Text, "Lisbon is sunny, Oslo is snowed in.")
}

func TestAnthropicCollectsToolCallsFromAStream(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	p := anthropicMessage("The weather?")
	p.Tools = anthropicWeather
	stream := c.Messages.NewStreaming(deadline(t), p)
	defer stream.Close()
	var all anthropic.Message
	for stream.Next() {
		if err := all.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if stream.Err() != nil || len(all.Content) != 3 {
		t.Fatalf("%v %+v", stream.Err(), all.Content)
	}
	same(t, "first input", string(all.Content[1].Input), `{"city": "Lisbon"}`)
	same(t, "second call", all.Content[2].ID+string(all.Content[2].Input), "toolu_oslo{}")
	same(t, "stop reason", all.StopReason, "tool_use")
}

func TestAnthropicSendsAPicture(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	p := anthropicMessage("")
	p.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewImageBlockBase64("image/png", pixel), anthropic.NewTextBlock("What is it?"))}
	same(t, "text", must(c.Messages.New(deadline(t), p))(t).Content[0].Text, "One red pixel.")
	holds(t, "what the vendor got", string(s.up.Last("anthropic/message-image").Body), pixel)
}

func TestAnthropicCallerWhoLeavesEndsTheVendorsWork(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	leave(t, s, "anthropic/message-hang", func(ctx context.Context) (first string) {
		stream := c.Messages.NewStreaming(ctx, anthropicMessage("Please never end."))
		for first == "" && stream.Next() {
			first = stream.Current().Delta.Text
		}
		return first
	})
}

func TestAnthropicCountsTokens(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	got := must(c.Messages.CountTokens(deadline(t), anthropic.MessageCountTokensParams{Model: "anthropic/claude-sonnet-5", Messages: anthropicMessage(question).Messages}))(t)
	same(t, "tokens", got.InputTokens, 17)
	var sent struct{ Model string }
	_ = json.Unmarshal(s.up.Last("anthropic/count-tokens").Body, &sent)
	same(t, "the vendor's model", sent.Model, "claude-sonnet-5")
}
