// Package store keeps what must outlive the process, in SQLite or PostgreSQL: entries and
// their bodies, the ledger of what was spent, keys, workspaces, users, members, tokens,
// sealed credentials, alerts, raises of budgets, vendors' object ids and settings.
//
// SQL is written once, one file per noun, in what both engines understand; sqlite.go and
// postgres.go hold all that differs. It decides nothing: who may read what, what is
// recorded and for how long is told by its callers.
//
// Nothing works before a first successful Migrate: every other method returns
// ErrNotReady, so that a half-made or foreign schema is never written to. Methods are
// safe for concurrent use. Text may hold any bytes; NUL and what is no UTF-8 is kept as
// U+FFFD, in filters too, so that both engines agree and no insert fails for it.
//
// A backup is read from one moment's state (Snapshot) and loaded into a fresh store
// (Restore), of either engine; what it has of each table backup_tables.go lists.
//
// Deleted SQLite rows leave free pages that later rows use: the file stops growing once
// retention balances traffic, but does not shrink. To give space back to the file
// system after retention was shortened, run VACUUM on the file while Sluice is stopped.
package store
