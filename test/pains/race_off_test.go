//go:build !race

package pains_test

// thin is which part of many alike is tried.
const thin = 1
