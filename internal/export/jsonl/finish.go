package jsonl

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/internal/export/files"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// stamp is the time in the name of a finished file; it sorts by age.
const stamp = "20060102T150405.000000000Z"

// finish gives the growing file the name of a finished one, and begins another.
func (s *Sink) finish() error {
	if err := s.Close(); err != nil {
		return err
	}
	if err := os.Rename(s.path(), filepath.Join(s.c.Dir, s.c.Name+"-"+s.now().UTC().Format(stamp)+".jsonl")); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	return s.tidy()
}

// tidy compresses finished files, also those that a crash left, and deletes the oldest.
func (s *Sink) tidy() error {
	if err := whole.SweepAll(s.c.Dir, s.finishes); err != nil {
		return err
	}
	if suffix := s.suffix(); suffix != "" {
		plain, err := s.finished(".jsonl")
		if err != nil {
			return err
		}
		for _, name := range plain {
			if err := s.compress(filepath.Join(s.c.Dir, name), suffix); err != nil {
				return err
			}
		}
	}
	return s.keep()
}

// keep deletes the oldest finished files, whatever they were compressed with.
func (s *Sink) keep() error {
	if s.c.Keep <= 0 {
		return nil
	}
	finished, err := s.finished("")
	if err != nil {
		return err
	}
	for _, name := range finished[:max(len(finished)-s.c.Keep, 0)] {
		if err := os.Remove(filepath.Join(s.c.Dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// finished gives the finished files of this export, the oldest first.
func (s *Sink) finished(suffix string) ([]string, error) {
	all, err := files.Names(s.c.Dir, s.c.Name+"-", suffix)
	return slices.DeleteFunc(all, func(name string) bool { return !s.finishes(name) }), err
}

// finishes reports the name of a finished file of this export: another export may have a
// name that goes on like this one's.
func (s *Sink) finishes(name string) bool {
	after, ok := strings.CutPrefix(name, s.c.Name+"-")
	at, rest, _ := strings.Cut(after, ".jsonl")
	_, err := time.Parse(stamp, at)
	return ok && err == nil && !strings.Contains(rest, "-")
}

func (s *Sink) suffix() string {
	switch s.c.Compress {
	case "gzip":
		return ".gz"
	case "zstd":
		return ".zst"
	}
	return ""
}

// compress replaces a file by its compressed form, which is on the disk before.
func (s *Sink) compress(path, suffix string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := whole.Write(path+suffix, whole.Private, func(w io.Writer) error { return pack(w, in, suffix) }); err != nil {
		return err
	}
	return os.Remove(path)
}

func pack(to io.Writer, from io.Reader, suffix string) error {
	var w io.WriteCloser = gzip.NewWriter(to)
	if suffix == ".zst" {
		z, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		w = z
	}
	_, err := io.Copy(w, from)
	return errors.Join(err, w.Close())
}
