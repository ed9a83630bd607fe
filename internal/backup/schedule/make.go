package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/store"
)

// File is a backup that was made.
type File struct {
	Place string    `json:"place"`
	Name  string    `json:"name"`
	Time  time.Time `json:"time"` // the moment that it holds
	Size  int64     `json:"size"`
	Sum   string    `json:"sha256"`
	Rows  int64     `json:"rows"`
}

// made is a file that was written and proven, under its temporary name.
type made struct {
	File
	path string
	sum  [32]byte
}

// write writes a backup into the scratch directory of a place, and proves it.
func (s *Schedule) write(ctx context.Context, p *Plan, id string, at Place) (m *made, err error) {
	now := s.Now().UTC().Truncate(time.Second)
	m = &made{File: File{Place: p.Name, Name: nameAt(now, id, len(p.Recipients) > 0), Time: now}}
	m.path = filepath.Join(at.Scratch(), "."+m.Name+partSuffix)
	f, err := os.OpenFile(m.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(m.path) // the first error says why; the next run tries again
		}
	}()
	h, err := s.fill(ctx, p, f, m)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return m, err
	}
	m.Rows = h.Rows()
	return m, m.reread(f)
}

// fill writes the backup and reads it at the same time, as a restore would, before it is
// encrypted for somebody else to open.
func (s *Schedule) fill(ctx context.Context, p *Plan, f io.Writer, m *made) (h backup.Header, err error) {
	if s.wrap != nil {
		f = s.wrap(f)
	}
	out := &summing{to: f, sum: sha256.New()}
	sealed, err := seal(out, p.Recipients)
	if err != nil {
		return h, err
	}
	read, plain := io.Pipe()
	proven := make(chan error, 1)
	go func() {
		_, _, err := backup.Verify(read, nil, func(int64, int64) {})
		if err == nil {
			_, err = io.Copy(io.Discard, read) // to the end, so that nobody waits for a reader
		}
		read.CloseWithError(err)
		proven <- err
	}()
	h, err = backup.Write(ctx, s.Store, io.MultiWriter(sealed, plain), backup.Options{
		Calls: store.Calls{Entries: p.Entries}, Version: s.Version, Waiting: s.Flush(ctx), Created: s.Now(),
	})
	plain.CloseWithError(err)
	if bad := <-proven; err == nil && bad != nil {
		err = fmt.Errorf("the backup was written, but cannot be read: %w", bad)
	}
	err = errors.Join(err, sealed.Close())
	m.Size, m.Sum = out.n, hex.EncodeToString(out.sum.Sum(m.sum[:0]))
	return h, err
}

// reread reads the file from its beginning: it holds what was written.
func (m *made) reread(f io.ReadSeeker) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err == nil && (n != m.Size || [32]byte(sum.Sum(nil)) != m.sum) {
		err = fmt.Errorf("the disk gave back something else than was written (%d of %d bytes)", n, m.Size)
	}
	return err
}

// seal encrypts for recipients, if there are any.
func seal(to io.Writer, recipients []age.Recipient) (io.WriteCloser, error) {
	if len(recipients) == 0 {
		return open{to}, nil
	}
	return age.Encrypt(to, recipients...)
}

type open struct{ io.Writer }

func (open) Close() error { return nil }

type summing struct {
	to  io.Writer
	sum hash.Hash
	n   int64
}

func (w *summing) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.sum.Write(b[:n])
	w.n += int64(n)
	return n, err
}
