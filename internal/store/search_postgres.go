package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/said"
)

// postgresSearch is an index in tables of its own. The words are those that said finds,
// not those of a text search configuration
// (https://www.postgresql.org/docs/current/datatype-textsearch.html).
type postgresSearch struct{ db *sql.DB }

const (
	// pgSearchLock is the advisory lock of whoever fills the index: any number that no other
	// program uses.
	pgSearchLock = 0x736c73656172 // "slsear"

	postgresSearchSchema = `
CREATE TABLE IF NOT EXISTS search_docs (id TEXT COLLATE "C" PRIMARY KEY, words tsvector NOT NULL);
CREATE INDEX IF NOT EXISTS search_words ON search_docs USING gin (words);
CREATE TABLE IF NOT EXISTS search_about (name TEXT PRIMARY KEY, value TEXT NOT NULL)`
)

func (x *postgresSearch) open(ctx context.Context) (mark string, err error) {
	err = x.locked(ctx, "pg_advisory_xact_lock", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, postgresSearchSchema); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO search_about (name, value) VALUES ('mark', $1) ON CONFLICT DO NOTHING", rand.Text()); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT value FROM search_about WHERE name = 'mark'").Scan(&mark)
	})
	return mark, err
}

// locked runs fn in a transaction that holds the lock, or not at all where a try fails.
func (x *postgresSearch) locked(ctx context.Context, how string, fn func(*sql.Tx) error) error {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	var got any
	err = tx.QueryRowContext(ctx, "SELECT "+how+"($1)", int64(pgSearchLock)).Scan(&got)
	if err == nil && got != false {
		err = fn(tx)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (x *postgresSearch) alone(ctx context.Context, fn func() error) error {
	return x.locked(ctx, "pg_try_advisory_xact_lock", func(*sql.Tx) error { return fn() })
}

func (x *postgresSearch) put(ctx context.Context, docs []searchDoc, gone []string) error {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		_, err = tx.ExecContext(ctx, "DELETE FROM search_docs WHERE id = ANY ($1)", gone)
	}
	for some := range slices.Chunk(docs, fillStep) {
		ids, words := make([]string, len(some)), make([]string, len(some))
		for i := range some {
			ids[i], words[i] = some[i].id, some[i].vector()
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, "INSERT INTO search_docs (id, words) SELECT id, words::tsvector FROM unnest($1::text[], $2::text[]) AS d (id, words) ON CONFLICT (id) DO UPDATE SET words = excluded.words", ids, words)
		}
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// mostPlaces is how many places of one word are kept.
// https://www.postgresql.org/docs/current/textsearch-limitations.html
const mostPlaces = 255

// vector writes the words with their places, and the facts without.
func (d *searchDoc) vector() string {
	places, order, n := map[string][]int{}, []string(nil), 0
	d.eachWord(func(word []byte) {
		n++
		at, there := places[string(word)]
		if !there {
			order = append(order, string(word))
		}
		if len(at) < mostPlaces {
			places[string(word)] = append(at, n)
		}
	})
	var b strings.Builder
	for _, word := range order {
		b.WriteString("'" + word + "'")
		for i, at := range places[word] {
			b.WriteByte(":,"[min(i, 1)])
			b.WriteString(strconv.Itoa(at))
		}
		b.WriteByte(' ')
	}
	for _, f := range d.facts {
		b.WriteString("'" + pgFact(f) + "' ")
	}
	return b.String()
}

// pgFact tells facts from words, which have no colon.
func pgFact(f string) string { return ":" + f }

func (x *postgresSearch) find(ctx context.Context, q said.Query, facts []string, below, from string, n int) ([]string, error) {
	query, args := "SELECT id FROM search_docs WHERE words @@ $1::tsquery", []any{tsqueryOf(q, facts)}
	if below != "" {
		args = append(args, below)
		query += fmt.Sprintf(" AND id < $%d", len(args))
	}
	if from != "" {
		args = append(args, from)
		query += fmt.Sprintf(" AND id >= $%d", len(args))
	}
	rows, err := x.db.QueryContext(ctx, query+fmt.Sprintf(" ORDER BY id DESC LIMIT $%d", len(args)+1), append(args, n)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// tsqueryOf writes a query in PostgreSQL's language.
func tsqueryOf(q said.Query, facts []string) string {
	var all []string
	for _, f := range facts {
		all = append(all, "'"+pgFact(f)+"'")
	}
	for _, t := range q {
		term := "('" + strings.Join(t.Words, "' <-> '") + "'"
		if t.Prefix {
			term += ":*"
		}
		if term += ")"; t.Not {
			term = "!" + term
		}
		all = append(all, term)
	}
	return strings.Join(all, " & ")
}

func (x *postgresSearch) count(ctx context.Context) (n int, err error) {
	err = x.db.QueryRowContext(ctx, "SELECT count(*) FROM search_docs").Scan(&n)
	return n, err
}

func (x *postgresSearch) drop(ctx context.Context) error {
	return x.locked(ctx, "pg_advisory_xact_lock", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DROP TABLE IF EXISTS search_docs, search_about")
		return err
	})
}

func (x *postgresSearch) close() error { return nil } // the connections are the store's
