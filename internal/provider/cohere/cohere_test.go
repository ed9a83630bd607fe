package cohere_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/cohere"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
)

func TestSpec(t *testing.T) { providertest.Run(t, cohere.Spec) }
