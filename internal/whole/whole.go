// Package whole writes files that are whole or not there, whatever is killed and whenever the
// power goes, and finds what a killed write has left.
package whole

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// Private is the mode of files that their owner alone may read.
const Private fs.FileMode = 0o600

// AsItWas is the mode that the file had which is replaced, Private where there was none.
const AsItWas fs.FileMode = 0

// Write has write make a file aside, brings it to the disk, and gives it its path, also on
// the disk. What bears the path already is replaced. After an error it is as it was, and
// nothing is left aside.
func Write(path string, mode fs.FileMode, write func(io.Writer) error) error {
	return replace(path, mode, write, SyncDir)
}

func replace(path string, mode fs.FileMode, write func(io.Writer) error, syncDir func(string) error) (err error) {
	if mode == AsItWas {
		mode = Private
		if was, err := os.Stat(path); err == nil {
			mode = was.Mode().Perm()
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), aside(path)) // Private
	if err != nil {
		return err
	}
	defer func() {
		if f != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	to := bufio.NewWriterSize(f, 64<<10)
	if err = errors.Join(write(to), to.Flush()); err != nil {
		return err
	}
	if err = errors.Join(chmod(f, mode), f.Sync()); err != nil {
		return err
	}
	if err = place(&f, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// place gives a file its path, and takes it away from who would remove it.
func place(f **os.File, path string) error {
	name := (*f).Name()
	err := (*f).Close()
	*f = nil
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

func chmod(f *os.File, mode fs.FileMode) error {
	if mode == Private {
		return nil // it was made so
	}
	return f.Chmod(mode)
}

// Text is what Write takes, for a text.
func Text(text []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
}

const half = ".part"

// aside is the pattern of the names under which a file is written first.
func aside(path string) string { return "." + filepath.Base(path) + ".*" + half }

// ofHalf are such names: the file's own in the middle, and a number.
var ofHalf = regexp.MustCompile(`^\.(.+)\.[0-9]+\` + half + `$`)

// Sweep removes what killed writes of a file have left. Nobody may write it meanwhile.
func Sweep(path string) error {
	base := filepath.Base(path)
	return sweep(filepath.Dir(path), func(name string) bool { return name == base })
}

// SweepAll is Sweep for all files of a directory that are mine by their names; nil = each.
func SweepAll(dir string, mine func(name string) bool) error {
	return sweep(dir, func(name string) bool { return mine == nil || mine(name) })
}

func sweep(dir string, mine func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if m := ofHalf.FindStringSubmatch(e.Name()); m != nil && mine(m[1]) && e.Type().IsRegular() {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// SyncDir makes names in a directory survive power loss, where the system can.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err = d.Sync(); errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) && os.PathSeparator == '\\' {
		err = nil // such a file system; Windows
	}
	return errors.Join(err, d.Close())
}
