package resume_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/resume"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func store(t *testing.T, o resume.Options) (*resume.Store, *clock) {
	t.Helper()
	c := &clock{at: time.Unix(1000, 0)}
	o.Now, o.Dir = c.now, t.TempDir()
	s := resume.New(o)
	t.Cleanup(func() {
		s.Close()
		if memory, disk := s.Used(); memory != 0 || disk != 0 {
			t.Errorf("%d and %d bytes are still counted", memory, disk)
		}
	})
	return s, c
}

// whole reads a tape from an offset to its end.
func whole(t *testing.T, tape *resume.Tape, at int64) ([]byte, error) {
	t.Helper()
	var got []byte
	buf := make([]byte, 700)
	for {
		n, err := tape.ReadAt(t.Context(), buf, at)
		if err != nil {
			return got, err
		}
		got, at = append(got, buf[:n]...), at+int64(n)
	}
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + i/7%26)
	}
	return b
}

func TestATapeGivesBackWhatWasWrittenInMemoryAndOnDisk(t *testing.T) {
	for name, size := range map[string]int{"in memory": 20_000, "on disk": 300_000} {
		s, _ := store(t, resume.Options{Head: 64 << 10})
		tape, want := s.Open("a", resume.About{Owner: "me"}), text(size)
		for rest, n := want, 1; len(rest) > 0; n = n*3%4001 + 1 {
			n = min(n, len(rest))
			if err := tape.Append(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		tape.End([][2]string{{"X", "1"}}, false)
		found := s.Find("a")
		if found == nil || found.Owner != "me" {
			t.Fatalf("%s: found %+v", name, found)
		}
		for _, at := range []int{0, 1, 4096, size / 2, size - 1, size} {
			if got, err := whole(t, found, int64(at)); err != io.EOF || !bytes.Equal(got, want[at:]) {
				t.Errorf("%s: from %d came %d bytes, %v", name, at, len(got), err)
			}
		}
		if tr := found.Trailer(); len(tr) != 1 || tr[0] != [2]string{"X", "1"} {
			t.Errorf("%s: trailer %v", name, tr)
		}
		memory, disk := s.Used()
		if onDisk := size > 64<<10; memory > 200<<10 || (disk > 0) != onDisk {
			t.Errorf("%s: %d bytes in memory, %d on disk", name, memory, disk)
		}
		found.Release()
	}
}

func TestAReaderFollowsAWriterAndLeavesWhenItWants(t *testing.T) {
	s, _ := store(t, resume.Options{Head: 8 << 10})
	tape, want := s.Open("a", resume.About{}), text(100_000)
	var wg sync.WaitGroup
	for range 3 {
		found := s.Find("a")
		wg.Go(func() {
			defer found.Release()
			if got, err := whole(t, found, 0); !errors.Is(err, resume.ErrCut) || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	for i := 0; i < len(want); i += 500 {
		if err := tape.Append(want[i : i+500]); err != nil {
			t.Fatal(err)
		}
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := tape.ReadAt(left, make([]byte, 1), int64(len(want))); !errors.Is(err, context.Canceled) {
		t.Errorf("a reader who left: %v", err)
	}
	tape.End(nil, true)
	wg.Wait()
}

func TestATapeIsGoneSomeTimeAfterItsEnd(t *testing.T) {
	s, c := store(t, resume.Options{Keep: time.Minute})
	tape := s.Open("a", resume.About{})
	c.pass(time.Hour)
	if found := s.Find("a"); found == nil {
		t.Fatal("a stream that still runs is gone")
	} else {
		found.Release()
	}
	tape.End(nil, false)
	c.pass(59 * time.Second)
	found := s.Find("a")
	if found == nil {
		t.Fatal("it went too early")
	}
	c.pass(time.Second)
	if late := s.Find("a"); late != nil {
		t.Error("it is still there")
	}
	if _, err := found.ReadAt(t.Context(), make([]byte, 1), 0); err != io.EOF {
		t.Errorf("who had found it got %v", err)
	}
	found.Release()
	if memory, _ := s.Used(); memory != 0 {
		t.Errorf("%d bytes are held", memory)
	}
}

func TestWhatEndedFirstGivesWayAndWhatRunsOrIsReadDoesNot(t *testing.T) {
	s, _ := store(t, resume.Options{Memory: 20 << 10, Disk: 1})
	ended := func(id string) {
		t.Helper()
		tape := s.Open(id, resume.About{})
		if tape == nil {
			t.Fatalf("no room for %s", id)
		}
		tape.End(nil, false)
	}
	running := s.Open("running", resume.About{})
	ended("first")
	ended("second")
	read := s.Find("first")
	ended("third")
	ended("fourth")
	ended("fifth") // the memory holds five
	for id, there := range map[string]bool{"running": true, "first": true, "second": false, "third": true, "fourth": true, "fifth": true} {
		found := s.Find(id)
		if (found != nil) != there {
			t.Errorf("%s is there: %v", id, found != nil)
		}
		if found != nil {
			defer found.Release()
		}
	}
	if s.Open("sixth", resume.About{}) != nil {
		t.Error("there was room though all is in use")
	}
	read.Release()
	if err := running.Append(text(5000)); !errors.Is(err, resume.ErrNoRoom) {
		t.Errorf("more was kept than there is room for: %v", err)
	}
	running.GiveUp()
	if s.Find("running") != nil {
		t.Error("what was given up is found")
	}
}

func TestATapeThatIsGivenUpTellsItsReaders(t *testing.T) {
	s, _ := store(t, resume.Options{Most: 10})
	tape := s.Open("a", resume.About{})
	found := s.Find("a")
	defer found.Release()
	if err := tape.Append(text(8)); err != nil {
		t.Fatal(err)
	}
	if err := tape.Append(text(8)); !errors.Is(err, resume.ErrNoRoom) {
		t.Fatal(err)
	}
	tape.GiveUp()
	if got, err := whole(t, found, 0); !errors.Is(err, resume.ErrLost) || len(got) != 8 {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNothingIsLeftInTheFolder(t *testing.T) {
	dir := t.TempDir()
	s := resume.New(resume.Options{Dir: dir, Head: 1})
	tape := s.Open("a", resume.About{})
	if err := tape.Append(text(9000)); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("%v, %v", files, err)
	}
	tape.End(nil, false)
	s.Close()
	if s.Open("b", resume.About{}) != nil || s.Find("a") != nil {
		t.Error("a closed store still takes or gives")
	}
	broken := resume.New(resume.Options{Dir: dir + "/none", Head: 1})
	defer broken.Close()
	tape = broken.Open("a", resume.About{})
	if err := tape.Append(text(9000)); !errors.Is(err, resume.ErrNoRoom) {
		t.Errorf("without a disk: %v", err)
	}
	tape.GiveUp()
}
