package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// EntryPage is one page of a list.
type EntryPage struct {
	Entries []*gateway.Entry // newest first, without bodies
	// Next is the cursor of the next page, "" at the end. A page that is not full has one
	// where looking through the entries took long: the next one goes on there.
	Next string
}

const (
	// listTime is how long a page looks for entries that match, and listStep by how many
	// entries it goes at first: steps double while they take less than listFast.
	listTime = 120 * time.Millisecond
	listStep = 250
	listFast = 15 * time.Millisecond
)

// ListEntries gives a page, newest first. Entries that arrive meanwhile never repeat or
// hide others on later pages. A page whose filters match few of the entries ends early.
func (s *Store) ListEntries(ctx context.Context, q EntryQuery) (EntryPage, error) {
	l := listing{s: s, q: &q, size: pageSize(q.Limit), until: time.Now().Add(s.listTime)}
	if q.Cursor != "" {
		var err error
		if l.below, err = fromCursor(q.Cursor); err != nil {
			return EntryPage{}, err
		}
	}
	l.page.Entries = make([]*gateway.Entry, 0, l.size)
	err := l.run(ctx)
	return l.page, s.failed("list entries", err)
}

// listing makes a page.
type listing struct {
	s     *Store
	q     *EntryQuery
	size  int
	below string // ids are below; "" = any
	until time.Time
	page  EntryPage
}

func (l *listing) run(ctx context.Context) error {
	leading := l.q.leading()
	if !l.q.sifted(leading) {
		return l.take(ctx, "")
	}
	for step := listStep; ; {
		began := time.Now()
		floor, err := l.floor(ctx, leading, step)
		if err == nil {
			err = l.take(ctx, floor)
		}
		if err != nil || floor == "" || l.page.Next != "" {
			return err
		}
		l.below = floor
		switch took, left := time.Since(began), time.Until(l.until); {
		case left < took:
			l.page.Next = toCursor(floor)
			return nil
		case took < listFast && left > 4*took:
			step *= 2
		}
	}
}

// floor gives the id of the entry that lies a number of entries deeper, among those that
// the leading filter matches; "" = there are not as many. It reads an index alone.
func (l *listing) floor(ctx context.Context, leading string, step int) (id string, err error) {
	query, args := l.floorQuery(leading, step)
	if err = l.s.one(ctx, query, args, &id); errors.Is(err, ErrNotFound) {
		err = nil
	}
	return id, err
}

func (l *listing) floorQuery(leading string, step int) (string, []any) {
	c := l.q.lead(leading)
	if l.below != "" {
		c.add("id < ?", l.below)
	}
	return "SELECT id FROM entries" + c.where() + " ORDER BY id DESC LIMIT 1 OFFSET ?", append(c.args, step-1)
}

// take adds the matching entries from floor on to the page, and ends it when there are more.
func (l *listing) take(ctx context.Context, floor string) error {
	query, args := l.takeQuery(floor)
	var doc sql.RawBytes
	return l.s.query(ctx, query, args, func(rows *sql.Rows) error {
		if len(l.page.Entries) == l.size {
			l.page.Next = toCursor(l.page.Entries[l.size-1].ID)
			return nil
		}
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		e := new(gateway.Entry)
		l.page.Entries = append(l.page.Entries, e)
		return json.Unmarshal(doc, e)
	})
}

func (l *listing) takeQuery(floor string) (string, []any) {
	c := l.s.conditionsOf(l.q)
	if l.below != "" {
		c.add("id < ?", l.below)
	}
	if floor != "" {
		c.add("id >= ?", floor)
	}
	return "SELECT doc FROM entries" + c.where() + " ORDER BY id DESC LIMIT ?", append(c.args, l.size+1-len(l.page.Entries))
}

// CountEntries counts what ListEntries would give over all pages. Without a filter that
// is indexed it reads every row.
func (s *Store) CountEntries(ctx context.Context, q EntryQuery) (int, error) {
	c := s.conditionsOf(&q)
	var n int
	err := s.one(ctx, "SELECT count(*) FROM entries"+c.where(), c.args, &n)
	return n, s.failed("count entries", err)
}
