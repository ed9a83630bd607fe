package openai_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/openai"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
)

func TestSpec(t *testing.T) { providertest.Run(t, openai.Spec) }
