package sdk_test

import (
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

const said = "Say this again, piece by piece, until all of it was said."

func TestOpenAIWorksWithTheSandbox(t *testing.T) {
	g := testgw.Start(t, "")
	c := openaiAt(t, g.URL, testgw.Key)
	p := openaiChat(said)
	p.Model = "sandbox/echo"
	same(t, "echo", must(c.Chat.Completions.New(deadline(t), p))(t).Choices[0].Message.Content, said)

	stream := c.Chat.Completions.NewStreaming(deadline(t), p)
	defer stream.Close()
	var pieces []string
	for stream.Next() {
		if ch := stream.Current().Choices; len(ch) > 0 && ch[0].Delta.Content != "" {
			pieces = append(pieces, ch[0].Delta.Content)
		}
	}
	if stream.Err() != nil || len(pieces) < 2 {
		t.Fatalf("%v, %q", stream.Err(), pieces)
	}
	same(t, "pieces", strings.Join(pieces, ""), said)

	p = openaiChat("The weather?")
	p.Model, p.Tools = "sandbox/chat", openaiWeather
	first := must(c.Chat.Completions.New(deadline(t), p))(t).Choices[0]
	if len(first.Message.ToolCalls) != 1 || first.Message.ToolCalls[0].Function.Name != "get_weather" || first.FinishReason != "tool_calls" {
		t.Fatalf("no call: %s", first.RawJSON())
	}
	p.Messages = append(p.Messages, first.Message.ToParam(), openai.ToolMessage("sunny", first.Message.ToolCalls[0].ID))
	holds(t, "after the tool", must(c.Chat.Completions.New(deadline(t), p))(t).Choices[0].Message.Content, "sunny")

	vectors := must(c.Embeddings.New(deadline(t), openai.EmbeddingNewParams{Model: "sandbox/embed", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}}}))(t)
	if len(vectors.Data) != 2 || len(vectors.Data[0].Embedding) == 0 {
		t.Errorf("vectors %.200s", vectors.RawJSON())
	}
}

func TestOpenAIResponsesWorkWithTheSandbox(t *testing.T) {
	g := testgw.StartWith(t, testgw.Options{Config: "gateways: { default: { default_provider: sandbox } }"})
	c := openaiAt(t, g.URL, testgw.Key)
	p := responses.ResponseNewParams{Model: "sandbox/echo", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(said)}}
	first := must(c.Responses.New(deadline(t), p))(t)
	same(t, "echo", first.OutputText(), said)
	same(t, "stored", must(c.Responses.Get(deadline(t), first.ID, responses.ResponseGetParams{}))(t).OutputText(), said)

	stream := c.Responses.NewStreaming(deadline(t), p)
	defer stream.Close()
	var text, last string
	for stream.Next() {
		e := stream.Current()
		if last = e.Type; e.Type == "response.output_text.delta" {
			text += e.Delta
		}
	}
	same(t, "pieces", text, said)
	same(t, "last event", last, "response.completed")

	p = responses.ResponseNewParams{Model: "sandbox/chat", Tools: []responses.ToolUnionParam{responses.ToolParamOfFunction("get_weather", weatherSchema, false)}, Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("The weather?")}}
	called := must(c.Responses.New(deadline(t), p))(t)
	if len(called.Output) != 1 || called.Output[0].Type != "function_call" {
		t.Fatalf("no call: %s", called.RawJSON())
	}
	result := responses.ResponseInputItemParamOfFunctionCallOutput("sunny")
	result.OfFunctionCallOutput.CallID = openai.String(called.Output[0].AsFunctionCall().CallID)
	p.PreviousResponseID = openai.String(called.ID)
	p.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{result}}
	holds(t, "after the tool", must(c.Responses.New(deadline(t), p))(t).OutputText(), "sunny")
}

func TestAnthropicWorksWithTheSandbox(t *testing.T) {
	g := testgw.Start(t, "")
	c := anthropicAt(t, g.URL, testgw.Key)
	p := anthropicMessage(said)
	p.Model = "sandbox/echo"
	same(t, "echo", must(c.Messages.New(deadline(t), p))(t).Content[0].Text, said)

	stream := c.Messages.NewStreaming(deadline(t), p)
	defer stream.Close()
	var all anthropic.Message
	deltas := 0
	for stream.Next() {
		if stream.Current().Type == "content_block_delta" {
			deltas++
		}
		if err := all.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if stream.Err() != nil || deltas < 2 {
		t.Fatalf("%v, %d deltas", stream.Err(), deltas)
	}
	same(t, "pieces", all.Content[0].Text, said)

	p = anthropicMessage("The weather?")
	p.Model, p.Tools = "sandbox/chat", anthropicWeather
	first := must(c.Messages.New(deadline(t), p))(t)
	call := first.Content[len(first.Content)-1]
	if call.Type != "tool_use" || first.StopReason != "tool_use" {
		t.Fatalf("no call: %s", first.RawJSON())
	}
	p.Messages = append(p.Messages, first.ToParam(), anthropic.NewUserMessage(anthropic.NewToolResultBlock(call.ID, "sunny", false)))
	holds(t, "after the tool", must(c.Messages.New(deadline(t), p))(t).Content[0].Text, "sunny")

	if n := must(c.Messages.CountTokens(deadline(t), anthropic.MessageCountTokensParams{Model: "sandbox/chat", Messages: p.Messages}))(t).InputTokens; n == 0 {
		t.Error("no tokens counted")
	}
	p.Model = "sandbox/error-529"
	_, err := c.Messages.New(deadline(t), p)
	same(t, "an overloaded sandbox", string(anthropicError(t, err).Type()), "overloaded_error")
}

func TestGeminiWorksWithTheSandbox(t *testing.T) {
	g := testgw.Start(t, "")
	c := geminiAt(t, g.URL, testgw.Key)
	same(t, "echo", must(c.Models.GenerateContent(deadline(t), "sandbox/echo", genai.Text(said), nil))(t).Text(), said)

	var pieces []string
	for chunk, err := range c.Models.GenerateContentStream(deadline(t), "sandbox/echo", genai.Text(said), nil) {
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, chunk.Text())
	}
	same(t, "pieces", strings.Join(pieces, ""), said)
	if len(pieces) < 2 {
		t.Errorf("all came at once: %q", pieces)
	}

	turns := genai.Text("The weather?")
	first := must(c.Models.GenerateContent(deadline(t), "sandbox/chat", turns, geminiWeather))(t)
	if len(first.FunctionCalls()) != 1 {
		t.Fatalf("no call: %+v", first.Candidates)
	}
	turns = append(turns, first.Candidates[0].Content, genai.NewContentFromFunctionResponse("get_weather", map[string]any{"sky": "sunny"}, genai.RoleUser))
	holds(t, "after the tool", must(c.Models.GenerateContent(deadline(t), "sandbox/chat", turns, geminiWeather))(t).Text(), "sunny")

	vectors := must(c.Models.EmbedContent(deadline(t), "sandbox/embed", genai.Text("a"), nil))(t)
	if len(vectors.Embeddings) != 1 || len(vectors.Embeddings[0].Values) == 0 {
		t.Errorf("vectors %+v", vectors)
	}
	if n := must(c.Models.CountTokens(deadline(t), "sandbox/chat", genai.Text(said), nil))(t).TotalTokens; n == 0 {
		t.Error("no tokens counted")
	}
}
