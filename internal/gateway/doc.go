// Package gateway holds the records that every part speaks of: workspaces, keys,
// principals, operations, entries, money. It has no logic but their invariants.
package gateway
