package gemini_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
)

func TestTheSuiteOfTranslation(t *testing.T) {
	dialecttest.RunCodec(t, gemini.Dialect, dialecttest.CodecOptions{})
}
