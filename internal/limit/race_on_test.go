//go:build race

package limit_test

// racing says that pools drop things at random.
const racing = true
