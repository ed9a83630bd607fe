package store

import (
	"context"
	"database/sql"
	"encoding/json"
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
	"first_byte_ms", "latency_ms", "count", "feedback", "score", "doc",
}

// PutEntries stores entries with their bodies and objects in one transaction, whatever
// their number; a few hundred at once are cheapest. An entry that is there already is
// left alone, unless it is an aggregate whose Count has risen since.
func (s *Store) PutEntries(ctx context.Context, entries []*gateway.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	entries = distinct(entries)
	return s.failed("put entries", s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.insertEntries(ctx, tx, entries); err != nil {
			return err
		}
		for _, e := range entries {
			if err := s.insertBodies(ctx, tx, e); err != nil {
				return err
			}
			for i := range e.Objects {
				if err := s.putObject(ctx, tx, &e.Objects[i], e.Time); err != nil {
					return err
				}
			}
		}
		return nil
	}))
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

func (s *Store) insertEntries(ctx context.Context, tx *sql.Tx, entries []*gateway.Entry) error {
	b := rowBuffers.Get().(*rowBuffer)
	defer b.release()
	for len(entries) > 0 {
		n := entryChunks[0]
		for _, n = range entryChunks {
			if n <= len(entries) {
				break
			}
		}
		stmt, err := s.insert.get(ctx, s.write, n)
		if err != nil {
			return err
		}
		if _, err := tx.StmtContext(ctx, stmt).ExecContext(ctx, b.rows(entries[:n])...); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// rowBuffer holds the arguments of one insert.
type rowBuffer struct {
	args []any
	docs []byte
	ends []int
}

var rowBuffers = sync.Pool{New: func() any { return new(rowBuffer) }}

func (b *rowBuffer) release() {
	clear(b.args)
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
		b.args = appendRow(b.args, e, docs[start:b.ends[i]])
		start = b.ends[i]
	}
	return b.args
}

func appendRow(args []any, e *gateway.Entry, doc string) []any {
	return append(args,
		clean(e.ID), micros(e.Time), textOrNull(e.Gateway), textOrNull(e.Workspace), textOrNull(e.KeyID), textOrNull(e.Operation),
		textOrNull(e.ClientDialect), textOrNull(e.ProviderDialect), textOrNull(e.Route), textOrNull(e.ModelRequested), textOrNull(e.Provider),
		textOrNull(e.Model), textOrNull(e.Credential), textOrNull(e.Region), int64(e.Status), textOrNull(e.ErrorCode), textOrNull(e.FinishReason),
		bit(e.Stream), textOrNull(e.Cache), textOrNull(e.Session), textOrNull(e.User), textOrNull(e.ClientIP), textOrNull(e.TraceID),
		countOrNull(e.Usage.InputTokens), countOrNull(e.Usage.OutputTokens), costOrNull(e.Cost), countOrNull(e.FirstByteMS), countOrNull(e.LatencyMS),
		int64(e.Count), textOrNull(e.Feedback), floatOrNull(e.Score), doc)
}

// entryChunks are the sizes of multi-row inserts: few, so that each is prepared once.
var entryChunks = [...]int{16, 1}

// insertStatements are the prepared inserts, made on first use.
type insertStatements struct {
	text  map[int]string
	mu    sync.Mutex
	stmts map[int]*sql.Stmt
}

func newInsertStatements(rebind func(string) string) insertStatements {
	text := make(map[int]string, len(entryChunks))
	for _, n := range entryChunks {
		text[n] = rebind(insertEntriesSQL(n))
	}
	return insertStatements{text: text, stmts: map[int]*sql.Stmt{}}
}

func insertEntriesSQL(rows int) string {
	row := "(" + marks(len(entryColumns)) + ")"
	set := make([]string, 0, len(entryColumns))
	for _, c := range entryColumns[1:] {
		set = append(set, c+" = excluded."+c)
	}
	return "INSERT INTO entries (" + strings.Join(entryColumns[:], ", ") + ") VALUES " + strings.Repeat(row+", ", rows-1) + row +
		" ON CONFLICT (id) DO UPDATE SET " + strings.Join(set, ", ") + " WHERE excluded.count > entries.count"
}

func (p *insertStatements) get(ctx context.Context, db *sql.DB, rows int) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt := p.stmts[rows]; stmt != nil {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, p.text[rows])
	if err != nil {
		return nil, err
	}
	p.stmts[rows] = stmt
	return stmt, nil
}

func (p *insertStatements) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, stmt := range p.stmts {
		_ = stmt.Close() // nothing is lost with it, and the connections are closed next
	}
	clear(p.stmts)
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
