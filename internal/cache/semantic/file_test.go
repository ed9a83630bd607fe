package semantic_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

// all reads what a feed has.
func all(t *testing.T, f semantic.Feed) (out []semantic.Record) {
	t.Helper()
	for {
		some, _, err := f.Since(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if some == nil {
			return out
		}
		out = append(out, some...)
	}
}

// file opens a feed that the test closes.
func file(t *testing.T, path string, most int64) *semantic.File {
	f := semantic.NewFile(path, most)
	t.Cleanup(func() { f.Close() })
	return f
}

func publish(t *testing.T, f semantic.Feed, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := f.Publish(t.Context(), record(n)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestANodeAloneKnowsItsPromptsAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prompts")
	one := startNode(t, file(t, path, 0))
	<-one.wait
	for n := range 700 { // more than a page
		one.Keep(record(n))
	}
	one.until(t, func() bool { return one.Told.Load() == 700 })
	two := startNode(t, file(t, path, 0))
	<-two.wait
	two.until(t, func() bool { return two.Heard.Load() == 700 })
	if m, ok, why := two.Find(keyOf(1), []float32{1, 9}, "prompt 9", 0.9); !ok || m.Key != keyOf(9) {
		t.Errorf("%+v %v %q", m, ok, why)
	}
	if two.Told.Load() != 0 {
		t.Error("it told what it heard")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestWhatBrokeOffOrIsDamagedInTheFileIsCutAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prompts")
	f := file(t, path, 0)
	publish(t, f, 0, 3)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), whole...)
	damaged[len(damaged)*2/3+20] ^= 1
	for name, c := range map[string]struct {
		has  []byte
		want int
	}{
		"torn":    {whole[:len(whole)-5], 2},
		"damaged": {damaged, 2},
		"foreign": {[]byte("SQLite format 3\x00 and so on"), 0},
		"huge":    {append(append([]byte(nil), whole...), 0xff, 0xff, 0xff, 0xff, 1), 3},
		"empty":   {nil, 0},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, c.has, 0o600); err != nil {
			t.Fatal(err)
		}
		f := file(t, path, 0)
		if got := all(t, f); len(got) != c.want {
			t.Errorf("%s: %d records", name, len(got))
		}
		publish(t, f, 10, 11)
		if got := all(t, file(t, path, 0)); len(got) != c.want+1 || got[c.want].Text != "prompt 10" {
			t.Errorf("%s: %d records after another", name, len(got))
		}
	}
}

func TestTheFilesOfPromptsAreBoundedAndHaveTheLatest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prompts")
	const most = 2000
	publish(t, file(t, path, most), 0, 100)
	size := int64(0)
	for _, name := range []string{path, path + ".old"} {
		info, err := os.Stat(name)
		if err != nil || info.Size() > most {
			t.Fatalf("%s: %v", name, err)
		}
		size += info.Size()
	}
	got := all(t, file(t, path, most))
	if len(got) < 10 || size <= most {
		t.Fatalf("only %d records in %d bytes", len(got), size)
	}
	for i, r := range got {
		if want := fmt.Sprint("prompt ", 100-len(got)+i); r.Text != want {
			t.Errorf("%s and not %s", r.Text, want)
		}
	}
}

func TestAFileThatCannotBeOpenedFailsEachQuestion(t *testing.T) {
	f := file(t, filepath.Join(t.TempDir(), "no", "such"), 0)
	if err := f.Publish(t.Context(), record(1)); err == nil {
		t.Error("no error")
	}
	if _, _, err := f.Since(t.Context(), ""); err == nil {
		t.Error("no error")
	}
}
