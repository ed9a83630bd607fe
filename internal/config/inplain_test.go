package config_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

// Who changes a document as it was shown need not know the secrets in it.
func TestAShownDocumentIsCheckedWithTheSecretsThatItHides(t *testing.T) {
	const text = "exports:\n  hook: { to: webhook, url: https://hooks.example.com/in/s3cr3t }\n"
	load := func(text string, in map[string]config.Secret) (*config.Config, config.Problems) {
		return config.Load(config.Source{Data: []byte(text), Concealed: in})
	}
	cfg, problems := load(text, nil)
	if cfg == nil {
		t.Fatal(problems)
	}
	shown := string(cfg.Conceal([]byte(text)))
	if strings.Contains(shown, "s3cr3t") || !strings.Contains(shown, "hidden:plain") {
		t.Fatal(shown)
	}
	if _, problems := load(shown, nil); problems.Err() == nil {
		t.Error("nobody knows what it stands for")
	}
	again, problems := load(shown+"  more: { to: jsonl }\n", cfg.InPlain())
	if again == nil || again.Exports["hook"].URL.Reveal() != cfg.Exports["hook"].URL.Reveal() {
		t.Errorf("%v", problems)
	}
	if _, problems := load(strings.Replace(shown, "hook:", "other:", 1), cfg.InPlain()); problems.Err() == nil {
		t.Error("it stands for the secret of another place")
	}
}
