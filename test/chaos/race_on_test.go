//go:build race

package chaos_test

// wait is how long a vendor's silence is borne.
const wait = "3s"

// slow is how much slower than usual the machine may be: the race detector costs that.
const slow = 5
