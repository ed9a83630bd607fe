package invoke_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/invoke"
)

func TestDialect(t *testing.T) { dialecttest.Run(t, invoke.Dialect) }
