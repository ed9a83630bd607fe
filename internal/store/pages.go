package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// A cursor names the last row of a page, so it stays true whatever is inserted since.
func toCursor(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

func fromCursor(cursor string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", ErrBadCursor
	}
	return clean(string(b)), nil
}

// Pages: the default size and the largest.
const (
	defaultPage = 50
	maxPage     = 500
)

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// Lists by time of creation page by (created, id).
func createdCursor(created time.Time, id string) string {
	return toCursor(strconv.FormatInt(micros(created), 10) + " " + id)
}

// after adds what a cursor of createdCursor says, if there is one.
func (c *conditions) after(cursor string) error {
	if cursor == "" {
		return nil
	}
	last, err := fromCursor(cursor)
	if err != nil {
		return err
	}
	number, id, _ := strings.Cut(last, " ")
	created, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return ErrBadCursor
	}
	c.add("(created < ? OR (created = ? AND id < ?))", created, created, id)
	return nil
}

// lister reads one page of rows that have created and id, newest first.
type lister[T any] struct {
	query  string // SELECT … FROM …
	where  conditions
	cursor string
	limit  int
	scan   func(*sql.Rows) (T, error)
	last   func(*T) (created time.Time, id string)
}

// page gives the rows and the cursor of the next page, "" at the end.
func (l lister[T]) page(ctx context.Context, s *Store) (found []T, next string, err error) {
	if err := l.where.after(l.cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(l.limit)
	err = s.query(ctx, l.query+l.where.where()+" ORDER BY created DESC, id DESC LIMIT ?", append(l.where.args, size+1), func(rows *sql.Rows) error {
		if len(found) == size {
			next = createdCursor(l.last(&found[size-1]))
			return nil
		}
		row, err := l.scan(rows)
		found = append(found, row)
		return err
	})
	return found, next, err
}
