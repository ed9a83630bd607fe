// Package anthropic is Anthropic's Messages dialect: its paths, how its conversations
// map to llm and back, how its answers and streams report usage, and how its errors look.
//
// It knows no provider: whoever speaks this dialect (the vendor itself, a cloud that
// resells it, a compatible server) is read alike.
package anthropic

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the Messages dialect. Facts as of 2026-08-19, from
// https://platform.claude.com/docs/en/api/messages and the pages beside it.
var Dialect = &dialect.Dialect{
	Name:              dialect.Messages,
	Family:            "anthropic",
	Continues:         true,
	Endpoints:         endpoints,
	Claims:            func(h http.Header) bool { return h.Get("Anthropic-Version") != "" },
	FormatModels:      formatModels,
	FormatModel:       formatModel,
	NewMeter:          func(llm.Operation) dialect.Meter { return new(meter) },
	ParseError:        parseError,
	FormatError:       formatError,
	FormatStreamError: formatStreamError,
	// The vendor's own keep-alive, which every SDK passes over
	// (https://platform.claude.com/docs/en/build-with-claude/streaming#ping-events).
	KeepAlive:     []byte("event: ping\ndata: {\"type\": \"ping\"}\n\n"),
	Codec:         codec{},
	Ceiling:       &dialect.Ceiling{Read: []string{"max_tokens"}, Write: "max_tokens"},
	SignsThoughts: true,
	Ops:           ops,
	Fields:        fields,
	Carries:       carries,
	AnswerFields:  answerFields,
	AnswerCarries: answerCarries,
	Digest: []string{
		"type", "id", "model", "stop_reason", "usage", "error", "request_id",
		"message.id", "message.model", "message.stop_reason", "message.usage",
		"delta.type", "delta.stop_reason", "content_block.type",
	},
}
