package perplexity_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/perplexity"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(string) *dialect.Dialect { return perplexity.Dialect }

func TestEmbeddings(t *testing.T) {
	reply := `{"data":[{"embedding":"Af5/","index":0}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "as floats", Model: "m", Ask: `{"input":"a","dimensions":128}`, To: "/v1/embeddings", Body: `{"model":"m","input":["a"],"dimensions":128}`, Reply: reply,
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,-2,127]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
		{Name: "as base64 of floats", Model: "m", Ask: `{"input":"a","encoding_format":"base64"}`, To: "/v1/embeddings", Body: `{"model":"m","input":["a"]}`, Reply: reply,
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAAMAAAP5C"}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
	})
	dialecttest.RunOps(t, llm.OpEmbeddings, cohere.Dialect, form, []dialecttest.OpCase{
		{Name: "as they are", Model: "m", Ask: `{"texts":["a"],"embedding_types":["int8"]}`, To: "/v1/embeddings", Body: `{"model":"m","input":["a"]}`, Reply: reply,
			Want: `{"id":"request-1","embeddings":{"int8":[[1,-2,127]]},"texts":["a"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":4}},"response_type":"embeddings_by_type"}`},
		{Name: "two kinds", Model: "m", Ask: `{"texts":["a"],"embedding_types":["int8","float"]}`, Refused: "one kind"},
	})
}

func TestBodiesInItsOwnWordsAreKnown(t *testing.T) {
	for body, want := range map[string]bool{
		`{"input":"a"}`: false,
		`{"input":"a","encoding_format":"base64"}`:      false,
		`{"input":"a","encoding_format":"base64_int8"}`: true,
	} {
		if got := perplexity.Dialect.Ops[llm.OpEmbeddings].Native([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
