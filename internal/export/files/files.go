// Package files writes files that are whole or not there, and keeps the newest ones.
package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/sluice-gateway/sluice/internal/export"
)

// Temporary is how names of files end that are not whole.
const Temporary = ".tmp"

// Create writes a file under a name of its own, and gives it its path when it is whole
// and on the disk. A file that is there is replaced.
func Create(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path+Temporary, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error says why
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes names in a directory survive power loss, where the system can.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// Keep deletes the oldest of the files whose names begin and end so, but for keep of
// them; 0 = all stay. Names must sort by age.
func Keep(dir, prefix, suffix string, keep int) error {
	if keep <= 0 {
		return nil
	}
	names, err := Names(dir, prefix, suffix)
	if err != nil {
		return err
	}
	for _, name := range names[:max(len(names)-keep, 0)] {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Names gives the files whose names begin and end so, sorted.
func Names(dir, prefix, suffix string) (names []string, err error) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if name := e.Name(); e.Type().IsRegular() && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Failed says why a file cannot be written, for people.
func Failed(err error) error {
	var at *os.PathError
	var link *os.LinkError
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return export.Failed("the disk is full")
	case errors.As(err, &at):
		return export.Failed("%s %s: %v", at.Op, at.Path, at.Err)
	case errors.As(err, &link):
		return export.Failed("%s %s: %v", link.Op, link.New, link.Err)
	}
	return export.Failed("%v", err)
}
