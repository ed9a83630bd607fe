package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/said"
)

// How much is taken up at a time: few enough for little memory, many enough to be cheap.
const (
	fillEntries = 512
	fillStep    = 64 // are read at once
	fillBytes   = 4 << 20
	requeueStep = 2000
)

// SearchDocs counts the entries that the index holds.
func (s *Store) SearchDocs(ctx context.Context) (int, error) {
	if s.search == nil {
		return 0, ErrNoSearch
	}
	return s.search.count(ctx)
}

// DropSearch forgets the index and what it has still to take up.
func (s *Store) DropSearch(ctx context.Context) error {
	if err := s.newSearch().drop(ctx); err != nil {
		return s.failed("drop the search index", err)
	}
	return s.failed("drop the search index", s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := s.exec(ctx, tx, "DELETE FROM settings WHERE name = ?", searchMark); err != nil {
			return err
		}
		_, err := s.exec(ctx, tx, "DELETE FROM search_queue")
		return err
	}))
}

// OpenSearch makes the index ready to be filled. One that is new or was lost is told of
// all bodies that there are, a few at a time.
func (s *Store) OpenSearch(ctx context.Context) error {
	if s.search == nil {
		return ErrNoSearch
	}
	mark, err := s.search.open(ctx)
	if err != nil {
		return s.failed("open the search index", err)
	}
	told, err := s.Setting(ctx, searchMark)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if string(told) == mark {
		return nil
	}
	for last := ""; ; {
		if last, err = s.requeue(ctx, last); err != nil {
			return s.failed("fill the search index anew", err)
		}
		if last == "" {
			return s.PutSetting(ctx, searchMark, []byte(mark))
		}
	}
}

// requeue lets the index know of some bodies behind an id, and gives the last; "" = none.
func (s *Store) requeue(ctx context.Context, last string) (string, error) {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		ids, err := s.ids(ctx, tx, "SELECT DISTINCT entry_id FROM bodies WHERE entry_id > ? AND encoding < 2 ORDER BY entry_id LIMIT ?", last, requeueStep)
		if last = ""; err != nil || len(ids) == 0 {
			return err
		}
		entries := make([]*gateway.Entry, len(ids))
		for i, id := range ids {
			entries[i] = &gateway.Entry{ID: id.(string), Bodies: new(gateway.Bodies)}
		}
		last = entries[len(ids)-1].ID
		return s.enqueue(ctx, tx, entries)
	})
	return last, err
}

// FillSearch lets the index take some of the queue up, and says how many; 0 = there is
// nothing to do, or another process does it.
func (s *Store) FillSearch(ctx context.Context) (n int, err error) {
	if s.search == nil {
		return 0, ErrNoSearch
	}
	err = s.search.alone(ctx, func() error {
		queue, err := s.waitingSearch(ctx)
		if err != nil || len(queue) == 0 {
			return err
		}
		docs, gone, taken, err := s.searchDocs(ctx, queue)
		if err != nil {
			return err
		}
		if err := s.search.put(ctx, docs, gone); err != nil {
			return err
		}
		n = len(taken)
		return s.tx(ctx, func(tx *sql.Tx) error { return s.taken(ctx, tx, taken) })
	})
	return n, s.failed("fill the search index", err)
}

// queuedDoc is a row of the queue.
type queuedDoc struct {
	id   string
	gone bool
}

func (s *Store) waitingSearch(ctx context.Context) ([]queuedDoc, error) {
	return every(ctx, s, "SELECT entry_id, gone FROM search_queue ORDER BY entry_id LIMIT ?", func(rows *sql.Rows) (q queuedDoc, err error) {
		var gone int64
		err = rows.Scan(&q.id, &gone)
		q.gone = gone != 0
		return q, err
	}, fillEntries)
}

// searchDocs reads what was said in queued entries; those of which nothing is left are
// gone too. taken are those that were looked at, which may be fewer.
func (s *Store) searchDocs(ctx context.Context, queue []queuedDoc) (docs []searchDoc, gone []string, taken []queuedDoc, err error) {
	read := 0
	for some := range slices.Chunk(queue, fillStep) {
		if read > fillBytes {
			break
		}
		found, size, err := s.saidIn(ctx, some)
		if err != nil {
			return nil, nil, nil, err
		}
		for _, q := range some {
			if d := found[q.id]; d != nil && d.bodies > 0 {
				docs = append(docs, *d)
			} else {
				gone = append(gone, q.id)
			}
		}
		read += size
		taken = append(taken, queue[len(taken):len(taken)+len(some)]...)
	}
	return docs, gone, taken, nil
}

// saidIn reads what was said in those of some entries that have not gone, and how much was
// read of their bodies. What it finds may have no body.
func (s *Store) saidIn(ctx context.Context, some []queuedDoc) (found map[string]*searchDoc, size int, err error) {
	var ids []any
	for _, q := range some {
		if !q.gone {
			ids = append(ids, q.id)
		}
	}
	if len(ids) == 0 {
		return nil, 0, nil
	}
	if found, err = s.factsOf(ctx, ids); err != nil {
		return nil, 0, err
	}
	var id, kind, stored sql.RawBytes
	err = s.query(ctx, "SELECT entry_id, content_type, encoding, bytes FROM bodies WHERE part IN ('request', 'answer') AND encoding < 2 AND entry_id IN ("+marks(len(ids))+") ORDER BY entry_id, part DESC", ids, func(rows *sql.Rows) error {
		var encoding int64
		if err := rows.Scan(&id, &kind, &encoding, &stored); err != nil {
			return err
		}
		d := found[string(id)]
		if d == nil {
			return nil // a body without an entry is about to be deleted
		}
		body, err := s.zip.unpack(encoding, stored)
		size += len(body)
		d.bodies++
		d.words = cutWords(said.Append(d.words, string(kind), body), said.MaxWords)
		return err
	})
	return found, size, err
}

// factColumns are those of factNames, in their order.
var factColumns = `"` + strings.Join(factNames[:], `", "`) + `"`

// factsOf reads what is known of some entries.
func (s *Store) factsOf(ctx context.Context, ids []any) (map[string]*searchDoc, error) {
	found := make(map[string]*searchDoc, len(ids))
	var texts [len(factNames)]sql.RawBytes
	var id sql.RawBytes
	var status sql.NullInt64
	dest := []any{&id, &status}
	for i := range texts {
		dest = append(dest, &texts[i])
	}
	err := s.query(ctx, "SELECT id, status, "+factColumns+" FROM entries WHERE id IN ("+marks(len(ids))+")", ids, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		d := &searchDoc{id: string(id), facts: make([]string, 0, len(texts)+2)}
		found[d.id] = d
		for i, name := range factNames {
			if len(texts[i]) > 0 {
				d.facts = append(d.facts, fact(name, string(texts[i])))
			}
		}
		d.facts = append(d.facts, factsOfStatus(int(status.Int64))...)
		return nil
	})
	return found, err
}

// cutWords leaves out what comes behind so many words.
func cutWords(words []byte, most int) []byte {
	for i := range words {
		if words[i] == ' ' {
			if most--; most < 0 {
				return words[:i]
			}
		}
	}
	return words
}

// taken removes from the queue what the index has taken up, unless it changed since.
func (s *Store) taken(ctx context.Context, tx *sql.Tx, all []queuedDoc) error {
	for _, gone := range []bool{false, true} {
		var ids []any
		for _, q := range all {
			if q.gone == gone {
				ids = append(ids, q.id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		if _, err := s.exec(ctx, tx, "DELETE FROM search_queue WHERE gone = ? AND entry_id IN ("+marks(len(ids))+")", append([]any{bit(gone)}, ids...)...); err != nil {
			return err
		}
	}
	return nil
}

// eachWord hands over the words of a document.
func (d *searchDoc) eachWord(do func(word []byte)) {
	for word := range bytes.FieldsSeq(d.words) {
		do(word)
	}
}
