// Package openairesponses is the dialect of OpenAI's Responses API: its paths, the
// stored responses that they make, what answers and streams say about themselves, and
// how its items map to llm.
//
// It leaves whole error answers to the family's package.
package openairesponses

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

const kindResponse = "response"

// refers is how a request names a stored response.
var refers = map[string]string{"previous_response_id": kindResponse}

var stored = dialect.ObjectRule{Kind: kindResponse, Names: true, IDAt: "id"}

// Dialect is the dialect
// (https://platform.openai.com/docs/api-reference/responses).
var Dialect = &dialect.Dialect{
	Name:   dialect.Responses,
	Family: openai.Family,
	Endpoints: []dialect.Endpoint{
		{Method: http.MethodPost, Pattern: "/v1/responses", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember,
			Object: dialect.ObjectRule{Kind: kindResponse, Creates: true, IDAt: "id", Refers: refers}},
		{Method: http.MethodPost, Pattern: "/v1/responses/compact", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InBody, Own: true,
			Object: dialect.ObjectRule{Refers: refers}},
		{Method: http.MethodPost, Pattern: "/v1/responses/input_tokens", Op: llm.OpCountTokens, Body: dialect.JSON, Model: dialect.InBody,
			Object: dialect.ObjectRule{Refers: refers}},
		{Method: http.MethodGet, Pattern: "/v1/responses/{id}", Op: llm.OpResponses, Object: stored},
		{Method: http.MethodDelete, Pattern: "/v1/responses/{id}", Op: llm.OpResponses,
			Object: dialect.ObjectRule{Kind: kindResponse, Names: true, Deletes: true, IDAt: "id"}},
		{Method: http.MethodPost, Pattern: "/v1/responses/{id}/cancel", Op: llm.OpResponses, Body: dialect.Opaque, Object: stored},
		{Method: http.MethodGet, Pattern: "/v1/responses/{id}/input_items", Op: llm.OpResponses, Object: stored},
	},
	Codec:             codec{},
	Ceiling:           &dialect.Ceiling{Read: []string{"max_output_tokens"}, Write: "max_output_tokens"},
	SignsThoughts:     true,
	Recollection:      recollection{},
	Ops:               ops,
	Fields:            fields,
	Carries:           carries,
	AnswerFields:      answerFields,
	AnswerCarries:     answerCarries,
	NewMeter:          newMeter,
	ParseError:        openai.ParseError,
	FormatError:       openai.FormatError,
	FormatStreamError: formatStreamError,
	KeepAlive:         []byte(openai.KeepAlive),
	Digest: []string{
		"type", "id", "model", "status", "usage", "error", "code", "message", "param", "service_tier", "incomplete_details", "output.*.type",
		"response.id", "response.model", "response.status", "response.usage", "response.error", "response.service_tier",
		"response.incomplete_details", "response.output.*.type",
	},
}
