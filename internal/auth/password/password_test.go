package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/auth/password"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const right = "correct horse battery"

func TestOnlyTheRightPasswordIsRight(t *testing.T) {
	h := password.NewHasher(2)
	v, err := h.Hash(t.Context(), right)
	if err != nil {
		t.Fatal(err)
	}
	for attempt, want := range map[string]bool{right: true, right + " ": false, strings.ToUpper(right): false, "": false, strings.Repeat("x", 2000): false} {
		if got, err := h.Verify(t.Context(), v, attempt); got != want || err != nil {
			t.Errorf("%.30q: %v, %v", attempt, got, err)
		}
	}
	if again, _ := h.Hash(t.Context(), right); again == v {
		t.Error("two verifiers of one password are the same: there is no salt")
	}
	if !strings.HasPrefix(v, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(v, right) || h.Outdated(v) {
		t.Errorf("verifier %s", v)
	}
}

// The vector was made by the reference implementation's command line tool.
func TestVerifiersOfOtherProgramsAndCostsCount(t *testing.T) {
	const theirs = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	h := password.NewHasher(1)
	if ok, err := h.Verify(t.Context(), theirs, "password"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, _ := h.Verify(t.Context(), theirs, "passw0rd"); ok {
		t.Error("a wrong password is right")
	}
	if !h.Outdated(theirs) {
		t.Error("other costs are not outdated")
	}
}

func TestNobodyHasNoPasswordAtAll(t *testing.T) {
	h := password.NewHasher(1)
	for _, attempt := range []string{"", right} {
		if ok, err := h.Verify(t.Context(), "", attempt); ok || err != nil {
			t.Errorf("%q: %v, %v", attempt, ok, err)
		}
	}
}

func TestPasswordsOfBadLengthAreNotKept(t *testing.T) {
	h := password.NewHasher(1)
	for _, bad := range []string{"", "ninechars", strings.Repeat("x", 1025)} {
		if _, err := h.Hash(t.Context(), bad); !errors.Is(err, password.ErrLength) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

func TestABrokenVerifierIsAnErrorAndCostsNothing(t *testing.T) {
	h := password.NewHasher(1)
	for _, v := range []string{
		"plain text", "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=4000000000,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=19456,t=2,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=19456,t=2,p=1,x=2$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=19456,t=2,p=1$*$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	} {
		if ok, err := h.Verify(t.Context(), v, "password"); ok || err == nil || strings.Contains(err.Error(), "CTFh") {
			t.Errorf("%s: %v, %v", v, ok, err)
		}
		if !h.Outdated(v) {
			t.Errorf("%s is not outdated", v)
		}
	}
}

func TestWhoeverGivesUpWaitingGetsTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := password.NewHasher(1)
		release := h.Hold()
		defer release()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Verify(ctx, "", right); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if _, err := h.Hash(ctx, right); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	h := password.NewHasher(1)
	v, _ := h.Hash(b.Context(), right)
	for name, verifier := range map[string]string{"known": v, "nobody": ""} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h.Verify(b.Context(), verifier, right)
			}
		})
	}
}
