package config

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// settle is how long a change may go on before it is looked at, so that one save is
// one change.
const settle = 100 * time.Millisecond

// Watch calls onChange, on its own goroutine and never twice at once, each time that
// the content of the file at path has become another one, until ctx ends; then it
// returns nil. known is the content as it was read before, nil where there was no file.
// The file need not exist yet, but its directory must. Replacing the file by renaming
// counts, and so does exchanging a link on its way (Kubernetes' ..data). A file that is
// removed is no change: there is nothing to load from it.
func Watch(ctx context.Context, path string, known []byte, onChange func()) error {
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", path, err)
	}
	defer fs.Close()
	w := watcher{fs: fs, path: filepath.Clean(path)}
	if err := fs.Add(filepath.Dir(w.path)); err != nil {
		return fmt.Errorf("watch %s: %w", path, err)
	}
	if known != nil {
		w.last = sha256.Sum256(known[:min(len(known), doctree.MaxBytes+1)])
	}
	w.follow()
	if w.changed() { // between the reading and the watching
		onChange()
	}
	return w.run(ctx, onChange)
}

// watcher follows one file through the directories that it depends on.
type watcher struct {
	fs     *fsnotify.Watcher
	path   string
	target string            // the directory of what the path's links lead to, when another
	last   [sha256.Size]byte // of the content last seen; zero = no file seen
}

func (w *watcher) run(ctx context.Context, onChange func()) error {
	timer := time.NewTimer(settle)
	timer.Stop()
	defer timer.Stop()
	armed := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.fs.Events:
			if !ok {
				return nil
			}
			if !armed && w.concerns(e) {
				armed = true
				timer.Reset(settle)
			}
		case _, ok := <-w.fs.Errors:
			// The queue may have overflowed, so that the change was among what is lost.
			if ok && !armed {
				armed = true
				timer.Reset(settle)
			}
		case <-timer.C:
			armed = false
			w.follow()
			if w.changed() {
				onChange()
			}
		}
	}
}

// concerns reports whether an event may be about the file. Other files of its directory
// may be written all the time.
func (w *watcher) concerns(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return name == filepath.Base(w.path) || strings.HasPrefix(name, "..") ||
		w.target != "" && filepath.Dir(e.Name) == w.target
}

// follow watches also the directory that the path's links lead to.
func (w *watcher) follow() {
	real, err := filepath.EvalSymlinks(w.path)
	target := ""
	if err == nil && filepath.Dir(real) != filepath.Dir(w.path) {
		target = filepath.Dir(real)
	}
	if target == w.target {
		return
	}
	if w.target != "" {
		_ = w.fs.Remove(w.target) // gone by itself when the directory is
	}
	if target != "" && w.fs.Add(target) != nil {
		target = "" // removed meanwhile: the event of its link is on the way
	}
	w.target = target
}

// changed reads the file and reports whether it holds something new.
func (w *watcher) changed() bool {
	f, err := os.Open(w.path)
	if err != nil {
		return false
	}
	defer f.Close()
	hash := sha256.New()
	// One byte more than may be loaded: beyond that, every content is equally refused.
	if _, err := io.Copy(hash, io.LimitReader(f, doctree.MaxBytes+1)); err != nil {
		return false
	}
	sum := [sha256.Size]byte(hash.Sum(nil))
	if sum == w.last {
		return false
	}
	w.last = sum
	return true
}
