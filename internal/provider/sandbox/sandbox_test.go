package sandbox_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/providertest"
	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

func TestTheSandboxKeepsTheContractOfVendors(t *testing.T) { providertest.Run(t, sandbox.Spec) }
