package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Every table of the schema stands in exactly one of these two lists; a test fails when a
// migration makes one that stands in neither.
var (
	// backedUp are the tables of a backup, those that others refer to first.
	backedUp = []backupTable{
		{name: "settings"}, {name: "versions"}, {name: "config_revisions"},
		{name: "workspaces", seed: "id <> 'default'"}, {name: "users"}, {name: "members"}, {name: "keys"}, {name: "key_networks"}, {name: "tokens"}, {name: "credentials"}, {name: "body_keys"},
		{name: "ledger"}, {name: "ledger_sums"}, {name: "raises"}, {name: "objects"},
		{name: "drains"}, {name: "canaries"}, {name: "cache_purges"},
		{name: "alerts"}, {name: "alert_states"}, {name: "alert_mutes"},
		{name: "erasures"}, {name: "audit"}, {name: "audit_head", seed: "seq <> 0"}, {name: "rollups"}, {name: "rollup_days"}, {name: "rollup_targets", seed: "1 = 0"},
		{name: "entries", ofEntries: true, since: "time >= ?"},
		{name: "bodies", ofEntries: true, since: "entry_id IN (SELECT id FROM entries WHERE time >= ?)"},
		{name: "feedback", ofEntries: true, since: "entry_id IN (SELECT id FROM entries WHERE time >= ?)"},
	}
	// leftOut are the tables that no backup has, with the reason.
	leftOut = map[string]string{
		"sluice_migrations": "the backup's schema version says what it would",
		"alert_lease":       "says which running process looks at the rules",
		"leases":            "say which running process does what",
		"nodes":             "says which processes run",
		"erasure_answers":   "says which running processes an erasure has not to wait for",
		"arrivals":          "exports begin anew in a restored store",
		"arrival_head":      "exports begin anew in a restored store",
		"exports":           "exports begin anew in a restored store",
		"export_set_aside":  "exports begin anew in a restored store",
		"search_queue":      "the index is made anew from the bodies",
		"search_docs":       "the index is made anew from the bodies",
		"search_about":      "the index is made anew from the bodies",
	}
)

// backupTable is a table of a backup.
type backupTable struct {
	name      string
	seed      string // the rows that a fresh store has not; "" = it has none at all
	ofEntries bool   // is part of a backup on demand alone
	since     string // which rows are of calls from a time on
}

// used is the condition of rows that a fresh store has not.
func (t *backupTable) used() string {
	if t.name == "versions" {
		return "1 = 0" // counters, of which a fresh store has some
	}
	return cmp.Or(t.seed, "1 = 1")
}

func backupTableOf(name string) (*backupTable, bool) {
	i := slices.IndexFunc(backedUp, func(t backupTable) bool { return t.name == name })
	if i < 0 {
		return nil, false
	}
	return &backedUp[i], true
}

// Kinds of columns, the same for both engines.
const (
	KindInteger = "integer"
	KindReal    = "real"
	KindText    = "text"
	KindBytes   = "bytes"
)

// Column is one column of a table in a backup.
type Column struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // one of the kinds
}

// Table is one table in a backup.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Rows    int64    `json:"rows"`
}

// names gives the columns, quoted.
func (t *Table) names() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quoted(c.Name)
	}
	return strings.Join(names, ", ")
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// columnsOf tells what columns a table has.
func columnsOf(ctx context.Context, from querier, table string) ([]Column, error) {
	rows, err := from.QueryContext(ctx, "SELECT * FROM "+quoted(table)+" WHERE 1 = 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(types))
	for i, t := range types {
		kind, err := kindOf(t.DatabaseTypeName())
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", table, t.Name(), err)
		}
		columns[i] = Column{t.Name(), kind}
	}
	return columns, rows.Err()
}

// kindOf gives the kind of an engine's type.
func kindOf(engineType string) (string, error) {
	switch strings.ToUpper(engineType) {
	case "BIGINT", "SMALLINT", "INTEGER", "INT", "INT2", "INT4", "INT8":
		return KindInteger, nil
	case "DOUBLE PRECISION", "REAL", "FLOAT8":
		return KindReal, nil
	case "TEXT", "VARCHAR":
		return KindText, nil
	case "BYTEA", "BLOB":
		return KindBytes, nil
	}
	return "", fmt.Errorf("a backup knows no columns of the type %q", engineType)
}

// tables lists the tables that are there and that a schema of Sluice may have made.
func (s *Store) tables(ctx context.Context, from querier) ([]string, error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if s.name == "postgres" {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	}
	rows, err := from.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
