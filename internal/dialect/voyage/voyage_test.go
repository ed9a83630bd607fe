package voyage_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/voyage"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(string) *dialect.Dialect { return voyage.Dialect }

func TestEmbeddings(t *testing.T) {
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "two, in the wrong order", Model: "m", Ask: `{"input":["a","b"],"dimensions":8,"output_dtype":"float","truncate":"START"}`, Lost: []llm.Param{llm.ParamTruncate},
			To: "/v1/embeddings", Body: `{"model":"m","input":["a","b"],"output_dimension":8}`, Reply: `{"data":[{"embedding":[2],"index":1},{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`, Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]},{"object":"embedding","index":1,"embedding":[2]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
		{Name: "numbers of a byte", Model: "m", Ask: `{"input":"a","output_dtype":"ubinary","encoding_format":"base64"}`,
			To: "/v1/embeddings", Body: `{"model":"m","input":["a"],"output_dtype":"ubinary","encoding_format":"base64"}`, Reply: `{"data":[{"embedding":"/wA=","index":0}],"model":"m","usage":{"total_tokens":4}}`,
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"/wA="}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
		{Name: "token ids", Model: "m", Ask: `{"input":[[1]]}`, Refused: "token ids"},
		{Name: "no answer", Model: "m", Ask: `{"input":"a"}`, To: "/v1/embeddings", Body: `{"model":"m","input":["a"]}`, Reply: `{"data":[{"index":0}]}`, Fails: "neither an array nor base64"},
	})
	dialecttest.RunOps(t, llm.OpEmbeddings, gemini.Dialect, form, []dialecttest.OpCase{
		{Name: "a purpose without a word", Path: ":embedContent", Model: "m", Ask: `{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING"}`, Lost: []llm.Param{llm.ParamPurpose},
			To: "/v1/embeddings", Body: `{"model":"m","input":["a"]}`, Reply: `{"data":[{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`, Want: `{"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":4}}`},
	})
}

func TestBodiesInItsOwnWordsAreKnown(t *testing.T) {
	for body, want := range map[string]bool{
		`{"input":"a"}`:                                  false,
		`{"input":"a","input_type":"query"}`:             true,
		`{"input":"a","input_type":null}`:                false,
		`{"input":"a","truncation":true,"dimensions":8}`: false,
		`{"input":[[1]],"truncation":true}`:              false,
	} {
		if got := voyage.Dialect.Ops[llm.OpEmbeddings].Native([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
