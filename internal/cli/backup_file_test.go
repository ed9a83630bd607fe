package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Two that write one file at the same time, as cron jobs do that take longer than a day, do
// not write into each other's.
func TestTwoWritersOfOneFileDoNotMix(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "all.tar.zst")
	if err := os.WriteFile(name+".part", []byte("planted"), 0o666); err != nil {
		t.Fatal(err)
	}
	started, goOn, first := make(chan struct{}), make(chan struct{}), make(chan error)
	write := func(text string, between func()) error {
		return writeFile(&Env{}, name, func(w io.Writer) error {
			if _, err := io.WriteString(w, text[:4]); err != nil {
				return err
			}
			between()
			_, err := io.WriteString(w, text[4:])
			return err
		})
	}
	go func() { first <- write("first and long", func() { close(started); <-goOn }) }()
	<-started
	if err := write("second", func() {}); err != nil {
		t.Errorf("the second: %v", err)
	}
	close(goOn)
	if err := <-first; err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("the first, which came too late: %v", err)
	}
	text, err := os.ReadFile(name)
	info, _ := os.Stat(name)
	if err != nil || string(text) != "second" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v", text, info.Mode(), err)
	}
	if parts, _ := filepath.Glob(filepath.Join(dir, ".*.part")); len(parts) > 0 {
		t.Errorf("left behind: %v", parts)
	}
}
