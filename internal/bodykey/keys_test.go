package bodykey_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/bodykey"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a Store in memory.
type shelf struct {
	mu   sync.Mutex
	rows []gateway.BodyKey
	away bool
	came chan struct{} // is told of each key, unless it is nil
}

var errAway = errors.New("the store is away")

func (s *shelf) BodyKeys(context.Context) ([]gateway.BodyKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, errAway
	}
	return append([]gateway.BodyKey(nil), s.rows...), nil
}

func (s *shelf) AddBodyKey(_ context.Context, k gateway.BodyKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errAway
	}
	for _, row := range s.rows {
		if row.ID == k.ID {
			return nil
		}
	}
	k.Version = int64(len(s.rows) + 1)
	s.rows = append(s.rows, k)
	if s.came != nil {
		s.came <- struct{}{}
	}
	return nil
}

func (s *shelf) destroy(workspace string) {
	now := time.Now()
	for i := range s.rows {
		if s.rows[i].Workspace == workspace {
			s.rows[i].Sealed, s.rows[i].Destroyed = nil, &now
		}
	}
}

// ring is a Vault with a keyring of its own.
type ring struct{ s *seal.Sealer }

func newRing(t testing.TB) ring {
	t.Helper()
	s, err := seal.Open(t.Context(), new(keeper), seal.Text(strings.Repeat("a", 64)))
	must(t, err)
	return ring{s}
}

func (r ring) SealKey(_ context.Context, id string, key []byte) ([]byte, error) {
	return r.s.Seal(id, key), nil
}

func (r ring) OpenKey(ctx context.Context, id string, sealed []byte) ([]byte, error) {
	return r.s.Open(ctx, id, sealed)
}

type keeper struct{ ring []byte }

func (k *keeper) Keyring(context.Context) ([]byte, error) { return k.ring, nil }

func (k *keeper) SwapKeyring(_ context.Context, _, next []byte) (bool, error) {
	k.ring = next
	return true, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func node(s bodykey.Store, v bodykey.Vault, file string) *bodykey.Keys {
	return bodykey.New(bodykey.Config{Store: s, Vault: v, File: file, Log: slog.New(slog.DiscardHandler)})
}

const text = "what was said"

func sealed(t testing.TB, k *bodykey.Keys, workspace, bound string) (gateway.BodyKeyID, []byte) {
	t.Helper()
	id := k.Key(workspace)
	b, ok := k.Seal(nil, id, bound, []byte(text))
	if !ok {
		t.Fatal("not sealed")
	}
	return id, b
}

func wantOpen(t testing.TB, k *bodykey.Keys, bound string, b []byte) {
	t.Helper()
	if got, _, err := k.Open(t.Context(), bound, b); err != nil || string(got) != text {
		t.Errorf("%q, %v", got, err)
	}
}

func wantLost(t testing.TB, k *bodykey.Keys, bound string, b []byte, want error) {
	t.Helper()
	if got, _, err := k.Open(t.Context(), bound, b); !errors.Is(err, want) || got != nil {
		t.Errorf("%q, %v; not %v", got, err, want)
	}
}

func TestABodyOpensWhereItBelongsAlone(t *testing.T) {
	k := node(new(shelf), newRing(t), "")
	id, b := sealed(t, k, "acme", "e1")
	if again, other := sealed(t, k, "acme", "e1"); again != id || bytes.Equal(b, other) || bytes.Contains(b, []byte(text)) {
		t.Errorf("%s %s %q", id, again, b)
	}
	if k.Key("other") == id {
		t.Error("two workspaces have one key")
	}
	wantOpen(t, k, "e1", b)
	wantLost(t, k, "e2", b, gateway.ErrBodyDamaged)
	for bit := range len(b) * 8 {
		changed := bytes.Clone(b)
		changed[bit/8] ^= 1 << (bit % 8)
		if got, _, err := k.Open(t.Context(), "e1", changed); err == nil {
			t.Errorf("bit %d: %q", bit, got)
		}
	}
	for end := range b {
		if _, _, err := k.Open(t.Context(), "e1", b[:end]); err == nil {
			t.Errorf("cut at %d", end)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		if got := fmt.Sprintf(verb, k); got != "keys of bodies" {
			t.Errorf("%s prints %.100s", verb, got)
		}
	}
}

func TestAnotherNodeOpensWhatIsSettled(t *testing.T) {
	s, v := new(shelf), newRing(t)
	a, b := node(s, v, ""), node(s, v, "")
	id, body := sealed(t, a, "acme", "e1")
	must(t, a.Settle(t.Context(), []gateway.BodyKeyID{id}))
	wantOpen(t, b, "e1", body)
	if b.Key("acme") != id {
		t.Error("the other node has a key of its own, though it knows one")
	}
	if len(s.rows) != 1 || bytes.Contains(s.rows[0].Sealed, []byte(text)) {
		t.Errorf("%+v", s.rows)
	}
}

func TestNodesThatMakeAKeyAtOnceAgree(t *testing.T) {
	s, v := new(shelf), newRing(t)
	nodes := []*bodykey.Keys{node(s, v, ""), node(s, v, ""), node(s, v, "")}
	var wg sync.WaitGroup
	bodies := make([][]byte, len(nodes))
	for i, k := range nodes {
		wg.Go(func() {
			id := k.Key("acme")
			bodies[i], _ = k.Seal(nil, id, "e", []byte(text))
			if err := k.Settle(t.Context(), []gateway.BodyKeyID{id}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range nodes {
		must(t, k.Read(t.Context()))
	}
	for _, k := range nodes {
		if k.Key("acme") != nodes[0].Key("acme") {
			t.Error("two nodes seal with two keys")
		}
		for _, b := range bodies {
			wantOpen(t, k, "e", b)
		}
	}
}

func TestADestroyedKeyOpensNothingOnAnyNode(t *testing.T) {
	s, v := new(shelf), newRing(t)
	a, b := node(s, v, ""), node(s, v, "")
	id, body := sealed(t, a, "acme", "e1")
	kept, others := sealed(t, a, "other", "e1")
	must(t, a.Settle(t.Context(), []gateway.BodyKeyID{id, kept}))
	wantOpen(t, b, "e1", body)
	s.destroy("acme")
	for _, k := range []*bodykey.Keys{a, b, node(s, v, "")} {
		must(t, k.Read(t.Context()))
		wantLost(t, k, "e1", body, gateway.ErrBodyErased)
		wantOpen(t, k, "e1", others)
		if _, ok := k.Seal(nil, id, "e2", []byte(text)); ok {
			t.Error("a destroyed key seals")
		}
		fresh, again := sealed(t, k, "acme", "e3")
		if fresh == id {
			t.Error("the destroyed key is in use")
		}
		wantOpen(t, k, "e3", again)
		must(t, k.Settle(t.Context(), []gateway.BodyKeyID{id, fresh}))
	}
	s.rows = nil // a workspace that was deleted
	must(t, a.Read(t.Context()))
	wantLost(t, a, "e1", others, gateway.ErrBodyErased)
}

func TestWhileTheStoreIsAwayAKeyOutlivesTheProcess(t *testing.T) {
	s, v, file := &shelf{away: true}, newRing(t), filepath.Join(t.TempDir(), "keys")
	a := node(s, v, file)
	id, body := sealed(t, a, "acme", "e1")
	if err := a.Settle(t.Context(), []gateway.BodyKeyID{id}); !errors.Is(err, errAway) {
		t.Errorf("settled: %v", err)
	}
	wantOpen(t, a, "e1", body)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}

	b := node(s, v, file) // a died
	wantLost(t, b, "e1", body, gateway.ErrBodyLocked)
	late, second := sealed(t, b, "acme", "e2")
	if err := b.Settle(t.Context(), []gateway.BodyKeyID{late}); !errors.Is(err, errAway) {
		t.Errorf("settled: %v", err)
	}
	c := node(s, v, file) // b died
	s.away = false
	must(t, c.Settle(t.Context(), []gateway.BodyKeyID{id, late}))
	wantOpen(t, c, "e1", body)
	wantOpen(t, c, "e2", second)
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
	if len(s.rows) != 2 {
		t.Errorf("%d keys", len(s.rows))
	}
}

func TestAKeyThatTheVaultDoesNotOpenKeepsEverythingWaiting(t *testing.T) {
	s := new(shelf)
	a := node(s, newRing(t), "")
	id, body := sealed(t, a, "acme", "e1")
	must(t, a.Settle(t.Context(), []gateway.BodyKeyID{id}))
	b := node(s, newRing(t), "") // another keyring
	wantLost(t, b, "e1", body, gateway.ErrBodyLocked)
	if err := b.Settle(t.Context(), []gateway.BodyKeyID{id}); !errors.Is(err, gateway.ErrBodyLocked) {
		t.Errorf("what cannot be opened would be lost: %v", err)
	}
}

func TestAFileOfKeysThatCannotBeReadIsNotWrittenOver(t *testing.T) {
	s, v, file := &shelf{away: true}, newRing(t), filepath.Join(t.TempDir(), "keys")
	a := node(s, v, file)
	id, body := sealed(t, a, "acme", "e1")
	if err := a.Settle(t.Context(), []gateway.BodyKeyID{id}); !errors.Is(err, errAway) {
		t.Errorf("settled: %v", err)
	}
	whole, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, whole[:len(whole)-5], 0o600))

	b := node(s, v, file)
	s.away = false
	fresh, _ := sealed(t, b, "acme", "e2")
	must(t, b.Settle(t.Context(), []gateway.BodyKeyID{fresh}))
	if err := b.Settle(t.Context(), []gateway.BodyKeyID{id}); !errors.Is(err, gateway.ErrBodyLocked) {
		t.Errorf("what the file may hold would be lost: %v", err)
	}
	wantLost(t, b, "e1", body, gateway.ErrBodyLocked)

	must(t, os.Remove(file+".bad"))
	must(t, os.WriteFile(file, whole, 0o600)) // it is put right
	c := node(s, v, file)
	must(t, c.Settle(t.Context(), []gateway.BodyKeyID{id}))
	wantOpen(t, c, "e1", body)
}

// What a killed write left of the file has keys, which may be destroyed later.
func TestNoHalfOfAFileOutlivesAKey(t *testing.T) {
	s, v, dir := new(shelf), newRing(t), t.TempDir()
	k := node(s, v, filepath.Join(dir, "keys"))
	id, _ := sealed(t, k, "acme", "e1")
	must(t, k.Settle(t.Context(), []gateway.BodyKeyID{id}))
	half := filepath.Join(dir, ".keys.4711.part")
	must(t, os.WriteFile(half, s.rows[0].Sealed, 0o600))
	s.destroy("acme")
	must(t, k.Read(t.Context()))
	files, err := os.ReadDir(dir)
	must(t, err)
	for _, f := range files {
		t.Errorf("left: %s", f.Name())
	}
}

func TestAKeyIsReplacedAfterItsTime(t *testing.T) {
	s, v, now := new(shelf), newRing(t), time.Now()
	k := bodykey.New(bodykey.Config{Store: s, Vault: v, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	id, body := sealed(t, k, "acme", "e1")
	must(t, k.Settle(t.Context(), []gateway.BodyKeyID{id}))
	if k.Key("acme") != id {
		t.Error("replaced at once")
	}
	now = now.Add(91 * 24 * time.Hour)
	must(t, k.Settle(t.Context(), []gateway.BodyKeyID{id}))
	fresh := k.Key("acme")
	if fresh == id {
		t.Error("not replaced")
	}
	must(t, k.Settle(t.Context(), []gateway.BodyKeyID{fresh}))
	must(t, k.Read(t.Context()))
	if k.Key("acme") != fresh {
		t.Error("the older one is in use again")
	}
	wantOpen(t, k, "e1", body)
}

func TestRunStoresKeysByItself(t *testing.T) {
	s := &shelf{came: make(chan struct{}, 1)}
	k := node(s, newRing(t), "")
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { k.Run(ctx) })
	k.Key("acme")
	select {
	case <-s.came:
	case <-time.After(time.Minute):
		t.Error("no key was stored")
	}
	cancel()
	wg.Wait()
}
