// Package files keeps the newest of the files that exports write.
package files

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/sluice-gateway/sluice/internal/export"
)

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
