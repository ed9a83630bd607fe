//go:build race

package store_test

// raceEnabled: what is about plans and sizes, and not about who meets whom, is left out.
const raceEnabled = true
