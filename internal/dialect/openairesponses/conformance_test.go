package openairesponses_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
)

func TestTheSuiteOfTranslation(t *testing.T) {
	dialecttest.RunCodec(t, openairesponses.Dialect, dialecttest.CodecOptions{})
}
