package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// EntryPage is one page of a list.
type EntryPage struct {
	Entries []*gateway.Entry // newest first, without bodies
	Next    string           // the cursor of the next page, "" at the end
}

// ListEntries gives a page, newest first. Entries that arrive meanwhile never repeat or
// hide others on later pages.
func (s *Store) ListEntries(ctx context.Context, q EntryQuery) (EntryPage, error) {
	c := s.conditionsOf(&q)
	if q.Cursor != "" {
		last, err := fromCursor(q.Cursor)
		if err != nil {
			return EntryPage{}, err
		}
		c.add("id < ?", last)
	}
	size := pageSize(q.Limit)
	page := EntryPage{Entries: make([]*gateway.Entry, 0, size)}
	var doc sql.RawBytes
	err := s.query(ctx, "SELECT doc FROM entries"+c.where()+" ORDER BY id DESC LIMIT ?", append(c.args, size+1), func(rows *sql.Rows) error {
		if len(page.Entries) == size {
			page.Next = toCursor(page.Entries[size-1].ID)
			return nil
		}
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		e := new(gateway.Entry)
		page.Entries = append(page.Entries, e)
		return json.Unmarshal(doc, e)
	})
	return page, s.failed("list entries", err)
}

// CountEntries counts what ListEntries would give over all pages. Without a filter that
// is indexed it reads every row.
func (s *Store) CountEntries(ctx context.Context, q EntryQuery) (int, error) {
	c := s.conditionsOf(&q)
	var n int
	err := s.one(ctx, "SELECT count(*) FROM entries"+c.where(), c.args, &n)
	return n, s.failed("count entries", err)
}
