package anthropic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
)

func TestTheSuiteOfTranslation(t *testing.T) {
	dialecttest.RunCodec(t, anthropic.Dialect, dialecttest.CodecOptions{})
}
