package cache

import (
	"context"
	"database/sql"
	"errors"
)

// sweepSome is how many answers a sweep works on at once, so that others come in between.
const sweepSome = 256

// Sweep implements Tier. It reads what is known of the answers, not their bodies. It gives
// freed space back to the file system.
func (d *Disk) Sweep(ctx context.Context, dead func(*About) bool) (n int, err error) {
	if n, err = d.sweepOld(ctx); err != nil || dead == nil {
		return n, errors.Join(err, d.shrink(ctx))
	}
	for after := int64(0); ; {
		some, last, err := d.deadAfter(ctx, after, dead)
		if err != nil || last == after {
			return n, errors.Join(err, d.shrink(ctx))
		}
		after = last
		gone, err := d.deleteAll(ctx, some)
		n += gone
		if err != nil {
			return n, err
		}
	}
}

// sweepOld lets go of what is past all use.
func (d *Disk) sweepOld(ctx context.Context) (n int, err error) {
	for {
		gone := 0
		err := d.change(ctx, func(tx *sql.Tx, c *change) error {
			err := c.delete(ctx, tx, "id IN (SELECT id FROM answers WHERE dies <= ? LIMIT ?)", d.now().Unix(), sweepSome)
			gone = int(-c.answers)
			return err
		})
		n += gone
		if err != nil || gone < sweepSome {
			return n, err
		}
	}
}

func (d *Disk) deleteAll(ctx context.Context, ids []int64) (n int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	err = d.change(ctx, func(tx *sql.Tx, c *change) error {
		for _, id := range ids {
			if err := c.delete(ctx, tx, "id = ?", id); err != nil {
				return err
			}
		}
		n = int(-c.answers)
		return nil
	})
	return n, err
}

// deadAfter gives which of the next answers behind an id are dead, and the last id that
// was looked at.
func (d *Disk) deadAfter(ctx context.Context, id int64, dead func(*About) bool) (some []int64, last int64, err error) {
	last = id
	err = d.with(ctx, func(f diskFile) error {
		rows, err := f.read.QueryContext(ctx, "SELECT id, key, about FROM answers WHERE id > ? ORDER BY id LIMIT ?", id, sweepSome)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key, about []byte
			if err := rows.Scan(&last, &key, &about); err != nil {
				return err
			}
			if d.says(key, about, dead) {
				some = append(some, last)
			}
		}
		return rows.Err()
	})
	return some, last, err
}

// says reports whether a row is dead; one that cannot be read is.
func (d *Disk) says(key, about []byte, dead func(*About) bool) bool {
	var k Key
	copy(k[:], key)
	a, err := d.codec.decode(k, about)
	return err != nil || dead(&a.About)
}

// shrink gives freed pages back, some at a time.
func (d *Disk) shrink(ctx context.Context) error {
	return d.with(ctx, func(f diskFile) error {
		_, err := f.write.ExecContext(ctx, "PRAGMA incremental_vacuum(256)")
		return err
	})
}
