package oidc_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

func signing(i *issuer) string {
	return `
admin:
  url: http://sluice.test
  oidc:
    issuer: ` + i.server.URL + `
    client_id: ` + people + `
    client_secret: env:OIDC_SECRET
    admins: [boss@example.com]
    roles: [{ value: ml, workspace: default, role: editor }]
`
}

// browser is somebody's, to which sluice.test is the gateway's admin listener.
type browser struct {
	*http.Client
	t    *testing.T
	last *url.URL // where it was led last
}

func newBrowser(t *testing.T, g *testgw.Gateway) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	admin := strings.TrimPrefix(g.Admin, "http://")
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "sluice.test:80" {
			address = admin
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	b := &browser{t: t}
	b.Client = &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirect) {
			b.last = r.URL
		}
		return nil
	}}
	return b
}

func (b *browser) open(address string, v any) int {
	b.t.Helper()
	resp, err := b.Get(address)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	if v != nil {
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			b.t.Fatal(err)
		}
	}
	return resp.StatusCode
}

const start = "http://sluice.test/api/v1/auth/oidc/start"

func TestPeopleSignOnByAnIssuer(t *testing.T) {
	for _, alg := range []goidc.SignatureAlgorithm{goidc.RS256, goidc.ES256} {
		t.Run(string(alg), func(t *testing.T) {
			i := newIssuer(t, alg)
			g := testgw.StartWith(t, testgw.Options{Config: signing(i), Env: map[string]string{"OIDC_SECRET": peopleSecret}})
			for _, c := range []struct {
				id, email string
				groups    []string
				admin     bool
				role      string
			}{{"1", "ann@example.com", []string{"ml", "other"}, false, "editor"}, {"2", "boss@example.com", nil, true, ""}, {"1", "ann@example.com", nil, false, ""}} {
				i.set(func(i *issuer) {
					i.person = person{c.id, map[string]any{"email": c.email, "email_verified": true, "name": "N", "groups": c.groups}}
				})
				b := newBrowser(t, g)
				if status := b.open(start, nil); status != http.StatusOK {
					t.Fatalf("%d; the issuer says %v\n%s", status, i.refusals(), g.Log)
				}
				var s admin.Session
				if status := b.open("http://sluice.test/api/v1/auth/session", &s); status != http.StatusOK || s.User.Email != c.email || s.Admin != c.admin {
					t.Fatalf("%d %+v", status, s)
				}
				role := ""
				if len(s.Workspaces) == 1 {
					role = string(s.Workspaces[0].Role)
				}
				if role != c.role {
					t.Errorf("%s has the role %q, want %q", c.email, role, c.role)
				}
				q := b.last.Query()
				if q.Get("iss") != i.server.URL || q.Get("code") == "" {
					t.Errorf("it came back with %v", q)
				}
			}
			if all := i.refusals(); len(all) > 0 {
				t.Errorf("the issuer refused: %v", all)
			}
		})
	}
}

func TestASignOnWorksOnceAndInItsOwnBrowserOnly(t *testing.T) {
	i := newIssuer(t, goidc.RS256)
	g := testgw.StartWith(t, testgw.Options{Config: signing(i), Env: map[string]string{"OIDC_SECRET": peopleSecret}})
	i.set(func(i *issuer) {
		i.person = person{"1", map[string]any{"email": "ann@example.com", "email_verified": true}}
	})
	b := newBrowser(t, g)
	if status := b.open(start, nil); status != http.StatusOK {
		t.Fatal(status)
	}
	again := b.last.String()
	if status := b.open(again, nil); status != http.StatusBadRequest {
		t.Errorf("the answer of a sign-on that is over: %d", status)
	}
	thief := newBrowser(t, g)
	if status := thief.open(again, nil); status != http.StatusBadRequest {
		t.Errorf("in another browser: %d", status)
	}
	if status := thief.open("http://sluice.test/api/v1/auth/session", nil); status != http.StatusUnauthorized {
		t.Errorf("the other browser is logged in: %d", status)
	}
	i.set(func(i *issuer) { i.person = person{} })
	var failed admin.ErrorAnswer
	if status := newBrowser(t, g).open(start, &failed); status != http.StatusForbidden || !strings.Contains(failed.Error.Message, "access_denied") {
		t.Errorf("whom the issuer does not sign in: %d %+v", status, failed)
	}
}

func TestASecretThatTheIssuerRefusesIsNobodysSignOn(t *testing.T) {
	i := newIssuer(t, goidc.ES256)
	g := testgw.StartWith(t, testgw.Options{Config: signing(i), Env: map[string]string{"OIDC_SECRET": "not-the-issuers-secret"}})
	i.set(func(i *issuer) {
		i.person = person{"1", map[string]any{"email": "ann@example.com", "email_verified": true}}
	})
	b := newBrowser(t, g)
	if status := b.open(start, nil); status != http.StatusBadGateway {
		t.Errorf("status %d", status)
	}
	if status := b.open("http://sluice.test/api/v1/auth/session", nil); status != http.StatusUnauthorized {
		t.Errorf("logged in: %d", status)
	}
	if strings.Contains(g.Log.String(), "not-the-issuers-secret") || strings.Contains(g.Log.String(), b.last.Query().Get("code")) {
		t.Error("the log shows a secret")
	}
}
