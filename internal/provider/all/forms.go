package all

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/bedrock"
	"github.com/sluice-gateway/sluice/internal/dialect/huggingface"
	"github.com/sluice-gateway/sluice/internal/dialect/jina"
	"github.com/sluice-gateway/sluice/internal/dialect/mistral"
	"github.com/sluice-gateway/sluice/internal/dialect/nvidia"
	"github.com/sluice-gateway/sluice/internal/dialect/perplexity"
	"github.com/sluice-gateway/sluice/internal/dialect/together"
	"github.com/sluice-gateway/sluice/internal/dialect/vertex"
	"github.com/sluice-gateway/sluice/internal/dialect/voyage"
	"github.com/sluice-gateway/sluice/internal/dialect/xai"
)

// Forms lists the forms in which vendors have operations beside conversation, where
// those are not a dialect's own.
func Forms() []*dialect.Dialect {
	return slices.Concat([]*dialect.Dialect{
		voyage.Dialect, jina.Dialect, mistral.Dialect, perplexity.Dialect, nvidia.Dialect,
		huggingface.Inference, huggingface.TEI, xai.Dialect, together.Dialect,
	}, bedrock.Forms(), vertex.Forms())
}
