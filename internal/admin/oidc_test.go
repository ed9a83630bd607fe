package admin_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const loginIssuer = "https://login.example.com"

// issuer signs people in, without a network.
type issuer struct {
	t         *testing.T
	key       ed25519.PrivateKey
	claims    map[string]any // of the next id token
	challenge string         // of the sign-on under way
	exchanged int
}

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": loginIssuer, "jwks_uri": loginIssuer + "/keys", "authorization_endpoint": loginIssuer + "/authorize", "token_endpoint": loginIssuer + "/token"})
	case "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "k"}}})
	case "/token":
		i.token(w, r)
	default:
		http.NotFound(w, r)
	}
	return w.Result(), nil
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if form.Get("code") != "the-code" || base64.RawURLEncoding.EncodeToString(sum[:]) != i.challenge || id != "sluice" || secret != "client-secret" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	i.exchanged++
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: i.key}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", "k"))
	if err != nil {
		i.t.Error(err)
		return
	}
	payload, _ := json.Marshal(i.claims)
	signed, _ := signer.Sign(payload)
	text, _ := signed.CompactSerialize()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": text})
}

// ssoTown is a town with single sign-on.
func ssoTown(t *testing.T) (*town, *issuer) {
	seed := sha256.Sum256([]byte("issuer"))
	i := &issuer{t: t, key: ed25519.NewKeyFromSeed(seed[:])}
	ring := jwt.NewKeyring(i, slog.New(slog.NewTextHandler(io.Discard, nil)))
	t.Cleanup(ring.Close)
	document := `
admin:
  url: https://sluice.test
  oidc:
    issuer: ` + loginIssuer + `
    client_id: sluice
    client_secret: env:OIDC_SECRET
    admins: [boss@example.com]
    roles: [{value: ml, workspace: own, role: editor}, {value: leads, workspace: own, role: owner}, {value: gods, role: admin}]
`
	cfg, problems := config.Load(config.Source{Path: "sluice.yaml", Data: []byte(document), Env: func(name string) (string, bool) { return "client-secret", name == "OIDC_SECRET" }})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	g := &town{rig: newRig(t, with(func(c *admin.Config) {
		c.URL, c.OIDC, c.Keyring, c.Transport = cfg.Admin.URL, cfg.Admin.OIDC, ring, i
	}))}
	for _, id := range []string{"own", "foreign"} {
		g.must(g.store.CreateWorkspace(t.Context(), gateway.Workspace{ID: id, Name: id, Created: g.now}))
	}
	return g, i
}

// begin starts a sign-on and gives the query that the issuer got, and the cookies.
func (g *town) begin(i *issuer) (url.Values, []*http.Cookie) {
	g.t.Helper()
	w := g.browse("GET", "https://sluice.test/api/v1/auth/oidc/start", "", "", nil)
	if w.Code != http.StatusSeeOther {
		g.t.Fatalf("%d %s", w.Code, w.Body)
	}
	to, err := url.Parse(w.Header().Get("Location"))
	g.must(err)
	i.challenge = to.Query().Get("code_challenge")
	return to.Query(), w.Result().Cookies()
}

// person is what the issuer says of somebody.
func (g *town) person(nonce string, more map[string]any) map[string]any {
	c := map[string]any{"iss": loginIssuer, "aud": "sluice", "sub": "42", "nonce": nonce, "exp": g.now.Add(time.Hour).Unix(), "iat": g.now.Unix(), "email": "ann@example.com", "email_verified": true, "name": "Ann"}
	for k, v := range more {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

// signOn goes through a whole sign-on and gives the answer of the callback.
func (g *town) signOn(i *issuer, more map[string]any) *httptest.ResponseRecorder {
	g.t.Helper()
	q, cookies := g.begin(i)
	i.claims = g.person(q.Get("nonce"), more)
	return g.browse("GET", "https://sluice.test/api/v1/auth/oidc/callback?code=the-code&session_state=x&state="+url.QueryEscape(q.Get("state")), "", "", cookies, "Sec-Fetch-Site", "cross-site")
}

// signedOn is a sign-on that must succeed; it gives who is logged in then.
func (g *town) signedOn(i *issuer, more map[string]any) admin.Session {
	g.t.Helper()
	w := g.signOn(i, more)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		g.t.Fatalf("%d %s", w.Code, w.Body)
	}
	var session []*http.Cookie
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-sluice_session" && c.SameSite == http.SameSiteLaxMode && c.HttpOnly && c.Secure {
			session = append(session, c)
		}
	}
	var s admin.Session
	g.answered(g.browse("GET", "https://sluice.test/api/v1/auth/session", "", "", session), http.StatusOK, &s)
	return s
}

func TestAPersonSignsOnAndHasTheRolesOfItsClaims(t *testing.T) {
	g, i := ssoTown(t)
	q, cookies := g.begin(i)
	if q.Get("response_type") != "code" || q.Get("client_id") != "sluice" || q.Get("redirect_uri") != "https://sluice.test/api/v1/auth/oidc/callback" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid email profile" || q.Get("nonce") == "" {
		t.Errorf("%v", q)
	}
	if c := cookies[0]; c.Name != "__Host-sluice_oidc" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || strings.Contains(c.Value, q.Get("state")) {
		t.Errorf("%+v", c)
	}
	s := g.signedOn(i, nil)
	if s.Admin || len(s.Workspaces) != 0 || s.User.Email != "ann@example.com" || s.User.Name != "Ann" {
		t.Errorf("without roles: %+v", s)
	}
	for _, c := range []struct {
		groups any
		want   string
		admin  bool
	}{{[]string{"x", "ml"}, "editor", false}, {[]string{"ml", "leads"}, "owner", false}, {"ml", "editor", false}, {[]string{"gods"}, "", true}, {[]string{}, "", false}} {
		s := g.signedOn(i, map[string]any{"groups": c.groups})
		role := ""
		if len(s.Workspaces) == 1 && s.Workspaces[0].Workspace == "own" {
			role = string(s.Workspaces[0].Role)
		}
		if role != c.want || s.Admin != c.admin {
			t.Errorf("%v: %+v", c.groups, s)
		}
	}
}

func TestWhatPeopleGaveStaysWhenTheIssuerGivesNoMore(t *testing.T) {
	g, i := ssoTown(t)
	s := g.signedOn(i, nil)
	g.must(g.store.PutMember(t.Context(), gateway.Member{Workspace: "own", User: s.User.ID, Role: gateway.Owner, Created: g.now}))
	g.must(g.store.PutMember(t.Context(), gateway.Member{Workspace: "foreign", User: s.User.ID, Role: gateway.Viewer, Created: g.now}))
	for _, groups := range [][]string{{"ml"}, {}, {"leads"}, {}} {
		s = g.signedOn(i, map[string]any{"groups": groups})
		if len(s.Workspaces) != 2 || s.Workspaces[1].Role != gateway.Owner {
			t.Errorf("%v: %+v", groups, s.Workspaces)
		}
	}
}

func TestASignOnThatIsNotItsOwnIsRefused(t *testing.T) {
	g, i := ssoTown(t)
	callback := "https://sluice.test/api/v1/auth/oidc/callback?code=the-code&state="
	q, cookies := g.begin(i)
	i.claims = g.person(q.Get("nonce"), nil)
	g.fails(g.browse("GET", callback+url.QueryEscape(q.Get("state")), "", "", nil), http.StatusBadRequest, "invalid_request")
	g.fails(g.browse("GET", callback+"other", "", "", cookies), http.StatusBadRequest, "invalid_request")
	g.fails(g.browse("GET", callback, "", "", cookies), http.StatusBadRequest, "invalid_request")
	g.fails(g.browse("GET", callback+url.QueryEscape(q.Get("state"))+"&iss=https://evil.example", "", "", cookies), http.StatusBadRequest, "invalid_request")
	if i.exchanged != 0 {
		t.Error("the code was exchanged")
	}
	g.now = g.now.Add(11 * time.Minute)
	g.fails(g.browse("GET", callback+url.QueryEscape(q.Get("state")), "", "", cookies), http.StatusBadRequest, "invalid_request")
	for what, claims := range map[string]map[string]any{
		"another nonce": {"nonce": "other"}, "no nonce": {"nonce": nil}, "another audience": {"aud": "other"}, "another issuer": {"iss": "https://evil.example"},
		"another client": {"aud": []string{"sluice", "b"}, "azp": "b"}, "expired": {"exp": 1}, "no subject": {"sub": nil},
	} {
		if w := g.signOn(i, claims); w.Code != http.StatusBadGateway || len(w.Result().Cookies()) != 1 {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	for what, claims := range map[string]map[string]any{"no address": {"email": nil}, "an unverified one": {"email_verified": false}} {
		if w := g.signOn(i, claims); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
}

func TestAnAddressOpensAnothersAccountOnlyWhenVerifiedAndFree(t *testing.T) {
	g, i := ssoTown(t)
	g.must(g.store.CreateUser(t.Context(), gateway.User{ID: "usr_ann", Email: "Ann@example.com", Name: "Ann", Admin: true, Created: g.now}))
	if w := g.signOn(i, map[string]any{"email_verified": nil}); w.Code != http.StatusForbidden {
		t.Errorf("not known to be verified: %d %s", w.Code, w.Body)
	}
	if s := g.signedOn(i, nil); s.User.ID != "usr_ann" || !s.Admin {
		t.Errorf("%+v", s)
	}
	if w := g.signOn(i, map[string]any{"sub": "43"}); w.Code != http.StatusForbidden {
		t.Errorf("another subject: %d %s", w.Code, w.Body)
	}
	if s := g.signedOn(i, map[string]any{"sub": "1", "email": "boss@example.com"}); !s.Admin {
		t.Errorf("an admin by address: %+v", s)
	}
	if s := g.signedOn(i, map[string]any{"sub": "1", "email": "boss@example.com", "email_verified": nil}); s.Admin {
		t.Errorf("an admin by an address that nobody verified: %+v", s)
	}
	u, err := g.store.User(t.Context(), "usr_ann")
	g.must(err)
	u.Disabled = &g.now
	g.must(g.store.UpdateUser(t.Context(), u))
	if w := g.signOn(i, nil); w.Code != http.StatusForbidden {
		t.Errorf("a disabled user: %d %s", w.Code, w.Body)
	}
}
