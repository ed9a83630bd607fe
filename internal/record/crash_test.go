package record_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

// crashDir tells the test binary that it is the child that gets killed.
const crashDir = "SLUICE_RECORD_CRASH_DIR"

// crashCounter is what the child's calls pay into.
const crashCounter = "00112233445566778899aabbccddeeff"

// crashChild appends entries for ever and writes each number when Append has returned.
func crashChild(dir string) {
	store := newStore()
	store.set(away)
	r, err := record.Open(record.Options{Dir: dir, Store: store, MaxBytes: 64 << 20, Logger: quiet()})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for n := 0; ; n++ {
		e := withBodies(entry(n), n%2000)
		e.Settlements = []gateway.Settlement{settlement(crashCounter, gateway.USD(n), e.Time)}
		r.Append(e)
		fmt.Println(n)
		if n%64 == 0 {
			<-time.After(5 * time.Millisecond)
		}
	}
}

// aMoment is how long before the end what was appended is safe, on a machine
// that has time.
const aMoment = 100 * time.Millisecond

func TestWhatWasAppendedAMomentBeforeKill9Survives(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acked := killAfter(t, child, out, 1000)

	store := newStore()
	r := open(t, record.Options{Dir: dir, Store: store, MaxBytes: 64 << 20, Paused: true})
	have := make(map[string]bool)
	for _, id := range pendingIDs(r) {
		have[id] = true
	}
	for n := range acked + 1 {
		if !have[uuid(n)] {
			t.Fatalf("entry %d of %d was appended %v before the kill and is lost (have %d)", n, acked, aMoment, len(have))
		}
	}
	var want gateway.USD
	r.Pending(func(e *gateway.Entry) bool {
		want += e.Settlements[0].Amount
		return true
	})
	if sum, ids := r.PendingSpent(crashCounter, time.Time{}); sum != want || len(ids) != len(have) {
		t.Errorf("%v is pending of %d entries, want %v of %d", sum, len(ids), want, len(have))
	}
	r.Pause(false)
	flush(t, r)
	if store.len() != len(have) {
		t.Errorf("%d entries in the store, %d were pending", store.len(), len(have))
	}
	if sum := store.spent(crashCounter); sum != want {
		t.Errorf("the store got %v, want %v", sum, want)
	}
	t.Logf("acknowledged %v before the kill: %d, recovered: %d, cut: %d bytes", aMoment, acked+1, len(have), r.Stats().CutBytes)
}

// further is how many entries the child appends in a moment of its own: it rests 5 ms behind
// each 64.
const further = int(aMoment / (5 * time.Millisecond) * 64)

// killAfter reads numbers until n, kills the child a moment later while it goes on, and
// gives the number that was read first. A child that was not let run meanwhile had no moment.
func killAfter(t *testing.T, child *exec.Cmd, out io.Reader, n int) (acked int) {
	t.Helper()
	reached, lived := make(chan int, 1), make(chan struct{})
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			got, err := strconv.Atoi(lines.Text())
			if err == nil && got == n {
				reached <- got
			}
			if err == nil && got == n+further {
				close(lived)
			}
		}
	}()
	select {
	case acked = <-reached:
	case <-time.After(time.Minute):
		t.Error("the child does not append")
	}
	<-time.After(aMoment)
	select {
	case <-lived:
	case <-time.After(time.Minute):
		t.Error("the child does not go on")
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	<-drained
	child.Wait() //nolint:errcheck // killed
	return acked
}

// spooled writes n entries to a spool and gives its one segment.
func spooled(t *testing.T, n int) (path string, content []byte) {
	t.Helper()
	dir := t.TempDir()
	r := open(t, record.Options{Dir: dir, Store: newStore(), Paused: true})
	for i := range n {
		r.Append(entry(i))
		r.Depth()
		pendingIDs(r) // one write each, so that they stand in order
	}
	closeNow(t, r)
	files := segments(t, dir)
	if len(files) != 1 {
		t.Fatalf("segments %v", files)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(files[0]), content
}

func TestATornTailCostsNothingButItself(t *testing.T) {
	name, whole := spooled(t, 3)
	_, two := spooled(t, 2)
	dir := t.TempDir()
	check := func(what string, content []byte, cut int64) {
		t.Helper()
		for _, f := range segments(t, dir) {
			os.Remove(f)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		r := open(t, record.Options{Dir: dir, Store: newStore(), Paused: true})
		defer closeNow(t, r)
		if got := r.Stats(); got.Depth != 2 || got.CutBytes != cut {
			t.Fatalf("%s: depth %d, want 2; cut %d, want %d", what, got.Depth, got.CutBytes, cut)
		}
		if ids := pendingIDs(r); len(ids) != 2 || ids[0] != uuid(1) || ids[1] != uuid(0) {
			t.Fatalf("%s: pending %v", what, ids)
		}
	}
	for end := len(two); end < len(whole); end += 41 { // every byte: see TestEveryCutAndEveryFlippedBitOfTheLastRecordIsFound
		check(fmt.Sprint("cut at ", end), whole[:end], int64(end-len(two)))
	}
	last := int64(len(whole) - len(two))
	for at := len(two); at < len(whole); at += 43 {
		damaged := append([]byte(nil), whole...)
		damaged[at] ^= 0x40
		check(fmt.Sprint("flipped at ", at), damaged, last)
	}
	zeros := append(append([]byte(nil), two...), make([]byte, 5000)...)
	check("zeros", zeros, 5000)
}

func TestOpenRefusesNothingThatItFinds(t *testing.T) {
	for what, content := range map[string]string{"empty": "", "short": "slsp", "foreign": "something else entirely", "magic": "slspool\x01"} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range []string{"00000000000000000003.spool", "odd.spool", "cursor", "notes.txt"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			store := newStore()
			r := open(t, record.Options{Dir: dir, Store: store})
			r.Append(entry(1))
			flush(t, r)
			if store.len() != 1 {
				t.Error("the recorder does not work")
			}
		})
	}
}

func TestALostCursorOnlyRepeatsWork(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	r := open(t, record.Options{Dir: dir, Store: store})
	for i := range 10 {
		r.Append(entry(i))
	}
	flush(t, r)
	store.set(away)
	for i := range 10 {
		r.Append(entry(10 + i))
	}
	closeNow(t, r)
	if err := os.Remove(filepath.Join(dir, "cursor")); err != nil {
		t.Fatal(err)
	}
	store.set(nil)
	r = open(t, record.Options{Dir: dir, Store: store})
	flush(t, r)
	if store.len() != 20 || store.changed != 0 {
		t.Errorf("store %d, changed %d", store.len(), store.changed)
	}
}

func TestRecordsMovedBackFromBadAreTriedAgain(t *testing.T) {
	name, content := spooled(t, 3)
	dir, store := t.TempDir(), newStore()
	if err := os.WriteFile(filepath.Join(dir, "17-"+name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, record.Options{Dir: dir, Store: store})
	flush(t, r)
	if store.len() != 3 {
		t.Errorf("store %d, want 3", store.len())
	}
}
