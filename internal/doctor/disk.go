package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Bounds of what is free on a disk.
const (
	fewBytes   = 256 << 20
	someBytes  = 2 << 30
	slowSync   = 500 * time.Millisecond
	fewFiles   = 10_000
	tinyShare  = 0.02
	smallShare = 0.1
)

// space is what a file system has.
type space struct {
	free, total   uint64 // bytes
	files         uint64 // that can still be made
	kind          string // of the file system; "" = unknown
	remote, known bool
}

// Space looks whether a folder's disk has room for what is to come.
func Space(dir string) Check {
	return Check{Name: "disk-space", Object: dir, Run: func(context.Context) []Finding { return judgeSpace(spaceOf(existing(dir))) }}
}

func judgeSpace(s space, err error) []Finding {
	if err != nil {
		return skipped("the free space cannot be told: %v", err)
	}
	share := float64(s.free) / float64(max(s.total, 1))
	mend := "Free some space, or move the data directory. Shorter log.retain and less log.max_body keep the store small; a full disk stops new calls."
	found := fmt.Sprintf("%s of %s are free (%.0f %%)", bytesOf(s.free), bytesOf(s.total), share*100)
	switch {
	case s.free < fewBytes || share < tinyShare && s.free < someBytes:
		return problem(mend, "the disk is nearly full: %s", found)
	case s.files > 0 && s.files < fewFiles:
		return problem(mend, "only %d further files fit on the disk", s.files)
	case s.free < someBytes || share < smallShare && s.free < 10*someBytes:
		return warning(mend, "%s", found)
	}
	return well("%s", found)
}

func bytesOf(n uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}

// existing gives the folder, or the one above it that is there.
func existing(dir string) string {
	dir, err := filepath.Abs(dir)
	for err == nil {
		if _, statErr := os.Stat(dir); !errors.Is(statErr, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// Writing looks whether files can be made in a folder and forced to the disk, and whether
// they can be locked, as SQLite and the spool need.
func Writing(dir string) Check {
	return Check{Name: "disk-write", Object: dir, Run: func(context.Context) []Finding { return tryWriting(existing(dir)) }}
}

func tryWriting(dir string) []Finding {
	owner := "Give the folder to the user that Sluice runs as (chown), or name another one with --data; in a container, mount a volume there that this user may write to."
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return problem("Make the folder, or name another one with --data.", "%s is no folder that can be opened: %v", dir, err)
	}
	f, err := os.CreateTemp(dir, ".sluice-doctor-*")
	if err != nil {
		return problem(owner, "no file can be made here: %v", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	began := time.Now()
	if _, err = f.Write(make([]byte, 4096)); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return problem("See the system's log for errors of the disk; use a local disk.", "what is written here does not reach the disk: %v", err)
	}
	if err := lock(f); err != nil {
		return problem("Use a local disk, or a network file system that is mounted with locks; or PostgreSQL as the store.", "files cannot be locked here: %v", err)
	}
	if took := time.Since(began); took > slowSync {
		return warning("Use a faster disk; storage.fsync and SQLite wait for it.", "forcing 4 KiB to the disk took %s", took.Round(time.Millisecond))
	}
	return well("files can be made, forced to the disk and locked")
}

// Local looks whether a folder with a database of SQLite lies on a disk of this machine.
func Local(dir string) Check {
	return Check{Name: "file-system", Object: dir, Run: func(context.Context) []Finding { return judgeLocal(spaceOf(existing(dir))) }}
}

func judgeLocal(s space, err error) []Finding {
	switch {
	case err != nil || !s.known:
		return skipped("the kind of the file system cannot be told")
	case s.remote:
		return warning("Put the data directory on a local disk, or use PostgreSQL as the store: over a network, locks and fsync may not hold what they promise, and SQLite can be damaged.", "the folder lies on a network file system (%s)", s.kind)
	}
	return well("the folder lies on a local file system")
}

// Private looks whether others may read what only Sluice should: the folder of its data and
// the files in it that hold secrets or what people said.
func Private(dir string, files ...string) Check {
	return Check{Name: "permissions", Object: dir, Run: func(context.Context) []Finding { return judgePrivate(dir, files) }}
}

func judgePrivate(dir string, files []string) []Finding {
	if runtime.GOOS == "windows" {
		return skipped("permissions are not looked at on Windows")
	}
	var open []string
	for _, name := range append([]string{dir}, files...) {
		info, err := os.Stat(name)
		if err != nil {
			continue // it is not made yet
		}
		if bad := info.Mode().Perm() & 0o077; bad != 0 && (name != dir || bad&0o022 != 0) && !slices.Contains(open, name) {
			open = append(open, name)
		}
	}
	if len(open) == 0 {
		return well("nobody else may read or change the data")
	}
	return warning(fmt.Sprintf("Run: chmod go-rwx %s", strings.Join(open, " ")), "other users of this machine may read or change %s", strings.Join(open, ", "))
}
