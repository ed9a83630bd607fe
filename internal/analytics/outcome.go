package analytics

import "github.com/sluice-gateway/sluice/internal/gateway"

// What became of a call, in words. Each call has one of them, and the sums of the same
// name count it.
const (
	OutcomeOK        = "ok"
	OutcomeError     = "error"     // Errors
	OutcomeRefused   = "refused"   // Blocked
	OutcomeCancelled = "cancelled" // Cancelled
)

// OutcomeWords lists them.
func OutcomeWords() []string {
	return []string{OutcomeOK, OutcomeError, OutcomeRefused, OutcomeCancelled}
}

// OutcomeOf says what became of a call.
func OutcomeOf(e *gateway.Entry) string {
	switch outcome(e) {
	case Errors:
		return OutcomeError
	case Blocked:
		return OutcomeRefused
	case Cancelled:
		return OutcomeCancelled
	}
	return OutcomeOK
}
