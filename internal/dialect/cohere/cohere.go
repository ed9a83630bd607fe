// Package cohere is Cohere's v2 dialect: its paths, how its answers and streams report
// usage, how its errors look, and how its conversations map to llm and back.
//
// It knows no provider: whoever speaks this dialect is read alike. The vendor's older
// paths (/v1/chat, /v1/embed …) are its own affair, reached under /providers.
package cohere

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the Cohere dialect. Facts as of 2026-11-21, from
// https://docs.cohere.com/reference/chat and the pages beside it.
var Dialect = &dialect.Dialect{
	Name:              dialect.Cohere,
	Family:            "cohere",
	Endpoints:         endpoints,
	Claims:            claims,
	FormatModels:      formatModels,
	FormatModel:       formatModel,
	NewMeter:          func(llm.Operation) dialect.Meter { return new(meter) },
	ParseError:        parseError,
	FormatError:       formatError,
	FormatStreamError: formatStreamError,
	// A comment, which the SDKs pass over.
	KeepAlive: []byte(": keep-alive\n\n"),
	Digest: []string{
		"type", "id", "message", "finish_reason", "usage", "meta", "index",
		"delta.finish_reason", "delta.usage", "delta.error",
	},
	Codec:         codec{},
	Ceiling:       &dialect.Ceiling{Read: []string{"max_tokens"}, Write: "max_tokens"},
	Ops:           ops,
	Fields:        fields,
	Carries:       carries,
	AnswerFields:  answerFields,
	AnswerCarries: answerCarries,
}

// claims knows the vendor's SDKs by the name that each sends of itself.
func claims(h http.Header) bool {
	return strings.Contains(h.Get("X-Fern-Sdk-Name"), "cohere")
}

var endpoints = []dialect.Endpoint{
	{Method: http.MethodPost, Pattern: "/v2/chat", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember},
	{Method: http.MethodPost, Pattern: "/v2/embed", Op: llm.OpEmbeddings, Body: dialect.JSON, Model: dialect.InBody},
	{Method: http.MethodPost, Pattern: "/v2/rerank", Op: llm.OpRerank, Body: dialect.JSON, Model: dialect.InBody},

	{Method: http.MethodGet, Pattern: "/v1/models", Op: llm.OpModels, Shared: true},
	{Method: http.MethodGet, Pattern: "/v1/models/{model}", Op: llm.OpModels, Model: dialect.InPath, Shared: true},
}
