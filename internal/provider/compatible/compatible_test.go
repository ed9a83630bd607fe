package compatible_test

import (
	"os"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/compatible"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
)

func TestEveryVendorOfTheTable(t *testing.T) {
	for _, spec := range compatible.Specs() {
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, spec)
		})
	}
}

func TestNoCaseIsLeftOverFromAVendorThatIsGone(t *testing.T) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, s := range compatible.Specs() {
		known[s.Name+".txt"] = true
	}
	for _, f := range files {
		if !known[f.Name()] && strings.HasSuffix(f.Name(), ".txt") {
			t.Errorf("%s belongs to no vendor", f.Name())
		}
	}
}
