package cohere_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
)

func TestTheSuiteOfTranslation(t *testing.T) {
	dialecttest.RunCodec(t, cohere.Dialect, dialecttest.CodecOptions{})
}
