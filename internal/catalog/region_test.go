package catalog_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/catalog"
)

func TestARegionLiesInAWordThatIsItBeginsItOrMatchesIt(t *testing.T) {
	for _, c := range []struct {
		word, region string
		want         bool
	}{
		{"eu", "eu", true}, {"eu", "eu-central-1", true}, {"eu-central", "eu-central-1", true}, {"eu-central-1", "eu-central-1", true},
		{"eu", "europe-west4", false}, {"europe", "europe-west4", true}, {"eu-central-1", "eu-central", false}, {"eu", "us-eu-1", false},
		{"*", "us-east-1", true}, {"*-east-*", "us-east-1", true}, {"us-east-?", "us-east-1", true}, {"us-[ew]*", "us-west-2", true}, {"*-east", "us-east-1", false},
		{"eu", "", false}, {"*", "", false}, {"", "eu", false}, {"", "", false}, {"[", "eu", false}, {"[", "[", true}, {"EU", "eu-west-1", false},
	} {
		if got := catalog.InRegion(c.word, c.region); got != c.want {
			t.Errorf("%q in %q: %v", c.region, c.word, got)
		}
	}
}

func TestTheRegionOfAModelGoesBeforeThatOfItsProvider(t *testing.T) {
	s, _ := snapshot(map[string][]string{"a": {}}, map[string][]string{"a": {"plain"}})
	p := s.Providers["a"]
	p.Region, p.Models["moved"] = "us-east-1", model("eu-west-1")
	for id, want := range map[string]string{"moved": "eu-west-1", "plain": "us-east-1", "unlisted": "us-east-1", "": "us-east-1"} {
		if got := p.RegionOf(id); got != want {
			t.Errorf("%q is in %q", id, got)
		}
	}
}
