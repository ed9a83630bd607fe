// Package jsonl writes entries into files, one JSON object a line: one file that grows,
// and the finished ones before it, compressed where that is asked for.
package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/files"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// Config says where to, and when a file is finished.
type Config struct {
	Dir      string
	Name     string        // the growing file is Name.jsonl
	Size     int64         // a file is finished before it gets larger, 0 = never
	Every    time.Duration // and when it has an entry that is older, 0 = never
	Keep     int           // finished files that stay, 0 = all
	Compress string        // none, gzip or zstd: of finished files
}

// Sink writes files.
type Sink struct {
	c     Config
	now   func() time.Time
	end   *end // nil = not open
	size  int64
	began time.Time // when the file's first row came about, zero = it is empty
}

// Open opens or makes the growing file, repairs what a crash left and finishes what it
// interrupted.
func Open(c Config, now func() time.Time) (*Sink, error) {
	s := &Sink{c: c, now: now}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, files.Failed(err)
	}
	if err := s.tidy(); err != nil {
		return nil, files.Failed(err)
	}
	if err := s.open(); err != nil {
		return nil, files.Failed(err)
	}
	return s, nil
}

func (s *Sink) path() string { return filepath.Join(s.c.Dir, s.c.Name+".jsonl") }

func (s *Sink) open() error {
	file, err := os.OpenFile(s.path(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err = s.repair(file); err == nil {
		err = whole.SyncDir(s.c.Dir)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	s.end, err = openEnd(file, s.size)
	return err
}

// repair cuts a last line that a crash left half, and finds out how old the file is.
func (s *Sink) repair(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if s.size, err = endOfLines(file, info.Size()); err != nil {
		return err
	}
	if s.size < info.Size() {
		if err := file.Truncate(s.size); err != nil {
			return err
		}
	}
	s.began = time.Time{}
	if s.size > 0 {
		s.began = beginning(io.NewSectionReader(file, 0, s.size), info.ModTime())
	}
	return nil
}

// endOfLines is the size of a file's whole lines.
func endOfLines(f io.ReaderAt, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for end := size; end > 0; {
		from := max(end-int64(len(buf)), 0)
		part := buf[:end-from]
		if _, err := f.ReadAt(part, from); err != nil && err != io.EOF {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// beginning is the time of the first row.
func beginning(r io.Reader, otherwise time.Time) time.Time {
	var first struct {
		Time time.Time `json:"time"`
	}
	if err := json.NewDecoder(bufio.NewReader(r)).Decode(&first); err != nil || first.Time.IsZero() {
		return otherwise
	}
	return first.Time
}

// Send implements export.Sink: the rows are on the disk when it returns.
func (s *Sink) Send(_ context.Context, rows []export.Row) error {
	var size int64
	for i := range rows {
		size += int64(len(rows[i].JSON)) + 1
	}
	err := s.ready(size)
	if err == nil {
		err = s.write(rows, size)
	}
	if err != nil {
		return files.Failed(err)
	}
	if s.began.IsZero() {
		s.began = rows[0].Time
	}
	return nil
}

// ready makes sure that the file is the one by the name, and has room.
func (s *Sink) ready(more int64) error {
	if !s.there() {
		_ = s.Close() // it was moved, deleted or cut, or has failed
		if err := s.open(); err != nil {
			return err
		}
	}
	full := s.c.Size > 0 && s.size > 0 && s.size+more > s.c.Size
	old := s.c.Every > 0 && !s.began.IsZero() && s.now().Sub(s.began) >= s.c.Every
	if !full && !old {
		return nil
	}
	return s.finish()
}

func (s *Sink) there() bool {
	if s.end == nil {
		return false
	}
	have, err := s.end.file.Stat()
	if err != nil || have.Size() != s.size {
		return false
	}
	named, err := os.Stat(s.path())
	return err == nil && os.SameFile(have, named)
}

// write appends rows as lines, whose size is given, or nothing.
func (s *Sink) write(rows []export.Row, size int64) error {
	err := s.lines(rows, size)
	if err == nil {
		err = s.end.file.Sync()
	}
	if err != nil {
		_ = s.end.file.Truncate(s.size)
		_ = s.Close() // the next time repairs what is left
		return err
	}
	release(s.end.file, s.size&^(block-1), s.size+size)
	s.size += size
	return nil
}

func (s *Sink) lines(rows []export.Row, size int64) error {
	s.end.expect(size)
	for i := range rows {
		if err := s.end.add(rows[i].JSON); err != nil {
			return err
		}
		if err := s.end.add(newline); err != nil {
			return err
		}
	}
	return s.end.flush()
}

var newline = []byte{'\n'}

// Close implements export.Sink.
func (s *Sink) Close() error {
	if s.end == nil {
		return nil
	}
	err := s.end.close()
	s.end = nil
	return err
}
