package parquet_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/parquet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestASink(t *testing.T) {
	exporttest.Run(t, exporttest.Suite{Same: exporttest.SameAsParquet, New: func(t *testing.T) *exporttest.Place {
		dir := filepath.Join(t.TempDir(), "deep")
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
			Away: func(away bool) {
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
