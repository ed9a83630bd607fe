//go:build !race

package chaos_test

// wait is how long a vendor's silence is borne.
const wait = "500ms"

// slow is how much slower than usual the machine may be.
const slow = 1
