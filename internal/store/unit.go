package store

import (
	"context"
	"database/sql"
	"sync"
)

// unit is what happens together: its first write begins a transaction that all that
// follows joins, reads too. Until then nothing is locked.
type unit struct {
	ctx  context.Context // of the whole; those of single calls may end before
	mu   sync.Mutex      // of tx
	tx   *sql.Tx         // nil = nothing was written yet
	held map[*sync.Mutex]bool
	then []func(context.Context)
}

type unitKey struct{ s *Store }

// Atomically runs fn with a context under which all calls of this store are one
// transaction: when fn fails, nothing of it is stored. A context that has a transaction
// already joins it. fn must not wait for others who write to the store.
func (s *Store) Atomically(ctx context.Context, fn func(context.Context) error) (err error) {
	if s.unit(ctx) != nil {
		return fn(ctx)
	}
	u := &unit{ctx: ctx, held: map[*sync.Mutex]bool{}}
	defer u.release()
	defer func() {
		if u.tx != nil {
			_ = u.tx.Rollback() // of what was committed it does nothing
		}
	}()
	if err := fn(context.WithValue(context.WithValue(ctx, unitKey{s}, u), anyUnit{}, u)); err != nil {
		return err
	}
	if u.tx != nil {
		if err := u.tx.Commit(); err != nil {
			return s.failed("commit", err)
		}
	}
	u.release()
	for _, do := range u.then {
		do(ctx)
	}
	return nil
}

// release gives back what Hold took.
func (u *unit) release() {
	for l := range u.held {
		l.Unlock()
	}
	clear(u.held)
}

func (s *Store) unit(ctx context.Context) *unit {
	u, _ := ctx.Value(unitKey{s}).(*unit)
	return u
}

// anyUnit finds the unit of whichever store.
type anyUnit struct{}

// Afterwards runs do once what Atomically holds together is stored, and never when it is
// not; outside of Atomically at once.
func Afterwards(ctx context.Context, do func(context.Context)) {
	if u, _ := ctx.Value(anyUnit{}).(*unit); u != nil {
		u.then = append(u.then, do)
		return
	}
	do(ctx)
}

// Hold locks l until what Atomically holds together has ended; outside of it until release
// is called. Whoever takes l and writes takes l first.
func Hold(ctx context.Context, l *sync.Mutex) (release func()) {
	u, _ := ctx.Value(anyUnit{}).(*unit)
	if u == nil {
		l.Lock()
		return l.Unlock
	}
	if !u.held[l] {
		l.Lock()
		u.held[l] = true
	}
	return func() {}
}

// begun gives the transaction, nil before the first write.
func (u *unit) begun() *sql.Tx {
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.tx
}

// join runs fn in the unit's transaction; what fn did before it failed is undone.
func (s *Store) join(u *unit, fn func(*sql.Tx) error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.tx == nil {
		tx, err := s.write.BeginTx(u.ctx, nil)
		if err != nil {
			return err
		}
		u.tx = tx
	}
	if _, err := u.tx.ExecContext(u.ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	if err := fn(u.tx); err != nil {
		_, _ = u.tx.ExecContext(u.ctx, "ROLLBACK TO SAVEPOINT part") // the first error says why
		return err
	}
	_, err := u.tx.ExecContext(u.ctx, "RELEASE SAVEPOINT part")
	return err
}
