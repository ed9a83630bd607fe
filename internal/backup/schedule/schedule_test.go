package schedule

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"

	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// world is a node that makes backups of a small store into a directory.
type world struct {
	t     testing.TB
	store *store.Store
	dir   string
	plan  Plan
	wrap  func(io.Writer) io.Writer
}

func newWorld(t testing.TB) *world {
	dir := filepath.Join(t.TempDir(), "backups")
	w := &world{t: t, store: storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db")), dir: dir}
	w.plan = Plan{When: When{Every: 24 * time.Hour}, Name: dir, Keep: 3, Timeout: time.Hour, Open: func(context.Context) (Place, error) { return OpenDir(dir) }}
	return w
}

func (w *world) node() *Schedule {
	s := New(Options{
		Store: w.store, Missing: store.ErrNotFound, Plan: func() *Plan { p := w.plan; return &p }, Flush: func(context.Context) int64 { return 0 },
		Version: "test", Node: "here", Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	s.wrap, s.newID = w.wrap, func() string { return "0a1b2c3d" }
	return s
}

func (w *world) look(s *Schedule) {
	w.t.Helper()
	if err := s.Look(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) names() []string {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (w *world) want(names ...string) {
	w.t.Helper()
	if got := w.names(); !slices.Equal(got, names) {
		w.t.Errorf("there are %q, want %q", got, names)
	}
}

// In synctest's bubbles it is the beginning of the year 2000.
const day1, day2, day3, day4 = "sluice-20000101T000000Z-0a1b2c3d.tar.zst", "sluice-20000102T000000Z-0a1b2c3d.tar.zst", "sluice-20000103T000000Z-0a1b2c3d.tar.zst", "sluice-20000104T000000Z-0a1b2c3d.tar.zst"

func TestBackupsAreMadeWhenTheyAreDueAndTheOldestGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		s := w.node()
		over := make(chan struct{})
		go func() { s.Run(ctx); close(over) }()
		sleep := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		sleep(time.Minute)
		w.want(day1)
		sleep(23 * time.Hour)
		w.want(day1)
		stranger := filepath.Join(w.dir, "sluice-19990101T000000Z-ffffffff.tar.zst") // that looks like one
		if err := os.WriteFile(stranger, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		sleep(70 * time.Hour)
		w.want(filepath.Base(stranger), day2, day3, day4)
		st := s.State()
		if len(st.Files) != 3 || st.Last().Name != day4 || st.Failures != 0 || st.Made.IsZero() || st.Overdue(w.plan.When, time.Now()) {
			t.Errorf("%+v", st)
		}
		cancel()
		<-over
	})
}

func TestABackupByTheClockCanBeRestoredAndIsTold(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		w := newWorld(t)
		k, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		if w.plan.Entries = true; sealed {
			w.plan.Recipients = []age.Recipient{k.Recipient()}
		}
		if err := w.store.PutEntries(t.Context(), storetestEntries()); err != nil {
			t.Fatal(err)
		}
		s := w.node()
		w.look(s)
		last := last(s)
		f, err := os.Open(filepath.Join(w.dir, last.Name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if strings.HasSuffix(last.Name, ".age") != sealed {
			t.Errorf("sealed: %v, name %s", sealed, last.Name)
		}
		fresh, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "fresh.db"))
		if err != nil {
			t.Fatal(err)
		}
		h, _, err := backup.Restore(t.Context(), fresh, f, func() (string, error) { return k.String(), nil }, func(int64, int64) {}, func(int64, int64) {})
		if err != nil || h.Rows() != last.Rows {
			t.Errorf("%+v %v, told %+v", h, err, last)
		}
		if err := fresh.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := fresh.Entry(t.Context(), storetest.ID(1)); err != nil {
			t.Error(err)
		}
		_ = fresh.Close()
		page, err := w.store.Audit(t.Context(), store.AuditQuery{Action: "backup.create", Outcome: "ok"})
		if err != nil || len(page.Events) != 1 || page.Events[0].Object.ID != last.Name || string(page.Events[0].Changes) != `[{"path":"bodies","before":null,"after":true}]` {
			t.Errorf("%+v %v", page.Events, err)
		}
	}
}

func TestOfSeveralNodesOneMakesTheBackup(t *testing.T) {
	w := newWorld(t)
	var running, most atomic.Int32
	w.wrap = func(to io.Writer) io.Writer {
		most.Store(max(most.Load(), running.Add(1)))
		return writerFunc(func(b []byte) (int, error) { return to.Write(b) })
	}
	nodes := []*Schedule{w.node(), w.node(), w.node()}
	done := make(chan error, len(nodes))
	for _, s := range nodes {
		go func() { done <- s.Look(t.Context()) }()
	}
	for range nodes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := w.names(); len(got) != 1 || most.Load() != 1 {
		t.Errorf("%q, %d at once", got, most.Load())
	}
	w.look(nodes[2])
	if st := nodes[2].State(); len(st.Files) != 1 {
		t.Errorf("the others know of %+v", st)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestAFullDiskIsToldLeavesNothingAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		full := true
		w.wrap = func(to io.Writer) io.Writer {
			n := 0
			return writerFunc(func(b []byte) (int, error) {
				if n += len(b); full && n > 1000 {
					return 0, &os.PathError{Op: "write", Path: "backup", Err: syscall.ENOSPC}
				}
				return to.Write(b)
			})
		}
		s := w.node()
		w.look(s)
		w.want()
		if st := s.State(); st.Failed != 1 || !strings.Contains(st.Error, "no space left") || st.Last() != nil || !st.Made.IsZero() {
			t.Errorf("%+v", st)
		}
		w.look(s) // not at once
		time.Sleep(15 * time.Minute)
		w.look(s)
		if st := s.State(); st.Failed != 2 || st.Failures != 2 {
			t.Errorf("%+v", st)
		}
		page, err := w.store.Audit(t.Context(), store.AuditQuery{Action: "backup.create"})
		if err != nil || len(page.Events) != 1 || page.Events[0].Outcome != "refused" {
			t.Errorf("each failure is told once: %+v %v", page.Events, err)
		}
		full = false
		time.Sleep(15 * time.Minute)
		w.look(s)
		if st := s.State(); len(w.names()) != 1 || st.Failed != 0 || st.Error != "" || st.Failures != 2 {
			t.Errorf("%q %+v", w.names(), st)
		}
	})
}

func TestAPlaceThatCannotBeWrittenIsTold(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(w.dir, nil, 0o600); err != nil { // a file is in the way
		t.Fatal(err)
	}
	s := w.node()
	w.look(s)
	if st := s.State(); st.Failed != 1 || !strings.Contains(st.Error, "not a directory") {
		t.Errorf("%+v", st)
	}
	w.plan.Open = func(context.Context) (Place, error) { return OpenDir(filepath.Join(w.dir, "..", "not", "there")) }
	s = w.node()
	if st := s.State(); st.Failed != 0 {
		t.Errorf("%+v", st)
	}
}

// A disk that gives back something else than was written is found before the old backups go.
func TestWhatCannotBeReadBackIsNoBackup(t *testing.T) {
	w := newWorld(t)
	w.wrap = func(to io.Writer) io.Writer {
		return writerFunc(func(b []byte) (int, error) {
			b = bytes.Clone(b)
			b[len(b)-1] ^= 1
			return to.Write(b)
		})
	}
	s := w.node()
	w.look(s)
	w.want()
	if st := s.State(); !strings.Contains(st.Error, "something else than was written") {
		t.Errorf("%+v", st)
	}
}

func TestOnlyBackupsThatAreAsTheyWereMadeCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.plan.Keep = 2
		s := w.node()
		w.look(s)
		for range 2 {
			time.Sleep(24 * time.Hour)
			w.look(s)
		}
		w.want(day2, day3)
		if err := os.Truncate(filepath.Join(w.dir, day3), 100); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		w.look(s)
		w.want(day2, day3, day4) // the second whole one stays
		if st := s.State(); !strings.Contains(st.Warning, day3) {
			t.Errorf("%+v", st)
		}
		if err := os.Remove(filepath.Join(w.dir, day3)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		w.look(s)
		if st := s.State(); st.Warning != "" || len(st.Files) != 2 || len(w.names()) != 2 {
			t.Errorf("%q %+v", w.names(), st)
		}
	})
}

func TestTimesOfTheDayAndTheWeek(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		clock       Clock
		after, next string
	}{
		{Clock{Hour: 3, Minute: 30, Day: -1}, "2026-03-10 03:29", "2026-03-10 03:30"},
		{Clock{Hour: 3, Minute: 30, Day: -1}, "2026-03-10 03:30", "2026-03-11 03:30"},
		{Clock{Hour: 3, Minute: 30, Day: 0}, "2026-03-10 03:30", "2026-03-15 03:30"},
		{Clock{Hour: 2, Minute: 30, Day: -1}, "2026-03-28 12:00", "2026-03-29 03:30"}, // the time is left out on that day
		{Clock{Hour: 3, Minute: 0, Day: 0}, "2026-03-29 12:00", "2026-04-05 03:00"},
	} {
		if got := (When{At: c.clock, Zone: berlin}).next(at(c.after)); !got.Equal(at(c.next)) {
			t.Errorf("%+v after %s: %s", c, c.after, got)
		}
	}
	daily := When{At: Clock{Hour: 3, Day: -1}, Zone: time.UTC}
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	if st := (State{Since: now}); !st.Due(daily).Equal(time.Date(2026, 3, 11, 3, 0, 0, 0, time.UTC)) || st.Overdue(daily, now.Add(47*time.Hour)) || !st.Overdue(daily, now.Add(49*time.Hour)) {
		t.Errorf("due %s", st.Due(daily))
	}
	if st := (State{Since: now.Add(-100 * time.Hour), Made: now.Add(-50 * time.Hour)}); !st.Overdue(daily, now) || st.Due(daily).After(now) {
		t.Error("what was missed is due at once")
	}
}

const childDir = "SLUICE_TEST_BACKUPS"

// backUpForever makes a backup, says when half of it is written, and waits for its end.
func backUpForever(ctx context.Context, dir string) {
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "s.db"))
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err == nil {
		w := &world{store: s, dir: dir}
		w.plan = Plan{When: When{Every: time.Hour}, Name: dir, Keep: 3, Timeout: time.Hour, Open: func(context.Context) (Place, error) { return OpenDir(dir) }}
		w.wrap = func(to io.Writer) io.Writer {
			return writerFunc(func(b []byte) (int, error) {
				n, err := to.Write(b)
				fmt.Println("half")
				<-ctx.Done() // never
				return n, err
			})
		}
		err = w.node().Look(ctx)
	}
	fmt.Println("through", err)
	os.Exit(1)
}

func TestWhatIsKilledInTheMiddleLeavesNoBackup(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "half\n" {
		t.Fatalf("%q %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	parts, whole := 0, 0
	count := func() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		parts, whole = 0, 0
		for _, e := range entries {
			if backupName.MatchString(e.Name()) {
				whole++
			}
			if partName.MatchString(e.Name()) {
				parts++
			}
		}
	}
	if count(); parts != 1 || whole != 0 {
		t.Fatalf("%d parts, %d backups", parts, whole)
	}
	w := newWorld(t)
	w.store, w.dir = storetest.Open(t, "sqlite:"+filepath.Join(dir, "s.db")), dir
	w.plan.Name, w.plan.Open = dir, func(context.Context) (Place, error) { return OpenDir(dir) }
	s := w.node()
	s.Now = func() time.Time { return time.Now().Add(lease + time.Minute) } // that of the dead one is over
	w.look(s)
	if count(); parts != 0 || whole != 1 {
		t.Errorf("%d parts, %d backups afterwards", parts, whole)
	}
}

// A node that is killed behind the renaming had no time to say so.
func TestABackupThatWasPutButNotToldIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.plan.Keep = 1
		s := w.node()
		w.look(s)
		st := s.State()
		f := *st.Last()
		st.Files, st.Unsure, st.Made = nil, []File{f}, time.Time{}
		if err := s.save(t.Context(), &st); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		w.look(s)
		w.want(day2) // it was known, and so it could go
	})
}

func storetestEntries() []*gateway.Entry {
	return []*gateway.Entry{storetest.Entry(1), storetest.Entry(2)}
}

func last(s *Schedule) *File {
	st := s.State()
	return st.Last()
}
