package gateway

import "time"

// CanaryState is how far a canary has come. It is of one place, and of what the canary
// says there: a changed one begins anew.
type CanaryState struct {
	Place       string // "support/steps[0]"
	Fingerprint string // of the Canary
	Stage       int    // of Canary.Stages; their number = behind the last one
	Since       time.Time
	RolledBack  bool
	Why         string // of the last change, for people
	By          string // who made it, "" = the schedule or a rule
	Changed     time.Time
	Version     int64 // counts changes; 0 = it is not stored yet
}
