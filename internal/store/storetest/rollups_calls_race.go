//go:build race

package storetest

// rollupCalls is less under the race detector, where SQLite is ten times as slow.
const rollupCalls = 800
