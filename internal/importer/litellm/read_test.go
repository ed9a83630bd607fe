package litellm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/importer/litellm"
)

func TestWhatCannotBeReadIsToldWithItsLine(t *testing.T) {
	cases := map[string]struct{ in, want string }{
		"nothing":            {"", "the file is empty"},
		"no YAML":            {"model_list:\n  - a: [1\n  b", "line "},
		"a list":             {"- a\n- b\n", "line 1: document: expected a mapping"},
		"another file":       {"services:\n  db: {image: postgres}\n", "model_list: holds no deployment"},
		"no name":            {"model_list:\n  - litellm_params: {model: openai/gpt-5}\n", "line 2: model_list[0].model_name: is missing"},
		"no params":          {"model_list:\n  - model_name: a\n", "line 2: model_list[0].litellm_params: is missing"},
		"no model":           {"model_list:\n  - model_name: a\n    litellm_params:\n      api_key: x\n", "line 4: model_list[0].litellm_params.model: is missing"},
		"a list for a map":   {"model_list:\n  - model_name: a\n    litellm_params: [1]\n", "line 3: model_list[0].litellm_params: expected a mapping, found a list"},
		"a text for numbers": {"model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/gpt-5\n      rpm: many\n", "line 5: model_list[0].litellm_params.rpm: expected a number of 0 or more"},
		"half a request":     {"model_list:\n  - model_name: a\n    litellm_params: {model: openai/gpt-5, tpm: 1.5}\n", "tpm: expected a whole number"},
		"a bad period":       {base + "litellm_settings:\n  max_budget: 5\n  budget_duration: soon\n", "line 6: litellm_settings.budget_duration: expected a duration"},
		"a bad address":      {base + "general_settings:\n  allowed_ips: [nowhere]\n", "line 5: general_settings.allowed_ips: \"nowhere\" is no address"},
		"an unset base":      {"model_list:\n  - model_name: a\n    litellm_params: {model: openai/x, api_base: os.environ/BASE}\n", "the variable BASE is not set"},
		"a section as text":  {base + "router_settings: fast\n", "line 4: router_settings: expected a mapping"},
		"twice the same key": {base + "model_list: []\n", "line 4"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := litellm.Read([]byte(c.in), none)
			if err == nil || got != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and %v, want %q", got, err, c.want)
			}
		})
	}
}

const base = "model_list:\n  - model_name: gpt-5\n    litellm_params: {model: openai/gpt-5}\n"

func TestEveryProblemIsToldAtOnce(t *testing.T) {
	_, err := litellm.Read([]byte("model_list:\n  - model_name: a\n    litellm_params: {model: openai/x, rpm: y}\n  - litellm_params: {model: openai/x, tpm: z}\n"), none)
	if err == nil || strings.Count(err.Error(), "line ") != 3 {
		t.Error(err)
	}
}

func TestNoSecretInPlainTextLeavesTheFile(t *testing.T) {
	secrets := []string{"sk-live-aaaaaaaa", "AKIDbbbbbbbb", "cccccccc-secret", "dddddddd", "sk-master-eeee", "pg-ffffffff", "redis-gggg", "lf-hhhhhhhh"}
	c := read(t, `
model_list:
  - model_name: a
    litellm_params: {model: openai/gpt-5, api_key: sk-live-aaaaaaaa, extra_headers: {authorization: "Bearer dddddddd"}}
  - model_name: b
    litellm_params: {model: bedrock/x.y, aws_region_name: us-east-1, aws_access_key_id: AKIDbbbbbbbb, aws_secret_access_key: cccccccc-secret}
general_settings: {master_key: sk-master-eeee, database_url: "postgres://u:pg-ffffffff@h/d"}
router_settings: {redis_url: "redis://:redis-gggg@h:6379"}
environment_variables: {LANGFUSE: lf-hhhhhhhh}
`)
	all := string(c.Document) + told(c.Notes)
	for _, s := range secrets {
		if strings.Contains(all, s) {
			t.Errorf("%s is copied:\n%s", s, all)
		}
	}
	load(t, c)
}

func TestTwoPlainKeysGetTwoVariablesAndTheSameOneGetsOne(t *testing.T) {
	c := read(t, `
model_list:
  - {model_name: a, litellm_params: {model: openai/gpt-5, api_key: first-key}}
  - {model_name: a, litellm_params: {model: openai/gpt-5, api_key: second-key}}
  - {model_name: b, litellm_params: {model: openai/gpt-5-mini, api_key: first-key}}
  - {model_name: c, litellm_params: {model: openai/gpt-4, api_key: os.environ/OPENAI_API_KEY_3}}
`)
	if got := strings.Join(c.Env, " "); got != "OPENAI_API_KEY OPENAI_API_KEY_2 OPENAI_API_KEY_3" {
		t.Error(got)
	}
	if cfg := load(t, c); len(cfg.Providers["openai"].Credentials) != 2 {
		t.Errorf("%s", c.Document)
	}
}

func TestAPlainKeyNeverGetsTheNameOfAVariableThatIsInUse(t *testing.T) {
	c := read(t, `
model_list:
  - {model_name: a, litellm_params: {model: openai/gpt-5, api_key: plain-key}}
  - {model_name: b, litellm_params: {model: openai/gpt-4, api_key: os.environ/OPENAI_API_KEY}}
`)
	if got := strings.Join(c.Env, " "); got != "OPENAI_API_KEY OPENAI_API_KEY_2" {
		t.Error(got)
	}
}

func TestPrefixesBecomeKinds(t *testing.T) {
	cases := []struct{ params, kind, model, baseURL string }{
		{"model: gpt-5", "openai", "gpt-5", ""},
		{"model: claude-sonnet-5", "anthropic", "claude-sonnet-5", ""},
		{"model: gemini-2.5-pro, vertex_project: p", "vertex", "gemini-2.5-pro", ""},
		{"model: groq/x", "groq", "x", ""},
		{"model: fireworks_ai/accounts/a/models/b", "fireworks", "accounts/a/models/b", ""},
		{"model: openrouter/anthropic/claude", "openrouter", "anthropic/claude", ""},
		{"model: nvidia_nim/meta/llama", "nvidia", "meta/llama", ""},
		{"model: github/gpt-4o", "github-models", "gpt-4o", ""},
		{"model: xai/grok-4", "xai", "grok-4", ""},
		{"model: openai/mine, api_base: 'https://llm.acme.com/v1/'", "openai-compatible", "mine", "https://llm.acme.com/v1"},
		{"model: openai/gpt-5, api_base: 'https://api.openai.com/v1'", "openai", "gpt-5", ""},
		{"model: mine, custom_llm_provider: openai, api_base: 'http://h/v1'", "openai-compatible", "mine", "http://h/v1"},
		{"model: ollama/llama3, api_base: 'http://h:11434'", "ollama", "llama3", "http://h:11434/v1"},
		{"model: anthropic/c, api_base: 'https://h/v1/messages'", "anthropic", "c", "https://h"},
		{"model: azure_ai/phi, api_base: 'https://r.services.ai.azure.com'", "azure", "phi", "https://r.services.ai.azure.com/models"},
		{"model: codestral/codestral-latest", "mistral", "codestral-latest", "https://codestral.mistral.ai/v1"},
		{"model: lm_studio/q, api_base: 'http://h:1234/v1', api_key: none", "lm-studio", "q", "http://h:1234/v1"},
		{"model: litellm_proxy/x, api_base: 'http://h:4000', api_key: os.environ/K", "litellm", "x", "http://h:4000/v1"},
		{"model: bedrock/us-west-2/a.b-v1:0", "bedrock", "a.b-v1:0", ""},
		{"model: vertex_ai/claude-x@1, vertex_location: us-east5, vertex_project: p", "vertex", "claude-x@1", ""},
	}
	for _, x := range cases {
		t.Run(x.params, func(t *testing.T) {
			c := read(t, "model_list:\n  - model_name: m\n    litellm_params: {"+x.params+"}\n")
			cfg := load(t, c)
			for name, p := range cfg.Providers {
				if p.Discovered || name == "sandbox" {
					continue
				}
				if _, there := p.Models[x.model]; !there || p.Kind != x.kind || x.baseURL != p.BaseURL {
					t.Errorf("%s is %s at %q\n%s", name, p.Kind, p.BaseURL, c.Document)
				}
			}
		})
	}
}

func TestBudgetsGetTheNearestPeriod(t *testing.T) {
	cases := []struct{ every, budget, limit string }{
		{"1d", "10.00/day", ""}, {"24h", "10.00/day", ""}, {"7d", "10.00/week", ""}, {"1w", "10.00/week", ""}, {"30d", "10.00/month", ""}, {"1mo", "10.00/month", ""}, {"monthly", "10.00/month", ""},
		{"1h", "", "10.00/1h"}, {"3d", "", "10.00/3d"}, {"30s", "", "10.00/30s"}, {"60d", "5.00/month", ""},
	}
	for _, x := range cases {
		t.Run(x.every, func(t *testing.T) {
			cfg := load(t, read(t, base+"litellm_settings: {max_budget: 10, budget_duration: "+x.every+"}\n"))
			g := cfg.Gateways["default"]
			got, want := "", x.budget+x.limit
			for _, b := range g.Budgets {
				got += strings.Join(b.Cost, " ")
			}
			for _, l := range g.Limits {
				got += strings.Join(l.Cost, " ")
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestSettingsForAllReachEveryProviderUnlessItHasItsOwn(t *testing.T) {
	cfg := load(t, read(t, `
model_list:
  - {model_name: a, litellm_params: {model: openai/gpt-5, timeout: 5, num_retries: 0}}
  - {model_name: b, litellm_params: {model: groq/x}}
litellm_settings: {num_retries: 4, request_timeout: 90, drop_params: true}
router_settings: {num_retries: 1, redis_url: os.environ/REDIS_URL}
`))
	a, b := cfg.Providers["openai"], cfg.Providers["groq"]
	if a.Timeouts.Total != 5*time.Second || a.Retries.Max != 0 || b.Timeouts.Total != 90*time.Second || b.Retries.Max != 1 {
		t.Errorf("%+v %+v", a, b)
	}
	if cfg.Gateways["default"].Unsupported != "drop" || cfg.Shared.URL.Ref() != "env:REDIS_URL" {
		t.Errorf("%+v", cfg.Shared)
	}
}

func TestWildcardsAllowAllModelsOfTheirProvider(t *testing.T) {
	c := read(t, "model_list:\n  - model_name: '*'\n    litellm_params: {model: '*'}\n  - model_name: anthropic/*\n    litellm_params: {model: anthropic/*, rpm: 5}\n")
	cfg := load(t, c)
	if got := strings.Join(cfg.Gateways["default"].Models, " "); got != "anthropic/* openai/*" {
		t.Error(got)
	}
	if rules := cfg.Providers["anthropic"].Limits; len(rules) != 1 || rules[0].When != "" {
		t.Errorf("%+v", rules)
	}
}

func TestADocumentThatWouldBeRefusedIsToldByTheLineItCameFrom(t *testing.T) {
	c := read(t, base+"  - model_name: b\n    litellm_params: {model: openai/x, api_base: 'http://user:pass@h/v1'}\n")
	err := c.Check(app.Vendors())
	if err == nil || !strings.Contains(err.Error(), "line 4: providers") || strings.Contains(err.Error(), "pass@") {
		t.Error(err)
	}
	if err := read(t, base).Check(app.Vendors()); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(base))
	f.Add([]byte("model_list: [{model_name: a, litellm_params: {model: azure/x, weight: 1e300, rpm: 0}}]\nrouter_settings: {fallbacks: [[a]]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := litellm.Read(data, none)
		if (c == nil) == (err == nil) {
			t.Error("neither or both")
		}
	})
}

func TestTheCacheIsCarriedOver(t *testing.T) {
	for params, want := range map[string]string{
		"cache: true": "10m0s false ",
		"cache: true, cache_params: {type: local, ttl: 90}":                                                      "1m30s false ",
		"cache: true, cache_params: {type: disk, ttl: 99999999}":                                                 "720h0m0s true ",
		"cache: true, cache_params: {ttl: 60, supported_call_types: [acompletion, completion, aembedding, odd]}": `1m0s false !(operation in ["chat", "embeddings"])`,
		"cache: true, cache_params: {mode: default_off}":                                                         "none",
		"cache: false, cache_params: {ttl: 5}":                                                                   "none",
		"cache_params: {ttl: 5}":                                                                                 "none",
	} {
		c := read(t, base+"litellm_settings: {"+params+"}\n")
		cfg := load(t, c)
		got := "none"
		if k := cfg.Gateways["default"].Cache; k != nil {
			got = fmt.Sprint(k.TTL, cfg.Cache.Disk > 0, " ")
			for _, r := range k.Rules {
				got += r.When
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", params, got, want)
		}
	}
}

func TestWhatOfTheCacheIsNotCarriedOverIsTold(t *testing.T) {
	c := read(t, base+`litellm_settings:
  cache: true
  cache_params: {type: redis-semantic, host: h, password: hush, similarity_threshold: 0.8, namespace: n, supported_call_types: [odd], strange: 1}
`)
	notes := told(c.Notes)
	for _, want := range []string{"cache_params.ttl: is not given", "similar ones write semantic", "similarity_threshold: write it to", `"odd" is no call`, "strange: this importer does not know it"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not told in\n%s", want, notes)
		}
	}
	if strings.Contains(notes+string(c.Document), "hush") {
		t.Error("a secret is shown")
	}
}
