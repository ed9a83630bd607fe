package anthropic_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestEveryPathIsThere(t *testing.T) {
	want := map[string]llm.Operation{
		"POST /v1/messages": llm.OpChat, "POST /v1/complete": llm.OpCompletions, "POST /v1/messages/count_tokens": llm.OpCountTokens,
		"POST /v1/messages/batches": llm.OpBatches, "GET /v1/messages/batches": llm.OpBatches, "GET /v1/messages/batches/{id}": llm.OpBatches,
		"DELETE /v1/messages/batches/{id}": llm.OpBatches, "POST /v1/messages/batches/{id}/cancel": llm.OpBatches,
		"GET /v1/messages/batches/{id}/results": llm.OpBatches,
		"GET /v1/models":                        llm.OpModels, "GET /v1/models/{model}": llm.OpModels,
		"POST /v1/files": llm.OpFiles, "GET /v1/files": llm.OpFiles, "GET /v1/files/{id}": llm.OpFiles, "DELETE /v1/files/{id}": llm.OpFiles,
		"GET /v1/files/{id}/content": llm.OpFiles,
	}
	for _, e := range anthropic.Dialect.Endpoints {
		path := e.Method + " " + e.Pattern
		if want[path] != e.Op {
			t.Errorf("%s: %s, want %q", path, e.Op, want[path])
		}
		delete(want, path)
		checkObject(t, path, &e)
	}
	for path := range want {
		t.Errorf("no %s", path)
	}
}

// checkObject: what names an object has its id in the path, what makes one says where
// the answer has it, and a path that others have too is shared.
func checkObject(t *testing.T, path string, e *dialect.Endpoint) {
	t.Helper()
	o := e.Object
	if o.Names != strings.Contains(path, "{id}") || (o.Creates || o.Lists) != (o.IDAt != "") || o.Lists != (o.Items != "") ||
		o.Deletes != strings.HasPrefix(path, "DELETE") {
		t.Errorf("%s: %+v", path, o)
	}
	if shared := strings.Contains(path, "/v1/files") || strings.Contains(path, "/v1/models"); e.Shared != shared {
		t.Errorf("%s: shared %v", path, e.Shared)
	}
}
