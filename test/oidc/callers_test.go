package oidc_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// taking is a gateway that takes an issuer's tokens, and keys.
func taking(i *issuer) string {
	return `
gateways:
  default:
    auth: [key, jwt]
    jwt:
      - issuer: ` + i.server.URL + `
        audience: https://ai.test
        workspace: default
        claims: { user: sub, role: access.role, metadata: { team: department } }
`
}

// me is what a caller is told about itself.
func me(g *testgw.Gateway, token string) (resp *http.Response, user, workspace string) {
	r := g.Request(http.MethodGet, "/v1/me", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, b := g.Do(r)
	var said struct{ User, Workspace string }
	_ = json.Unmarshal(b, &said)
	return resp, said.User, said.Workspace
}

func TestAnIssuersTokensOpenTheDataPlane(t *testing.T) {
	for _, alg := range []goidc.SignatureAlgorithm{goidc.RS256, goidc.ES256} {
		t.Run(string(alg), func(t *testing.T) {
			i := newIssuer(t, alg)
			g := testgw.Start(t, taking(i))
			claims := map[string]any{"aud": "https://ai.test", "department": "search", "access": map[string]any{"role": "editor"}}
			token := i.tokenFor(claims)
			resp, user, workspace := me(g, token)
			if resp.StatusCode != http.StatusOK || user != programs || workspace != "default" {
				t.Fatalf("%d, user %q of %q\n%s", resp.StatusCode, user, workspace, g.Log)
			}
			r := g.Request(http.MethodPost, "/v1/chat/completions", []byte(`{"model":"sandbox/chat","messages":[{"role":"user","content":"hi"}]}`))
			r.Header.Set("Authorization", "Bearer "+token)
			resp, b := g.Do(r)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", resp.StatusCode, b)
			}
			if e := g.Entry(resp.Header.Get("sluice-request-id")); e.User != programs || string(e.Metadata) != `{"team":"search"}` {
				t.Errorf("entry of %q with %s", e.User, e.Metadata)
			}
			for what, bad := range map[string]string{
				"for another audience": i.tokenFor(map[string]any{"aud": "https://other.test"}), "for nobody": i.tokenFor(nil), "expired": i.tokenFor(map[string]any{"aud": "https://ai.test", "exp": 1}),
				"not yet": i.tokenFor(map[string]any{"aud": "https://ai.test", "nbf": time.Now().Add(time.Hour).Unix()}), "of a name not its own": i.tokenFor(map[string]any{"aud": "https://ai.test", "iss": "https://evil.test"}),
				"altered": token[:len(token)-4] + "AAAA",
			} {
				if resp, _, _ := me(g, bad); resp.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s: %d", what, resp.StatusCode)
				}
			}
			if n := i.asked("/jwks"); n != 1 {
				t.Errorf("its keys were fetched %d times", n)
			}
		})
	}
}

func TestATokenWaitsForAnIssuerThatIsAwayInsteadOfBeingRefused(t *testing.T) {
	i := newIssuer(t, goidc.ES256)
	g := testgw.Start(t, taking(i))
	token := i.tokenFor(map[string]any{"aud": "https://ai.test"})
	i.set(func(i *issuer) { i.away = true })
	resp, _, _ := me(g, token)
	after, err := strconv.Atoi(resp.Header.Get("retry-after"))
	if resp.StatusCode != http.StatusServiceUnavailable || err != nil || after < 1 || after > 10 || resp.Header.Get("sluice-error") != "overloaded" {
		t.Errorf("%d, retry-after %q, %v", resp.StatusCode, resp.Header.Get("retry-after"), resp.Header)
	}
	if resp, _, _ := me(g, testgw.Key); resp.StatusCode != http.StatusOK {
		t.Errorf("a key meanwhile: %d", resp.StatusCode)
	}
	if resp, _, _ := me(g, "sk-sluice-nobody-has-this-one"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong key meanwhile: %d", resp.StatusCode)
	}
}

func TestKeysThatAnIssuerReplacesAreFollowed(t *testing.T) {
	i := newIssuer(t, goidc.RS256)
	ring := jwt.NewKeyring(nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	t.Cleanup(ring.Close)
	set, err := ring.Issuers(jwt.Config{Issuer: i.server.URL, Audiences: []string{"a"}, Workspace: "w"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	counts := func(token string) bool {
		_, err := set.Caller(context.Background(), http.Header{"Authorization": {"Bearer " + token}}, at)
		return err == nil
	}
	token := func() string { return i.tokenFor(map[string]any{"aud": "a", "exp": at.Add(24 * time.Hour).Unix()}) }
	old := token()
	if !counts(old) {
		t.Fatal("the first key does not count")
	}
	fresh := newKey(t, goidc.RS256, "rsa-2")
	i.set(func(i *issuer) { i.keys.Keys = append([]goidc.JSONWebKey{fresh}, i.keys.Keys...) })
	at = at.Add(11 * time.Second)
	if !counts(token()) || !counts(old) {
		t.Error("with both keys shown, both count")
	}
	i.set(func(i *issuer) { i.keys.Keys = i.keys.Keys[:1] })
	at = at.Add(3 * time.Hour) // then calls wait for the keys of today
	if !counts(token()) {
		t.Error("the new key alone does not count")
	}
	if counts(old) {
		t.Error("a token counts whose key was withdrawn")
	}
}
