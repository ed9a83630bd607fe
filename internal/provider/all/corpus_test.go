package all_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// recorded are the folders of recorded traffic and the kinds that they belong to.
// Folders of servers of one's own, whose hosts are made up, are not among them.
var recorded = map[string]string{
	"alibaba": "alibaba", "anthropic": "anthropic", "baseten": "baseten", "cerebras": "cerebras", "cohere": "cohere", "crusoe": "crusoe",
	"deepseek": "deepseek", "doubleword": "doubleword", "gemini": "gemini", "groq": "groq", "heroku": "heroku",
	"huggingface": "huggingface", "mistral": "mistral", "moonshot": "moonshot", "openai": "openai", "openrouter": "openrouter",
	"perplexity": "perplexity", "together": "together", "venice": "venice", "vercel-gateway": "vercel", "voyage": "voyage",
	"writer": "writer", "xai": "xai", "zai": "zai",
}

// paths are the data plane's, by how a vendor's path ends and what is asked there.
var paths = []struct {
	op   llm.Operation
	path string
}{
	{llm.OpChat, "/v1/chat/completions"}, {llm.OpChat, "/v1/responses"}, {llm.OpChat, "/v1/messages"},
	{llm.OpEmbeddings, "/v1/embeddings"}, {llm.OpTranscription, "/v1/audio/transcriptions"}, {llm.OpSpeech, "/v1/audio/speech"},
	{llm.OpRerank, "/v1/rerank"}, {llm.OpModerations, "/v1/moderations"}, {llm.OpModels, "/v1/models"}, {llm.OpImages, "/v1/images/generations"},
	{llm.OpChat, "/v2/chat"}, {llm.OpEmbeddings, "/v2/embed"}, {llm.OpRerank, "/v2/rerank"},
}

func TestRecordedCallsWentWhereTheSpecsSay(t *testing.T) {
	for folder, kind := range recorded {
		calls := recordedURLs(t, folder)
		spec, ok := all.Lookup(kind)
		if !ok {
			t.Fatalf("no kind %s", kind)
		}
		p := &provider.Provider{Name: kind, Spec: spec, BaseURL: spec.BaseURL}
		reached := 0
		for _, c := range paths {
			if calls[p.Origin()+p.URLPath(provider.PathRequest{Op: c.op, Path: c.path})] {
				reached++
			}
		}
		for url := range calls {
			if rest, ok := strings.CutPrefix(url, p.Origin()); ok && strings.HasPrefix(rest, p.BasePath()+"/") {
				if got := p.Origin() + p.NativePath(rest); got != url {
					t.Errorf("%s: the native path %s goes to %s", kind, rest, got)
				}
			}
		}
		if reached == 0 && spec.Shape == provider.OpenAIShape {
			t.Errorf("%s: no recorded call went to a URL of this kind; recorded are %v", kind, calls)
		}
	}
}

// recordedURLs reads where the recorded calls of a folder went.
func recordedURLs(t *testing.T, folder string) map[string]bool {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = "../../../../shared/corpus"
	}
	if _, err := os.Stat(root); err != nil {
		t.Skip("no recorded traffic: set SLUICE_CORPUS")
	}
	files, err := filepath.Glob(filepath.Join(root, folder, "*", "*", "request.json"))
	if err != nil || len(files) == 0 {
		t.Skipf("no recorded traffic in %s", folder)
	}
	calls := map[string]bool{}
	for _, name := range files {
		var r struct{ Scheme, Host, Path string }
		raw, err := os.ReadFile(name)
		if err != nil || json.Unmarshal(raw, &r) != nil {
			t.Fatalf("%s cannot be read", name)
		}
		calls[r.Scheme+"://"+r.Host+r.Path] = true
	}
	return calls
}
