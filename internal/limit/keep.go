package limit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/sluice-gateway/sluice/internal/whole"
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

// save writes a snapshot whole or not at all.
func (m *Memory) save(path string) error {
	if err := whole.Write(path, whole.Private, m.Snapshot); err != nil {
		return fmt.Errorf("limit: the snapshot of the counters: %w", err)
	}
	return nil
}
