package jina_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/jina"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(string) *dialect.Dialect { return jina.Dialect }

func TestEmbeddings(t *testing.T) {
	ask := `{"input":"a","input_type":"PURPOSE"}`
	var cases []dialecttest.OpCase
	for _, c := range []struct{ model, purpose, task string }{
		{"jina-embeddings-v3", "query", `,"task":"retrieval.query"`}, {"jina-embeddings-v3", "clustering", `,"task":"separation"`}, {"jina-embeddings-v3", "code.query", `,"task":"retrieval.query"`},
		{"jina-embeddings-v4", "code.query", `,"task":"code.query"`}, {"jina-embeddings-v4", "text-matching", `,"task":"text-matching"`}, {"jina-embeddings-v4", "classification", ""}, {"jina-embeddings-v2-base-en", "passage", ""},
	} {
		one := dialecttest.OpCase{Name: c.model + " " + c.purpose, Model: c.model, Ask: strings.ReplaceAll(ask, "PURPOSE", c.purpose), To: "/v1/embeddings",
			Body: `{"model":"` + c.model + `","input":["a"]` + c.task + `}`, Reply: `{"data":[{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`, Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`}
		if c.task == "" {
			one.Lost = []llm.Param{llm.ParamPurpose}
		}
		cases = append(cases, one)
	}
	cases = append(cases, dialecttest.OpCase{Name: "all of its own words", Model: "m", Ask: `{"input":["a",{"image":"https://x/a.png"}],"normalized":true,"late_chunking":true,"truncation":true,"encoding_format":"base64"}`, To: "/v1/embeddings",
		Body: `{"model":"m","input":["a",{"image":"https://x/a.png"}],"truncate":true,"normalized":true,"late_chunking":true}`, Reply: `{"data":[{"embedding":[2],"index":1},{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`,
		Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="},{"object":"embedding","index":1,"embedding":"AAAAQA=="}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`})
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, form, cases)
}

func TestBodiesInItsOwnWordsAreKnown(t *testing.T) {
	for body, want := range map[string]bool{
		`{"input":"a"}`:                                      false,
		`{"input":"a","task":"text-matching"}`:               true,
		`{"input":"a","task":"x","encoding_format":"float"}`: false,
	} {
		if got := jina.Dialect.Ops[llm.OpEmbeddings].Native([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
