package app

import (
	"slices"
	"testing"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/config"
)

func TestEveryPriceThatTheConfigurationTakesIsOneTheCatalogueKnows(t *testing.T) {
	names := config.PriceKinds()
	if len(names) == 0 || len(names) != len(priceKinds) {
		t.Fatalf("the configuration takes %v", names)
	}
	for _, n := range names {
		k, ok := priceKinds[n]
		if !ok || !slices.Contains(account.Kinds(), k.kind) {
			t.Errorf("%s becomes %q, which the catalogue does not know", n, k.kind)
		}
	}
}
