package mistral_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/mistral"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(string) *dialect.Dialect { return mistral.Dialect }

func TestEmbeddings(t *testing.T) {
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "a dimension", Model: "m", Ask: `{"input":"a","dimensions":8,"output_dtype":"int8"}`, To: "/v1/embeddings", Body: `{"model":"m","input":["a"],"output_dimension":8,"output_dtype":"int8"}`, Reply: `{"data":[{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`, Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
	})
}

func TestModeration(t *testing.T) {
	dialecttest.RunOps(t, llm.OpModerations, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "parts are judged together", Model: "m", Ask: `{"input":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`, To: "/v1/moderations", Body: `{"model":"m","input":["a\nb"]}`, Reply: `{"error":"x"}`, Fails: "no results"},
		{Name: "an image", Model: "m", Ask: `{"input":[{"type":"image_url","image_url":{"url":"https://x/a.png"}}]}`, Refused: "image_url"},
		{Name: "a part of another kind", Model: "m", Ask: `{"input":[{"type":"audio"}]}`, Refused: "input[0].type"},
	})
}

func TestBodiesInItsOwnWordsAreKnown(t *testing.T) {
	for body, want := range map[string]bool{
		`{"input":"a","encoding_format":"float"}`: true,
		`{"input":"a","dimensions":8}`:            false,
		`{"input":[1,2]}`:                         false,
	} {
		if got := mistral.Dialect.Ops[llm.OpEmbeddings].Native([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
