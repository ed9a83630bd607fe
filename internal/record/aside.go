package record

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// ForgetAside deletes the calls in bad/ for which mine is true. unread is how many files
// hold something damaged, of which it cannot be told; that stays.
func (r *Recorder) ForgetAside(mine func(*gateway.Entry) bool) (calls, unread int, err error) {
	r.spool.aside.Lock()
	defer r.spool.aside.Unlock()
	dir := badPath(r.opt.Dir)
	if err := whole.SweepAll(dir, nil); err != nil {
		return 0, 0, fmt.Errorf("remove what is left of unfinished files: %w", err)
	}
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read what was set aside: %w", err)
	}
	for _, f := range files {
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".spool") {
			continue
		}
		n, sound, failed := forgetAside(filepath.Join(dir, f.Name()), mine)
		calls, err = calls+n, errors.Join(err, failed)
		if !sound {
			unread++
		}
	}
	r.counters.badBytes.Store(dirBytes(dir))
	return calls, unread, err
}

// forgetAside deletes calls from one file; sound says that nothing in it is damaged.
func forgetAside(path string, mine func(*gateway.Entry) bool) (n int, sound bool, err error) {
	text, err := os.ReadFile(path) // no larger than a segment
	if err != nil {
		return 0, false, err
	}
	refs, good, err := scanSegment(bytes.NewReader(text), int64(len(text)), func(int, []gateway.Settlement) {})
	if err != nil {
		return 0, false, err
	}
	seg := segment{path: path, refs: refs, data: text}
	sound = int(good) == len(text)
	kept, left := []byte(segmentMagic), 0
	for i := range refs {
		e, err := seg.summary(i)
		if err == nil && mine(e) {
			n++
			continue
		}
		sound = sound && err == nil
		kept, left = append(kept, text[refs[i].off:refs[i].end()]...), left+1
	}
	switch kept = append(kept, text[good:]...); {
	case n == 0:
		return 0, sound, nil
	case left == 0 && int(good) == len(text):
		return n, sound, os.Remove(path)
	}
	return n, sound, whole.Write(path, fileMode, whole.Text(kept))
}
