package record_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

// What a killed process left of a file in bad/ is gone at the next start, and when something
// is forgotten.
func TestHalvesOfFilesDoNotStayInBad(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "bad", ".9-all.spool.4711.part")
	leave := func() {
		t.Helper()
		if err := os.WriteFile(half, []byte("jane"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gone := func(when string) {
		t.Helper()
		if _, err := os.Stat(half); !os.IsNotExist(err) {
			t.Errorf("%s it is there: %v", when, err)
		}
	}
	if err := os.Mkdir(filepath.Dir(half), 0o700); err != nil {
		t.Fatal(err)
	}
	leave()
	r := open(t, record.Options{Dir: dir, Store: newStore()})
	gone("after the start")
	leave()
	if _, _, err := r.ForgetAside(func(*gateway.Entry) bool { return false }); err != nil {
		t.Error(err)
	}
	gone("after forgetting")
}
