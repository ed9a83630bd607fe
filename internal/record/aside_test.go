package record_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

func TestWhatWasSetAsideOfAUserIsDeletedAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, store := t.TempDir(), newStore()
		store.set(refuse(uuid(1), uuid(2), uuid(3)))
		r := open(t, record.Options{Dir: dir, Store: store})
		for n := range 5 {
			e := withBodies(entry(n), 100)
			e.User = []string{"jane", "john", "jane", "john", "jane"}[n]
			r.Append(e)
		}
		for n := 5; n < 500; n++ { // which show that the store takes others
			r.Append(entry(n))
			<-time.After(20 * time.Millisecond)
		}
		advance(time.Minute)
		bad := filepath.Join(dir, "bad")
		files, _ := filepath.Glob(filepath.Join(bad, "*.spool"))
		if len(files) != 3 {
			t.Fatalf("set aside: %v", files)
		}
		// A whole segment that could not be read once: all calls, and a damaged end.
		whole := []byte("slspool\x01")
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			whole = append(whole, text[8:]...)
		}
		if err := os.WriteFile(filepath.Join(bad, "9-all.spool"), append(slices.Clone(whole), "torn"...), 0o600); err != nil {
			t.Fatal(err)
		}
		calls, unread, err := r.ForgetAside(func(e *gateway.Entry) bool { return e.User == "jane" })
		if err != nil || calls != 2 || unread != 1 {
			t.Errorf("%d calls, %d unread, %v", calls, unread, err)
		}
		var left []string
		names, _ := filepath.Glob(filepath.Join(bad, "*"))
		for _, f := range names {
			text, err := os.ReadFile(f)
			if err != nil || bytes.Contains(text, []byte("jane")) {
				t.Errorf("%s, %v: %q", f, err, text)
			}
			left = append(left, filepath.Base(f))
		}
		if len(left) != 3 || r.Stats().BadBytes == 0 {
			t.Errorf("left: %v", left)
		}
		if calls, _, err := r.ForgetAside(func(e *gateway.Entry) bool { return e.User == "john" }); err != nil || calls != 4 {
			t.Errorf("%d calls of another, %v", calls, err)
		}
	})
}

func TestWhereNothingWasSetAsideNothingIsForgotten(t *testing.T) {
	r := open(t, record.Options{Dir: t.TempDir(), Store: newStore()})
	if calls, unread, err := r.ForgetAside(func(*gateway.Entry) bool { return true }); calls+unread != 0 || err != nil {
		t.Errorf("%d, %d, %v", calls, unread, err)
	}
}
