package anthropic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
)

func TestTheDialectKeepsItsContract(t *testing.T) { dialecttest.Run(t, anthropic.Dialect) }
