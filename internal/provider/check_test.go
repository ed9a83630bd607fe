package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

func good() *provider.Spec {
	return &provider.Spec{
		Name: "acme", Title: "Acme", Page: "https://acme.example/docs", AsOf: "2026-01-02",
		BaseURL: "https://api.acme.example/v1", Env: []string{"ACME_API_KEY"},
		Auth:   provider.Auth{Header: "Authorization", Prefix: "Bearer "},
		Speaks: []dialect.Name{dialect.Chat}, Operations: []llm.Operation{llm.OpChat},
	}
}

func TestAGoodSpecPassesAndEachMistakeIsNamed(t *testing.T) {
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*provider.Spec){
		"no name for a kind":       func(s *provider.Spec) { s.Aliases = []string{"Acme Inc"} },
		"no title":                 func(s *provider.Spec) { s.Title = "" },
		"no https link":            func(s *provider.Spec) { s.Page = "acme.example" },
		"no date":                  func(s *provider.Spec) { s.AsOf = "yesterday" },
		"ends with a slash":        func(s *provider.Spec) { s.BaseURL += "/" },
		"key in clear":             func(s *provider.Spec) { s.BaseURL = "http://api.acme.example" },
		"no place for a key":       func(s *provider.Spec) { s.Auth = provider.Auth{} },
		"not both":                 func(s *provider.Spec) { s.Auth.Query = "key" },
		"is not canonical":         func(s *provider.Spec) { s.Auth.Header = "authorization" },
		"no environment variable":  func(s *provider.Spec) { s.Env = nil },
		"no operation":             func(s *provider.Spec) { s.Operations = nil },
		"operation chat twice":     func(s *provider.Spec) { s.Operations = []llm.Operation{llm.OpChat, llm.OpChat} },
		"no conversation dialect":  func(s *provider.Spec) { s.Speaks = []dialect.Name{dialect.OpenAI} },
		"is no sentence":           func(s *provider.Spec) { s.Quirks = []string{"odd"} },
		"may never be forwarded":   func(s *provider.Spec) { s.Forward = []string{"Cookie"} },
		`header "x-a" is not cano`: func(s *provider.Spec) { s.Headers = []provider.Header{{Name: "x-a"}} },
	} {
		s := good()
		spoil(s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestABaseURLThatCannotBeUsedIsRefusedWithoutRepeatingItsSecrets(t *testing.T) {
	for _, bad := range []string{"", "api.acme.example", "ftp://h/x", "https://", "https://u:hunter2@h/v1", "https://h/v1?key=hunter2", "https://h/v1/", "https://h/%zz"} {
		err := provider.CheckBaseURL(bad)
		if err == nil {
			t.Errorf("%q was accepted", bad)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error repeats a secret", bad)
		}
	}
	for _, ok := range []string{"https://h", "https://h:8443/a/b", "http://127.0.0.1:11434/v1", "http://[::1]:80"} {
		if err := provider.CheckBaseURL(ok); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
}

func TestOnlyThisMachineIsLocal(t *testing.T) {
	for url, want := range map[string]bool{
		"http://127.0.0.1:8000/v1": true, "http://localhost:1/": true, "http://[::1]:1": true,
		"http://10.0.0.1": false, "https://api.example.com": false, "https://localhost.example.com": false,
	} {
		if provider.Local(url) != want {
			t.Errorf("Local(%s) is %v", url, !want)
		}
	}
}

func TestTheDefaultsAreTheContracts(t *testing.T) {
	want := provider.Timeouts{Connect: 5 * time.Second, FirstByte: 2 * time.Minute, FirstEvent: 2 * time.Minute, Idle: time.Minute, Total: 15 * time.Minute}
	if got := provider.DefaultTimeouts(); got != want {
		t.Errorf("timeouts are %+v", got)
	}
	part := provider.Timeouts{Idle: time.Second}.Filled()
	if part.Idle != time.Second || part.Connect != want.Connect {
		t.Errorf("filled to %+v", part)
	}
	r := provider.DefaultRetries()
	if r.Max != 2 || r.First != 250*time.Millisecond || r.Cap != 8*time.Second || strings.Join(r.For, " ") != "connect timeout 5xx 429" {
		t.Errorf("retries are %+v", r)
	}
}
