package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Place is where backups are kept. It is for one goroutine.
type Place interface {
	// Scratch is a directory in which a backup is written first.
	Scratch() string
	// Put gives a file of Scratch its name in the place, whole or not at all; the file is
	// gone afterwards, or no longer needed. sum is its SHA-256. What bears the name already
	// stays. After an error that is no *Refused the place may have taken the file.
	Put(ctx context.Context, name, file string, sum [32]byte) error
	// Sizes gives the sizes of what bears a name of a backup.
	Sizes(ctx context.Context) (map[string]int64, error)
	// Holds reports whether what bears the name is that file.
	Holds(ctx context.Context, f *File) (bool, error)
	Delete(ctx context.Context, name string) error
	// Shared reports whether other stores may write into Scratch too.
	Shared() bool
}

// Refused is why a place has certainly not taken a file.
type Refused struct{ Err error }

func (r *Refused) Error() string { return r.Err.Error() }

// Unwrap gives what the place said.
func (r *Refused) Unwrap() error { return r.Err }

// taken says that another file has the name: one of a copy of this store's database, say.
func taken(name string) error {
	return &Refused{fmt.Errorf("something that this store did not make stands under the name %s already; it is left alone: give each store a place of its own", name)}
}

const partSuffix = ".part"

var (
	backupName = regexp.MustCompile(`^sluice-\d{8}T\d{6}Z-[0-9a-f]{8}\.tar\.zst(\.age)?$`)
	partName   = regexp.MustCompile(`^\.sluice-\d{8}T\d{6}Z-([0-9a-f]{8})\.tar\.zst(\.age)?\.part$`)
)

// nameAt is what a store's backup of a time is called.
func nameAt(t time.Time, id string, sealed bool) string {
	name := "sluice-" + t.UTC().Format("20060102T150405Z") + "-" + id + ".tar.zst"
	if sealed {
		name += ".age"
	}
	return name
}

// Dir is a directory, which is made where the one above it is there.
type Dir string

// OpenDir makes the directory, unless it is there.
func OpenDir(path string) (Dir, error) {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return Dir(path), err
}

// Scratch implements Place.
func (d Dir) Scratch() string { return string(d) }

// Shared implements Place.
func (d Dir) Shared() bool { return true }

// Put implements Place.
func (d Dir) Put(_ context.Context, name, file string, _ [32]byte) error {
	to := filepath.Join(string(d), name)
	if _, err := os.Lstat(to); err == nil {
		return taken(name)
	}
	switch err := os.Link(file, to); { // which, unlike a renaming, replaces nothing
	case errors.Is(err, fs.ErrExist):
		return taken(name)
	case err == nil:
		err = os.Remove(file)
		if err != nil {
			return err
		}
	default: // there are no links there
		if err := os.Rename(file, to); err != nil {
			return err
		}
	}
	dir, err := os.Open(string(d))
	if err != nil {
		return err
	}
	_ = dir.Sync() // some file systems cannot; the name is there all the same
	return dir.Close()
}

// Sizes implements Place.
func (d Dir) Sizes(context.Context) (map[string]int64, error) {
	entries, err := os.ReadDir(string(d))
	sizes := map[string]int64{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && backupName.MatchString(e.Name()) {
			sizes[e.Name()] = info.Size()
		}
	}
	return sizes, err
}

// Holds implements Place: it reads the file.
func (d Dir) Holds(_ context.Context, want *File) (bool, error) {
	f, err := os.Open(filepath.Join(string(d), want.Name))
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return n == want.Size && hex.EncodeToString(sum.Sum(nil)) == want.Sum, err
}

// Delete implements Place.
func (d Dir) Delete(_ context.Context, name string) error {
	return os.Remove(filepath.Join(string(d), name))
}

// staleAfter is longer than a backup may take.
const staleAfter = 25 * time.Hour

// sweepParts removes what killed runs left in the scratch directory of a place: those of
// this store, and of others once they cannot be at work any more.
func sweepParts(at Place, id string) error {
	entries, err := os.ReadDir(at.Scratch())
	for _, e := range entries {
		m := partName.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() {
			continue
		}
		if at.Shared() && m[1] != id {
			if info, gone := e.Info(); gone != nil || time.Since(info.ModTime()) < staleAfter {
				continue
			}
		}
		err = errors.Join(err, os.Remove(filepath.Join(at.Scratch(), e.Name())))
	}
	return err
}
