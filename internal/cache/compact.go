package cache

import (
	"context"
	"errors"
	"time"
)

// Compact sweeps what purges name, and leaves nothing of what was let go of in files of this
// node. It may take as long as copying them.
func (c *Cache) Compact(ctx context.Context) (err error) {
	c.sweep(ctx, c.purges.deadByAbout())
	for _, t := range c.lower {
		if files, ok := t.tier.(interface{ Compact(context.Context) error }); ok {
			err = errors.Join(err, files.Compact(ctx))
		}
	}
	return err
}

// Compact writes the file anew without free pages, and empties its log
// (https://www.sqlite.org/lang_vacuum.html, https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
func (d *Disk) Compact(ctx context.Context) error {
	return d.with(ctx, func(f diskFile) error {
		if _, err := f.write.ExecContext(ctx, "VACUUM"); err != nil {
			return err
		}
		for {
			var busy, frames, moved int
			if err := f.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil || busy == 0 {
				return err
			}
			select { // a reader looks at the old state
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}
