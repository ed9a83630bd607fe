package jwt_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	name     = "https://login.example/tenant"
	audience = "sluice"
)

// claims are those of a valid token.
type claims map[string]any

func valid() claims {
	return claims{"iss": name, "aud": audience, "sub": "ada", "exp": now.Add(time.Hour).Unix(), "iat": now.Add(-time.Minute).Unix()}
}

// with gives a copy with other values; nil takes a claim away.
func (c claims) with(pairs ...any) claims {
	out := maps.Clone(c)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			delete(out, pairs[i].(string))
			continue
		}
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

// issuer is a fake one: an http.RoundTripper that needs no network. Keys are shown in its
// JWK set until they are taken away.
type issuer struct {
	name string

	mu     sync.Mutex
	shown  map[string]jose.JSONWebKey
	answer http.HandlerFunc // instead of its own; nil = its own
	hits   map[string]int   // by path
}

func newIssuer() *issuer {
	return &issuer{name: name, shown: map[string]jose.JSONWebKey{}, hits: map[string]int{}}
}

func (i *issuer) show(kid string, key any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	public := (&jose.JSONWebKey{Key: key, KeyID: kid}).Public()
	i.shown[kid] = public
}

func (i *issuer) drop(kid string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.shown, kid)
}

// instead makes every answer another; nil = its own again.
func (i *issuer) instead(h http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = h
}

func (i *issuer) hit(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits[path]
}

const (
	discoveryPath = "/tenant/.well-known/openid-configuration"
	keysPath      = "/tenant/keys"
)

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.hits[r.URL.Path]++
	answer := i.answer
	var set jose.JSONWebKeySet
	for _, k := range i.shown {
		set.Keys = append(set.Keys, k)
	}
	i.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case r.URL.Path == discoveryPath:
		json.NewEncoder(w).Encode(map[string]string{"issuer": i.name, "jwks_uri": i.name + "/keys"})
	case r.URL.Path == keysPath:
		json.NewEncoder(w).Encode(set)
	default:
		http.NotFound(w, r)
	}
}

// RoundTrip serves without a network, so that tests can hold the time.
func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	w, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		i.ServeHTTP(w, r)
	}()
	select {
	case <-done:
		return w.Result(), nil
	case <-r.Context().Done():
		<-done
		return nil, r.Context().Err()
	}
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func away(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }
}

// keys of all kinds, made once.
var (
	rsaKey    = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	p256Key   = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
	p384Key   = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader); return k })
	edKey     = sync.OnceValue(newEd)
	otherEd   = sync.OnceValue(newEd)
	weakRSA   = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 1024); return k })
	sharedKey = []byte("0123456789abcdef0123456789abcdef")
)

func newEd() ed25519.PrivateKey {
	_, k, _ := ed25519.GenerateKey(rand.Reader)
	return k
}

// sign makes a token; header may hold further members.
func sign(t testing.TB, a jose.SignatureAlgorithm, key any, kid string, c any, header ...any) string {
	t.Helper()
	opt := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		opt.WithHeader("kid", kid)
	}
	for i := 0; i < len(header); i += 2 {
		opt.WithHeader(jose.HeaderKey(header[i].(string)), header[i+1])
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: a, Key: key}, opt)
	if err != nil {
		t.Fatal(err)
	}
	payload, ok := c.([]byte)
	if !ok {
		payload, _ = json.Marshal(c)
	}
	signed, err := s.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func basic() jwt.Config {
	return jwt.Config{Issuer: name, Audiences: []string{audience, "other-gateway"}, Leeway: 30 * time.Second, Workspace: "home"}
}

// open makes issuers over a fake one; what they log is in said.
func open(t testing.TB, i http.RoundTripper, configs ...jwt.Config) (s *jwt.Issuers, said *bytes.Buffer) {
	t.Helper()
	said = new(bytes.Buffer)
	ring := jwt.NewKeyring(i, slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(ring.Close)
	s, err := ring.Issuers(configs...)
	if err != nil {
		t.Fatal(err)
	}
	return s, said
}

// call gives who a token is at a time, nil = nobody.
func call(s *jwt.Issuers, token string, at time.Time) *gateway.Principal {
	who, err := s.Caller(context.Background(), bearer(token), at)
	if err != nil {
		return nil
	}
	return who
}
