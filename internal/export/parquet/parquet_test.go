package parquet_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/parquet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestASink(t *testing.T) {
	exporttest.Run(t, exporttest.Suite{Same: exporttest.SameAsParquet, New: func(t *testing.T) *exporttest.Place {
		root := t.TempDir()
		real, nothing, link := filepath.Join(root, "real"), filepath.Join(root, "nothing"), filepath.Join(root, "link")
		dir := filepath.Join(link, "deep")
		if err := errors.Join(os.Mkdir(real, 0o700), os.WriteFile(nothing, nil, 0o600), os.Symlink(real, link)); err != nil {
			t.Fatal(err)
		}
		return &exporttest.Place{
			Open: func() (export.Sink, error) { return parquet.Open(parquet.Config{Dir: dir, Name: "out"}) },
			Read: func(t *testing.T) (all []exporttest.Got) {
				names, _ := filepath.Glob(filepath.Join(dir, "out-*.parquet"))
				slices.Sort(names)
				for _, name := range names {
					file, err := os.ReadFile(name)
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, exporttest.FromParquet(t, file)...)
				}
				return all
			},
			Away: func(away bool) { // at once: the worker makes the folder where there is none
				to := real
				if away {
					to = nothing
				}
				if err := errors.Join(os.Symlink(to, link+".next"), os.Rename(link+".next", link)); err != nil {
					t.Fatal(err)
				}
			},
		}
	}})
}

func TestOldFilesGo(t *testing.T) {
	dir := t.TempDir()
	s, err := parquet.Open(parquet.Config{Dir: dir, Name: "a", Keep: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		e := exporttest.Entry(i * 1000)
		if err := s.Send(t.Context(), []export.Row{{ID: e.ID, Time: e.Time, JSON: e.AppendJSON(nil)}}); err != nil {
			t.Fatal(err)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 2 {
		t.Errorf("%v", left)
	}
}

// Exports may have names of which one goes on like the other, and write to one place; what
// came late is not the oldest file.
func TestNoFileOfAnotherExportGoesAndNoneThatWasJustWritten(t *testing.T) {
	dir := t.TempDir()
	open := func(name string, keep int) *parquet.Sink {
		s, err := parquet.Open(parquet.Config{Dir: dir, Name: name, Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	send := func(s *parquet.Sink, n int, age time.Duration) {
		e := exporttest.Entry(n)
		if err := s.Send(t.Context(), []export.Row{{ID: e.ID, Time: e.Time.Add(-age), JSON: e.AppendJSON(nil)}}); err != nil {
			t.Fatal(err)
		}
	}
	other := open("a-2", 0)
	for i := range 3 {
		send(other, i, 0)
	}
	half := filepath.Join(dir, ".a-2-20260301T120000.000Z-0123456789abcdef.parquet.123.part")
	if err := os.WriteFile(half, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open("a", 2)
	for i := range 5 {
		send(s, 10+i, time.Duration(i)*time.Hour)
	}
	mine, _ := filepath.Glob(filepath.Join(dir, "a-20*"))
	others, _ := filepath.Glob(filepath.Join(dir, "a-2-20*"))
	if _, err := os.Stat(half); err != nil || len(mine) != 2 || len(others) != 3 {
		t.Errorf("%v, %v, and what is being written: %v", mine, others, err)
	}
	newest := exporttest.Entry(14).Time.Add(-4 * time.Hour).UTC().Format("20060102T150405")
	if !slices.ContainsFunc(mine, func(name string) bool { return strings.Contains(name, newest) }) {
		t.Errorf("the file that was written last, of %s, is gone: %v", newest, mine)
	}
}

func TestWhatIsLeftOutIsNull(t *testing.T) {
	s, err := parquet.Open(parquet.Config{Dir: t.TempDir(), Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := json.Marshal(map[string]any{"id": "1", "time": "2026-03-01T12:00:00Z", "bodies": map[string]string{"a": "b"}})
	if err := s.Send(t.Context(), []export.Row{{ID: "1", JSON: doc}}); err != nil {
		t.Fatal(err)
	}
}
