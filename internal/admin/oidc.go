package admin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/config"
)

const (
	callbackPath = version1 + "/auth/oidc/callback"
	oidcCookie   = "sluice_oidc"
	oidcTime     = 10 * time.Minute // to sign in at the issuer
	oidcCall     = 15 * time.Second // of the issuer
	oidcFresh    = time.Hour        // that what it says of itself counts
	maxDiscovery = 1 << 20
)

// sso is single sign-on for people: OpenID Connect's code flow with PKCE.
// https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
type sso struct {
	config.OIDC
	redirect string
	tokens   *jwt.Issuers
	client   *http.Client
	cookies  cookieSeal

	mu       sync.Mutex
	endpoint oauth2.Endpoint
	known    time.Time
}

// newSSO gives nil where no issuer is configured.
func newSSO(c *Config) (*sso, error) {
	if c.OIDC.Issuer == "" || c.Keyring == nil {
		return nil, nil
	}
	// The workspace is of callers of models, which people who sign on are not.
	tokens, err := c.Keyring.Issuers(jwt.Config{Issuer: c.OIDC.Issuer, Audiences: []string{c.OIDC.ClientID}, Leeway: time.Minute, Workspace: config.DefaultWorkspace})
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: c.Transport, Timeout: oidcCall, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &sso{OIDC: c.OIDC, redirect: strings.TrimRight(c.URL, "/") + callbackPath, tokens: tokens, client: client, cookies: newCookieSeal(c.OIDC.ClientSecret.Reveal())}, nil
}

// oauth gives the issuer's endpoints, found by discovery and kept for an hour.
// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
func (s *sso) oauth(ctx context.Context, now time.Time) (*oauth2.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.known) > oidcFresh {
		endpoint, err := s.discover(ctx)
		if err != nil {
			return nil, err
		}
		s.endpoint, s.known = endpoint, now
	}
	return &oauth2.Config{ClientID: s.ClientID, ClientSecret: s.ClientSecret.Reveal(), Endpoint: s.endpoint, RedirectURL: s.redirect, Scopes: s.Scopes}, nil
}

func (s *sso) discover(ctx context.Context) (e oauth2.Endpoint, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(s.Issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return e, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return e, err
	}
	defer resp.Body.Close()
	var doc struct {
		Issuer  string   `json:"issuer"`
		Auth    string   `json:"authorization_endpoint"`
		Token   string   `json:"token_endpoint"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxDiscovery)).Decode(&doc); err != nil || resp.StatusCode != http.StatusOK {
		return e, fmt.Errorf("its discovery document cannot be read (status %d)", resp.StatusCode)
	}
	scheme, _, _ := strings.Cut(s.Issuer, ":")
	switch {
	case doc.Issuer != s.Issuer:
		return e, fmt.Errorf("its discovery document is of the issuer %q", doc.Issuer)
	case !strings.HasPrefix(doc.Auth, scheme+"://") || !strings.HasPrefix(doc.Token, scheme+"://"):
		return e, errors.New("its discovery document names no endpoints of the same scheme")
	}
	return oauth2.Endpoint{AuthURL: doc.Auth, TokenURL: doc.Token, AuthStyle: authStyle(doc.Methods)}, nil
}

// authStyle is how the issuer wants the client's secret; Basic where it does not say.
func authStyle(methods []string) oauth2.AuthStyle {
	for _, m := range methods {
		switch m {
		case "client_secret_basic":
			return oauth2.AuthStyleInHeader
		case "client_secret_post":
			return oauth2.AuthStyleInParams
		}
	}
	return oauth2.AuthStyleInHeader
}

// signing is one sign-on under way. It waits in a sealed cookie, which binds the answer
// to the browser that asked.
type signing struct {
	State, Nonce, Verifier string
	Until                  time.Time
}

// startOIDC sends the browser to the issuer.
func (a *api) startOIDC(c *call) (any, error) {
	if a.sso == nil {
		return nil, notFound("there is no single sign-on here; admin.oidc configures it")
	}
	ctx, cancel := context.WithTimeout(c.ctx(), oidcCall)
	defer cancel()
	to, err := a.sso.oauth(ctx, a.Clock())
	if err != nil {
		return nil, a.issuerFails(err)
	}
	s := signing{State: auth.NewSecret(""), Nonce: auth.NewSecret(""), Verifier: oauth2.GenerateVerifier(), Until: a.Clock().Add(oidcTime)}
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	sealed := base64.RawURLEncoding.EncodeToString(a.sso.cookies.seal(oidcCookie, plain))
	http.SetCookie(c.w, a.cookie(c.r, oidcCookie, sealed, oidcTime, http.SameSiteLaxMode))
	http.Redirect(c.w, c.r, to.AuthCodeURL(s.State, oauth2.S256ChallengeOption(s.Verifier), oauth2.SetAuthURLParam("nonce", s.Nonce)), http.StatusSeeOther)
	return nil, nil
}

// issuerFails tells people that it is not their doing, and the log why.
func (a *api) issuerFails(err error) error {
	a.Log.Warn("single sign-on: the issuer cannot be used", "issuer", a.sso.Issuer, "error", plainOAuth(err))
	return &apiError{Status: http.StatusBadGateway, Code: codeUnavailable, Message: "the issuer that signs people in cannot be used just now; the log says why", cause: err}
}

// plainOAuth leaves out the body of the issuer's answer, which may hold what it was sent.
func plainOAuth(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Errorf("the code was not exchanged: %s %s", refused.Response.Status, refused.ErrorCode)
	}
	return err
}

// callbackParams are what the issuer sends back; it may add what it likes.
var callbackParams = []Param{
	{"code", "What the issuer gives for an id token."},
	{"state", "What the sign-on began with."},
	{"iss", "The issuer."},
	{"error", "Why the issuer signed nobody in."},
}

// finishOIDC takes the browser back from the issuer and logs its person in.
func (a *api) finishOIDC(c *call) (any, error) {
	if a.sso == nil {
		return nil, notFound("there is no single sign-on here; admin.oidc configures it")
	}
	ctx, cancel := context.WithTimeout(c.ctx(), answerTime)
	defer cancel()
	c.r = c.r.WithContext(ctx)
	s, err := a.signing(c)
	if err != nil {
		return nil, err
	}
	if code := c.query.Get("error"); code != "" {
		return nil, forbidden("the issuer did not sign in: " + asStored(code))
	}
	claims, err := a.exchange(ctx, s, c.query.Get("code"))
	if err != nil {
		return nil, err
	}
	user, err := a.signOn(ctx, claims)
	if err != nil {
		return nil, err
	}
	// The browser comes from another site, to whose redirects it shows no strict cookie.
	if _, err := a.openSession(c, user.ID, http.SameSiteLaxMode); err != nil {
		return nil, err
	}
	c.then = func(any) any { http.Redirect(c.w, c.r, "/", http.StatusSeeOther); return nil }
	return nil, nil
}

// signing gives the sign-on that this browser began, once.
func (a *api) signing(c *call) (s signing, err error) {
	stale := invalid("state", "this sign-on was not begun in this browser, or took too long; begin again at "+version1+"/auth/oidc/start")
	sealed, err := base64.RawURLEncoding.DecodeString(a.cookieOf(c.r, oidcCookie))
	if err != nil || len(sealed) == 0 {
		return s, stale
	}
	http.SetCookie(c.w, a.cookie(c.r, oidcCookie, "", 0, http.SameSiteLaxMode))
	plain, err := a.sso.cookies.open(oidcCookie, sealed)
	if err != nil || json.Unmarshal(plain, &s) != nil || !a.Clock().Before(s.Until) {
		return s, stale
	}
	if !same(s.State, c.query.Get("state")) {
		return s, stale
	}
	// https://www.rfc-editor.org/rfc/rfc9207#section-2.4
	if iss := c.query.Get("iss"); iss != "" && iss != a.sso.Issuer {
		return s, stale
	}
	return s, nil
}

func same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// exchange turns the code into the verified claims of a person.
func (a *api) exchange(ctx context.Context, s signing, code string) (*jwt.Token, error) {
	if code == "" {
		return nil, invalid("code", "the issuer sent no code")
	}
	to, err := a.sso.oauth(ctx, a.Clock())
	if err != nil {
		return nil, a.issuerFails(err)
	}
	got, err := to.Exchange(context.WithValue(ctx, oauth2.HTTPClient, a.sso.client), code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return nil, a.issuerFails(err)
	}
	raw, _ := got.Extra("id_token").(string)
	t, err := a.sso.tokens.Verify(ctx, raw, a.Clock())
	if err != nil {
		return nil, a.issuerFails(fmt.Errorf("its id token is refused: %w", err))
	}
	nonce, _ := t.Claim("nonce").(string)
	if !same(s.Nonce, nonce) {
		return nil, a.issuerFails(errors.New("its id token is for another sign-on"))
	}
	// Core, 3.1.3.7: a token for several audiences says for whom it was made.
	if azp, said := t.Claims["azp"]; said && azp != a.sso.ClientID {
		return nil, a.issuerFails(errors.New("its id token was made for another client"))
	}
	if t.Subject == "" {
		return nil, a.issuerFails(errors.New("its id token names no subject"))
	}
	return t, nil
}
