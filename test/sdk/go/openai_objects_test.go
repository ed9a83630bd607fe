package sdk_test

import (
	"io"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestOpenAIKeepsFilesAndBatches(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	ctx := deadline(t)
	lines := `{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{}}`
	file := must(c.Files.New(ctx, openai.FileNewParams{File: openai.File(strings.NewReader(lines), "requests.jsonl", "application/jsonl"), Purpose: openai.FilePurposeBatch}))(t)
	same(t, "file", file.ID, "file-own1")
	holds(t, "the file that the vendor got", string(s.up.Last("openai/file-create").Body), lines)
	same(t, "name", must(c.Files.Get(ctx, file.ID))(t).Filename, "requests.jsonl")
	list := must(c.Files.List(ctx, openai.FileListParams{}))(t)
	if len(list.Data) != 1 || list.Data[0].ID != file.ID {
		t.Errorf("the list holds what is not ours: %s", list.RawJSON())
	}
	content := must(c.Files.Content(ctx, file.ID))(t)
	defer content.Body.Close()
	same(t, "content", string(must(io.ReadAll(content.Body))(t)), lines)

	batch := must(c.Batches.New(ctx, openai.BatchNewParams{InputFileID: file.ID, Endpoint: "/v1/chat/completions", CompletionWindow: "24h"}))(t)
	same(t, "batch", batch.ID, "batch_own1")
	same(t, "status", must(c.Batches.Get(ctx, batch.ID))(t).Status, "in_progress")
	same(t, "batches", len(must(c.Batches.List(ctx, openai.BatchListParams{}))(t).Data), 1)
	same(t, "cancelled", must(c.Batches.Cancel(ctx, batch.ID))(t).Status, "cancelling")

	if !must(c.Files.Delete(ctx, file.ID))(t).Deleted {
		t.Error("not deleted")
	}
	for _, id := range []string{file.ID, "file-foreign"} {
		_, err := c.Files.Get(ctx, id)
		same(t, id, openaiError(t, err).StatusCode, 404)
	}
	_, err := c.Batches.New(ctx, openai.BatchNewParams{InputFileID: "file-foreign", Endpoint: "/v1/chat/completions", CompletionWindow: "24h"})
	same(t, "a batch of a foreign file", openaiError(t, err).StatusCode, 404)
}

func TestOpenAIResponsesAnswerAndAreStored(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	ctx := deadline(t)
	ask := func(text string) responses.ResponseNewParams {
		return responses.ResponseNewParams{Model: "gpt-4o-mini", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(text)}}
	}
	first := must(c.Responses.New(ctx, ask(question)))(t)
	same(t, "text", first.OutputText(), "The harbour is calm.")
	same(t, "stored text", must(c.Responses.Get(ctx, first.ID, responses.ResponseGetParams{}))(t).OutputText(), "The harbour is calm.")
	same(t, "input items", len(must(c.Responses.InputItems.List(ctx, first.ID, responses.InputItemListParams{}))(t).Data), 1)
	next := ask("And the sea?")
	next.PreviousResponseID = openai.String(first.ID)
	same(t, "next text", must(c.Responses.New(ctx, next))(t).OutputText(), "And the sea too.")
	if err := c.Responses.Delete(ctx, first.ID); err != nil {
		t.Fatal(err)
	}
	_, err := c.Responses.Get(ctx, first.ID, responses.ResponseGetParams{})
	same(t, "a deleted response", openaiError(t, err).StatusCode, 404)
	_, err = c.Responses.New(ctx, next)
	same(t, "going on from a deleted response", openaiError(t, err).StatusCode, 404)
	next.PreviousResponseID = openai.String("resp_foreign")
	_, err = c.Responses.New(ctx, next)
	same(t, "going on from a foreign response", openaiError(t, err).StatusCode, 404)
}

func TestOpenAIResponsesStreamAndAreStored(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	ctx := deadline(t)
	stream := c.Responses.NewStreaming(ctx, responses.ResponseNewParams{Model: "openai/gpt-4o-mini", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("Please count to three.")}})
	defer stream.Close()
	var text, types string
	var done *responses.Response
	for stream.Next() {
		e := stream.Current()
		types += e.Type + " "
		if e.Type == "response.output_text.delta" {
			if text == "" {
				s.up.Release("openai/response-stream")
			}
			text += e.Delta
		}
		if e.Type == "response.completed" {
			done = &e.Response
		}
	}
	if stream.Err() != nil || done == nil {
		t.Fatalf("%v after %s", stream.Err(), types)
	}
	same(t, "deltas", text, "One, two, three.")
	same(t, "text", done.OutputText(), "One, two, three.")
	same(t, "events", strings.Count(types, " "), 10)
	same(t, "stored text", must(c.Responses.Get(ctx, done.ID, responses.ResponseGetParams{}))(t).OutputText(), "One, two, three.")
	same(t, "cancelled", must(c.Responses.Cancel(ctx, done.ID))(t).Status, "cancelled")
}

func TestOpenAIResponsesCallTools(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	tools := []responses.ToolUnionParam{responses.ToolParamOfFunction("get_weather", weatherSchema, true)}
	input := responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage("The weather?", "user")}
	p := responses.ResponseNewParams{Model: "gpt-4o-mini", Tools: tools, Input: responses.ResponseNewParamsInputUnion{OfInputItemList: input}}
	got := must(c.Responses.New(deadline(t), p))(t)
	if len(got.Output) != 1 || got.Output[0].Name != "get_weather" {
		t.Fatalf("%s", got.RawJSON())
	}
	call := got.Output[0].AsFunctionCall()
	same(t, "arguments", call.Arguments, `{"city":"Lisbon"}`)
	result := responses.ResponseInputItemParamOfFunctionCallOutput("sunny")
	result.OfFunctionCallOutput.CallID = openai.String(call.CallID)
	p.Input.OfInputItemList = append(input, responses.ResponseInputItemParamOfFunctionCall(call.Arguments, call.CallID, call.Name), result)
	same(t, "text", must(c.Responses.New(deadline(t), p))(t).OutputText(), "Lisbon is sunny.")
}

func TestOpenAIListsModels(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	names := map[string]bool{}
	for pager := c.Models.ListAutoPaging(deadline(t)); pager.Next(); {
		names[pager.Current().ID] = true
	}
	for _, want := range []string{"openai/gpt-4o-mini", "anthropic/claude-sonnet-5", "gemini/gemini-2.5-flash", "sandbox/chat"} {
		if !names[want] {
			t.Errorf("%s is not listed among %d", want, len(names))
		}
	}
	same(t, "a bare name", must(c.Models.Get(deadline(t), "gpt-4o-mini"))(t).ID, "openai/gpt-4o-mini")
	same(t, "a full name", must(c.Models.Get(deadline(t), "openai/gpt-4o-mini"))(t).ID, "openai/gpt-4o-mini")
	_, err := c.Models.Get(deadline(t), "gpt-99")
	same(t, "an unknown name", openaiError(t, err).Code, "model_not_found")
}
