package gemini_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/gemini"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
)

func TestSpec(t *testing.T) { providertest.Run(t, gemini.Spec) }
