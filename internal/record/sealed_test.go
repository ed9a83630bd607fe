package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/bodykey"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

// keyShelf keeps keys as if it were a vault and a store in one.
type keyShelf struct {
	mu   sync.Mutex
	rows []gateway.BodyKey
	away bool
}

func (s *keyShelf) SealKey(_ context.Context, _ string, key []byte) ([]byte, error) { return key, nil }

func (s *keyShelf) OpenKey(_ context.Context, _ string, sealed []byte) ([]byte, error) {
	return sealed, nil
}

func (s *keyShelf) BodyKeys(context.Context) ([]gateway.BodyKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, errAway
	}
	return append([]gateway.BodyKey(nil), s.rows...), nil
}

func (s *keyShelf) AddBodyKey(_ context.Context, k gateway.BodyKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errAway
	}
	k.Version = int64(len(s.rows) + 1)
	s.rows = append(s.rows, k)
	return nil
}

func (s *keyShelf) set(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *keyShelf) destroy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for i := range s.rows {
		s.rows[i].Destroyed, s.rows[i].Sealed = &now, nil
	}
}

func seals(s *keyShelf) *bodykey.Keys {
	return bodykey.New(bodykey.Config{Store: s, Vault: s, Log: quiet()})
}

const spoken = "the zebra asks"

func secret(n int) *gateway.Entry {
	e := entry(n)
	e.Bodies = &gateway.Bodies{Encrypt: true, Request: gateway.Body{ContentType: "application/zebra", Bytes: []byte(spoken), Size: 99, Truncated: true},
		Attempts: []gateway.Sent{{Attempt: 1, Answer: &gateway.Body{Bytes: []byte(spoken)}, DumpNote: "zebra"}}}
	return e
}

// wantSpoken checks that bodies are those of secret.
func wantSpoken(t *testing.T, e *gateway.Entry) {
	t.Helper()
	if e == nil || e.Bodies == nil {
		t.Fatalf("no bodies: %+v", e)
	}
	b := e.Bodies
	if b.Lost != "" || b.Sealed != nil || !b.Encrypt || b.Key == (gateway.BodyKeyID{}) || string(b.Request.Bytes) != spoken || b.Request.Size != 99 || !b.Request.Truncated ||
		len(b.Attempts) != 1 || string(b.Attempts[0].Answer.Bytes) != spoken || b.Attempts[0].DumpNote != "zebra" {
		t.Errorf("%+v", b)
	}
}

func noZebra(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.spool"))
	if len(files) == 0 {
		t.Error("there is no segment")
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("zebra")) {
			t.Errorf("%s holds what was said", f)
		}
	}
}

func TestTheSpoolHoldsSealedBodiesAndTheStoreGetsThemOpen(t *testing.T) {
	dir, keys, s := t.TempDir(), new(keyShelf), newStore()
	first := seals(keys)
	r := open(t, record.Options{Dir: dir, Store: s, Seals: first, Paused: true})
	r.Append(secret(1))
	r.Append(withBodies(entry(2), 100)) // another gateway's, in clear
	e, ok := r.PendingEntry(uuid(1))
	if !ok {
		t.Fatal("not there")
	}
	wantSpoken(t, e)
	noZebra(t, dir)
	r.Pause(false)
	flush(t, r)
	wantSpoken(t, s.get(uuid(1)))
	if b := s.get(uuid(2)).Bodies; b == nil || b.Encrypt || len(b.Request.Bytes) != 100 {
		t.Errorf("%+v", b)
	}
	r.Append(secret(3)) // the usual way, through memory
	flush(t, r)
	wantSpoken(t, s.get(uuid(3)))
	if len(keys.rows) != 1 {
		t.Errorf("%d keys", len(keys.rows))
	}
}

func TestSealedBodiesOutliveTheProcessAndWaitForTheirKeys(t *testing.T) {
	dir, keys, s := t.TempDir(), new(keyShelf), newStore()
	first := seals(keys)
	r := open(t, record.Options{Dir: dir, Store: s, Seals: first, Paused: true})
	r.Append(secret(1))
	if err := first.Settle(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	closeNow(t, r)
	noZebra(t, dir)

	keys.set(true) // the store is away, and with it the keys
	r = open(t, record.Options{Dir: dir, Store: s, Seals: seals(keys)})
	if e, ok := r.PendingEntry(uuid(1)); !ok || e.Status != 200 || e.Bodies.Lost != gateway.BodiesLocked {
		t.Errorf("%+v", e)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := r.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || s.len() != 0 {
		t.Errorf("stored without its bodies: %v", err)
	}
	keys.set(false)
	flush(t, r)
	wantSpoken(t, s.get(uuid(1)))
	if n := r.Stats().Bad; n != 0 {
		t.Errorf("%d entries were set aside", n)
	}
}

func TestADestroyedKeyTakesTheSpoolsBodiesWithIt(t *testing.T) {
	dir, keys, s := t.TempDir(), new(keyShelf), newStore()
	held := seals(keys)
	r := open(t, record.Options{Dir: dir, Store: s, Seals: held, Paused: true})
	r.Append(secret(1))
	if e, ok := r.PendingEntry(uuid(1)); !ok { // so that it is in the segment alone
		t.Errorf("%+v", e)
	}
	if err := held.Settle(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	keys.destroy()
	if err := held.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Pause(false)
	flush(t, r)
	if e := s.get(uuid(1)); e.Status != 200 || e.Bodies == nil || e.Bodies.Lost != gateway.BodiesErased || e.Bodies.Request.Bytes != nil {
		t.Errorf("%+v", e.Bodies)
	}
}

func TestBodiesThatNothingCanSealAreDropped(t *testing.T) {
	dir, s := t.TempDir(), newStore()
	r := open(t, record.Options{Dir: dir, Store: s, Paused: true})
	r.Append(secret(1))
	if e, ok := r.PendingEntry(uuid(1)); !ok || e.Bodies != nil || r.Stats().DroppedBodies != 1 {
		t.Errorf("%+v, %d dropped", e, r.Stats().DroppedBodies)
	}
	noZebra(t, dir)
}

func BenchmarkAppendSealed(b *testing.B) {
	for _, size := range []int{4 << 10, 64 << 10} {
		for _, encrypt := range []bool{false, true} {
			b.Run(fmt.Sprintf("bodies=2x%d/encrypt=%v", size, encrypt), func(b *testing.B) {
				keys := seals(new(keyShelf))
				r := open(b, record.Options{Dir: b.TempDir(), Store: sink{}, Seals: keys, MaxBytes: 1 << 40, MaxMemory: 1 << 30, Paused: true})
				e := withBodies(entry(1), size)
				b.ReportAllocs()
				for b.Loop() {
					own, bodies := *e, *e.Bodies
					bodies.Encrypt, own.Bodies = encrypt, &bodies
					r.Append(&own)
				}
			})
		}
	}
}

// What a key has sealed that does not open waits a minute; then what the call cost reaches the
// store without it, and the sealed bodies stay in bad/ until the key opens.
func TestCallsWhoseBodiesAreLockedReachTheStoreWithoutThem(t *testing.T) {
	for _, others := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			dir, keys, s := t.TempDir(), new(keyShelf), newStore()
			first := seals(keys)
			r := open(t, record.Options{Dir: dir, Store: s, Seals: first, Paused: true})
			for n := range 3 {
				e := secret(n)
				e.Settlements = []gateway.Settlement{{Rule: "r", Counter: "0123456789abcdef0123456789abcdef", Amount: 7, Time: e.Time}}
				r.Append(e)
			}
			if err := first.Settle(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			var l logs
			shut := bodykey.New(bodykey.Config{Store: keys, Vault: shutVault{keys}, Log: quiet()})
			r = open(t, record.Options{Dir: dir, Store: s, Seals: shut, Logger: l.logger()})
			if others {
				r.Append(entry(9))
			}
			advance(30 * time.Second)
			if s.get(uuid(0)) != nil {
				t.Error("it was not waited for")
			}
			advance(time.Minute)
			for n := range 3 {
				e := s.get(uuid(n))
				if e == nil || e.Bodies == nil || e.Bodies.Lost != gateway.BodiesLocked || e.Bodies.Request.Bytes != nil || len(e.Settlements) != 1 {
					t.Fatalf("%d: %+v", n, e)
				}
			}
			if others && s.get(uuid(9)) == nil || r.Depth() != 0 {
				t.Errorf("%d wait", r.Depth())
			}
			bad, _ := filepath.Glob(filepath.Join(dir, "bad", "*.spool"))
			if st := r.Stats(); len(bad) != 3 || st.LockedBodies != 3 || st.Bad != 0 || st.BadBytes == 0 || l.count("does not open") != 2 {
				t.Errorf("%v %+v %q", bad, st, l.lines)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}

			for _, f := range bad { // the key opens again
				if err := os.Rename(f, filepath.Join(dir, "x"+filepath.Base(f))); err != nil {
					t.Fatal(err)
				}
			}
			s = newStore()
			r = open(t, record.Options{Dir: dir, Store: s, Seals: seals(keys)})
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantSpoken(t, s.get(uuid(2)))
		})
	}
}

// shutVault opens nothing.
type shutVault struct{ *keyShelf }

func (shutVault) OpenKey(context.Context, string, []byte) ([]byte, error) {
	return nil, errors.New("the master key is another")
}
