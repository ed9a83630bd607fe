package ollama_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/ollama"
)

func TestDialect(t *testing.T) { dialecttest.Run(t, ollama.Dialect) }
