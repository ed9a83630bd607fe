package xai_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/xai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func form(string) *dialect.Dialect { return xai.Dialect }

func TestImages(t *testing.T) {
	reply, want := `{"data":[{"url":"https://x/a.png","revised_prompt":"r"}]}`, `{"created":1700000000,"data":[{"revised_prompt":"r","url":"https://x/a.png"}]}`
	dialecttest.RunOps(t, llm.OpImages, openai.Dialect, form, []dialecttest.OpCase{
		{Name: "a model without ratios", Model: "grok-2-image", Ask: `{"prompt":"p","size":"1024x1024","n":2,"user":"u"}`, Lost: []llm.Param{llm.ParamSize, llm.ParamAspect}, To: "/v1/images/generations", Body: `{"model":"grok-2-image","prompt":"p","n":2,"user":"u"}`, Reply: reply, Want: want},
		{Name: "automatic size", Model: "grok-imagine-image", Ask: `{"prompt":"p","size":"auto"}`, To: "/v1/images/generations", Body: `{"model":"grok-imagine-image","prompt":"p"}`, Reply: reply, Want: want},
		{Name: "no images", Model: "m", Ask: `{"prompt":"p"}`, To: "/v1/images/generations", Body: `{"model":"m","prompt":"p"}`, Reply: `{"data":[{}]}`, Fails: "no images"},
	})
}

func TestBodiesInItsOwnWordsAreKnown(t *testing.T) {
	for body, want := range map[string]bool{
		`{"prompt":"p"}`:                      true,
		`{"prompt":"p","aspect_ratio":"1:1"}`: true,
		`{"prompt":"p","size":"1x1"}`:         false,
	} {
		if got := xai.Dialect.Ops[llm.OpImages].Native([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
