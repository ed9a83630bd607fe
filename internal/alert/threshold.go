package alert

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// nearlyFull is the share, in per cent, from which a refusal means that a budget is used
// up: a hard one is never overrun, and seldom used to the last cent.
const nearlyFull = 90

// reached reports whether a threshold is reached by what is used.
func reached(s *gateway.Standing, used gateway.USD, threshold int) bool {
	if s.Refused && threshold <= 100 && overShare(used, s.Max, nearlyFull) {
		return true
	}
	return overShare(used, s.Max, threshold)
}

func overShare(used, limit gateway.USD, percent int) bool {
	return used > 0 && float64(used)*100 >= float64(limit)*float64(percent)
}

// highest gives the highest threshold that is reached, 0 for none.
func highest(s *gateway.Standing, used gateway.USD) int {
	for _, t := range slices.Backward(s.Rule.Alert) {
		if reached(s, used, t) {
			return t
		}
	}
	return 0
}
