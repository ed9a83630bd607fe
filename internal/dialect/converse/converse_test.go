package converse_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
)

func TestTheDialectKeepsItsContract(t *testing.T) { dialecttest.Run(t, converse.Dialect) }
