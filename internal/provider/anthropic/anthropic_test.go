package anthropic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/anthropic"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
)

func TestSpec(t *testing.T) { providertest.Run(t, anthropic.Spec) }
