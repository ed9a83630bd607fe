package limit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Load restores the snapshot at path. That there is none is no error.
func (m *Memory) Load(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("limit: the snapshot of the counters: %w", err)
	}
	defer f.Close()
	return m.Restore(bufio.NewReader(f))
}

// Keep writes a snapshot to path each second in which something changed, and a last one
// when ctx ends; then it returns. failed hears of each one that could not be written;
// the next second tries again. The file at path is always a whole one, and nobody but
// the owner can read it. A snapshot that takes long is followed by a longer rest, so that
// writing takes a quarter of the time at most.
func (m *Memory) Keep(ctx context.Context, path string, failed func(error)) {
	var written uint64
	each(ctx, func() {
		now := m.changes()
		if now == written {
			return
		}
		if err := m.save(path); err != nil {
			failed(err)
			return
		}
		written = now
	})
}

// each calls write each second, less often when it takes long, and once more when ctx
// ends.
func each(ctx context.Context, write func()) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			write()
			return
		case start := <-timer.C:
			write()
			took := time.Since(start)
			timer.Reset(max(time.Second-took, 3*took))
		}
	}
}

// changes counts what would make a snapshot differ.
func (m *Memory) changes() (n uint64) {
	for i := range m.shards {
		m.shards[i].mu.Lock()
		n += m.shards[i].changes
		m.shards[i].mu.Unlock()
	}
	return n
}

// save writes a snapshot beside path and puts it in its place when it is whole.
func (m *Memory) save(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return fmt.Errorf("limit: the snapshot of the counters: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("limit: the snapshot of the counters: %w", err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := m.Snapshot(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
