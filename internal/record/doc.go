// Package record carries log entries on their way to the store: a hand-over in memory
// that slows no caller, a durable bounded spool on the local disk, a batching writer,
// redaction of secrets, aggregation of refused calls under a flood, and the driver of
// retention. It does not know SQL, it does not price and it decides no policy.
//
// # Path of an entry
//
//	Append ── encodes into one of a few shared buffers            (request goroutine, no I/O)
//	flush  ── writes the buffers to the newest segment, ≤ 40 ms   (one goroutine, asleep when idle)
//	drain  ── hands batches to the Store, ≤ 100 ms after Append   (one goroutine, asleep when idle)
//
// The entry itself stays in memory until the store has it, so that the common path
// never reads the disk back. When the store is away, when memory would grow or after a
// restart, entries are read from the segments in their order. A record whose write()
// returned survives the death of the process; Options.Sync makes it survive power loss.
//
// # On disk
//
// A segment is a file <number>.spool: eight bytes of magic, then records of
//
//	length of the payload, CRC-32C of the payload   uint32 each, little-endian
//	payload: version, id, settlements (version 2 alone), JSON of the entry, objects, bodies
//
// A segment is removed once the store has all its entries. The file "cursor" says how
// far the first segment has been drained; it may be stale, since PutEntries is
// idempotent. Records that the store refuses for ever are kept in bad/, in the same
// format: such a file, moved up into the spool's directory while the gateway is
// stopped, is tried again.
package record
