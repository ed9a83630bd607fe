//go:build race

package proxy_test

// raceEnabled: pools forget at random then.
const raceEnabled = true
