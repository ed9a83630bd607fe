package oidc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
	"go.uber.org/goleak"
	"golang.org/x/crypto/bcrypt"
)

func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop")); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// The client that people sign on by, and the one by which programs get tokens.
const (
	people, peopleSecret     = "sluice", "people-secret-0123456789"
	programs, programsSecret = "programs", "programs-secret-0123456789"
	redirect                 = "http://sluice.test/api/v1/auth/oidc/callback"
)

// issuer is an OpenID provider on this machine, whose pages sign in whoever is person.
type issuer struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	away   bool
	keys   goidc.JSONWebKeySet // the first of an algorithm signs
	person person
	token  map[string]any // further claims of programs' tokens
	failed []error        // what it refused
	seen   []string       // paths
}

type person struct {
	id     string
	claims map[string]any
}

// newIssuer starts one that signs ID tokens and programs' tokens by an algorithm.
func newIssuer(t *testing.T, alg goidc.SignatureAlgorithm) *issuer {
	t.Helper()
	i := &issuer{t: t, keys: goidc.JSONWebKeySet{Keys: []jose.JSONWebKey{newKey(t, goidc.RS256, "rsa-1"), newKey(t, goidc.ES256, "ec-1")}}}
	var serve http.Handler
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.note(r) {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		serve.ServeHTTP(w, r)
	}))
	t.Cleanup(i.server.Close)
	op, err := provider.New(goidc.ProfileOpenID, i.server.URL, i.jwks,
		provider.WithScopes(goidc.ScopeOpenID, goidc.ScopeEmail, goidc.ScopeProfile),
		provider.WithIDTokenSignatureAlgs(alg), provider.WithAuthorizationCodeGrant(), provider.WithClientCredentialsGrant(),
		provider.WithTokenAuthnMethods(goidc.ClientAuthnSecretBasic), provider.WithPKCERequired(goidc.CodeChallengeMethodSHA256),
		provider.WithIssuerResponseParameter(), provider.WithPolicies(goidc.NewPolicy("page", func(*http.Request, *goidc.Client, *goidc.AuthnSession) bool { return true }, i.page)),
		provider.WithTokenOptions(func(goidc.GrantInfo, *goidc.Client) goidc.TokenOptions { return goidc.NewJWTTokenOptions(alg, 300) }),
		provider.WithHandleGrantFunc(i.granted), provider.WithNotifyErrorFunc(i.refused),
		provider.WithStaticClient(client(t, people, peopleSecret, goidc.GrantAuthorizationCode, alg)),
		provider.WithStaticClient(client(t, programs, programsSecret, goidc.GrantClientCredentials, alg)),
	)
	if err != nil {
		t.Fatal(err)
	}
	serve = op.Handler()
	return i
}

func client(t *testing.T, id, secret string, grant goidc.GrantType, alg goidc.SignatureAlgorithm) *goidc.Client {
	hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c := &goidc.Client{ID: id, HashedSecret: string(hash), ClientMeta: goidc.ClientMeta{
		GrantTypes: []goidc.GrantType{grant}, ScopeIDs: "openid email profile", TokenAuthnMethod: goidc.ClientAuthnSecretBasic, IDTokenSigAlg: alg,
	}}
	if grant == goidc.GrantAuthorizationCode {
		c.RedirectURIs, c.ResponseTypes = []string{redirect}, []goidc.ResponseType{goidc.ResponseTypeCode}
	}
	return c
}

func newKey(t *testing.T, alg goidc.SignatureAlgorithm, id string) jose.JSONWebKey {
	t.Helper()
	var key crypto.Signer
	var err error
	if alg == goidc.RS256 {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: string(alg), Use: "sig"}
}

// note keeps what was asked for, and reports whether nobody answers.
func (i *issuer) note(r *http.Request) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.seen = append(i.seen, r.URL.Path)
	return i.away
}

func (i *issuer) jwks(context.Context) (goidc.JSONWebKeySet, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return goidc.JSONWebKeySet{Keys: slices.Clone(i.keys.Keys)}, nil
}

// page signs in the person that sits before it.
func (i *issuer) page(_ http.ResponseWriter, _ *http.Request, s *goidc.AuthnSession) (goidc.AuthnStatus, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.person.id == "" {
		return goidc.StatusFailure, errors.New("nobody sits here")
	}
	s.SetUserID(i.person.id)
	s.GrantScopes(s.Scopes)
	for name, value := range i.person.claims {
		s.SetIDTokenClaim(name, value)
	}
	return goidc.StatusSuccess, nil
}

func (i *issuer) granted(_ *http.Request, g *goidc.GrantInfo) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if g.ClientID == programs {
		g.AdditionalTokenClaims = i.token
	}
	return nil
}

func (i *issuer) refused(_ context.Context, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failed = append(i.failed, err)
}

// set changes it.
func (i *issuer) set(f func(*issuer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f(i)
}

// refusals are what it refused, and why.
func (i *issuer) refusals() []error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.failed)
}

// asked counts requests for a path.
func (i *issuer) asked(path string) (n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range i.seen {
		if p == path {
			n++
		}
	}
	return n
}

// tokenFor gives a program's token with these claims beside the issuer's own.
func (i *issuer) tokenFor(claims map[string]any) string {
	i.t.Helper()
	i.set(func(i *issuer) { i.token = claims })
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"email"}}
	r, err := http.NewRequest(http.MethodPost, i.server.URL+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(programs, programsSecret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || got.Token == "" {
		i.t.Fatalf("no token: %d %v", resp.StatusCode, i.refusals())
	}
	return got.Token
}
