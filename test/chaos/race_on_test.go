//go:build race

package chaos_test

// wait is how long a vendor's silence is borne.
const wait = "3s"

// thin is which part of many alike is tried: the race detector costs that, and looks at how
// things run side by side, not at what comes of each.
const thin = 5
