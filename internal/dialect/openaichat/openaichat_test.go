package openaichat_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
)

func TestDialect(t *testing.T) { dialecttest.Run(t, openaichat.Dialect) }
