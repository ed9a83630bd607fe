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

// pgWindows are how many documents are looked through at a time, the newest first: a common
// word is found among the first few; of one that is rare there the index is asked, for ever
// more documents, so that neither reads many that it does not need. PostgreSQL cannot
// choose: it does not know how often a word stands in the newest documents, and of rare
// words nothing at all.
var pgWindows = []int{5_000, 40_000, 320_000}

// pgWalk and pgAsk are the ways to look: along the ids, and by the index of words.
const (
	pgWalk = "SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)"
	pgAsk  = "SELECT set_config('enable_bitmapscan', 'on', true), set_config('enable_indexscan', 'off', true)"
)

func (x *postgresSearch) find(ctx context.Context, q said.Query, facts []string, below, from string, n int) ([]string, error) {
	tx, err := x.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	l := pgLook{tx: tx, query: tsqueryOf(q, facts), below: below, from: from, n: n}
	err = l.run(ctx)
	return l.ids, err
}

// pgLook is one search, which goes back in time.
type pgLook struct {
	tx          *sql.Tx
	query       string
	below, from string // "" = no bound; below moves
	n           int
	ids         []string
}

func (l *pgLook) run(ctx context.Context) error {
	if _, err := l.tx.ExecContext(ctx, pgWalk); err != nil {
		return err
	}
	floor, err := l.floor(ctx, l.below, pgWindows[0])
	if err == nil {
		err = l.read(ctx, floor)
	}
	if err != nil || l.done(floor) {
		return err
	}
	floors := []string{floor}
	for _, size := range pgWindows[1:] {
		if last := floors[len(floors)-1]; last != l.from {
			if floor, err = l.floor(ctx, last, size); err != nil {
				return err
			}
			floors = append(floors, floor)
		}
	}
	if _, err := l.tx.ExecContext(ctx, pgAsk); err != nil {
		return err
	}
	for _, floor := range append(floors[1:], l.from) {
		if err := l.read(ctx, floor); err != nil || l.done(floor) {
			return err
		}
	}
	return nil
}

// done says that enough was found, or that nothing is left below a floor.
func (l *pgLook) done(floor string) bool { return len(l.ids) >= l.n || floor == l.from }

// floor gives the id that lies so many documents below one, from where there are not as many.
func (l *pgLook) floor(ctx context.Context, below string, size int) (id string, err error) {
	query, args := pgBounds("SELECT id FROM search_docs WHERE true", nil, below, l.from)
	err = l.tx.QueryRowContext(ctx, query+fmt.Sprintf(" ORDER BY id DESC LIMIT 1 OFFSET $%d", len(args)+1), append(args, size-1)...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return l.from, nil
	}
	return id, err
}

// read adds what matches from a floor on, and goes on below it.
func (l *pgLook) read(ctx context.Context, floor string) error {
	query, args := pgBounds("SELECT id FROM search_docs WHERE words @@ $1::tsquery", []any{l.query}, l.below, floor)
	rows, err := l.tx.QueryContext(ctx, query+fmt.Sprintf(" ORDER BY id DESC LIMIT $%d", len(args)+1), append(args, l.n-len(l.ids))...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		l.ids = append(l.ids, id)
	}
	l.below = floor
	return rows.Err()
}

// pgBounds adds bounds of ids to a query; "" = there is none.
func pgBounds(query string, args []any, below, from string) (string, []any) {
	if below != "" {
		args = append(args, below)
		query += fmt.Sprintf(" AND id < $%d", len(args))
	}
	if from != "" {
		args = append(args, from)
		query += fmt.Sprintf(" AND id >= $%d", len(args))
	}
	return query, args
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
