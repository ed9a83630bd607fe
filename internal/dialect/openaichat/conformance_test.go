package openaichat_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
)

func TestTheSuiteOfTranslation(t *testing.T) {
	dialecttest.RunCodec(t, openaichat.Dialect, dialecttest.CodecOptions{Target: understanding})
}
