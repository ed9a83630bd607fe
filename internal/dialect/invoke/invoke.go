// Package invoke is the dialect of Amazon Bedrock's InvokeModel operations, which carry
// each model's own format: their paths, and how answers and streams report usage. It
// reads no model's requests, so that there is nothing to translate.
package invoke

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is InvokeModel. Its errors are those of the vendor's other operations. Facts
// as of 2026-11-21, from
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html.
var Dialect = &dialect.Dialect{
	Name:   "invoke",
	Family: converse.Dialect.Family,
	Endpoints: []dialect.Endpoint{
		{Method: http.MethodPost, Pattern: "/model/{model}/invoke", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InPath},
		{Method: http.MethodPost, Pattern: "/model/{model}/invoke-with-response-stream", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InPath, Streaming: dialect.Always},
	},
	NewMeter:          newMeter,
	ParseError:        converse.Dialect.ParseError,
	FormatError:       converse.Dialect.FormatError,
	FormatStreamError: converse.Dialect.FormatStreamError,
	StreamType:        dialect.EventStreamType,
	Digest: []string{
		"type", "id", "model", "usage", "stop_reason", "stopReason", "message", "__type",
		"inputTextTokenCount", "prompt_token_count", "generation_token_count", "finish_reason",
		"results.*.tokenCount", "results.*.completionReason", "choices.*.finish_reason", "generations.*.finish_reason", "outputs.*.stop_reason",
	},
}
