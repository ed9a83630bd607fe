package store

import (
	"context"
	"database/sql"
	"sync"
)

// statement is one that runs so often that it is not parsed each time: it is prepared on
// first use, once on every connection. It is safe for concurrent use.
type statement struct {
	text string

	mu   sync.Mutex
	stmt *sql.Stmt
}

// prepared must be called outside a transaction: SQLite's one connection that writes is
// then free.
func (p *statement) prepared(ctx context.Context, db *sql.DB) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stmt != nil {
		return p.stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, p.text)
	if err == nil {
		p.stmt = stmt
	}
	return stmt, err
}

func (p *statement) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stmt != nil {
		_ = p.stmt.Close() // nothing is lost with it, and the connections are closed next
	}
}

// exportStatements are those of exports that run with every batch.
type exportStatements struct {
	stand, changed         statement // they read
	raise, arrive, advance statement // they write
}

func (p *exportStatements) init(e *engine) {
	p.stand.text = e.rebind(exportColumns + " WHERE e.name = ?")
	p.changed.text = "SELECT changed FROM arrival_head WHERE id = 1"
	p.raise.text = e.rebind("UPDATE arrival_head SET last = last + ? WHERE id = 1 AND wanted = 1 RETURNING last, changed")
	p.arrive.text = e.rebind("INSERT INTO arrivals (last, count, time, ids) VALUES (?, ?, ?, ?)")
	p.advance.text = e.rebind(`UPDATE exports SET passed = ?, sent = sent + ?, filtered = filtered + ?, deleted = deleted + ?, set_aside = set_aside + ?, until = ?, failing = 0,
		last_sent = CASE WHEN CAST(? AS BIGINT) > 0 THEN CAST(? AS BIGINT) ELSE last_sent END WHERE name = ? AND holder = ? AND passed = ?`)
}

func (p *exportStatements) close() {
	for _, one := range []*statement{&p.stand, &p.changed, &p.raise, &p.arrive, &p.advance} {
		one.close()
	}
}
