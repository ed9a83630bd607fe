//go:build race

package pains_test

// thin is which part of many alike is tried: the race detector costs that, and looks at how
// things run side by side, not at what comes of each.
const thin = 5
