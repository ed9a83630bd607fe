package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

const (
	pgConnections    = 10
	pgConnectTimeout = 5 * time.Second
	pgIdle           = 5 * time.Minute
	pgLifetime       = time.Hour // so that a moved server or a new certificate is noticed

	// pgLockID is the advisory lock of migrations: any number that no other program uses.
	pgLockID = 0x736c75696365 // "sluice"
)

// postgresWords are the words of migrations that PostgreSQL has others for: its texts are
// to sort by their bytes, and its tables have no order of their own.
var postgresWords = strings.NewReplacer(" TEXT", ` TEXT COLLATE "C"`, " WITHOUT ROWID", "")

// pgDoc is an entry's document without what PostgreSQL refuses to make text of, escaped
// NUL and halves of surrogate pairs: callers write metadata as they like. A \ that is one
// is written otherwise first, so that no other escape is met.
// https://www.postgresql.org/docs/current/datatype-json.html
const pgDoc = `CAST(regexp_replace(replace(replace(doc, '\\', '\u005c'), '\u0000', '\ufffd'),
	'(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|\\ud[89a-f][0-9a-f]{2}', '\1', 'gi') AS json)`

func openPostgres(url string) (engine, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return engine{}, err // the password is not in it
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = pgConnectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "sluice"
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(pgConnections)
	db.SetMaxIdleConns(pgConnections)
	db.SetConnMaxIdleTime(pgIdle)
	db.SetConnMaxLifetime(pgLifetime)
	return engine{
		name: "postgres", dialect: goose.DialectPostgres, words: postgresWords, insertRows: 8,
		write: db, read: db,
		rebind: numbered,
		eachText: func(column, name string) string {
			return "jsonb_array_elements_text(CAST(" + column + " AS jsonb)) AS " + name + "(value)"
		},
		eachCount: func(column, name string) string {
			return "jsonb_each_text(CAST(" + column + " AS jsonb)) AS " + name
		},
		metadata: "(" + pgDoc + " -> 'metadata' ->> CAST(? AS TEXT))",
		docTexts: postgresDocTexts,
		docText:  postgresDocText,
		docNumber: func(path [2]string) string {
			return "CAST(" + pgDoc + " #>> '{" + strings.ReplaceAll(dotted(path), ".", ",") + "}' AS BIGINT)"
		},
		docLength: func(member string) string { return "json_array_length(" + pgDoc + " -> '" + member + "')" },
		within:    func(term string) string { return "strpos(" + term + ", ?) > 0" },
		lock:      func(ctx context.Context) (func() error, error) { return lockPostgres(ctx, db) },
		explain:   explainPostgres,
		newSearch: func() searchIndex { return &postgresSearch{db} },
		compact:   compactPostgres,
	}, nil
}

// lockPostgres waits for a session's advisory lock, which the server drops when the
// connection ends. https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
func lockPostgres(ctx context.Context, db *sql.DB) (func() error, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(pgLockID)); err != nil {
		return nil, errors.Join(fmt.Errorf("lock for migration: %w", err), conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(pgLockID))
		return errors.Join(err, conn.Close())
	}, nil
}

// explainPostgres turns a violated uniqueness into ErrExists.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func explainPostgres(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return ErrExists
	}
	return err
}

// numbered turns every ? into $1, $2, …; the package's SQL has no other question marks.
func numbered(query string) string {
	var b strings.Builder
	b.Grow(len(query) + len(query)/4)
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		query = after
	}
}

// postgresDocTexts is engine.docTexts.
func postgresDocTexts(at docTexts) string {
	of := pgDoc + " -> '" + at.member + "'"
	switch {
	case at.one:
		return "(SELECT " + pgDoc + " ->> '" + at.member + "') AS of(value)"
	case at.keys:
		return "json_object_keys(" + of + ") AS of(value)"
	case at.inside != "":
		return "json_array_elements(" + of + ") AS of(value)"
	}
	return "json_array_elements_text(" + of + ") AS of(value)"
}

// postgresDocText is engine.docText.
func postgresDocText(at docTexts) string {
	if at.inside != "" {
		return "(of.value ->> '" + at.inside + "')"
	}
	return "of.value"
}
