package converse_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
)

func TestTheSuiteOfTranslation(t *testing.T) {
	dialecttest.RunCodec(t, converse.Dialect, dialecttest.CodecOptions{})
}
