package provider

import "time"

// The defaults of timeouts and retries, as the contract fixes them.
const (
	defaultConnect    = 5 * time.Second
	defaultFirstByte  = 120 * time.Second
	defaultFirstEvent = 120 * time.Second
	defaultIdle       = 60 * time.Second
	defaultTotal      = 15 * time.Minute

	defaultRetryMax   = 2
	defaultRetryFirst = 250 * time.Millisecond
	defaultRetryCap   = 8 * time.Second
)

// DefaultTimeouts gives the timeouts of a provider that sets none.
func DefaultTimeouts() Timeouts { return Timeouts{}.Filled() }

// Filled gives t with defaults in place of zeros.
func (t Timeouts) Filled() Timeouts {
	fill(&t.Connect, defaultConnect)
	fill(&t.FirstByte, defaultFirstByte)
	fill(&t.FirstEvent, defaultFirstEvent)
	fill(&t.Idle, defaultIdle)
	fill(&t.Total, defaultTotal)
	return t
}

func fill(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

// RetryWords are what Retries.For may hold.
func RetryWords() []string { return []string{"connect", "timeout", "5xx", "429"} }

// DefaultRetries gives the retries of a provider that sets none.
func DefaultRetries() Retries {
	return Retries{Max: defaultRetryMax, For: RetryWords(), First: defaultRetryFirst, Cap: defaultRetryCap}
}
