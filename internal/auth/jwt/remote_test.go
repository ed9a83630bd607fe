package jwt_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/fault"
)

func TestNothingIsFetchedBeforeTheFirstTokenAndThenOnceForAll(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	if i.hit(discoveryPath) != 0 {
		t.Fatal("discovery was asked before it was needed")
	}
	var wg sync.WaitGroup
	for n := range 50 {
		wg.Go(func() {
			if call(s, sign(t, jose.EdDSA, edKey(), "ed", valid().with("n", n)), now) == nil {
				t.Error("refused")
			}
		})
	}
	wg.Wait()
	if i.hit(discoveryPath) != 1 || i.hit(keysPath) != 1 {
		t.Errorf("asked %d and %d times", i.hit(discoveryPath), i.hit(keysPath))
	}
}

func TestANewKeyIsFoundAndGarbageCausesNoStorm(t *testing.T) {
	i := newIssuer()
	i.show("old", edKey())
	s, _ := open(t, i, basic())
	if call(s, sign(t, jose.EdDSA, edKey(), "old", valid()), now) == nil {
		t.Fatal("refused")
	}
	at := now.Add(time.Minute)
	for n := range 200 {
		call(s, sign(t, jose.EdDSA, otherEd(), fmt.Sprint("garbage", n), valid()), at.Add(time.Duration(n)*time.Millisecond))
	}
	if n := i.hit(keysPath); n != 2 {
		t.Errorf("200 unknown keys at once: %d fetches, want one more", n-1)
	}
	i.show("new", otherEd())
	token := sign(t, jose.EdDSA, otherEd(), "new", valid())
	if call(s, token, at.Add(9*time.Second)) != nil {
		t.Error("a fetch came before its time")
	}
	if call(s, token, at.Add(10*time.Second)) == nil {
		t.Error("the new key was not found when it was time")
	}
	if n := i.hit(keysPath); n != 3 {
		t.Errorf("%d fetches", n)
	}
}

func TestAKeyWithoutIDThatWasReplacedIsFound(t *testing.T) {
	i := newIssuer()
	i.show("", edKey())
	s, _ := open(t, i, basic())
	if call(s, sign(t, jose.EdDSA, edKey(), "", valid()), now) == nil {
		t.Fatal("refused")
	}
	i.show("", otherEd())
	if call(s, sign(t, jose.EdDSA, otherEd(), "", valid()), now.Add(time.Minute)) == nil {
		t.Error("the new key was not found")
	}
	i.show("second", edKey())
	late := now.Add(2 * time.Minute)
	call(s, sign(t, jose.EdDSA, newEd(), "x", valid()), late) // causes a fetch
	if call(s, sign(t, jose.EdDSA, otherEd(), "", valid().with("n", 1)), late) != nil {
		t.Error("a token without key id counts though two keys fit")
	}
}

func TestAnIssuerThatIsAwayOrTalksGarbageKeepsItsKeys(t *testing.T) {
	big := strings.Repeat(" ", 1<<20)
	for name, answer := range map[string]http.HandlerFunc{
		"away":           away,
		"no JSON":        says("<html>sorry</html>"),
		"another JSON":   says(`[]`),
		"no keys":        says(`{"issuer":"` + name + `","jwks_uri":"` + name + `/keys","keys":[]}`),
		"useless keys":   says(`{"issuer":"` + name + `","jwks_uri":"` + name + `/keys","keys":[{"kty":"oct","k":"AAAA"},{"kty":"OKP"},7,null]}`),
		"another issuer": says(`{"issuer":"https://evil.example","jwks_uri":"https://evil.example/keys"}`),
		"a downgrade":    says(`{"issuer":"` + name + `","jwks_uri":"http://login.example/keys"}`),
		"no URL":         says(`{"issuer":"` + name + `","jwks_uri":"/keys"}`),
		"too much":       says(big + `{"issuer":"` + name + `","jwks_uri":"` + name + `/keys"}`),
		"a redirect to plain HTTP": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://login.example/x", http.StatusFound)
		},
		"redirects for ever": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String()+"/x", http.StatusFound)
		},
	} {
		i := newIssuer()
		i.show("ed", edKey())
		s, said := open(t, i, basic())
		if call(s, sign(t, jose.EdDSA, edKey(), "ed", valid()), now) == nil {
			t.Fatal("refused")
		}
		i.instead(answer)
		for n := 1; n <= 5; n++ {
			at := now.Add(time.Duration(n) * time.Minute)
			if call(s, sign(t, jose.EdDSA, otherEd(), "unknown", valid()), at) != nil {
				t.Errorf("%s: an unknown key counts", name)
			}
			if call(s, sign(t, jose.EdDSA, edKey(), "ed", valid().with("n", n)), at) == nil {
				t.Errorf("%s: the known key was lost", name)
			}
		}
		if n := strings.Count(said.String(), "cannot be fetched"); n != 1 {
			t.Errorf("%s: said %d times:\n%s", name, n, said)
		}
		i.instead(nil)
		i.show("other", otherEd())
		if call(s, sign(t, jose.EdDSA, otherEd(), "other", valid()), now.Add(10*time.Minute)) == nil || !strings.Contains(said.String(), "can be fetched again") {
			t.Errorf("%s: it did not come back:\n%s", name, said)
		}
	}
}

// The right keys are behind each of these answers; what leads to them is wrong.
func TestKeysAreTakenOnlyWhereTheIssuerItselfLeads(t *testing.T) {
	hop := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if at := strings.Count(r.URL.Path, "/hop"); at < n {
				http.Redirect(w, r, r.URL.Path+"/hop", http.StatusFound)
				return
			}
			says(`{"issuer":"`+name+`","jwks_uri":"`+name+`/keys"}`)(w, r)
		}
	}
	right := `{"issuer":"` + name + `","jwks_uri":"` + name + `/keys"}`
	for what, c := range map[string]struct {
		discovery http.HandlerFunc
		want      bool
	}{
		"right":             {says(right), true},
		"three redirects":   {hop(3), true},
		"four redirects":    {hop(4), false},
		"of another issuer": {says(`{"issuer":"` + name + `/","jwks_uri":"` + name + `/keys"}`), false},
		"keys without TLS":  {says(`{"issuer":"` + name + `","jwks_uri":"http://login.example/tenant/keys"}`), false},
		"too large":         {says(right + strings.Repeat(" ", 1<<20)), false},
		"a failure": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			says(right)(w, r)
		}, false},
		"a redirect to plain HTTP": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Scheme == "https" {
				http.Redirect(w, r, "http://login.example"+r.URL.Path, http.StatusFound)
				return
			}
			says(right)(w, r)
		}, false},
	} {
		i := newIssuer()
		i.show("ed", edKey())
		s, said := open(t, pathed{i, c.discovery}, basic())
		if who := call(s, sign(t, jose.EdDSA, edKey(), "ed", valid()), now); (who != nil) != c.want {
			t.Errorf("%s: %+v\n%s", what, who, said)
		}
	}
}

// pathed is an issuer whose discovery, and all below it, answers otherwise.
type pathed struct {
	*issuer
	discovery http.HandlerFunc
}

func (p pathed) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.Path, discoveryPath) {
		return p.issuer.RoundTrip(r)
	}
	w := httptest.NewRecorder()
	p.discovery(w, r)
	return w.Result(), nil
}

func TestAnIssuerThatIsAwayFromTheStartIsTriedAgain(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	i.instead(away)
	s, _ := open(t, i, basic())
	token := sign(t, jose.EdDSA, edKey(), "ed", valid())
	for n := range 20 {
		if call(s, token, now.Add(time.Duration(n)*100*time.Millisecond)) != nil {
			t.Fatal("accepted without a key")
		}
	}
	if n := i.hit(discoveryPath); n != 1 {
		t.Errorf("asked %d times in two seconds", n)
	}
	i.instead(nil)
	if call(s, token, now.Add(10*time.Second)) == nil {
		t.Error("it was not tried again")
	}
}

func TestATokenOfAnIssuerThatIsAwayIsNotItsCallersFault(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	i.instead(away)
	s, _ := open(t, i, basic())
	token := sign(t, jose.EdDSA, edKey(), "ed", valid())
	refused := func(token string, at time.Time) *fault.Fault {
		t.Helper()
		_, err := s.Caller(t.Context(), bearer(token), at)
		f, ok := errors.AsType[*fault.Fault](err)
		if !ok {
			t.Fatalf("%v", err)
		}
		return f
	}
	for _, c := range []struct{ after, retry time.Duration }{{0, 10 * time.Second}, {4 * time.Second, 6 * time.Second}, {9900 * time.Millisecond, time.Second}} {
		f := refused(token, now.Add(c.after))
		if f.Code != fault.Overloaded || !errors.Is(f, jwt.ErrAway) || f.NoRetry || f.RetryAfter != c.retry {
			t.Errorf("after %s: %+v", c.after, f)
		}
	}
	for what, bad := range map[string]string{
		"expired": sign(t, jose.EdDSA, edKey(), "ed", valid().with("exp", now.Add(-time.Hour).Unix())), "for others": sign(t, jose.EdDSA, edKey(), "ed", valid().with("aud", "other")),
		"of another issuer": sign(t, jose.EdDSA, edKey(), "ed", valid().with("iss", "https://evil.example")), "malformed": "a.b.c", "no token": "sk-sluice-0123456789",
	} {
		if f := refused(bad, now); f.Code != fault.Unauthenticated || f.RetryAfter != 0 {
			t.Errorf("%s: %+v", what, f)
		}
	}
	i.instead(nil)
	if call(s, token, now.Add(refused(token, now).RetryAfter)) == nil {
		t.Error("it was told too early a time to try again")
	}
	i.instead(away)
	later := now.Add(time.Minute)
	if f := refused(sign(t, jose.EdDSA, otherEd(), "next", valid()), later); f.Code != fault.Overloaded {
		t.Errorf("a key that may be new: %+v", f)
	}
	if f := refused(sign(t, jose.EdDSA, otherEd(), "ed", valid()), later); f.Code != fault.Unauthenticated {
		t.Errorf("a wrong signature by a known key: %+v", f)
	}
}

func TestAnIssuerThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		i.show("ed", edKey())
		i.instead(hang)
		s, _ := open(t, i, basic())
		token := sign(t, jose.EdDSA, edKey(), "ed", valid())
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Caller(ctx, bearer(token), now); err == nil || time.Since(began) != time.Second {
			t.Errorf("the caller's own limit: %v after %s", err, time.Since(began))
		}
		if call(s, token, now) != nil || time.Since(began) != 5*time.Second {
			t.Errorf("the limit of a fetch: %s", time.Since(began))
		}
		i.instead(nil)
		if call(s, token, now.Add(10*time.Second)) == nil {
			t.Error("it did not come back")
		}
	})
}

func TestKnownKeysAreFetchedAnewBesideTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		i.show("ed", edKey())
		s, _ := open(t, i, basic())
		far := valid().with("exp", now.Add(24*time.Hour).Unix())
		token := sign(t, jose.EdDSA, edKey(), "ed", far)
		call(s, token, now)
		i.instead(hang)
		began := time.Now()
		for n := range 100 {
			if call(s, token, now.Add(16*time.Minute+time.Duration(n))) == nil {
				t.Fatal("refused")
			}
		}
		if time.Since(began) != 0 {
			t.Error("calls waited though the keys are known")
		}
		synctest.Wait()
		if n := i.hit(discoveryPath); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestTheSameKeysInAnotherOrderForgetNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		for n := range 5 {
			i.show(fmt.Sprint("key", n), newEd())
		}
		i.show("ed", edKey())
		s, _ := open(t, i, basic())
		token := sign(t, jose.EdDSA, edKey(), "ed", valid().with("exp", now.Add(24*time.Hour).Unix()))
		first := call(s, token, now)
		call(s, token, now.Add(15*time.Minute)) // begins a fetch
		synctest.Wait()
		if i.hit(keysPath) != 2 || call(s, token, now.Add(16*time.Minute)) != first {
			t.Errorf("%d fetches, and the token was verified anew", i.hit(keysPath))
		}
	})
}

func TestATokenWhoseKeyWasWithdrawnStopsToCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		i.show("leaked", edKey())
		i.show("other", otherEd())
		s, _ := open(t, i, basic())
		token := sign(t, jose.EdDSA, edKey(), "leaked", valid().with("exp", now.Add(24*time.Hour).Unix()))
		if call(s, token, now) == nil {
			t.Fatal("refused")
		}
		i.drop("leaked")
		call(s, token, now.Add(15*time.Minute)) // begins a fetch
		synctest.Wait()
		if call(s, token, now.Add(15*time.Minute+time.Second)) != nil {
			t.Error("a token that was verified once counts though its key was withdrawn")
		}
	})
}

func TestCallsWaitForKeysThatAreOldUnlessTheIssuerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		i.show("leaked", edKey())
		s, _ := open(t, i, basic())
		far := valid().with("exp", now.Add(24*time.Hour).Unix())
		call(s, sign(t, jose.EdDSA, edKey(), "leaked", far), now)
		i.drop("leaked")
		i.show("new", otherEd())
		if call(s, sign(t, jose.EdDSA, edKey(), "leaked", far.with("n", 1)), now.Add(3*time.Hour)) != nil {
			t.Error("a key that was withdrawn hours ago counts")
		}
		i.instead(hang)
		for n := range 3 {
			began, at := time.Now(), now.Add(6*time.Hour+time.Duration(n)*time.Minute)
			if call(s, sign(t, jose.EdDSA, otherEd(), "new", far.with("n", n)), at) == nil {
				t.Error("the last good keys were lost")
			}
			if n > 0 && time.Since(began) != 0 {
				t.Error("calls wait though the issuer is known to be away")
			}
			<-time.After(10 * time.Second)
		}
	})
}

func TestAVerifiedTokenIsRememberedUntilItEnds(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	token := sign(t, jose.EdDSA, edKey(), "ed", valid())
	first := call(s, token, now)
	if again := call(s, token, now); first == nil || again != first {
		t.Error("a token was verified twice")
	}
	end := now.Add(time.Hour + 30*time.Second)
	if call(s, token, end.Add(-time.Second)) == nil || call(s, token, end) != nil {
		t.Error("it does not end with the token")
	}
}

func TestRememberedTokensAreBounded(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	kept := sign(t, jose.EdDSA, edKey(), "ed", valid())
	first := call(s, kept, now)
	for n := range 3 * jwt.MaxVerified {
		s.Remember(n, first)
		if n%100 == 0 && call(s, kept, now) != first {
			t.Fatal("a token in use was forgotten")
		}
	}
	if n := s.Remembered(); n > jwt.MaxVerified {
		t.Errorf("%d tokens are remembered", n)
	}
}

func TestIssuersMadeLaterShareTheKeys(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	ring := jwt.NewKeyring(i, slog.New(slog.DiscardHandler))
	defer ring.Close()
	token := sign(t, jose.EdDSA, edKey(), "ed", valid())
	for range 3 {
		s, err := ring.Issuers(basic())
		if err != nil || call(s, token, now) == nil {
			t.Fatalf("refused, %v", err)
		}
		i.instead(away)
	}
	if n := i.hit(discoveryPath); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestAClosedKeyringFetchesNothingAndVerifiesByWhatItKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		i.show("ed", edKey())
		ring := jwt.NewKeyring(i, slog.New(slog.DiscardHandler))
		s, _ := ring.Issuers(basic())
		call(s, sign(t, jose.EdDSA, edKey(), "ed", valid()), now)
		i.instead(hang)
		var wg sync.WaitGroup
		wg.Go(func() { call(s, sign(t, jose.EdDSA, otherEd(), "new", valid()), now.Add(time.Minute)) })
		synctest.Wait()
		ring.Close() // ends the fetch that hangs
		wg.Wait()
		if call(s, sign(t, jose.EdDSA, edKey(), "ed", valid().with("n", 1)), now.Add(2*time.Minute)) == nil {
			t.Error("a known key is lost")
		}
		if call(s, sign(t, jose.EdDSA, otherEd(), "new", valid()), now.Add(3*time.Minute)) != nil || i.hit(discoveryPath) != 2 {
			t.Errorf("%d fetches", i.hit(discoveryPath))
		}
	})
}

func TestKeysThatAreOfNoUseAreLeftOut(t *testing.T) {
	public := func(key any, edit func(*jose.JSONWebKey)) string {
		k := (&jose.JSONWebKey{Key: key, KeyID: "k"}).Public()
		edit(&k)
		return mustJSON(k)
	}
	none := func(*jose.JSONWebKey) {}
	for name, c := range map[string]struct {
		key  string
		want bool
	}{
		"of use":             {public(rsaKey(), none), true},
		"for signatures":     {public(rsaKey(), func(k *jose.JSONWebKey) { k.Use = "sig" }), true},
		"for RS256":          {public(rsaKey(), func(k *jose.JSONWebKey) { k.Algorithm = "RS256" }), true},
		"shown twice":        {public(rsaKey(), none) + "," + public(rsaKey(), none), true},
		"beside unknown":     {`{"kty":"quantum","kid":"k"},` + public(rsaKey(), none), true},
		"for encryption":     {public(rsaKey(), func(k *jose.JSONWebKey) { k.Use = "enc" }), false},
		"for another":        {public(rsaKey(), func(k *jose.JSONWebKey) { k.Algorithm = "RS512" }), false},
		"of another kind":    {public(p256Key(), none), false},
		"a private key":      {mustJSON(jose.JSONWebKey{Key: rsaKey(), KeyID: "k"}), false},
		"under another name": {public(rsaKey(), func(k *jose.JSONWebKey) { k.KeyID = "other" }), false},
	} {
		config := basic()
		config.JWKS = "https://login.example/keys"
		s, _ := open(t, fixed(`{"keys":[`+c.key+`]}`), config)
		if who := call(s, sign(t, jose.RS256, rsaKey(), "k", valid()), now); (who != nil) != c.want {
			t.Errorf("%s: %+v", name, who)
		}
	}
	config := basic()
	config.JWKS = "https://login.example/keys"
	s, _ := open(t, fixed(`{"keys":[`+public(weakRSA(), none)+`]}`), config)
	if call(s, sign(t, jose.RS256, weakRSA(), "k", valid()), now) != nil {
		t.Error("a key of 1024 bits counts")
	}
}

// fixed answers everything by one text.
type fixed string

func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.WriteString(string(f))
	return w.Result(), nil
}

func TestKeysComeOverTheNetwork(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	server := httptest.NewServer(i)
	defer server.Close()
	i.name = server.URL + "/tenant"
	config := basic()
	config.Issuer = i.name
	s, said := open(t, nil, config)
	if call(s, sign(t, jose.EdDSA, edKey(), "ed", valid().with("iss", i.name)), now) == nil {
		t.Errorf("refused:\n%s", said)
	}
}

func BenchmarkCaller(b *testing.B) {
	i := newIssuer()
	i.show("rsa", rsaKey())
	s, _ := open(b, i, basic())
	h := bearer(sign(b, jose.RS256, rsaKey(), "rsa", valid().with("pad", strings.Repeat("x", 600))))
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Caller(b.Context(), h, now); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered, parallel", func(b *testing.B) {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				s.Caller(b.Context(), h, now)
			}
		})
	})
	for name, token := range map[string]string{
		"verified RS256": strings.TrimPrefix(h.Get("Authorization"), "Bearer "),
		"forged":         sign(b, jose.EdDSA, ed25519.PrivateKey(otherEd()), "x", valid()),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Verify(b.Context(), token, now)
			}
		})
	}
}
