package token_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/token"
)

const secret = "very-SECRET-value"

var (
	acme = &provider.Provider{Name: "acme", Spec: &provider.Spec{Name: "acme"}}
	cred = &provider.Credential{Name: "a", Fields: map[string]string{"client_id": "public-id", "client_secret": secret}}
)

func TestWhyATokenIsMissingIsToldWithoutSecrets(t *testing.T) {
	unreachable := httptest.NewServer(http.NotFoundHandler())
	unreachable.Close()
	_, dialled := http.Get(unreachable.URL + "/?client_secret=" + secret)
	for _, c := range []struct {
		err  error
		cred *provider.Credential
		code fault.Code
		say  string
	}{
		{&token.Refusal{Host: "login.example.com", Status: 401, Code: "invalid_client"}, cred, fault.UpstreamAuth, "the credential 'a' ready for the provider 'acme': login.example.com answered 401 invalid_client."},
		{&token.Refusal{Host: "login.example.com", Status: 400, Code: "<b>" + secret}, cred, fault.UpstreamAuth, "answered 400."},
		{fmt.Errorf("read: %w", &token.Refusal{Host: "h", Status: 500}), cred, fault.UpstreamAuth, "h answered 500."},
		{dialled, cred, fault.UpstreamAuth, "could not be reached"},
		{errors.New("cannot use " + secret), cred, fault.UpstreamAuth, "ready for the provider 'acme'."},
		{errors.New("no role"), nil, fault.UpstreamAuth, "Give it one under providers.acme, or the machine a role."},
		{context.Canceled, cred, fault.ClientClosed, "left"},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), cred, fault.UpstreamTimeout, "in time"},
	} {
		f := token.Fault(acme, c.cred, c.err)
		if f.Code != c.code || !strings.Contains(f.Message, c.say) {
			t.Errorf("%v: got %s %q", c.err, f.Code, f.Message)
		}
		if strings.Contains(f.Error(), secret) || strings.Contains(fmt.Sprintf("%+v", f), secret) {
			t.Errorf("the secret stands in %q", f.Error())
		}
	}
}

func TestTheClientOfTokensKeepsToTheProvidersProxyButNotForTheMachinesOwnService(t *testing.T) {
	seen := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.URL.Host }))
	defer proxy.Close()
	direct := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen <- "direct" }))
	defer direct.Close()
	c, err := token.Client(&provider.Provider{Spec: acme.Spec, ProxyURL: proxy.URL})
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{"http://login.example.com/token": "login.example.com", direct.URL: "direct"} {
		resp, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := <-seen; got != want {
			t.Errorf("%s went to %s", url, got)
		}
	}
}

func TestTheClientOfTokensFollowsNoRedirect(t *testing.T) {
	away := httptest.NewServer(http.RedirectHandler("https://elsewhere.example.com", http.StatusFound))
	defer away.Close()
	c, err := token.Client(acme)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Get(away.URL)
	if err != nil || resp.StatusCode != http.StatusFound {
		t.Errorf("got %v, %v", resp, err)
	}
	resp.Body.Close()
}

func TestAMissingCAFileIsTold(t *testing.T) {
	if _, err := token.Client(&provider.Provider{Spec: acme.Spec, CAFile: t.TempDir() + "/none.pem"}); err == nil {
		t.Error("no error")
	}
}
