package cache_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

func openDisk(t *testing.T, path string, max int64, c *cachetest.Clock) *cache.Disk {
	t.Helper()
	d, err := cache.OpenDisk(context.Background(), path, max, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestDiskIsATier(t *testing.T) {
	cachetest.Run(t, func(t *testing.T, c *cachetest.Clock) cachetest.Harness {
		d := openDisk(t, filepath.Join(t.TempDir(), "cache.db"), 16<<20, c)
		return cachetest.Harness{Tier: d, Damage: func(key cache.Key, change func([]byte) []byte) {
			if err := d.DamageForTest(key, change); err != nil {
				t.Fatal(err)
			}
		}}
	})
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "cache.db") }

func put(t *testing.T, tier cache.Tier, n int, a *cache.Answer) {
	t.Helper()
	if err := tier.Put(t.Context(), cachetest.Key(n), a); err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, tier cache.Tier, n int) bool {
	t.Helper()
	a, err := tier.Get(t.Context(), cachetest.Key(n))
	if err != nil {
		t.Fatal(err)
	}
	return a != nil
}

func TestAnswersOnDiskSurviveARestart(t *testing.T) {
	path, clock := file(t), cachetest.NewClock()
	for run := range 3 {
		d := openDisk(t, path, 16<<20, clock)
		for i := range 10 * run {
			a, err := d.Get(t.Context(), cachetest.Key(i))
			if diff := cachetest.Diff(cachetest.Answer(clock.Now(), strings.Repeat("body", i)), a); err != nil || diff != "" {
				t.Fatalf("run %d, %d: %v %s", run, i, err, diff)
			}
		}
		if answers, _ := d.Size(); answers != int64(10*run) {
			t.Errorf("%d answers in run %d", answers, run)
		}
		for i := 10 * run; i < 10*run+10; i++ {
			put(t, d, i, cachetest.Answer(clock.Now(), strings.Repeat("body", i)))
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Get(t.Context(), cachetest.Key(1)); err == nil {
			t.Error("a closed tier answers")
		}
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := file(t)
	put(t, openDisk(t, path, 16<<20, cachetest.NewClock()), 1, cachetest.Answer(time.Now(), "body"))
	for _, beside := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + beside)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", beside, info, err)
		}
	}
}

func TestWhatWasUsedLeastRecentlyGoesFirstOverARestartToo(t *testing.T) {
	const max = 2 << 20
	path, clock := file(t), cachetest.NewClock()
	d := openDisk(t, path, max, clock)
	for i := range 40 {
		put(t, d, i, cachetest.Answer(clock.Now(), randomText(i, 50_000)))
		clock.Advance(time.Second)
	}
	clock.Advance(2 * time.Minute)
	if !has(t, d, 0) { // it is used now
		t.Fatal("it is not there")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openDisk(t, path, max, clock)
	for i := 40; i < 150; i++ {
		clock.Advance(time.Second)
		put(t, d, i, cachetest.Answer(clock.Now(), randomText(i, 50_000)))
		if i%20 == 0 {
			clock.Advance(time.Minute)
			has(t, d, 0)
		}
	}
	answers, bytes := d.Size()
	if !has(t, d, 0) || has(t, d, 1) || has(t, d, 45) || !has(t, d, 149) {
		t.Errorf("of %d answers the wrong ones are left", answers)
	}
	if answers < 60 || bytes > max || d.Evicted() != 150-answers {
		t.Errorf("%d answers, %d bytes, %d evicted", answers, bytes, d.Evicted())
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > max {
		t.Errorf("the file has %d bytes: %v", info.Size(), err)
	}
	put(t, d, 500, cachetest.Answer(clock.Now(), randomText(1, max)))
	if has(t, d, 500) || !has(t, d, 149) {
		t.Error("what is too large is kept, or has pushed out others")
	}
}

func TestAFileThatIsNoGoodIsReplaced(t *testing.T) {
	clock := cachetest.NewClock()
	fill := func(t *testing.T, path string) {
		d := openDisk(t, path, 16<<20, clock)
		for i := range 60 {
			put(t, d, i, cachetest.Answer(clock.Now(), randomText(i, 3000)))
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, spoil := range map[string]func(t *testing.T, path string) error{
		"text": func(t *testing.T, path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("not a database ", 999)), 0o600)
		},
		"cut":             func(t *testing.T, path string) error { fill(t, path); return os.Truncate(path, 20_000) },
		"empty":           func(t *testing.T, path string) error { return os.WriteFile(path, nil, 0o600) },
		"zeros in it":     func(t *testing.T, path string) error { fill(t, path); return overwrite(path, 0.2) },
		"another's":       func(t *testing.T, path string) error { return makeOther(path, "CREATE TABLE answers (id)") },
		"another version": func(t *testing.T, path string) error { fill(t, path); return makeOther(path, "PRAGMA user_version=2") },
		"tables gone":     func(t *testing.T, path string) error { fill(t, path); return makeOther(path, "DROP TABLE bodies") },
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			if err := spoil(t, path); err != nil {
				t.Fatal(err)
			}
			d := openDisk(t, path, 16<<20, clock)
			for i := range 60 { // some may be there, and right; the damage is found on the way
				a, _ := d.Get(t.Context(), cachetest.Key(i))
				if a != nil && string(a.Body) != randomText(i, 3000) {
					t.Fatal("a wrong answer")
				}
			}
			for i := range 10 {
				_ = d.Put(t.Context(), cachetest.Key(i), cachetest.Answer(clock.Now(), "before"))
			}
			_, _ = d.Sweep(t.Context(), func(*cache.About) bool { return true })
			for i := range 10 {
				put(t, d, i, cachetest.Answer(clock.Now(), "after"))
				if !has(t, d, i) {
					t.Fatal("it does not work again")
				}
			}
		})
	}
}

// overwrite writes zeros over the middle of a file, from a share of it on.
func overwrite(path string, from float64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, info.Size()*7/10), int64(float64(info.Size())*from))
	return errors.Join(err, f.Close())
}

func makeOther(path, statement string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

func TestAFileThatIsDamagedWhileItIsUsedIsReplaced(t *testing.T) {
	clock := cachetest.NewClock()
	d := openDisk(t, file(t), 16<<20, clock)
	put(t, d, 1, cachetest.Answer(clock.Now(), "body"))
	if err := d.ExecForTest("DROP TABLE bodies"); err != nil {
		t.Fatal(err)
	}
	if a, err := d.Get(t.Context(), cachetest.Key(1)); a != nil || err == nil {
		t.Errorf("%v, %v", a, err)
	}
	put(t, d, 2, cachetest.Answer(clock.Now(), "body"))
	if answers, _ := d.Size(); answers != 1 || !has(t, d, 2) || has(t, d, 1) {
		t.Errorf("%d answers", answers)
	}
}

func TestAFileThatCannotBeMadeIsAnErrorThatSaysWhere(t *testing.T) {
	_, err := cache.OpenDisk(t.Context(), filepath.Join(t.TempDir(), "no", "folder", "cache.db"), 1<<20, nil)
	if err == nil || !strings.Contains(err.Error(), "cache.db") {
		t.Error(err)
	}
}
