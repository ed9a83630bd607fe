package config_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

// keeping is a source whose store keeps one secret.
func keeping(doc, name, value string) config.Source {
	src := source(doc)
	src.Secrets = func(n string) (string, bool, error) { return value, n == name, nil }
	return src
}

func TestASecretOfTheStoreIsRead(t *testing.T) {
	cfg := mustLoad(t, keeping("providers: {openai: {api_key: secret:open, headers: {x-team-token: secret:open}}}", "open", "sk-stored"))
	p := cfg.Providers["openai"]
	if p.APIKey.Reveal() != "sk-stored" || p.APIKey.Ref() != "secret:open" || p.Headers["x-team-token"].Reveal() != "sk-stored" {
		t.Errorf("%+v", p)
	}
	if !reflect.DeepEqual(cfg.Secrets, []string{"open"}) {
		t.Errorf("refers to %v", cfg.Secrets)
	}
	if view := string(cfg.Redacted().YAML()); strings.Contains(view, "sk-stored") || !strings.Contains(view, "secret:open") {
		t.Errorf("the view:\n%s", view)
	}
}

func TestASecretOfTheStoreThatCannotBeReadIsAProblemWithItsPlace(t *testing.T) {
	broken := keeping("", "", "")
	broken.Secrets = func(string) (string, bool, error) { return "", false, errors.New("the master key is another") }
	for want, src := range map[string]config.Source{
		"sluice.yaml:1:31: providers.openai.api_key: no secret nope is in the store; put it there with: sluice secrets set nope": keeping("providers: {openai: {api_key: secret:nope}}", "open", "k"),
		"sluice.yaml:1:31: providers.openai.api_key: secret open cannot be read: the master key is another":                      withDocument(broken, "providers: {openai: {api_key: secret:open}}"),
		"sluice.yaml:1:16: storage.url: the store cannot keep its own address; write env:NAME or file:PATH":                      keeping("storage: {url: secret:open}", "open", "sqlite:a.db"),
		"sluice.yaml:1:15: shared.url: expected a URL such as redis://":                                                          keeping("shared: {url: secret:open}", "open", "nonsense"),
	} {
		if got := refusal(t, src); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, name := range []string{"", "Upper", "a b", "a/b"} {
		if got := refusal(t, keeping("providers: {openai: {api_key: 'secret:"+name+"'}}", name, "k")); !strings.Contains(got, "must be followed by the name") || name != "" && strings.Contains(got, "secret:"+name) {
			t.Errorf("%q: %s", name, got)
		}
	}
}

func withDocument(src config.Source, doc string) config.Source {
	src.Data = []byte(doc)
	return src
}

func TestSecretsOfTheStoreAreTakenForGoodWhileItIsNotAtHand(t *testing.T) {
	cfg := mustLoad(t, source("providers: {openai: {api_key: secret:open}}\nshared: {url: secret:redis}"))
	if !slices.Equal(cfg.Secrets, []string{"open", "redis"}) || cfg.Providers["openai"].APIKey.Reveal() != "" {
		t.Errorf("%+v", cfg.Secrets)
	}
}

func TestAProviderWithACredentialInTheStoreNeedsNoOther(t *testing.T) {
	src := source("providers: {openai: {timeouts: {connect: 1s}}}")
	src.Credentials = []string{"openai", "anthropic", "cloud", "azure-openai", "nobody"}
	cfg, problems := config.Load(src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if p, ok := cfg.Providers["anthropic"]; !ok || !p.Discovered {
		t.Error("a known vendor is not discovered by its credential in the store")
	}
	for _, name := range []string{"cloud", "azure-openai", "nobody"} { // which need more than a credential
		if _, ok := cfg.Providers[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
	src.Data = []byte("discover: false")
	if cfg, _ := config.Load(src); len(cfg.Providers) != 1 {
		t.Error("discovered though that is off")
	}
}

func TestAMasterKeyMayStandBeforeTheOneThatItReplaces(t *testing.T) {
	a, b := strings.Repeat("0a", 32), strings.Repeat("0b", 32)
	if got := mustLoad(t, source("", "SLUICE_MASTER_KEY="+a+","+b)).Bootstrap.MasterKey.Reveal(); got != a+","+b {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{a + ",short", ",", "short"} {
		if got := refusal(t, source("", "SLUICE_MASTER_KEY="+bad)); strings.Contains(got, "short") || !strings.Contains(got, "32 random bytes") {
			t.Errorf("%q: %s", bad, got)
		}
	}
}
