package replicate_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/providertest"
	"github.com/sluice-gateway/sluice/internal/provider/replicate"
)

func TestSpec(t *testing.T) { providertest.Run(t, replicate.Spec) }
