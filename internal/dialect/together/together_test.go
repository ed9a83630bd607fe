package together_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/together"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(string) *dialect.Dialect { return together.Dialect }

func TestImages(t *testing.T) {
	reply, want := `{"id":"i","data":[{"index":0,"url":"https://x/a.png"}]}`, `{"created":1700000000,"data":[{"url":"https://x/a.png"}]}`
	dialecttest.RunOps(t, llm.OpImages, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "its words", Model: "m", Ask: `{"prompt":"p","size":"512x256","n":2,"output_format":"webp","seed":1,"negative_prompt":"x","response_format":"url"}`, Lost: []llm.Param{llm.ParamFormat}, To: "/v1/images/generations",
			Body: `{"model":"m","prompt":"p","n":2,"width":512,"height":256,"response_format":"url","seed":1,"negative_prompt":"x"}`, Reply: reply, Want: want},
	})
}

func TestBodiesInItsOwnWordsAreKnown(t *testing.T) {
	for body, want := range map[string]bool{
		`{"prompt":"p","width":5}`:                    true,
		`{"prompt":"p","response_format":"b64_json"}`: false,
		`{"prompt":"p","quality":"high"}`:             false,
	} {
		if got := together.Dialect.Ops[llm.OpImages].Native([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
