// Package analytics adds calls up: sums that are exact, sketches that tell quantiles, by
// dimension and span of time.
//
// A roll-up is one row for a grain of time (a minute, a quarter of an hour, an hour), a
// kind (one dimension or two), a workspace, a gateway and the values of the dimensions.
// Every call is counted in one row of each kind and grain, so that the sums of any kind
// are the sums over all calls; only the kind of limits has none for calls that no limit
// refused, and several for those that several did.
//
// It knows no store: package store keeps the rows, and asks here what they hold and which
// of them answer a question.
package analytics
