package gemini_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
)

func TestTheDialectKeepsItsContract(t *testing.T) { dialecttest.Run(t, gemini.Dialect) }
