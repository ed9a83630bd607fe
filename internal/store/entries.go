package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// entryColumns are the columns of entries in the order of entryRow.
var entryColumns = [...]string{
	"id", "time", "gateway", "workspace", "key_id", "operation", "client_dialect", "provider_dialect", "route",
	"model_requested", "provider", "model", "credential", "region", "status", "error_code", "finish_reason", "stream",
	"cache", "session", `"user"`, "client_ip", "trace_id", "input_tokens", "output_tokens", "cost_nusd",
	"first_byte_ms", "latency_ms", "count", "feedback", "score", "team", "saved_nusd", "cache_tags", "cache_age_ms", "redacted", "doc",
}

// PutEntries stores entries with their bodies, objects and settlements in one
// transaction, whatever their number; a few hundred at once are cheapest. An entry that
// is there already is left alone, unless it is an aggregate whose Count has risen since;
// a settlement that is there already stays as it is.
func (s *Store) PutEntries(ctx context.Context, entries []*gateway.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if !s.usable.Load() {
		return ErrNotReady
	}
	entries = distinct(entries)
	err := s.eraseLate(ctx, entries)
	if err != nil {
		return s.failed("put entries", err)
	}
	charges := chargesOf(entries)
	var p entryInserts
	if p.entries, err = s.entryInsert.prepared(ctx, s.write); err != nil {
		return s.failed("put entries", err)
	}
	if p.rollups, err = s.rollups.insert.prepared(ctx, s.write); err != nil {
		return s.failed("put entries", err)
	}
	if len(charges) > 0 { // where nothing costs, nothing more is prepared
		if p.charges, err = s.chargeInsert.prepared(ctx, s.write); err != nil {
			return s.failed("put entries", err)
		}
		if p.sums, err = s.sumInsert.prepared(ctx, s.write); err != nil {
			return s.failed("put entries", err)
		}
	}
	if p.raise, err = s.exports.raise.prepared(ctx, s.write); err != nil {
		return s.failed("put entries", err)
	}
	if p.arrive, err = s.exports.arrive.prepared(ctx, s.write); err != nil {
		return s.failed("put entries", err)
	}
	p.keep = s.unit(ctx) == nil && s.recent.wanted() // what is to be committed yet may not be
	defer s.swept.arrived(entries[0].ID)
	err = s.tx(ctx, func(tx *sql.Tx) error { return s.putEntries(ctx, tx, &p, entries, charges) })
	if errors.Is(err, errSomeThere) {
		p.alone = true
		err = s.tx(ctx, func(tx *sql.Tx) error { return s.putEntries(ctx, tx, &p, entries, charges) })
	}
	if err == nil {
		s.recent.add(p.arrived)
	}
	return s.failed("put entries", err)
}

// entryInserts are the inserts of PutEntries.
type entryInserts struct {
	entries, charges, sums, rollups preparedInserts
	raise, arrive                   *sql.Stmt
	alone                           bool // entries are inserted one by one, to see which are new
	keep                            bool // exports want their documents at once
	arrived                         recentBatch
}

// errSomeThere ends a transaction in which some of the entries turned out to be there.
var errSomeThere = errors.New("some entries are there already")

func (s *Store) putEntries(ctx context.Context, tx *sql.Tx, p *entryInserts, entries []*gateway.Entry, charges []charge) error {
	fresh, err := s.insertEntries(ctx, tx, p, entries)
	if err != nil {
		return err
	}
	charged, err := insertCharges(ctx, tx, p.charges, charges)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := s.insertBodies(ctx, tx, e, p.alone); err != nil {
			return err
		}
		for i := range e.Objects {
			if err := s.putObject(ctx, tx, &e.Objects[i], e.Time); err != nil {
				return err
			}
		}
	}
	if err := s.enqueue(ctx, tx, entries); err != nil {
		return err
	}
	if err := s.rollUp(ctx, tx, p.rollups, fresh); err != nil {
		return err
	}
	if err := s.sumUp(ctx, tx, p.sums, charges, charged == len(charges)); err != nil {
		return err
	}
	rated, err := s.rateWaiting(ctx, tx) // behind the lock that rollUp takes
	if err != nil {
		return err
	}
	p.arrived, err = s.arrive(ctx, tx, p, fresh)
	if rated > 0 { // they may have other documents by now
		p.arrived = recentBatch{}
	}
	return err
}

// distinct gives the entries by id, which keeps two writers from locking rows in opposite
// order, and once each, which PostgreSQL asks of one statement; the largest Count stays.
func distinct(entries []*gateway.Entry) []*gateway.Entry {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b *gateway.Entry) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return b.Count - a.Count
	})
	return slices.CompactFunc(sorted, func(a, b *gateway.Entry) bool { return a.ID == b.ID })
}

// insertEntries inserts the entries and gives those that are to be counted: what is new,
// and aggregates that stand for more calls than before.
func (s *Store) insertEntries(ctx context.Context, tx *sql.Tx, p *entryInserts, entries []*gateway.Entry) ([]counted, error) {
	b := rowBuffers.Get().(*rowBuffer)
	defer b.release()
	fresh := make([]counted, 0, len(entries))
	single := func(e *gateway.Entry) bool { return e.Count <= 1 && !p.alone }
	together := make([]*gateway.Entry, 0, len(entries))
	for _, e := range entries {
		if single(e) {
			together = append(together, e)
			fresh = append(fresh, counted{entry: e, more: int64(e.Count), first: true})
		}
	}
	n, err := p.entries.runCounted(ctx, tx, len(together), func(from, to int) []any {
		rows := b.rows(together[from:to])
		for i := from; p.keep && i < to; i++ {
			fresh[i].doc = documentOf(rows, i-from)
		}
		return rows
	})
	if err == nil && n < len(together) {
		err = errSomeThere
	}
	for _, e := range entries {
		if err != nil {
			break
		}
		if !single(e) {
			fresh, err = s.insertAlone(ctx, tx, p, b, e, fresh)
		}
	}
	return fresh, err
}

// insertAlone inserts one entry, or raises the count of an aggregate that is there.
func (s *Store) insertAlone(ctx context.Context, tx *sql.Tx, p *entryInserts, b *rowBuffer, e *gateway.Entry, fresh []counted) ([]counted, error) {
	one := counted{entry: e, more: int64(e.Count), first: true}
	n, err := p.entries.runCounted(ctx, tx, 1, func(int, int) []any {
		rows := b.rows([]*gateway.Entry{e})
		if p.keep {
			one.doc = documentOf(rows, 0)
		}
		return rows
	})
	if err != nil {
		return nil, err
	}
	if n == 1 {
		return append(fresh, one), nil
	}
	one.first = false
	one.more, err = s.raiseCount(ctx, tx, e)
	if one.more > 0 {
		fresh = append(fresh, one)
	}
	return fresh, err
}

// raiseCount overwrites an aggregate that was stored with a smaller count, and says how
// many calls it stands for more.
func (s *Store) raiseCount(ctx context.Context, tx *sql.Tx, e *gateway.Entry) (int64, error) {
	if e.Count <= 1 {
		return 0, nil
	}
	query := "SELECT count FROM entries WHERE id = ?"
	if s.name == "postgres" {
		query += " FOR UPDATE"
	}
	var before int64
	if err := tx.QueryRowContext(ctx, s.rebind(query), clean(e.ID)).Scan(&before); err != nil || before >= int64(e.Count) {
		return 0, err
	}
	row := new(rowBuffer).rows([]*gateway.Entry{e})
	if _, err := s.exec(ctx, tx, "UPDATE feedback SET applied = 0 WHERE entry_id = ?", clean(e.ID)); err != nil {
		return 0, err
	}
	_, err := s.exec(ctx, tx, "UPDATE entries SET "+strings.Join(entryColumns[1:], " = ?, ")+" = ? WHERE id = ?", append(row[1:], row[0])...)
	return int64(e.Count) - before, err
}

// rowBuffer holds the arguments of one insert.
type rowBuffer struct {
	args []any
	docs []byte
	ends []int
}

var rowBuffers = sync.Pool{New: func() any { return new(rowBuffer) }}

func (b *rowBuffer) release() {
	clear(b.args[:cap(b.args)]) // they point into the entries, which are the caller's
	if cap(b.docs) <= 1<<20 {
		rowBuffers.Put(b)
	}
}

// rows renders the documents into one string, so that a chunk costs one allocation for
// them, and lays the columns out. The result is valid until the next call.
func (b *rowBuffer) rows(entries []*gateway.Entry) []any {
	b.docs, b.ends, b.args = b.docs[:0], b.ends[:0], b.args[:0]
	for _, e := range entries {
		b.docs = e.AppendJSON(b.docs)
		b.ends = append(b.ends, len(b.docs))
	}
	docs, start := string(b.docs), 0
	for i, e := range entries {
		b.row(e)
		b.args = append(b.args, docs[start:b.ends[i]])
		start = b.ends[i]
	}
	return b.args
}

// documentOf gives the document of the n-th of rows.
func documentOf(rows []any, n int) string {
	return rows[(n+1)*len(entryColumns)-1].(string)
}

// row appends the columns of one entry but the document.
func (b *rowBuffer) row(e *gateway.Entry) {
	b.add(clean(e.ID), micros(e.Time))
	b.texts(e.Gateway, e.Workspace, e.KeyID, e.Operation, e.ClientDialect, e.ProviderDialect, e.Route,
		e.ModelRequested, e.Provider, e.Model, e.Credential, e.Region)
	b.add(int64(e.Status))
	b.texts(e.ErrorCode, e.FinishReason)
	b.add(bit(e.Stream))
	b.texts(e.Cache, e.Session, e.User, e.ClientIP, e.TraceID)
	b.add(countOrNull(e.Usage.InputTokens), countOrNull(e.Usage.OutputTokens), costOrNull(e.Cost))
	b.add(countOrNull(e.FirstByteMS), countOrNull(e.LatencyMS), int64(e.Count))
	b.texts(e.Feedback)
	b.add(floatOrNull(e.Score))
	b.texts(teamOf(e.Metadata))
	b.add(costOrNull(e.Saved), tagsOrNull(e.CacheTags), countOrNull(e.CacheAgeMS), countsOrNull(e.Redacted))
}

func (b *rowBuffer) add(values ...any) { b.args = append(b.args, values...) }

// texts appends text columns, NULL for empty ones. What the row above has too is taken
// from there: most columns hold few different values, and boxing each again is work.
func (b *rowBuffer) texts(values ...string) {
	for _, s := range values {
		above := len(b.args) - len(entryColumns)
		if above >= 0 {
			if same, ok := b.args[above].(string); ok && same == s {
				b.args = append(b.args, b.args[above])
				continue
			}
		}
		b.args = append(b.args, textOrNull(s))
	}
}

// Entry gives one entry with its bodies, or ErrNotFound.
func (s *Store) Entry(ctx context.Context, id string) (*gateway.Entry, error) {
	var doc []byte
	if err := s.one(ctx, "SELECT doc FROM entries WHERE id = ?", []any{clean(id)}, &doc); err != nil {
		return nil, s.failed("entry "+id, err)
	}
	e := new(gateway.Entry)
	if err := json.Unmarshal(doc, e); err != nil {
		return nil, s.failed("entry "+id, err)
	}
	var err error
	e.Bodies, err = s.bodies(ctx, id)
	return e, s.failed("bodies of entry "+id, err)
}
