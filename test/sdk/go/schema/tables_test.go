package schema_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	anthropicsdk "github.com/anthropics/anthropic-sdk-go"
	cohereapi "github.com/cohere-ai/cohere-go/v2"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// geminiRequest is the body of generateContent, which the SDK puts together from its
// arguments.
type geminiRequest struct {
	Contents          []*genai.Content        `json:"contents"`
	SystemInstruction *genai.Content          `json:"systemInstruction"`
	Tools             []*genai.Tool           `json:"tools"`
	ToolConfig        *genai.ToolConfig       `json:"toolConfig"`
	SafetySettings    []*genai.SafetySetting  `json:"safetySettings"`
	CachedContent     string                  `json:"cachedContent"`
	Labels            map[string]string       `json:"labels"`
	ServiceTier       genai.ServiceTier       `json:"serviceTier"`
	ModelArmorConfig  *genai.ModelArmorConfig `json:"modelArmorConfig"`
	GenerationConfig  *genai.GenerationConfig `json:"generationConfig"`
}

func TestEveryFieldThatAVendorPublishesIsInTheTable(t *testing.T) {
	for _, c := range []struct {
		name      string
		published []string
		dialect   *dialect.Dialect
		list      string // paths that the table's own folder accounts for
		least     int
	}{
		{"chat", pathsOf(reflect.TypeFor[openai.ChatCompletionNewParams]()), openaichat.Dialect, "", 90},
		{"responses", pathsOf(reflect.TypeFor[responses.ResponseNewParams]()), openairesponses.Dialect, "openairesponses/testdata/codec/published.txt", 200},
		{"responses, beta", pathsOf(reflect.TypeFor[openai.BetaResponseNewParams]()), openairesponses.Dialect, "openairesponses/testdata/codec/published.txt", 200},
		{"messages", pathsOf(reflect.TypeFor[anthropicsdk.MessageNewParams]()), anthropic.Dialect, "anthropic/testdata/codec/request-fields.txt", 150},
		{"messages, beta", pathsOf(reflect.TypeFor[anthropicsdk.BetaMessageNewParams]()), anthropic.Dialect, "anthropic/testdata/codec/request-fields.txt", 200},
		{"gemini", pathsOf(reflect.TypeFor[geminiRequest](), reflect.TypeFor[genai.Schema]()), gemini.Dialect, "gemini/testdata/codec/fields.txt", 150},
		{"converse", converseFields(t), converse.Dialect, "converse/testdata/codec/request-fields.txt", 150},
		{"cohere", pathsOf(reflect.TypeFor[cohereapi.V2ChatRequest]()), cohere.Dialect, "", 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(c.published) < c.least {
				t.Errorf("the SDK has %d fields, fewer than the %d that are expected", len(c.published), c.least)
			}
			known := listed(t, c.list)
			for _, path := range c.published {
				if !known[path] && !covered(c.dialect.Fields, path) {
					t.Errorf("%s is not in the table", path)
				}
			}
		})
	}
}

// listed reads a list of paths; a line may say after " = " which row stands for its path.
func listed(t *testing.T, name string) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	if name == "" {
		return known
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "internal", "dialect", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		path, _, _ := strings.Cut(strings.TrimSpace(line), " = ")
		known[path] = true
	}
	return known
}

// covered reports whether a path is in a table, or stands inside a member that has one
// fate with all that it holds.
func covered(fields []dialect.Field, path string) bool {
	for at := path; at != ""; at = parent(at) {
		for i := range fields {
			f := &fields[i]
			if bare(f.Path) == at && (at == path || whole(f)) {
				return true
			}
		}
	}
	return false
}

func parent(path string) string {
	if p, ok := strings.CutSuffix(path, "[]"); ok {
		return p
	}
	return path[:max(strings.LastIndexByte(path, '.'), 0)]
}

// bare gives a path without the words that tell several rows of one path apart.
func bare(path string) string {
	path, _, _ = strings.Cut(path, " (")
	path, _, _ = strings.Cut(path, "(")
	return path
}

// whole reports whether a row speaks for what stands inside its member, too.
func whole(f *dialect.Field) bool {
	if strings.HasSuffix(f.Path, ".partialArgs[]") { // of answers only
		return true
	}
	copied := []llm.Feature{llm.FVendorPart, llm.FBuiltin, llm.FWebSearch, llm.FCode, llm.FAudioOut, llm.FPrediction, llm.FMetadata, llm.FCitations}
	return !f.Frame && (f.Feature == 0 || slices.Contains(copied, f.Feature))
}
