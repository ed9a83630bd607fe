package cache

import (
	"context"
	"database/sql"
	"errors"
)

// Put implements Tier.
func (d *Disk) Put(ctx context.Context, key Key, a *Answer) error {
	now := d.now()
	data, err := d.codec.encode(key, a)
	if err != nil {
		return err
	}
	about, err := d.codec.encode(key, &Answer{About: a.About})
	if err != nil {
		return err
	}
	row := diskRow{key: key, bytes: int64(len(data) + len(about) + rowBytes), about: about, data: data, used: now.Unix(), dies: dies(a)}
	if row.bytes > d.max/largest || a.Dead(now) {
		return d.Delete(ctx, key)
	}
	return d.change(ctx, func(tx *sql.Tx, c *change) error {
		if err := d.writeTouched(ctx, tx); err != nil {
			return err
		}
		if err := c.delete(ctx, tx, "key = ?", key[:]); err != nil {
			return err
		}
		if err := d.makeRoom(ctx, tx, c, row.bytes); err != nil {
			return err
		}
		return c.insert(ctx, tx, row)
	})
}

// dies is the second from which an answer is of no use.
func dies(a *Answer) int64 { return a.Stored.Add(max(a.Keep, a.TTL)).Unix() + 1 }

// Delete implements Tier.
func (d *Disk) Delete(ctx context.Context, key Key) error {
	return d.change(ctx, func(tx *sql.Tx, c *change) error { return c.delete(ctx, tx, "key = ?", key[:]) })
}

// diskRow is an answer as it is written.
type diskRow struct {
	key               Key
	used, dies, bytes int64
	about, data       []byte
}

// change is what a transaction does to the sums.
type change struct{ answers, bytes, evicted int64 }

// change does something in one transaction.
func (d *Disk) change(ctx context.Context, do func(*sql.Tx, *change) error) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	return d.with(ctx, func(f diskFile) error {
		tx, err := f.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		var c change
		if err := do(tx, &c); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		d.answers.Add(c.answers)
		d.bytes.Add(c.bytes)
		d.evicted.Add(c.evicted)
		return nil
	})
}

func (c *change) insert(ctx context.Context, tx *sql.Tx, r diskRow) error {
	done, err := tx.ExecContext(ctx, "INSERT INTO answers (key, used, dies, bytes, about) VALUES (?, ?, ?, ?, ?)", r.key[:], r.used, r.dies, r.bytes, r.about)
	if err != nil {
		return err
	}
	id, err := done.LastInsertId()
	if err != nil {
		return err
	}
	c.answers++
	c.bytes += r.bytes
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO bodies (id, data) VALUES (?, ?)", id, r.data)
	return err
}

// delete deletes the answers of which a condition holds.
func (c *change) delete(ctx context.Context, tx *sql.Tx, where string, args ...any) error {
	rows, err := tx.QueryContext(ctx, "DELETE FROM answers WHERE "+where+" RETURNING id, bytes", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id, bytes int64
		if err := rows.Scan(&id, &bytes); err != nil {
			return err
		}
		ids = append(ids, id)
		c.answers--
		c.bytes -= bytes
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := tx.ExecContext(ctx, "DELETE FROM bodies WHERE id = ?", id); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom lets go of what was used least recently until so many bytes fit, by what the
// answers take and by what the file does.
func (d *Disk) makeRoom(ctx context.Context, tx *sql.Tx, c *change, bytes int64) error {
	for {
		var file int64
		if err := tx.QueryRowContext(ctx, diskUsed).Scan(&file); err != nil {
			return err
		}
		if max(file, d.bytes.Load()+c.bytes)+bytes <= d.max {
			return nil
		}
		had := c.answers
		if err := c.delete(ctx, tx, "id IN (SELECT id FROM answers ORDER BY used LIMIT 8)"); err != nil {
			return err
		}
		if c.answers == had {
			return nil // it is empty
		}
		c.evicted += had - c.answers
	}
}

// diskUsed asks how many bytes of the file are in use.
const diskUsed = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"

// flush writes down what was used.
func (d *Disk) flush(ctx context.Context) error {
	return d.change(ctx, func(tx *sql.Tx, _ *change) error { return d.writeTouched(ctx, tx) })
}

func (d *Disk) writeTouched(ctx context.Context, tx *sql.Tx) error {
	d.touching.Lock()
	touched := d.touched
	if len(touched) > 0 {
		d.touched = map[int64]int64{}
	}
	d.touching.Unlock()
	for id, used := range touched {
		if _, err := tx.ExecContext(ctx, "UPDATE answers SET used = ? WHERE id = ?", used, id); err != nil {
			return err
		}
	}
	return nil
}
