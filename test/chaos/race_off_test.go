//go:build !race

package chaos_test

// wait is how long a vendor's silence is borne.
const wait = "1500ms"

// thin is which part of many alike is tried.
const thin = 1
