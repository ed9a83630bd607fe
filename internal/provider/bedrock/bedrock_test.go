package bedrock_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/bedrock"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
)

func TestSpec(t *testing.T) { providertest.Run(t, bedrock.Spec) }
