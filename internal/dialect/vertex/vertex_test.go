package vertex_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/vertex"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(model string) *dialect.Dialect { return vertex.Form(llm.OpEmbeddings, model) }

func TestEmbeddingsArePredictionsOrContents(t *testing.T) {
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "predictions", Ask: `{"input":["a","b"],"dimensions":256,"input_type":"passage","truncate":false}`, Model: "text-embedding-005",
			To:    "/v1beta/models/{model}:predict",
			Body:  `{"instances":[{"content":"a","task_type":"RETRIEVAL_DOCUMENT"},{"content":"b","task_type":"RETRIEVAL_DOCUMENT"}],"parameters":{"outputDimensionality":256,"autoTruncate":false}}`,
			Reply: `{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":2,"truncated":false}}},{"embeddings":{"values":[2],"statistics":{"token_count":3}}}]}`,
			Want:  `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]},{"object":"embedding","index":1,"embedding":[2]}],"model":"text-embedding-005"}`},
		{Name: "the start cannot be cut", Ask: `{"input":["a"],"truncate":"START"}`, Model: "text-embedding-005", To: "/v1beta/models/{model}:predict",
			Body: `{"instances":[{"content":"a"}]}`, Lost: []llm.Param{llm.ParamTruncate}, Reply: `{"predictions":[]}`, Want: `{"object":"list","data":[],"model":"text-embedding-005"}`},
		{Name: "one at a time", Ask: `{"input":["a","b"]}`, Model: "gemini-embedding-001", Refused: "at most 1 input"},
		{Name: "contents", Ask: `{"input":["a"],"input_type":"query","dimensions":768}`, Model: "gemini-embedding-2-preview", To: "/v1beta/models/{model}:embedContent",
			Body:  `{"content":{"parts":[{"text":"task: search result | query: a"}]},"outputDimensionality":768}`,
			Reply: `{"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":11}}`, Usage: llm.Usage{InputTokens: llm.Known(11)},
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"gemini-embedding-2-preview","usage":{"prompt_tokens":11,"total_tokens":11}}`},
		{Name: "no answer", Ask: `{"input":["a"]}`, Model: "text-embedding-005", To: "/v1beta/models/{model}:predict", Body: `{"instances":[{"content":"a"}]}`, Reply: `{}`, Fails: "predictions"},
	})
	dialecttest.RunOps(t, llm.OpEmbeddings, gemini.Dialect, form, []dialecttest.OpCase{
		{Name: "the vendor's other form", Path: "/v1beta/models/{model}:batchEmbedContents", Ask: `{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"t"}]}`, Model: "text-embedding-005",
			To: "/v1beta/models/{model}:predict", Body: `{"instances":[{"content":"a","task_type":"RETRIEVAL_DOCUMENT","title":"t"}]}`,
			Reply: `{"predictions":[{"embeddings":{"values":[1]}}]}`, Want: `{"embeddings":[{"values":[1]}]}`},
	})
	if d := vertex.Form(llm.OpChat, "gemini-2.5-pro"); d != nil {
		t.Error("conversations have a form of their own")
	}
}
