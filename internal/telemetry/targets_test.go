package telemetry

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestTheWorstTargetsHaveSeriesAndTheirNumberIsBounded(t *testing.T) {
	var all []TargetLevel
	for i := range maxTargets + 5 {
		all = append(all, TargetLevel{Provider: "p", Model: fmt.Sprint("m", i), Level: 3 * (i / maxTargets)})
	}
	r := prometheus.NewRegistry()
	r.MustRegister(newTargets(func() []TargetLevel { return all }))
	families, err := r.Gather()
	if err != nil || len(families) != 1 || len(families[0].Metric) != maxTargets {
		t.Fatalf("%v %v", families, err)
	}
	drained := 0
	for _, m := range families[0].Metric {
		if m.Gauge.GetValue() == 3 {
			drained++
		}
	}
	if drained != 5 {
		t.Errorf("%d of the 5 drained ones are told of", drained)
	}
}
