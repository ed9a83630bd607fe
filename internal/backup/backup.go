package backup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/sluice-gateway/sluice/internal/store"
)

// Options say what a backup holds.
type Options struct {
	Calls   store.Calls
	Version string // of this binary
	Waiting int64  // entries in the spool
	Created time.Time
	Lock    Lock
	Master  []byte // the master key, to be put in; nil = it is not
	// Progress is told how many rows of how many are written; nil = nobody asks.
	Progress func(done, of int64)
}

// Source is what is backed up, a store.Store.
type Source interface {
	Snapshot(ctx context.Context, fn func(*store.Snapshot) error) error
}

// Write writes what a store holds now, as one moment had it, and says what it wrote.
// Others go on reading and writing meanwhile.
func Write(ctx context.Context, s Source, w io.Writer, o Options) (h Header, err error) {
	err = s.Snapshot(ctx, func(x *store.Snapshot) error {
		h = Header{Format: Format, Sluice: o.Version, Created: o.Created.UTC(), Engine: x.Engine, Schema: x.Schema, Entries: o.Calls.Entries, Waiting: o.Waiting}
		if !o.Calls.Since.IsZero() {
			since := o.Calls.Since.UTC()
			h.Since = &since
		}
		if h.Tables, err = x.Tables(ctx, o.Calls); err != nil {
			return err
		}
		out, err := NewWriter(w, o.Lock, &h)
		if err != nil {
			return err
		}
		if err := writeTables(ctx, x, out, &h, o.Progress); err != nil {
			return err
		}
		if o.Master != nil {
			if err := out.AddMaster(o.Master); err != nil {
				return err
			}
		}
		return out.Close()
	})
	return h, err
}

func writeTables(ctx context.Context, x *store.Snapshot, out *Writer, h *Header, progress func(done, of int64)) error {
	var done int64
	for i := range h.Tables {
		t := &h.Tables[i]
		to := &rowsWriter{to: out, table: t.Name}
		err := x.Rows(ctx, t, func(row []any) error {
			if done++; progress != nil && done%1000 == 0 {
				progress(done, h.Rows())
			}
			return to.add(row)
		})
		if err == nil {
			err = to.flush()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Copy copies a backup into another, closed by the lock, with the master key where
// it is given, and verifies it on the way. The copy is whole when the error is nil.
func Copy(r *Reader, w io.Writer, lock Lock, master []byte, progress func(done, of int64)) error {
	out, err := NewWriter(w, lock, &r.Header)
	if err != nil {
		return err
	}
	var to *rowsWriter
	var done int64
	err = r.Each(func(t *store.Table, rows [][]any) error {
		if to == nil || to.table != t.Name {
			to = &rowsWriter{to: out, table: t.Name}
		}
		for _, row := range rows {
			if err := to.add(row); err != nil {
				return err
			}
		}
		done += int64(len(rows))
		progress(done, r.Header.Rows())
		return to.flush()
	}, out.AddMaster)
	if err == nil && master != nil {
		err = out.AddMaster(master)
	}
	if err == nil {
		err = out.Close()
	}
	return err
}

// Verify reads a whole backup and proves that it is as it was written. The master key is
// what it has of it, nil = nothing.
func Verify(r io.Reader, passphrase func() (string, error), progress func(done, of int64)) (h Header, master []byte, err error) {
	x, err := NewReader(r, passphrase)
	if err != nil {
		return h, nil, err
	}
	defer x.Close()
	var done int64
	err = x.Each(func(_ *store.Table, rows [][]any) error {
		done += int64(len(rows))
		progress(done, x.Header.Rows())
		return nil
	}, func(text []byte) error { master = bytes.Clone(text); return nil })
	return x.Header, master, err
}

// Restore fills a fresh store with a backup. The file is read twice: wholly before the
// store is touched, then to load it. Errors are those of Verify and of store.Restore.
func Restore(ctx context.Context, s *store.Store, file io.ReadSeeker, passphrase func() (string, error), verified, loaded func(done, of int64)) (h Header, master []byte, err error) {
	if h, master, err = Verify(file, passphrase, verified); err != nil {
		return h, nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return h, nil, fmt.Errorf("a backup is read twice, which this file does not allow: %w", err)
	}
	err = s.Restore(ctx, h.Schema, func(l *store.Loader) error {
		x, err := NewReader(file, passphrase)
		if err != nil {
			return err
		}
		defer x.Close()
		var done int64
		return x.Each(func(t *store.Table, rows [][]any) error {
			if err := l.Load(ctx, t, rows); err != nil {
				return err
			}
			done += int64(len(rows))
			loaded(done, h.Rows())
			return nil
		}, func([]byte) error { return nil })
	})
	return h, master, err
}
