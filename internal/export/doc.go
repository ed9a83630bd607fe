// Package export brings entries from the store to sinks: files, object storage, message
// brokers, log services. A sink gets every entry at least once, in the order in which
// entries were committed; the store is the queue, and says how far an export has come only
// after the sink has acknowledged. Of several nodes, one works for an export at a time.
//
// The package reads entries, filters and batches them and tries again; what a sink speaks
// is the business of the packages below. It keeps no entry, and no call waits for it.
package export
