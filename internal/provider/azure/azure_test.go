package azure_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/azure"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
)

func TestSpec(t *testing.T) { providertest.Run(t, azure.Spec) }
