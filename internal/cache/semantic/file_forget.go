package semantic

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/sluice-gateway/sluice/internal/whole"
)

// Forget implements Feed: it writes both files anew.
func (f *File) Forget(ctx context.Context, workspace string, purge int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	opened := f.out != nil
	if opened {
		if err := f.out.Close(); err != nil {
			return err
		}
		f.out = nil
	}
	for _, path := range []string{f.path + older, f.path} {
		if err := forgetIn(ctx, path, workspace, purge); err != nil {
			return err
		}
	}
	if !opened {
		return nil // nothing was asked yet
	}
	return f.reopen()
}

// reopen opens the newer file to be written to, and gives nothing of it again. What is still
// to be given is that of before.
func (f *File) reopen() error {
	had := f.read
	f.read = nil
	err := f.open()
	for _, in := range f.read {
		_ = in.Close() // which was only read
	}
	f.read = had
	return err
}

// forgetIn writes a file anew without the records that a purge names; one that is not there
// has none.
func forgetIn(ctx context.Context, path, workspace string, purge int64) error {
	if err := whole.Sweep(path); err != nil {
		return err
	}
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	return whole.Write(path, whole.Private, func(out io.Writer) error { return copyLiving(ctx, out, in, workspace, purge) })
}

func copyLiving(ctx context.Context, out io.Writer, in io.Reader, workspace string, purge int64) error {
	from, to := bufio.NewReaderSize(in, 1<<20), bufio.NewWriterSize(out, 1<<20)
	for ctx.Err() == nil {
		r, _, err := nextRecord(from)
		if err != nil { // the end, or what cannot be read
			return to.Flush()
		}
		if r.dead(workspace, purge) {
			continue
		}
		b := r.Encode()
		line := append(binary.LittleEndian.AppendUint32(make([]byte, 0, headSize+len(b)), uint32(len(b))), b...)
		if _, err := to.Write(line); err != nil {
			return err
		}
	}
	return ctx.Err()
}
