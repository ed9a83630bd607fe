package schedule

import (
	"context"
	"errors"
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
	// gone afterwards, or no longer needed. sum is its SHA-256.
	Put(ctx context.Context, name, file string, sum [32]byte) error
	// Sizes gives the sizes of what bears a name of a backup.
	Sizes(ctx context.Context) (map[string]int64, error)
	Delete(ctx context.Context, name string) error
}

const partSuffix = ".part"

var (
	backupName = regexp.MustCompile(`^sluice-\d{8}T\d{6}Z\.tar\.zst(\.age)?$`)
	partName   = regexp.MustCompile(`^\.sluice-\d{8}T\d{6}Z\.tar\.zst(\.age)?\.part$`)
)

// nameAt is what a backup of a time is called.
func nameAt(t time.Time, sealed bool) string {
	name := "sluice-" + t.UTC().Format("20060102T150405Z") + ".tar.zst"
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

// Put implements Place. What has the name already stays, and is an error.
func (d Dir) Put(_ context.Context, name, file string, _ [32]byte) error {
	to := filepath.Join(string(d), name)
	if _, err := os.Lstat(to); err == nil {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	}
	if err := os.Rename(file, to); err != nil {
		return err
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

// Delete implements Place.
func (d Dir) Delete(_ context.Context, name string) error {
	return os.Remove(filepath.Join(string(d), name))
}

// sweepParts removes what killed runs left in a directory.
func sweepParts(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if partName.MatchString(e.Name()) && e.Type().IsRegular() {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
