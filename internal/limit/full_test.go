package limit_test

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

func TestAFullCounterIsForgottenInTimeAndWhenMoreIsAllowed(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	window := func(most, burst int64) *limit.Claim {
		return &limit.Claim{Counter: limit.ID{1}, Window: &gateway.Window{Max: most, Burst: burst, Span: time.Minute}}
	}
	for what, c := range map[string]struct {
		asks *limit.Claim
		at   time.Time
		want time.Duration
	}{
		"at once": {window(10, 0), now, 40 * time.Second}, "later": {window(10, 0), now.Add(100 * time.Millisecond), 39900 * time.Millisecond},
		"when nobody has asked for a second": {window(10, 0), now.Add(time.Second), 0}, // holds expire, other nodes settle, and what is shared goes away: nobody tells of that
		"of a larger window":                 {window(11, 0), now, 0}, "of a smaller one": {window(9, 0), now, 40 * time.Second}, "of one with a burst": {window(10, 1), now, 0},
		"of another counter": {&limit.Claim{Counter: limit.ID{2}, Window: &gateway.Window{Max: 10}}, now, 0},
	} {
		var full limit.Full
		full.Note([]limit.Claim{*window(10, 0)}, &limit.Verdict{States: []limit.State{{Max: 10, Used: 10, Reset: 40 * time.Second}}}, now)
		if full.None() {
			t.Fatal("nothing was noted")
		}
		if got := full.Wait(c.asks, c.at); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}
