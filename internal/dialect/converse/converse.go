// Package converse is the dialect of Amazon Bedrock's Converse operations: their paths,
// how answers and streams report usage, how errors look, and how conversations map to
// neutral words and back.
//
// It knows no provider: it signs nothing and sends nothing.
package converse

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the Converse dialect. Facts as of 2026-08-19, from
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
// the pages beside it.
//
// KeepAlive is nil because nothing may be sent: every message of a stream is an event
// that SDKs hand to their callers.
var Dialect = &dialect.Dialect{
	Name:              dialect.Converse,
	Family:            "bedrock",
	Continues:         true,
	Endpoints:         endpoints,
	Claims:            claims,
	NewMeter:          func(llm.Operation) dialect.Meter { return new(meter) },
	ParseError:        parseError,
	ErrorHead:         errorHead,
	FormatError:       formatError,
	FormatStreamError: formatStreamError,
	StreamType:        dialect.EventStreamType,
	InlineMedia:       needsBytes,
	Digest: []string{
		"usage", "stopReason", "serviceTier", "message", "__type",
		"contentBlockIndex", "start.toolUse.name", "start.toolResult.type", "start.image.format",
		"delta.text", "delta.toolUse.input", "delta.reasoningContent.text", "delta.image.source.bytes",
	},
	Codec:         codec{},
	Ceiling:       &dialect.Ceiling{Read: []string{"inferenceConfig.maxTokens"}, Write: "inferenceConfig.maxTokens"},
	SignsThoughts: true,
	Ops:           ops,
	Fields:        fields(),
	Carries:       carries,
	AnswerFields:  answerFields(),
	AnswerCarries: answerCarries,
}

// endpoints: the model's id stands in the path, an ARN with its colons and slashes too.
var endpoints = []dialect.Endpoint{
	{Method: http.MethodPost, Pattern: "/model/{model}/converse", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InPath},
	{Method: http.MethodPost, Pattern: "/model/{model}/converse-stream", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InPath, Streaming: dialect.Always},
	{Method: http.MethodPost, Pattern: "/model/{model}/count-tokens", Op: llm.OpCountTokens, Body: dialect.JSON, Model: dialect.InPath},
}

// claims: all of the vendor's SDKs number their attempts
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
func claims(h http.Header) bool { return h.Get("Amz-Sdk-Invocation-Id") != "" }
