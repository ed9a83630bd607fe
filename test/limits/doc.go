// Package limits holds the tests of limits and budgets through whole gateways; it has no
// code of its own.
package limits
