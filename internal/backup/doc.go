// Package backup writes what a store holds into one file, and fills a fresh store with it,
// of either engine. It decides neither who may do so nor where the file lies.
//
// # Format
//
// The file is a tar archive under zstd, and under age where a passphrase was given, so that
// usual tools open it. Its members, in this order:
//
//	sluice-backup.json     format and schema version, time, tables with columns and rows
//	tables/NAME/N.jsonl    rows, each a JSON array of values; bytes are in base64
//	master.key             where it was asked for
//	manifest.json          every member's size, rows and SHA-256
//
// The SHA-256 of the compressed bytes stands at their end.
//
// It is written and read as a stream: memory is bounded by a member, of a few MiB. What is
// cut, changed or added to is found, be it a byte, before anything of it is used: Restore reads the whole
// file once before it touches the store.
package backup
