// Package openaichat is the dialect of OpenAI's chat completions and of the legacy text
// completions, with the variations that other servers of that shape have. It translates
// chat completions; text completions are only forwarded.
//
// It leaves errors to the family's package.
package openaichat

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the dialect
// (https://platform.openai.com/docs/api-reference/chat).
var Dialect = &dialect.Dialect{
	Name:      dialect.Chat,
	Family:    openai.Family,
	Continues: true,
	Endpoints: []dialect.Endpoint{
		{Method: http.MethodPost, Pattern: "/v1/chat/completions", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember},
		{Method: http.MethodPost, Pattern: "/v1/completions", Op: llm.OpCompletions, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember},
	},
	NewMeter:          newMeter,
	ParseError:        openai.ParseError,
	FormatError:       openai.FormatError,
	FormatStreamError: openai.FormatStreamError,
	KeepAlive:         []byte(openai.KeepAlive),
	UsageOption:       &dialect.UsageOption{Object: "stream_options", Member: "include_usage"},
	Digest: []string{
		"id", "model", "service_tier", "usage", "x_groq", "error",
		"choices.*.finish_reason", "choices.*.error",
	},
	InlineMedia:   needsBytes,
	Codec:         codec{},
	Ceiling:       &dialect.Ceiling{Read: []string{"max_completion_tokens", "max_tokens"}, Write: "max_completion_tokens", Old: "max_tokens", Times: "n"},
	Fields:        fields,
	Carries:       carries,
	AnswerFields:  answerFields,
	AnswerCarries: answerCarries,
}
