package sdk_test

import (
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestAnthropicKeepsBatches(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	ctx := deadline(t)
	b := c.Messages.Batches
	batch := must(b.New(ctx, anthropic.MessageBatchNewParams{Requests: []anthropic.MessageBatchNewParamsRequest{{
		CustomID: "first", Params: anthropic.MessageBatchNewParamsRequestParams{Model: "claude-sonnet-5", MaxTokens: 10, Messages: anthropicMessage(question).Messages},
	}}}))(t)
	same(t, "batch", batch.ID, "msgbatch_own1")
	same(t, "status", must(b.Get(ctx, batch.ID, anthropic.MessageBatchGetParams{}))(t).ProcessingStatus, "ended")
	list := must(b.List(ctx, anthropic.MessageBatchListParams{}))(t)
	if len(list.Data) != 1 || list.Data[0].ID != batch.ID {
		t.Errorf("the list holds what is not ours: %s", list.RawJSON())
	}
	same(t, "cancelled", must(b.Cancel(ctx, batch.ID, anthropic.MessageBatchCancelParams{}))(t).ProcessingStatus, "canceling")
	results := b.ResultsStreaming(ctx, batch.ID, anthropic.MessageBatchResultsParams{})
	defer results.Close()
	if !results.Next() || results.Err() != nil {
		t.Fatalf("no result: %v", results.Err())
	}
	same(t, "result", results.Current().Result.Message.Content[0].Text, "Done.")
	same(t, "deleted", must(b.Delete(ctx, batch.ID, anthropic.MessageBatchDeleteParams{}))(t).ID, batch.ID)
	_, err := b.Get(ctx, batch.ID, anthropic.MessageBatchGetParams{})
	same(t, "a deleted batch", anthropicError(t, err).StatusCode, 404)
	_, err = b.Get(ctx, "msgbatch_foreign", anthropic.MessageBatchGetParams{})
	same(t, "a foreign batch", anthropicError(t, err).StatusCode, 404)
}

func TestAnthropicKeepsFiles(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	ctx := deadline(t)
	file := must(c.Files.Upload(ctx, anthropic.FileUploadParams{File: anthropic.File(strings.NewReader("hello"), "notes.txt", "text/plain")}))(t)
	same(t, "file", file.ID, "file_own2")
	same(t, "name", must(c.Files.GetMetadata(ctx, file.ID, anthropic.FileGetMetadataParams{}))(t).Filename, "notes.txt")
	same(t, "files", len(must(c.Files.List(ctx, anthropic.FileListParams{}))(t).Data), 1)
	ask := func(id string) anthropic.MessageNewParams {
		p := anthropicMessage("")
		p.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewDocumentBlock(anthropic.FileDocumentSourceParam{FileID: id}), anthropic.NewTextBlock("What does it say?"))}
		return p
	}
	same(t, "text", must(c.Messages.New(ctx, ask(file.ID)))(t).Content[0].Text, "It says hello.")
	_, err := c.Messages.New(ctx, ask("file_foreign"))
	same(t, "a message about a foreign file", anthropicError(t, err).StatusCode, 404)
	same(t, "deleted", must(c.Files.Delete(ctx, file.ID, anthropic.FileDeleteParams{}))(t).ID, file.ID)
	_, err = c.Files.GetMetadata(ctx, file.ID, anthropic.FileGetMetadataParams{})
	same(t, "a deleted file", anthropicError(t, err).StatusCode, 404)
}

func TestAnthropicListsModels(t *testing.T) {
	s := start(t, noRetries)
	c := anthropicAt(t, s.URL, testgw.Key)
	names := map[string]bool{}
	for pager := c.Models.ListAutoPaging(deadline(t), anthropic.ModelListParams{}); pager.Next(); {
		names[pager.Current().ID] = true
	}
	if !names["anthropic/claude-sonnet-5"] {
		t.Errorf("anthropic/claude-sonnet-5 is not listed among %d", len(names))
	}
	same(t, "a bare name", must(c.Models.Get(deadline(t), "claude-sonnet-5", anthropic.ModelGetParams{}))(t).ID, "anthropic/claude-sonnet-5")
	same(t, "a full name", must(c.Models.Get(deadline(t), "anthropic/claude-sonnet-5", anthropic.ModelGetParams{}))(t).ID, "anthropic/claude-sonnet-5")
	_, err := c.Models.Get(deadline(t), "claude-99", anthropic.ModelGetParams{})
	same(t, "an unknown name", string(anthropicError(t, err).Type()), "not_found_error")
}
