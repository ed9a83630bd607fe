package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
)

// insertChunks are the sizes of multi-row inserts, the largest first and the last one 1:
// few, so that each is prepared once. An engine uses those that are not too large for it.
var insertChunks = [...]int{32, 8, 1}

type preparedInserts [len(insertChunks)]*sql.Stmt

// run inserts n rows; args gives the arguments of rows [from, to), valid until its next call.
func (p preparedInserts) run(ctx context.Context, tx *sql.Tx, n int, args func(from, to int) []any) error {
	_, err := p.runCounted(ctx, tx, n, args)
	return err
}

// runCounted is run, and tells how many rows were inserted.
func (p preparedInserts) runCounted(ctx context.Context, tx *sql.Tx, n int, args func(from, to int) []any) (inserted int, err error) {
	done := 0
	for i, rows := range insertChunks {
		if p[i] == nil || n-done < rows {
			continue
		}
		stmt := tx.StmtContext(ctx, p[i])
		for ; n-done >= rows; done += rows {
			res, err := stmt.ExecContext(ctx, args(done, done+rows)...)
			if err != nil {
				return inserted, err
			}
			n, err := res.RowsAffected()
			if inserted += int(n); err != nil {
				return inserted, err
			}
		}
	}
	return inserted, nil
}

// insertStatements are the inserts of insertChunks into one table, prepared on first
// use; "" and nil where the engine does not use one. Where a key is taken, the row that is there
// takes the new values of the columns of update; it stays as it is where there are none.
type insertStatements struct {
	text [len(insertChunks)]string

	mu    sync.Mutex
	stmts preparedInserts
}

func (p *insertStatements) init(e *engine, table string, columns []string, key string, update ...string) {
	for i, rows := range insertChunks {
		if rows <= e.insertRows {
			p.text[i] = e.rebind(insertSQL(table, columns, key, update, rows))
		}
	}
}

// initAdding is init for an insert that adds to the number of a row that is there.
func (p *insertStatements) initAdding(e *engine, table string, columns []string, key, number string) {
	for i, rows := range insertChunks {
		if rows <= e.insertRows {
			text, _ := strings.CutSuffix(insertSQL(table, columns, key, nil, rows), "NOTHING")
			p.text[i] = e.rebind(text + "UPDATE SET " + number + " = " + table + "." + number + " + excluded." + number)
		}
	}
}

// prepared must be called outside a transaction: SQLite's one connection is then free.
func (p *insertStatements) prepared(ctx context.Context, db *sql.DB) (preparedInserts, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.stmts {
		if p.stmts[i] != nil || p.text[i] == "" {
			continue
		}
		var err error
		if p.stmts[i], err = db.PrepareContext(ctx, p.text[i]); err != nil {
			return p.stmts, err
		}
	}
	return p.stmts, nil
}

func insertSQL(table string, columns []string, key string, update []string, rows int) string {
	row := "(" + marks(len(columns)) + ")"
	change := "NOTHING"
	for i, column := range update {
		if change += ", "; i == 0 {
			change = "UPDATE SET "
		}
		change += column + " = excluded." + column
	}
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + strings.Repeat(row+", ", rows-1) + row +
		" ON CONFLICT (" + key + ") DO " + change
}

func (p *insertStatements) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, stmt := range p.stmts {
		if stmt != nil {
			_ = stmt.Close() // nothing is lost with it, and the connections are closed next
		}
	}
}
