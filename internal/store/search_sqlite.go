package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sluice-gateway/sluice/internal/said"
)

// sqliteSearch is an index in a file of its own beside the database, which has a writer of
// its own. It keeps no text, only which word stands where
// (https://www.sqlite.org/fts5.html#contentless_delete_tables). A document's row is made
// of its id, so that rows are in the order of ids.
type sqliteSearch struct {
	path string

	mu          sync.Mutex // held while it is opened or dropped
	write, read *sql.DB    // nil = not open
	mark        string
}

const searchSchema = `
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS docs (doc INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, facts, content='', contentless_delete=1, tokenize='ascii');`

// searchWriter and searchReader are what connections are told: little memory, and a
// commit that does not wait for the disk, since what is lost is filled again.
const (
	searchWriter = "?" + sqliteCommon + "&_txlock=immediate&_pragma=page_size(8192)&_pragma=cache_size(-8192)&_pragma=journal_size_limit(33554432)&_journal_mode=WAL&_synchronous=NORMAL"
	searchReader = "?" + sqliteCommon + "&_query_only=1&_pragma=cache_size(-4096)"
)

func (x *sqliteSearch) open(ctx context.Context) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.write != nil {
		return x.mark, nil
	}
	if err := createPrivate(x.path); err != nil {
		return "", err
	}
	write, err := sqlite.NewConnector(sqliteFile(x.path) + searchWriter)
	if err != nil {
		return "", err
	}
	read, err := sqlite.NewConnector(sqliteFile(x.path) + searchReader)
	if err != nil {
		return "", err
	}
	w, r := sql.OpenDB(write), sql.OpenDB(read)
	w.SetMaxOpenConns(1)
	r.SetMaxOpenConns(2)
	if x.mark, err = prepareSearch(ctx, w); err != nil {
		if err = errors.Join(err, w.Close(), r.Close()); damaged(err) {
			err = errors.Join(err, x.remove()) // the next try begins with an empty one
		}
		return "", err
	}
	x.write, x.read = w, r
	return x.mark, nil
}

func damaged(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_NOTADB || e.Code()&0xff == sqlite3.SQLITE_CORRUPT)
}

// prepareSearch makes the tables, and a mark where there is none. Twice as many parts as
// usual may stand side by side before they are merged, which is half as much work in all
// (https://www.sqlite.org/fts5.html#the_automerge_configuration_option).
func prepareSearch(ctx context.Context, db *sql.DB) (mark string, err error) {
	for _, query := range []string{searchSchema, "INSERT INTO words (words, rank) VALUES ('automerge', 8)"} {
		if _, err := db.ExecContext(ctx, query); err != nil {
			return "", err
		}
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO about (name, value) VALUES ('mark', ?) ON CONFLICT DO NOTHING", rand.Text()); err != nil {
		return "", err
	}
	err = db.QueryRowContext(ctx, "SELECT value FROM about WHERE name = 'mark'").Scan(&mark)
	return mark, err
}

// ready opens it unless it is open.
func (x *sqliteSearch) ready(ctx context.Context) (write, read *sql.DB, err error) {
	if _, err := x.open(ctx); err != nil {
		return nil, nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.write, x.read, nil
}

func (x *sqliteSearch) put(ctx context.Context, docs []searchDoc, gone []string) error {
	write, _, err := x.ready(ctx)
	if err != nil {
		return err
	}
	tx, err := write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	p, err := preparePut(ctx, tx)
	for _, id := range gone {
		if err == nil {
			err = p.forget(ctx, id)
		}
	}
	for i := range docs {
		if err == nil {
			err = errors.Join(p.forget(ctx, docs[i].id), p.takeUp(ctx, &docs[i]))
		}
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// putting are the statements of a put, which end with its transaction.
type putting struct{ leave, forgetWords, enter, words *sql.Stmt }

func preparePut(ctx context.Context, tx *sql.Tx) (p putting, err error) {
	for _, one := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&p.leave, "DELETE FROM docs WHERE id = ? RETURNING doc"},
		{&p.forgetWords, "DELETE FROM words WHERE rowid = ?"},
		{&p.enter, "INSERT INTO docs (doc, id) VALUES (?, ?) ON CONFLICT (doc) DO NOTHING"},
		{&p.words, "INSERT INTO words (rowid, text, facts) VALUES (?, ?, ?)"},
	} {
		if *one.stmt, err = tx.PrepareContext(ctx, one.query); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *putting) forget(ctx context.Context, id string) error {
	var doc int64
	switch err := p.leave.QueryRowContext(ctx, id).Scan(&doc); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	_, err := p.forgetWords.ExecContext(ctx, doc)
	return err
}

func (p *putting) takeUp(ctx context.Context, d *searchDoc) error {
	for doc := docOf(d.id); ; doc++ { // two ids may begin with the same bits
		res, err := p.enter.ExecContext(ctx, doc, d.id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			if err == nil {
				_, err = p.words.ExecContext(ctx, doc, string(d.words), strings.Join(d.facts, " "))
			}
			return err
		}
	}
}

// docOf gives the first 63 bits that tell UUIDv7 apart: their order is that of the ids.
// Where only the beginning of one is given, the rest counts as zeros.
func docOf(id string) int64 {
	hex := strings.ReplaceAll(id, "-", "")
	if len(hex) < 12 {
		return 0
	}
	hex += "00000000000000000000"
	begin, err1 := strconv.ParseUint(hex[:12]+hex[13:16], 16, 64) // the version is left out
	rest, err2 := strconv.ParseUint(hex[16:17], 16, 64)           // two bits of it are the variant
	if err1 != nil || err2 != nil {
		return 0
	}
	return int64(begin<<2|rest&3) << 1
}

// docSlack is how many documents may begin with the same bits.
const docSlack = 64

func (x *sqliteSearch) find(ctx context.Context, q said.Query, facts []string, below, from string, n int) ([]string, error) {
	_, read, err := x.ready(ctx)
	if err != nil {
		return nil, err
	}
	query := "SELECT docs.id FROM words JOIN docs ON docs.doc = words.rowid WHERE words MATCH ?"
	args := []any{matchOf(q, facts)}
	if below != "" {
		query += " AND words.rowid < ? AND docs.id < ?"
		args = append(args, docOf(below)+docSlack, below)
	}
	if from != "" {
		query += " AND words.rowid >= ?"
		args = append(args, docOf(from))
	}
	rows, err := read.QueryContext(ctx, query+" ORDER BY words.rowid DESC LIMIT ?", append(args, n)...)
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

// matchOf writes a query in FTS5's language. Words are letters and digits alone, so that
// nothing in them can mean anything else.
func matchOf(q said.Query, facts []string) string {
	var all, none []string
	for _, f := range facts {
		all = append(all, `facts : "`+f+`"`)
	}
	for _, t := range q {
		term := `text : "` + strings.Join(t.Words, " ") + `"`
		if t.Prefix {
			term += " *"
		}
		if t.Not {
			none = append(none, term)
		} else {
			all = append(all, term)
		}
	}
	match := "(" + strings.Join(all, " AND ") + ")"
	for _, term := range none {
		match += " NOT " + term
	}
	return match
}

func (x *sqliteSearch) count(ctx context.Context) (n int, err error) {
	_, read, err := x.ready(ctx)
	if err != nil {
		return 0, err
	}
	err = read.QueryRowContext(ctx, "SELECT count(*) FROM docs").Scan(&n)
	return n, err
}

func (x *sqliteSearch) drop(context.Context) error { return errors.Join(x.close(), x.remove()) }

func (x *sqliteSearch) remove() (err error) {
	for _, end := range []string{"", "-wal", "-shm"} {
		if gone := os.Remove(x.path + end); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// alone needs no lock: one process at a time serves a file.
func (x *sqliteSearch) alone(_ context.Context, fn func() error) error { return fn() }

func (x *sqliteSearch) close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.write == nil {
		return nil
	}
	err := errors.Join(x.read.Close(), x.write.Close())
	x.read, x.write = nil, nil
	return err
}
