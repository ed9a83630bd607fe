package gemini_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// paths are those of one version.
func paths() map[string]llm.Operation {
	return map[string]llm.Operation{
		"POST V/models/{model}:generateContent": llm.OpChat, "POST V/models/{model}:streamGenerateContent": llm.OpChat,
		"POST V/tunedModels/{model}:generateContent": llm.OpChat, "POST V/tunedModels/{model}:streamGenerateContent": llm.OpChat,
		"POST V/models/{model}:countTokens": llm.OpCountTokens, "POST V/models/{model}:predict": llm.OpImages,
		"POST V/models/{model}:embedContent": llm.OpEmbeddings, "POST V/models/{model}:batchEmbedContents": llm.OpEmbeddings,
		"POST V/models/{model}:batchGenerateContent": llm.OpBatches, "POST V/models/{model}:asyncBatchEmbedContent": llm.OpBatches,
		"GET V/models": llm.OpModels, "GET V/models/{model}": llm.OpModels,
		"POST /uploadV/files": llm.OpFiles, "POST V/files": llm.OpFiles, "GET V/files": llm.OpFiles, "GET V/files/{id}": llm.OpFiles,
		"DELETE V/files/{id}": llm.OpFiles, "GET V/files/{id}:download": llm.OpFiles, "GET /downloadV/files/{id}:download": llm.OpFiles,
		"POST V/cachedContents": llm.OpCached, "GET V/cachedContents": llm.OpCached, "GET V/cachedContents/{id}": llm.OpCached,
		"PATCH V/cachedContents/{id}": llm.OpCached, "DELETE V/cachedContents/{id}": llm.OpCached,
		"GET V/batches": llm.OpBatches, "GET V/batches/{id}": llm.OpBatches, "POST V/batches/{id}:cancel": llm.OpBatches, "DELETE V/batches/{id}": llm.OpBatches,
	}
}

func TestEveryPathIsThereUnderBothVersions(t *testing.T) {
	for _, version := range []string{"/v1beta", "/v1"} {
		want := paths()
		for _, e := range gemini.Dialect.Endpoints {
			path := e.Method + " " + strings.Replace(e.Pattern+"/", version+"/", "V/", 1)
			if !strings.Contains(path, "V/") {
				continue
			}
			path = strings.TrimSuffix(path, "/")
			if want[path] != e.Op {
				t.Errorf("%s: %s, want %q", path, e.Op, want[path])
			}
			delete(want, path)
			check(t, path, version, &e)
		}
		for path := range want {
			t.Errorf("no %s under %s", path, version)
		}
	}
}

// check: what names an object has its id in the path, what makes one says where the
// answer has it, a model stands where the pattern says, and what other dialects have
// is shared.
func check(t *testing.T, path, version string, e *dialect.Endpoint) {
	t.Helper()
	o := e.Object
	if o.Names != strings.Contains(path, "{id}") || (o.Creates || o.Lists) != (o.IDAt != "") || o.Lists != (o.Items != "") ||
		o.Deletes != strings.HasPrefix(path, "DELETE") {
		t.Errorf("%s: %+v", path, o)
	}
	if (e.Model == dialect.InPath) != strings.Contains(path, "{model}") || (e.Streaming == dialect.Always) != strings.Contains(path, ":stream") {
		t.Errorf("%s: model %d, streaming %d", path, e.Model, e.Streaming)
	}
	_, plain, _ := strings.Cut(path, " V/")
	noun, _, _ := strings.Cut(plain, "/")
	shared := version == "/v1" && (noun == "models" || noun == "files" || noun == "batches") && !strings.Contains(path, "}:")
	if e.Shared != shared {
		t.Errorf("%s under %s: shared %v", path, version, e.Shared)
	}
}

// An id may hold a colon, so the first of two patterns that fit must be the one with a verb.
func TestAPathWithAVerbComesBeforeTheOneWithout(t *testing.T) {
	at := map[string]int{}
	for i, e := range gemini.Dialect.Endpoints {
		at[e.Method+" "+e.Pattern] = i
	}
	if at["GET /v1beta/files/{id}:download"] > at["GET /v1beta/files/{id}"] {
		t.Error("a download would be taken for a file whose id ends in :download")
	}
}
