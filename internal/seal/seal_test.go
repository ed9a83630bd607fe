package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/seal"
)

// shelf is a Keeper in memory.
type shelf struct {
	mu   sync.Mutex
	ring []byte
	fail error
}

func (s *shelf) Keyring(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ring, s.fail
}

func (s *shelf) SwapKeyring(_ context.Context, old, next []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !bytes.Equal(s.ring, old) || (s.ring == nil) != (old == nil) {
		return false, nil
	}
	s.ring = next
	return true, nil
}

// Keys of one repeated digit.
func hexKey(digit string) string { return strings.Repeat(digit, 64) }

func open(t testing.TB, k seal.Keeper, keys string) *seal.Sealer {
	t.Helper()
	s, err := seal.Open(t.Context(), k, seal.Text(keys))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantOpen(t testing.TB, s *seal.Sealer, id string, sealed []byte, want string) {
	t.Helper()
	if got, err := s.Open(t.Context(), id, sealed); err != nil || string(got) != want {
		t.Errorf("%s opens as %q, %v", id, got, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestASecretOpensAfterARestartAndIsNowhereInClear(t *testing.T) {
	k := new(shelf)
	for _, secret := range []string{"", "sk-live-0123456789", strings.Repeat("x", 100_000)} {
		s := open(t, k, hexKey("a"))
		sealed := s.Seal("crd_1", []byte(secret))
		if again := s.Seal("crd_1", []byte(secret)); bytes.Equal(sealed, again) {
			t.Error("two sealings are alike")
		}
		if secret != "" && bytes.Contains(sealed, []byte(secret)) {
			t.Error("the secret is in clear")
		}
		wantOpen(t, open(t, k, hexKey("a")), "crd_1", sealed, secret)
	}
}

func TestWhatWasTamperedWithDoesNotOpen(t *testing.T) {
	k := new(shelf)
	s := open(t, k, hexKey("a"))
	sealed := s.Seal("crd_1", []byte("secret"))
	refused := func(what, id string, sealed []byte) {
		t.Helper()
		if got, err := s.Open(t.Context(), id, sealed); !errors.Is(err, seal.ErrSealed) || got != nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	for _, id := range []string{"crd_2", "", "crd_1 "} {
		refused("id "+id, id, sealed)
	}
	for end := range sealed {
		refused("cut", "crd_1", sealed[:end])
	}
	for bit := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[bit/8] ^= 1 << (bit % 8)
		refused(fmt.Sprint("bit ", bit), "crd_1", changed)
	}
	refused("longer", "crd_1", append(bytes.Clone(sealed), 0))
}

func TestAWrongMasterKeyIsNamedByItsFingerprint(t *testing.T) {
	k := new(shelf)
	sealed := open(t, k, hexKey("a")).Seal("x", []byte("secret"))
	_, err := seal.Open(t.Context(), k, seal.Text(hexKey("b")))
	if !errors.Is(err, seal.ErrWrongMaster) || strings.Contains(err.Error(), "bbbb") || !strings.Contains(err.Error(), "fingerprint") {
		t.Errorf("err = %v", err)
	}
	wantOpen(t, open(t, k, hexKey("a")), "x", sealed, "secret")
}

func TestMasterKeysInAnyUsualWritingAreTaken(t *testing.T) {
	k := new(shelf)
	sealed := open(t, k, strings.Repeat("fB", 32)).Seal("x", []byte("secret"))
	for _, keys := range []string{strings.Repeat("Fb", 32), "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=", "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s", " " + strings.Repeat("fb", 32) + "\n"} {
		wantOpen(t, open(t, k, keys), "x", sealed, "secret")
	}
	for _, bad := range []string{"", " ,", "password-password", strings.Repeat("z", 64), hexKey("a")[:62], hexKey("a") + ",short"} {
		_, err := seal.Open(t.Context(), new(shelf), seal.Text(bad))
		if err == nil || len(strings.TrimSpace(bad)) > 1 && strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), "32 random bytes") {
			t.Errorf("%q: err = %v", bad, err)
		}
	}
}

func TestADataKeyIsReplacedWithoutAnyNodeStopping(t *testing.T) {
	k := new(shelf)
	a, b := open(t, k, hexKey("a")), open(t, k, hexKey("a"))
	old := a.Seal("x", []byte("old"))
	must(t, a.Rotate(t.Context()))
	fresh := a.Seal("y", []byte("fresh"))
	wantOpen(t, b, "y", fresh, "fresh") // b reads the keyring by itself
	wantOpen(t, a, "x", old, "old")
	late := b.Seal("z", []byte("late")) // whatever key b seals with
	wantOpen(t, a, "z", late, "late")

	renewed, did, err := a.Renew(t.Context(), "x", old)
	if err != nil || !did || bytes.Equal(renewed, old) {
		t.Fatalf("%v, %v", did, err)
	}
	wantOpen(t, b, "x", renewed, "old")
	if same, did, err := b.Renew(t.Context(), "x", renewed); err != nil || did || !bytes.Equal(same, renewed) {
		t.Errorf("renewed again: %v, %v", did, err)
	}
	if _, _, err := a.Renew(t.Context(), "other", old); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("err = %v", err)
	}
	must(t, b.Rotate(t.Context()))
	wantOpen(t, open(t, k, hexKey("a")), "x", renewed, "old")
}

func TestAMasterKeyIsReplacedWithoutAnyNodeStopping(t *testing.T) {
	k, ctx := new(shelf), t.Context()
	a, b := open(t, k, hexKey("a")), open(t, k, hexKey("a"))
	sealed := a.Seal("x", []byte("secret"))
	both := open(t, k, hexKey("b")+","+hexKey("a"))
	wantOpen(t, both, "x", sealed, "secret")
	for _, keys := range []string{hexKey("a"), hexKey("b"), hexKey("c") + " " + hexKey("b")} { // meanwhile either will do
		wantOpen(t, open(t, k, keys), "x", sealed, "secret")
	}
	if err := b.Rotate(ctx); err == nil || !strings.Contains(err.Error(), "name both") {
		t.Errorf("a data key that not every master key opens: %v", err)
	}
	must(t, both.Forget(ctx))
	for _, keys := range []string{hexKey("a"), hexKey("c")} {
		if _, err := seal.Open(ctx, k, seal.Text(keys)); !errors.Is(err, seal.ErrWrongMaster) {
			t.Errorf("err = %v", err)
		}
	}
	wantOpen(t, b, "x", sealed, "secret") // runs on with what it has
	wantOpen(t, open(t, k, hexKey("b")), "x", sealed, "secret")
	must(t, both.Rotate(ctx))
	wantOpen(t, open(t, k, hexKey("b")), "y", both.Seal("y", []byte("new")), "new")
}

func TestAMasterKeyIsReplacedWhileRunning(t *testing.T) {
	k, ctx := new(shelf), t.Context()
	s := open(t, k, hexKey("a"))
	sealed := s.Seal("x", []byte("secret"))
	must(t, s.RotateMaster(ctx, seal.Text(hexKey("b"))))
	must(t, s.Rotate(ctx))
	newer := s.Seal("y", []byte("newer"))
	for _, keys := range []string{hexKey("a"), hexKey("b")} {
		wantOpen(t, open(t, k, keys), "y", newer, "newer")
	}
	must(t, s.Forget(ctx))
	wantOpen(t, open(t, k, hexKey("b")), "x", sealed, "secret")
	if _, err := seal.Open(ctx, k, seal.Text(hexKey("a"))); !errors.Is(err, seal.ErrWrongMaster) {
		t.Errorf("err = %v", err)
	}
	if err := s.RotateMaster(ctx, seal.Text("nonsense")); err == nil {
		t.Error("took nonsense")
	}
}

func TestManyNodesThatStartAndRotateAtOnceAgree(t *testing.T) {
	k := new(shelf)
	var wg sync.WaitGroup
	var mu sync.Mutex
	sealed := map[string][]byte{}
	for i := range 8 {
		wg.Go(func() {
			s, err := seal.Open(t.Context(), k, seal.Text(hexKey("a")))
			if err == nil {
				err = s.Rotate(t.Context())
			}
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			id := fmt.Sprint(i)
			sealed[id] = s.Seal(id, []byte(id))
		})
	}
	wg.Wait()
	s := open(t, k, hexKey("a"))
	for id, b := range sealed {
		wantOpen(t, s, id, b, id)
	}
}

func TestADamagedKeyringIsAnErrorAndIsKept(t *testing.T) {
	whole := new(shelf)
	open(t, whole, hexKey("a"))
	for what, ring := range map[string]string{"text": "nonsense", "empty": "", "version": `{"version":2}`, "no keys": `{"version":1,"current":1,"keys":{}}`,
		"a flipped wrap": strings.Replace(string(whole.ring), `":"`, `":"AAAA`, 1)} {
		k := &shelf{ring: []byte(ring)}
		if _, err := seal.Open(t.Context(), k, seal.Text(hexKey("a"))); err == nil || string(k.ring) != ring {
			t.Errorf("%s: err = %v, keyring %q", what, err, k.ring)
		}
	}
	if _, err := seal.Open(t.Context(), &shelf{fail: os.ErrDeadlineExceeded}, seal.Text(hexKey("a"))); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
}

func TestNothingPrintsAKey(t *testing.T) {
	s := open(t, new(shelf), hexKey("a"))
	for _, value := range []any{s, seal.Text(hexKey("a")), []any{seal.Text(hexKey("a"))}, struct{ S *seal.Sealer }{s}, struct{ source seal.Source }{seal.Text(hexKey("a"))}, struct{ s *seal.Sealer }{s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, "aaaa") || strings.Contains(text, "170 170") {
				t.Errorf("%s: %.200s", verb, text)
			}
		}
	}
}

func TestTheFileIsMadeForItsOwnerAlone(t *testing.T) {
	k, path := new(shelf), filepath.Join(t.TempDir(), "master.key")
	s, err := seal.Open(t.Context(), k, seal.File(path))
	must(t, err)
	sealed := s.Seal("x", []byte("secret"))
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	again, err := seal.Open(t.Context(), k, seal.File(path))
	must(t, err)
	wantOpen(t, again, "x", sealed, "secret")
}

func TestAFileThatIsMissingWhileSecretsExistIsNotMade(t *testing.T) {
	k, path := new(shelf), filepath.Join(t.TempDir(), "master.key")
	open(t, k, hexKey("a"))
	if _, err := seal.Open(t.Context(), k, seal.File(path)); !errors.Is(err, seal.ErrWrongMaster) || !strings.Contains(err.Error(), "this is none") {
		t.Errorf("err = %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
}

func TestAFileThatOthersMayReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	must(t, os.WriteFile(path, []byte(hexKey("a")), 0o600))
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602} {
		must(t, os.Chmod(path, mode))
		if _, err := seal.Open(t.Context(), new(shelf), seal.File(path)); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("%v: err = %v", mode, err)
		}
		if err := seal.RotateFile(path); err == nil {
			t.Errorf("%v: rotated", mode)
		}
	}
	must(t, os.Chmod(path, 0o400))
	_, err := seal.Open(t.Context(), new(shelf), seal.File(path))
	must(t, err)
}

func TestAFileThatHoldsNoKeyIsRefusedAndKept(t *testing.T) {
	for what, content := range map[string]string{"empty": "", "text": "my shopping list"} {
		path := filepath.Join(t.TempDir(), "master.key")
		must(t, os.WriteFile(path, []byte(content), 0o600))
		if _, err := seal.Open(t.Context(), new(shelf), seal.File(path)); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: err = %v", what, err)
		}
		if kept, err := os.ReadFile(path); err != nil || string(kept) != content {
			t.Errorf("%s: %q, %v", what, kept, err)
		}
	}
	if _, err := seal.Open(t.Context(), new(shelf), seal.File(t.TempDir())); err == nil {
		t.Error("a folder is taken for a file")
	}
}

func TestTheKeyInTheFileIsReplaced(t *testing.T) {
	k, ctx, path := new(shelf), t.Context(), filepath.Join(t.TempDir(), "master.key")
	s, err := seal.Open(ctx, k, seal.File(path))
	must(t, err)
	sealed := s.Seal("x", []byte("secret"))
	before, err := os.ReadFile(path)
	must(t, err)

	must(t, seal.RotateFile(path))
	s, err = seal.Open(ctx, k, seal.File(path))
	must(t, err)
	must(t, s.Forget(ctx))
	must(t, seal.TrimFile(path))
	after, err := os.ReadFile(path)
	must(t, err)
	if bytes.Contains(after, bytes.TrimSpace(before)) || bytes.Count(after, []byte("\n")) != 1 {
		t.Error("the old key is still there")
	}
	s, err = seal.Open(ctx, k, seal.File(path))
	must(t, err)
	wantOpen(t, s, "x", sealed, "secret")
	if _, err := seal.Open(ctx, k, seal.Text(string(before))); !errors.Is(err, seal.ErrWrongMaster) {
		t.Errorf("err = %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A rotation that was killed leaves no key behind that a later trimming takes away.
func TestNoHalfOfAKeyFileIsLeftByATrimming(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	if err := os.WriteFile(path, []byte(strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := seal.RotateFile(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".master.key.4711.part"), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := seal.TrimFile(path); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "abab") {
		t.Errorf("%v: the old key is there", err)
	}
}
