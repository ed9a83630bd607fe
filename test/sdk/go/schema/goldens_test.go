package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	anthropicsdk "github.com/anthropics/anthropic-sdk-go"
	cohereapi "github.com/cohere-ai/cohere-go/v2"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"
)

// apart are members that stand in no type of the SDKs, since these write them themselves;
// and schemas, of which they name only some members.
func apart(path string) bool {
	return path == "stream" || path == "store" || strings.HasPrefix(path, "tools[].input_schema.")
}

// TestWhatIsWrittenIsPublished holds the goldens of translated requests to the vendors'
// SDKs: each member that stands in one must be one that they publish.
func TestWhatIsWrittenIsPublished(t *testing.T) {
	for name, paths := range map[string][]string{
		"chat":      pathsOf(reflect.TypeFor[openai.ChatCompletionNewParams]()),
		"responses": pathsOf(reflect.TypeFor[responses.ResponseNewParams]()),
		"messages":  pathsOf(reflect.TypeFor[anthropicsdk.BetaMessageNewParams]()),
		"gemini":    pathsOf(reflect.TypeFor[geminiRequest](), reflect.TypeFor[genai.Schema]()),
		"converse":  converseFields(t),
		"cohere":    pathsOf(reflect.TypeFor[cohereapi.V2ChatRequest]()),
	} {
		p := published{paths: map[string]bool{}, inside: map[string]bool{}}
		for _, path := range paths {
			p.add(path)
		}
		files, err := filepath.Glob(filepath.Join("..", "..", "..", "pairs", "testdata", "golden", "*", "*-"+name+".json"))
		if err != nil || len(files) < 50 {
			t.Errorf("%s: there are %d goldens: %v", name, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, name+"-"+name+".json") {
				continue // what the caller wrote himself
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
			for _, path := range p.unknown("", v) {
				if !apart(path) {
					t.Errorf("%s: %s is not published", file, path)
				}
			}
		}
	}
}

// published are the members that a vendor publishes.
type published struct {
	paths  map[string]bool
	inside map[string]bool // those of which the inside is published, too
}

func (p *published) add(path string) {
	p.paths[path] = true
	for at := parent(path); at != ""; at = parent(at) {
		p.inside[strings.TrimSuffix(at, "[]")] = true
	}
}

// unknown lists the members of a value that are not published.
func (p *published) unknown(at string, v any) (all []string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			all = append(all, p.unknown(at+"[]", e)...)
		}
	case map[string]any:
		if at != "" && !p.inside[strings.TrimSuffix(at, "[]")] {
			return nil // the caller's own: a schema, an object of any kind
		}
		for name, inner := range v {
			path := join(at, name)
			if p.paths[path] || p.inside[path] {
				all = append(all, p.unknown(path, inner)...)
			} else {
				all = append(all, path)
			}
		}
	}
	return all
}
