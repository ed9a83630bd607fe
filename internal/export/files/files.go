// Package files keeps the newest of the files that exports write.
package files

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/sluice-gateway/sluice/internal/export"
)

// Keep deletes the oldest of the files of a directory that are mine by their names, but for
// keep of them; 0 = all stay. The oldest is the one that was written first, whatever the age
// of what is in it.
func Keep(dir string, mine func(name string) bool, keep int) error {
	if keep <= 0 {
		return nil
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var found []fs.FileInfo
	for _, e := range all {
		if !e.Type().IsRegular() || !mine(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil { // else it is gone
			found = append(found, info)
		}
	}
	slices.SortFunc(found, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	for _, info := range found[:max(len(found)-keep, 0)] {
		if err := os.Remove(filepath.Join(dir, info.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
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
