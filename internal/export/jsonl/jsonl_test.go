package jsonl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/jsonl"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines reads all rows of a directory, the oldest first.
func lines(t *testing.T, dir string) (out []exporttest.Got) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	slices.Sort(names) // "a-…" before "a.jsonl"
	for _, file := range names {
		for line := range bytes.Lines(unpacked(t, filepath.Join(dir, file))) {
			var head struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(line, &head); err != nil {
				t.Fatalf("%s: %q: %v", file, line, err)
			}
			out = append(out, exporttest.Got{ID: head.ID, Doc: bytes.TrimSpace(line)})
		}
	}
	return out
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(b)
	switch filepath.Ext(path) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		z, zerr := zstd.NewReader(r)
		if zerr == nil {
			defer z.Close()
		}
		r, err = z, zerr
	}
	if err == nil {
		b, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b
}

func TestASink(t *testing.T) {
	for _, c := range []jsonl.Config{{Compress: "none"}, {Compress: "gzip", Size: 30_000}, {Compress: "zstd", Size: 30_000}} {
		t.Run(c.Compress, func(t *testing.T) {
			exporttest.Run(t, exporttest.Suite{New: func(t *testing.T) *exporttest.Place {
				c := c
				c.Dir, c.Name = filepath.Join(t.TempDir(), "deep", "down"), "out"
				return &exporttest.Place{
					Open: func() (export.Sink, error) { return jsonl.Open(c, time.Now) },
					Read: func(t *testing.T) []exporttest.Got { return lines(t, c.Dir) },
					Away: func(away bool) { swapForFile(t, c.Dir, away) },
				}
			}})
		})
	}
}

// swapForFile puts a file in the place of a directory, or the directory back.
func swapForFile(t *testing.T, dir string, away bool) {
	t.Helper()
	var err error
	if away {
		if err = os.Rename(dir, dir+".away"); err == nil {
			err = os.WriteFile(dir, nil, 0o600)
		}
	} else if err = os.Remove(dir); err == nil {
		err = os.Rename(dir+".away", dir)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func rows(n ...int) (out []export.Row) {
	for _, i := range n {
		at := epoch.Add(time.Duration(i) * time.Minute)
		out = append(out, export.Row{ID: fmt.Sprint(i), Time: at, JSON: fmt.Appendf(nil, `{"id":"%d","time":"%s"}`, i, at.Format(time.RFC3339))})
	}
	return out
}

func open(t *testing.T, c jsonl.Config, now *time.Time) *jsonl.Sink {
	t.Helper()
	s, err := jsonl.Open(c, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func send(t *testing.T, s *jsonl.Sink, n ...int) {
	t.Helper()
	if err := s.Send(context.Background(), rows(n...)); err != nil {
		t.Fatal(err)
	}
}

func ids(all []exporttest.Got) (out []string) {
	for _, g := range all {
		out = append(out, g.ID)
	}
	return out
}

func TestALineThatACrashCutIsRemoved(t *testing.T) {
	for _, left := range []string{`{"id":"9","ti`, "", strings.Repeat("x", 200_000)} {
		c, now := jsonl.Config{Dir: t.TempDir(), Name: "a"}, epoch
		s := open(t, c, &now)
		send(t, s, 1, 2)
		s.Close()
		f, err := os.OpenFile(filepath.Join(c.Dir, "a.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(left)
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		send(t, open(t, c, &now), 3)
		if got := ids(lines(t, c.Dir)); !slices.Equal(got, []string{"1", "2", "3"}) {
			t.Errorf("after %.20q: %v", left, got)
		}
	}
}

func TestAFileIsFinishedByAgeAndTheOldestGo(t *testing.T) {
	c, now := jsonl.Config{Dir: t.TempDir(), Name: "a", Every: time.Hour, Keep: 2, Compress: "gzip"}, epoch
	other := jsonl.Config{Dir: c.Dir, Name: "a-b"} // whose name goes on like this one's
	send(t, open(t, other, &now), 100)
	for i := range 5 {
		now = epoch.Add(time.Duration(i) * time.Hour)
		s := open(t, c, &now) // also over restarts
		send(t, s, i*60, i*60+1)
		s.Close()
	}
	if got := ids(lines(t, c.Dir)); !slices.Equal(got, []string{"120", "121", "180", "181", "100", "240", "241"}) {
		t.Errorf("%v", got)
	}
	all, _ := filepath.Glob(filepath.Join(c.Dir, "a-*.gz"))
	if len(all) != 2 {
		t.Errorf("finished files: %v", all)
	}
}

func TestAFileThatWasMovedAwayIsBegunAnew(t *testing.T) {
	c, now := jsonl.Config{Dir: t.TempDir(), Name: "a"}, epoch
	s := open(t, c, &now)
	send(t, s, 1)
	if err := os.Rename(filepath.Join(c.Dir, "a.jsonl"), filepath.Join(c.Dir, "a.0")); err != nil {
		t.Fatal(err)
	}
	send(t, s, 2)
	if got := ids(lines(t, c.Dir)); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("%v", got)
	}
}

func TestWhatACrashLeftOfCompressingIsFinished(t *testing.T) {
	c, now := jsonl.Config{Dir: t.TempDir(), Name: "a", Size: 1, Compress: "none"}, epoch
	s := open(t, c, &now)
	send(t, s, 1)
	now = now.Add(time.Second)
	send(t, s, 2)
	s.Close()
	left := filepath.Join(c.Dir, ".a-20260301T120001.000000000Z.jsonl.gz.123.part")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Compress = "gzip"
	open(t, c, &now)
	if got := ids(lines(t, c.Dir)); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("%v", got)
	}
}
