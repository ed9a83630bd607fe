package openai_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
)

func TestDialect(t *testing.T) { dialecttest.Run(t, openai.Dialect) }
