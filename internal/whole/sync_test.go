package whole

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// The name is on the disk too before anybody hears that the file is.
func TestTheDirectoryIsSyncedBehindTheRenaming(t *testing.T) {
	dir, why := t.TempDir(), errors.New("why")
	path := filepath.Join(dir, "a")
	err := replace(path, Private, Text([]byte("text")), func(at string) error {
		if text, err := os.ReadFile(path); at != dir || err != nil || string(text) != "text" {
			t.Errorf("%s: %q %v", at, text, err)
		}
		return why
	})
	if !errors.Is(err, why) {
		t.Errorf("it is told: %v", err)
	}
	if err := SyncDir(dir); err != nil {
		t.Error(err)
	}
	if err := SyncDir(path + "x"); err == nil {
		t.Error("of a directory that is not there")
	}
}
