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
)

// ForgetAside deletes the calls in bad/ for which mine is true. unread is how many files
// hold something damaged, of which it cannot be told; that stays.
func (r *Recorder) ForgetAside(mine func(*gateway.Entry) bool) (calls, unread int, err error) {
	dir := badPath(r.opt.Dir)
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
		n, whole, failed := forgetAside(filepath.Join(dir, f.Name()), mine)
		calls, err = calls+n, errors.Join(err, failed)
		if !whole {
			unread++
		}
	}
	r.counters.badBytes.Store(dirBytes(dir))
	return calls, unread, err
}

// forgetAside deletes calls from one file; whole says that nothing in it is damaged.
func forgetAside(path string, mine func(*gateway.Entry) bool) (n int, whole bool, err error) {
	text, err := os.ReadFile(path) // no larger than a segment
	if err != nil {
		return 0, false, err
	}
	refs, good, err := scanSegment(bytes.NewReader(text), int64(len(text)), func(int, []gateway.Settlement) {})
	if err != nil {
		return 0, false, err
	}
	seg := segment{path: path, refs: refs, data: text}
	whole = int(good) == len(text)
	kept, left := []byte(segmentMagic), 0
	for i := range refs {
		e, err := seg.summary(i)
		if err == nil && mine(e) {
			n++
			continue
		}
		whole = whole && err == nil
		kept, left = append(kept, text[refs[i].off:refs[i].end()]...), left+1
	}
	switch kept = append(kept, text[good:]...); {
	case n == 0:
		return 0, whole, nil
	case left == 0 && int(good) == len(text):
		return n, whole, os.Remove(path)
	}
	return n, whole, replaceFile(path, kept)
}

// replaceFile puts another file in the place of one, whole or not at all.
func replaceFile(path string, text []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, text, fileMode); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return os.Rename(next, path)
}
