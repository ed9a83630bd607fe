package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// KeptRevisions is how many revisions of the configuration are kept, the newest ones.
const KeptRevisions = 1000

const (
	revisionColumns = "number, time, author_kind, author_id, author_name, source, note, size, restored"
	selectRevision  = "SELECT " + revisionColumns + ", encoding, document FROM config_revisions"
)

// ConfigVersion rises whenever there is a new revision of the configuration; it is cheap
// to poll.
func (s *Store) ConfigVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, configVersion)
}

// AddRevision stores a revision of the configuration behind the one with the number
// after (0 = there is none) and gives its number: one more. When another one is the newest
// by then it is ErrMoved and nothing changes.
func (s *Store) AddRevision(ctx context.Context, r gateway.Revision, after int64) (number int64, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		newest, err := s.lockRevisions(ctx, tx)
		if err == nil && newest != after {
			err = ErrMoved
		}
		if err == nil {
			number, err = newest+1, s.insertRevision(ctx, tx, r, newest+1)
		}
		return err
	})
	return number, s.failed("add revision", err)
}

// RecordRevision stores what is in force already, unless the newest revision has the same
// document, and gives the number of the revision that has it.
func (s *Store) RecordRevision(ctx context.Context, r gateway.Revision) (number int64, err error) {
	if newest, err := s.NewestRevision(ctx); err == nil && bytes.Equal(newest.Document, r.Document) {
		return newest.Number, nil
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if number, err = s.lockRevisions(ctx, tx); err != nil {
			return err
		}
		newest, err := s.newestRevision(ctx, tx)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil && bytes.Equal(newest.Document, r.Document) {
			return nil // another node was first
		}
		number++
		return s.insertRevision(ctx, tx, r, number)
	})
	return number, s.failed("record revision", err)
}

// lockRevisions lets one transaction at a time add revisions, and gives the newest number.
func (s *Store) lockRevisions(ctx context.Context, tx *sql.Tx) (newest int64, err error) {
	if err := s.bump(ctx, tx, configVersion); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) FROM config_revisions").Scan(&newest)
	return newest, err
}

func (s *Store) newestRevision(ctx context.Context, tx *sql.Tx) (r gateway.Revision, err error) {
	rows, err := tx.QueryContext(ctx, selectRevision+" ORDER BY number DESC LIMIT 1")
	if err != nil {
		return r, err
	}
	defer rows.Close()
	if !rows.Next() {
		return r, errors.Join(ErrNotFound, rows.Err())
	}
	return s.scanRevision(rows)
}

// insertRevision also forgets the oldest one beyond what is kept.
func (s *Store) insertRevision(ctx context.Context, tx *sql.Tx, r gateway.Revision, number int64) error {
	encoding, document, err := s.zip.pack(r.Document)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, tx, "INSERT INTO config_revisions ("+revisionColumns+", encoding, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		number, micros(r.Time), clean(r.Author.Kind), clean(r.Author.ID), clean(r.Author.Name), clean(r.Source), clean(r.Note), int64(len(r.Document)), r.From, encoding, document)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, tx, "DELETE FROM config_revisions WHERE number <= ?", number-KeptRevisions)
	return err
}

// NewestRevision gives the revision with the highest number, or ErrNotFound.
func (s *Store) NewestRevision(ctx context.Context) (gateway.Revision, error) {
	r, err := single(ctx, s, selectRevision+" ORDER BY number DESC LIMIT 1", s.scanRevision)
	return r, s.failed("newest revision", err)
}

// Revision gives one revision with its document, or ErrNotFound.
func (s *Store) Revision(ctx context.Context, number int64) (gateway.Revision, error) {
	r, err := single(ctx, s, selectRevision+" WHERE number = ?", s.scanRevision, number)
	return r, s.failed("revision "+strconv.FormatInt(number, 10), err)
}

// RevisionQuery chooses revisions: those that match every field that is set.
type RevisionQuery struct {
	From, To time.Time // To excluded
	Limit    int       // of a page: 0 = 50, at most 500
	Cursor   string    // where the page before ended, "" = the newest
}

// RevisionPage is one page of a list.
type RevisionPage struct {
	Revisions []gateway.Revision // newest first, without documents
	Next      string             // the cursor of the next page, "" at the end
}

// Revisions gives a page, newest first.
func (s *Store) Revisions(ctx context.Context, q RevisionQuery) (page RevisionPage, err error) {
	var where conditions
	if err := where.revisions(q); err != nil {
		return page, s.failed("revisions", err)
	}
	size := pageSize(q.Limit)
	err = s.query(ctx, "SELECT "+revisionColumns+" FROM config_revisions"+where.where()+" ORDER BY number DESC LIMIT ?", append(where.args, size+1), func(rows *sql.Rows) error {
		if len(page.Revisions) == size {
			page.Next = toCursor(strconv.FormatInt(page.Revisions[size-1].Number, 10))
			return nil
		}
		var r gateway.Revision
		err := scanRevisionHead(rows, &r)
		page.Revisions = append(page.Revisions, r)
		return err
	})
	return page, s.failed("revisions", err)
}

func (c *conditions) revisions(q RevisionQuery) error {
	if !q.From.IsZero() {
		c.add("time >= ?", micros(q.From))
	}
	if !q.To.IsZero() {
		c.add("time < ?", micros(q.To))
	}
	if q.Cursor == "" {
		return nil
	}
	last, err := fromCursor(q.Cursor)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(last, 10, 64)
	if err != nil {
		return ErrBadCursor
	}
	c.add("number < ?", number)
	return nil
}

func scanRevisionHead(rows *sql.Rows, r *gateway.Revision, more ...any) error {
	var at int64
	err := rows.Scan(append([]any{&r.Number, &at, &r.Author.Kind, &r.Author.ID, &r.Author.Name, &r.Source, &r.Note, &r.Size, &r.From}, more...)...)
	r.Time = fromMicros(at)
	return err
}

func (s *Store) scanRevision(rows *sql.Rows) (r gateway.Revision, err error) {
	var encoding int64
	var packed []byte
	if err := scanRevisionHead(rows, &r, &encoding, &packed); err != nil {
		return r, err
	}
	r.Document, err = s.zip.unpack(encoding, packed)
	return r, err
}
