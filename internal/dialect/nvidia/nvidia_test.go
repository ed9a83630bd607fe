package nvidia_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/nvidia"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(string) *dialect.Dialect { return nvidia.Dialect }

func TestEmbeddings(t *testing.T) {
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "nothing said", Model: "m", Ask: `{"input":"a","user":"u","encoding_format":"base64"}`, To: "/v1/embeddings", Body: `{"model":"m","input":["a"],"input_type":"passage","encoding_format":"base64","user":"u"}`, Reply: `{"data":[{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`,
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
		{Name: "a query, cut", Model: "m", Ask: `{"input":"a","task":"retrieval.query","truncate":"start"}`, To: "/v1/embeddings", Body: `{"model":"m","input":["a"],"input_type":"query","encoding_format":"float","truncate":"START"}`, Reply: `{"data":[{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`, Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
		{Name: "classes", Model: "m", Ask: `{"input":"a","task":"classification"}`, To: "/v1/embeddings", Lost: []llm.Param{llm.ParamPurpose}, Body: `{"model":"m","input":["a"],"input_type":"passage","encoding_format":"float"}`, Reply: `{"data":[{"embedding":[1],"index":0}],"model":"m","usage":{"total_tokens":4}}`, Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`},
	})
}

func TestBodiesInItsOwnWordsAreKnown(t *testing.T) {
	for body, want := range map[string]bool{
		`{"input":"a"}`:                      false,
		`{"input":"a","input_type":"query"}`: true,
	} {
		if got := nvidia.Dialect.Ops[llm.OpEmbeddings].Native([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
