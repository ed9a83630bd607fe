package openairesponses_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
)

func TestDialect(t *testing.T) { dialecttest.Run(t, openairesponses.Dialect) }
