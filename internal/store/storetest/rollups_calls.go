//go:build !race

package storetest

// rollupCalls is how many random calls roll-ups are tested with.
const rollupCalls = 10_000
