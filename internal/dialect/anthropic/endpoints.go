package anthropic

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// results is where SDKs fetch what a batch brought.
var results = []string{"results_url"}

// endpoints are the paths of https://platform.claude.com/docs/en/api/overview.
// A batch is created inline: its requests name models of their own, inside params.
var endpoints = []dialect.Endpoint{
	{Method: http.MethodPost, Pattern: "/v1/messages", Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember},
	{Method: http.MethodPost, Pattern: "/v1/messages/count_tokens", Op: llm.OpCountTokens, Body: dialect.JSON, Model: dialect.InBody},
	{Method: http.MethodPost, Pattern: "/v1/complete", Op: llm.OpCompletions, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember},

	{Method: http.MethodPost, Pattern: "/v1/messages/batches", Op: llm.OpBatches, Body: dialect.JSON,
		Object: dialect.ObjectRule{Kind: "batch", Creates: true, IDAt: "id", Links: results}},
	{Method: http.MethodGet, Pattern: "/v1/messages/batches", Op: llm.OpBatches,
		Object: dialect.ObjectRule{Kind: "batch", Lists: true, Items: "data", IDAt: "id", Links: results}},
	{Method: http.MethodGet, Pattern: "/v1/messages/batches/{id}", Op: llm.OpBatches,
		Object: dialect.ObjectRule{Kind: "batch", Names: true, Links: results}},
	{Method: http.MethodDelete, Pattern: "/v1/messages/batches/{id}", Op: llm.OpBatches,
		Object: dialect.ObjectRule{Kind: "batch", Names: true, Deletes: true}},
	{Method: http.MethodPost, Pattern: "/v1/messages/batches/{id}/cancel", Op: llm.OpBatches, Body: dialect.Opaque,
		Object: dialect.ObjectRule{Kind: "batch", Names: true, Links: results}},
	{Method: http.MethodGet, Pattern: "/v1/messages/batches/{id}/results", Op: llm.OpBatches,
		Object: dialect.ObjectRule{Kind: "batch", Names: true}},

	{Method: http.MethodGet, Pattern: "/v1/models", Op: llm.OpModels, Shared: true},
	{Method: http.MethodGet, Pattern: "/v1/models/{model}", Op: llm.OpModels, Model: dialect.InPath, Shared: true},

	{Method: http.MethodPost, Pattern: "/v1/files", Op: llm.OpFiles, Body: dialect.Opaque, Shared: true,
		Object: dialect.ObjectRule{Kind: "file", Creates: true, IDAt: "id"}},
	{Method: http.MethodGet, Pattern: "/v1/files", Op: llm.OpFiles, Shared: true,
		Object: dialect.ObjectRule{Kind: "file", Lists: true, Items: "data", IDAt: "id"}},
	{Method: http.MethodGet, Pattern: "/v1/files/{id}", Op: llm.OpFiles, Shared: true,
		Object: dialect.ObjectRule{Kind: "file", Names: true}},
	{Method: http.MethodDelete, Pattern: "/v1/files/{id}", Op: llm.OpFiles, Shared: true,
		Object: dialect.ObjectRule{Kind: "file", Names: true, Deletes: true}},
	{Method: http.MethodGet, Pattern: "/v1/files/{id}/content", Op: llm.OpFiles, Shared: true,
		Object: dialect.ObjectRule{Kind: "file", Names: true}},
}
