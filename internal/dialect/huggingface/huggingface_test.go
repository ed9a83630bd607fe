package huggingface_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/huggingface"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func features(string) *dialect.Dialect { return huggingface.Inference }

func TestEmbeddings(t *testing.T) {
	const to = "/hf-inference/models/{model}/pipeline/feature-extraction"
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, features, []dialecttest.OpCase{
		{Name: "two", Model: "a/b", Ask: `{"input":["a","b"],"truncate":"START","normalized":true}`, To: to, Body: `{"inputs":["a","b"],"normalize":true,"truncate":true,"truncation_direction":"left"}`, Reply: ` [[1],[2]]`,
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]},{"object":"embedding","index":1,"embedding":[2]}],"model":"a/b"}`},
		{Name: "one, bare", Model: "a/b", Ask: `{"input":"a"}`, To: to, Body: `{"inputs":["a"]}`, Reply: `[1,2]`, Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,2]}],"model":"a/b"}`},
		{Name: "tokens instead of texts", Model: "a/b", Ask: `{"input":"a"}`, To: to, Body: `{"inputs":["a"]}`, Reply: `[[[1],[2]]]`, Fails: "may not be one for embeddings"},
		{Name: "no array", Model: "a/b", Ask: `{"input":"a"}`, To: to, Body: `{"inputs":["a"]}`, Reply: `{"error":"x"}`, Fails: "no vector"},
	})
}

func TestReranking(t *testing.T) {
	tei := func(string) *dialect.Dialect { return huggingface.TEI }
	dialecttest.RunOps(t, llm.OpRerank, cohere.Dialect, tei, []dialecttest.OpCase{
		{Name: "documents that are objects", Model: "m", Ask: `{"query":"q","documents":[{"text":"a"},{"x":1}],"return_documents":true,"top_n":1}`, To: "/rerank", Body: `{"query":"q","texts":["a","{\"x\":1}"]}`,
			Reply: `[{"index":0,"score":0.1},{"index":1,"score":0.2}]`, Want: `{"id":"request-1","results":[{"index":1,"relevance_score":0.2,"document":{"x":1}}],"meta":{"api_version":{"version":"2"}}}`},
		{Name: "no ranks", Model: "m", Ask: `{"query":"q","documents":["a"]}`, To: "/rerank", Body: `{"query":"q","texts":["a"]}`, Reply: `{"error":"x"}`, Fails: "no list of ranks"},
	})
}
