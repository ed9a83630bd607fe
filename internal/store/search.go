package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/said"
)

// searchIndex finds entries by what was said in them. It lies apart from the rows, so
// that filling it keeps nobody from writing those, and may be lost: it is filled anew.
type searchIndex interface {
	// open makes it ready, an empty one where there is none. Its mark changes whenever it
	// was empty; it is safe to be called again.
	open(ctx context.Context) (mark string, err error)
	// put takes documents up, in place of what it had of them, and forgets others.
	put(ctx context.Context, docs []searchDoc, gone []string) error
	// find gives the ids of matching documents below one and from one on, the newest first,
	// n at most; "" = no bound.
	find(ctx context.Context, q said.Query, facts []string, below, from string, n int) ([]string, error)
	count(ctx context.Context) (int, error)
	// compact leaves nothing of what was forgotten in the files.
	compact(ctx context.Context) error
	// drop forgets everything.
	drop(ctx context.Context) error
	// alone runs fn unless another process does so just now.
	alone(ctx context.Context, fn func() error) error
	close() error
}

// searchDoc is one entry's words, each behind a space, and what else is known of it.
type searchDoc struct {
	id    string
	words []byte
	facts []string

	bodies int // how many were read for it
}

// ErrNoSearch says that this store has no index of what was said.
var ErrNoSearch = errors.New("the search is switched off (storage.search)")

// searchMark is the setting that says which index has been told of all bodies.
const searchMark = "search.index"

// searchFound bounds how many ids are looked up at a time, and searchTime how long a page
// may look for entries that match the other filters too.
const (
	searchFound = 200
	searchTime  = 1500 * time.Millisecond
)

// factNames are the filters whose values the index knows, so that a common word with a
// rare user is as fast as the other way round.
var factNames = [...]string{
	"gateway", "workspace", "key_id", "operation", "client_dialect", "provider", "model", "model_requested", "route", "credential",
	"error_code", "finish_reason", "cache", "session", "user", "client_ip", "trace_id",
}

// fact gives a word that stands for a value, such as no text has.
func fact(name, value string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name + "=" + clean(value))) // never fails
	return "0f" + strconv.FormatUint(h.Sum64(), 36)
}

func factsOfQuery(q *EntryQuery) (facts []string) {
	for _, f := range q.texts() {
		if _, excludes := Unwanted(*f.value); !excludes && *f.value != "" && slices.Contains(factNames[:], f.name) {
			facts = append(facts, fact(f.name, *f.value))
		}
	}
	if q.Status != 0 && !q.StatusNot {
		facts = append(facts, fact("status", strconv.Itoa(q.Status)))
	}
	if q.StatusClass != 0 && !q.StatusNot {
		facts = append(facts, fact("class", strconv.Itoa(q.StatusClass)))
	}
	return facts
}

// factsOfStatus are those of an entry's status; 0 = it has none.
func factsOfStatus(status int) []string {
	return factsOfQuery(&EntryQuery{Status: status, StatusClass: status / 100})
}

// SearchEntries is ListEntries for entries in whose bodies something was said. A page that
// takes long ends early, also an empty one, and the next one goes on there.
func (s *Store) SearchEntries(ctx context.Context, q EntryQuery, words said.Query) (EntryPage, error) {
	if s.search == nil {
		return EntryPage{}, ErrNoSearch
	}
	below := ""
	if q.Cursor != "" {
		var err error
		if below, err = fromCursor(q.Cursor); err != nil {
			return EntryPage{}, err
		}
	}
	page, err := s.searchPage(ctx, &q, words, below)
	return page, s.failed("search entries", err)
}

func (s *Store) searchPage(ctx context.Context, q *EntryQuery, words said.Query, below string) (EntryPage, error) {
	size, end := pageSize(q.Limit), time.Now().Add(searchTime)
	page := EntryPage{Entries: make([]*gateway.Entry, 0, size)}
	facts, from := factsOfQuery(q), ""
	if !q.From.IsZero() {
		from = idAt(q.From.Add(-idSlack))
	}
	if to := idAt(q.To.Add(idSlack)); !q.To.IsZero() && (below == "" || to < below) {
		below = to
	}
	for {
		ids, err := s.search.find(ctx, words, facts, below, from, searchFound)
		if err != nil {
			return page, err
		}
		found, err := s.entriesOf(ctx, q, ids)
		if err != nil {
			return page, err
		}
		page.Entries = append(page.Entries, found...)
		switch {
		case len(page.Entries) > size:
			page.Entries = page.Entries[:size]
			page.Next = toCursor(page.Entries[size-1].ID)
			return page, nil
		case len(ids) < searchFound:
			return page, nil
		}
		below = ids[len(ids)-1]
		if time.Now().After(end) {
			page.Next = toCursor(below)
			return page, nil
		}
	}
}

// entriesOf gives those of some entries that match a query and still have bodies, newest
// first.
func (s *Store) entriesOf(ctx context.Context, q *EntryQuery, ids []string) (found []*gateway.Entry, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	c := s.ledBy(q, "")
	c.in("id", ids)
	c.add("EXISTS (SELECT 1 FROM bodies WHERE entry_id = entries.id)")
	var doc sql.RawBytes
	err = s.query(ctx, "SELECT doc FROM entries"+c.where()+" ORDER BY id DESC", c.args, func(rows *sql.Rows) error {
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		e := new(gateway.Entry)
		found = append(found, e)
		return json.Unmarshal(doc, e)
	})
	return found, err
}

// SearchState says how far the index is behind.
type SearchState struct {
	Until time.Time     // what was said in calls that began before can be found
	Lag   time.Duration // how long the oldest of what it has still to take up has been waiting
}

// SearchState tells it.
func (s *Store) SearchState(ctx context.Context) (SearchState, error) {
	if s.search == nil {
		return SearchState{}, ErrNoSearch
	}
	now := time.Now()
	var first sql.NullString
	var queued sql.NullInt64
	err := s.one(ctx, "SELECT min(entry_id), min(queued) FROM search_queue WHERE gone = 0", nil, &first, &queued)
	if err != nil || !first.Valid {
		return SearchState{Until: now}, s.failed("search state", err)
	}
	state := SearchState{Until: TimeOf(first.String, now), Lag: max(now.Sub(fromMicros(queued.Int64)), 0)}
	return state, nil
}

// TimeOf gives when the entry of an id began, within a minute; now when it is no UUIDv7.
func TimeOf(id string, now time.Time) time.Time {
	if len(id) > 13 {
		if ms, err := strconv.ParseInt(strings.Replace(id[:13], "-", "", 1), 16, 64); err == nil {
			return time.UnixMilli(ms)
		}
	}
	return now
}

// enqueue lets the index know of entries with bodies, but for those whose words may stand
// nowhere in clear.
func (s *Store) enqueue(ctx context.Context, tx *sql.Tx, entries []*gateway.Entry) error {
	if s.search == nil {
		return nil
	}
	const step = 100
	now := time.Now().UnixMicro()
	var args []any
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		rows := strings.Repeat(", (?, ?, 0)", len(args)/2)[2:]
		_, err := s.exec(ctx, tx, "INSERT INTO search_queue (entry_id, queued, gone) VALUES "+rows+" ON CONFLICT (entry_id) DO UPDATE SET gone = 0", args...)
		args = args[:0]
		return err
	}
	for _, e := range entries {
		if e.Bodies == nil || e.Bodies.Encrypt {
			continue
		}
		if args = append(args, clean(e.ID), now); len(args) == 2*step {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// dequeue lets the index know that bodies are about to be deleted.
func (s *Store) dequeue(ctx context.Context, tx *sql.Tx, ids []any) error {
	if s.search == nil {
		return nil
	}
	_, err := s.exec(ctx, tx, "INSERT INTO search_queue (entry_id, queued, gone) SELECT DISTINCT entry_id, CAST(? AS BIGINT), 1 FROM bodies WHERE entry_id IN ("+marks(len(ids))+
		") ON CONFLICT (entry_id) DO UPDATE SET gone = 1", append([]any{time.Now().UnixMicro()}, ids...)...)
	return err
}
