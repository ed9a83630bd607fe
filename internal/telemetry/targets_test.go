package telemetry

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestTheWorstTargetsHaveSeriesAndTheirNumberIsBounded(t *testing.T) {
	var all []TargetLevel
	for i := range maxTargets + 5 {
		all = append(all, TargetLevel{Provider: "p", Model: fmt.Sprint("m", i), Level: 3 * (i / maxTargets)})
	}
	c := newTargets(func() []TargetLevel { return all })
	if n := testutil.CollectAndCount(c); n != maxTargets {
		t.Errorf("%d series", n)
	}
	all = append([]TargetLevel{{Provider: "a", Model: "m", Credential: "k", Level: 2}}, all[:0]...)
	if n := testutil.CollectAndCount(c); n != 1 || testutil.ToFloat64(c) != 2 {
		t.Errorf("%d series", n)
	}
}
