package gemini

import (
	"net/http"
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// cached are the members by which a request names a cache made earlier.
var cached = map[string]string{"cachedContent": "cached_content", "cached_content": "cached_content"}

// batchInput are the members by which a batch names its input file; the vendor takes
// both spellings.
var batchInput = map[string]string{
	"batch.inputConfig.fileName":   "file",
	"batch.input_config.file_name": "file",
}

// endpoints are the paths of https://ai.google.dev/api, which stand under both
// versions. Those that another dialect has too are shared.
func endpoints() []dialect.Endpoint {
	return slices.Concat(version("/v1beta", false), version("/v1", true))
}

func version(v string, shared bool) []dialect.Endpoint {
	return slices.Concat(
		verbs(v+"/models/{model}:"),
		[]dialect.Endpoint{
			generate(v+"/tunedModels/{model}:generateContent", dialect.Never),
			generate(v+"/tunedModels/{model}:streamGenerateContent", dialect.Always),
			{Method: http.MethodGet, Pattern: v + "/models", Op: llm.OpModels, Shared: shared},
			{Method: http.MethodGet, Pattern: v + "/models/{model}", Op: llm.OpModels, Model: dialect.InPath, Shared: shared},
		},
		files(v, shared), caches(v), batches(v, shared),
	)
}

func generate(pattern string, streaming dialect.Streaming) dialect.Endpoint {
	return dialect.Endpoint{Method: http.MethodPost, Pattern: pattern, Op: llm.OpChat, Body: dialect.JSON,
		Model: dialect.InPath, Streaming: streaming, Object: dialect.ObjectRule{Refers: cached}}
}

// verbs are a model's own methods.
func verbs(model string) []dialect.Endpoint {
	post := func(verb string, op llm.Operation, object dialect.ObjectRule) dialect.Endpoint {
		return dialect.Endpoint{Method: http.MethodPost, Pattern: model + verb, Op: op, Body: dialect.JSON, Model: dialect.InPath, Object: object}
	}
	none := dialect.ObjectRule{}
	batch := dialect.ObjectRule{Kind: "batch", Creates: true, IDAt: "name", Refers: batchInput, Yields: batchOutput}
	return []dialect.Endpoint{
		generate(model+"generateContent", dialect.Never),
		generate(model+"streamGenerateContent", dialect.Always),
		repeats(post("countTokens", llm.OpCountTokens, none), "generateContentRequest.model"),
		repeats(post("embedContent", llm.OpEmbeddings, none), "model"),
		repeats(post("batchEmbedContents", llm.OpEmbeddings, none), "requests.*.model"),
		post("predict", llm.OpImages, none),
		post("batchGenerateContent", llm.OpBatches, batch),
		post("asyncBatchEmbedContent", llm.OpBatches, batch),
	}
}

// files: the path with a verb comes first, since an id may hold a colon. An upload goes to its own path, in one piece or by the resumable protocol,
// whose last step answers with the file (https://ai.google.dev/api/files).
func files(v string, shared bool) []dialect.Endpoint {
	names := dialect.ObjectRule{Kind: "file", Names: true}
	return []dialect.Endpoint{
		{Method: http.MethodPost, Pattern: "/upload" + v + "/files", Op: llm.OpFiles, Body: dialect.Opaque,
			Object: dialect.ObjectRule{Kind: "file", Creates: true, IDAt: "file.name"}},
		{Method: http.MethodPost, Pattern: v + "/files", Op: llm.OpFiles, Body: dialect.Opaque, Shared: shared,
			Object: dialect.ObjectRule{Kind: "file", Creates: true, IDAt: "file.name"}},
		{Method: http.MethodGet, Pattern: v + "/files", Op: llm.OpFiles, Shared: shared,
			Object: dialect.ObjectRule{Kind: "file", Lists: true, Items: "files", IDAt: "name"}},
		{Method: http.MethodGet, Pattern: v + "/files/{id}:download", Op: llm.OpFiles, Object: names},
		{Method: http.MethodGet, Pattern: v + "/files/{id}", Op: llm.OpFiles, Shared: shared, Object: names},
		{Method: http.MethodGet, Pattern: "/download" + v + "/files/{id}:download", Op: llm.OpFiles, Object: names},
		{Method: http.MethodDelete, Pattern: v + "/files/{id}", Op: llm.OpFiles, Shared: shared,
			Object: dialect.ObjectRule{Kind: "file", Names: true, Deletes: true}},
	}
}

// caches: the model stands in the body, written "models/x" (https://ai.google.dev/api/caching).
func caches(v string) []dialect.Endpoint {
	names := dialect.ObjectRule{Kind: "cached_content", Names: true}
	return []dialect.Endpoint{
		{Method: http.MethodPost, Pattern: v + "/cachedContents", Op: llm.OpCached, Body: dialect.JSON, Model: dialect.InBody,
			Object: dialect.ObjectRule{Kind: "cached_content", Creates: true, IDAt: "name"}},
		{Method: http.MethodGet, Pattern: v + "/cachedContents", Op: llm.OpCached,
			Object: dialect.ObjectRule{Kind: "cached_content", Lists: true, Items: "cachedContents", IDAt: "name"}},
		{Method: http.MethodGet, Pattern: v + "/cachedContents/{id}", Op: llm.OpCached, Object: names},
		{Method: http.MethodPatch, Pattern: v + "/cachedContents/{id}", Op: llm.OpCached, Body: dialect.JSON, Object: names},
		{Method: http.MethodDelete, Pattern: v + "/cachedContents/{id}", Op: llm.OpCached,
			Object: dialect.ObjectRule{Kind: "cached_content", Names: true, Deletes: true}},
	}
}

// batchOutput are the members by which a finished batch names the file of its answers.
var batchOutput = map[string]string{"response.responsesFile": "file", "metadata.output.responsesFile": "file"}

// batches are long-running operations (https://ai.google.dev/api/batch-api).
func batches(v string, shared bool) []dialect.Endpoint {
	names := dialect.ObjectRule{Kind: "batch", Names: true, Yields: batchOutput}
	return []dialect.Endpoint{
		{Method: http.MethodGet, Pattern: v + "/batches", Op: llm.OpBatches, Shared: shared,
			Object: dialect.ObjectRule{Kind: "batch", Lists: true, Items: "operations", IDAt: "name"}},
		{Method: http.MethodGet, Pattern: v + "/batches/{id}", Op: llm.OpBatches, Shared: shared, Object: names},
		{Method: http.MethodPost, Pattern: v + "/batches/{id}:cancel", Op: llm.OpBatches, Body: dialect.Opaque, Object: names},
		{Method: http.MethodDelete, Pattern: v + "/batches/{id}", Op: llm.OpBatches, Shared: shared,
			Object: dialect.ObjectRule{Kind: "batch", Names: true, Deletes: true}},
	}
}

// repeats marks members of the body that name the model once more.
func repeats(e dialect.Endpoint, members ...string) dialect.Endpoint {
	e.Repeats = members
	return e
}
