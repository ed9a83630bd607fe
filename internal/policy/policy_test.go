package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/policy"
)

func withKey(k gateway.Key) *gateway.Principal { return &gateway.Principal{Key: &k} }

// refused checks that an error, or none, is what was wanted.
func refused(t *testing.T, err error, want bool, what string) {
	t.Helper()
	if !want {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.Forbidden || f.Status != 403 || !f.NoRetry || f.Message == "" {
		t.Errorf("%s: got %v, want a refusal", what, err)
	}
}

func TestAKeyEntersOnlyItsGatewaysForItsOperations(t *testing.T) {
	prod := &catalog.Gateway{Name: "prod-eu"}
	for name, c := range map[string]struct {
		key  gateway.Key
		op   llm.Operation
		want bool // refused
	}{
		"unrestricted":               {gateway.Key{}, llm.OpChat, false},
		"this gateway":               {gateway.Key{Gateways: []string{"prod-eu"}}, llm.OpChat, false},
		"a glob of it":               {gateway.Key{Gateways: []string{"dev", "prod-*"}}, llm.OpChat, false},
		"another gateway":            {gateway.Key{Gateways: []string{"prod"}}, llm.OpChat, true},
		"another glob":               {gateway.Key{Gateways: []string{"*-us"}}, llm.OpChat, true},
		"this operation":             {gateway.Key{Operations: []string{"embeddings", "chat"}}, llm.OpChat, false},
		"another operation":          {gateway.Key{Operations: []string{"embeddings"}}, llm.OpChat, true},
		"operations are no globs":    {gateway.Key{Operations: []string{"*"}}, llm.OpChat, true},
		"its own key, always":        {gateway.Key{Operations: []string{"embeddings"}}, llm.OpSelf, false},
		"its own key, wrong gateway": {gateway.Key{Gateways: []string{"dev"}}, llm.OpSelf, true},
		"native paths are an own op": {gateway.Key{Operations: []string{"chat"}}, llm.OpPassthrough, true},
	} {
		refused(t, policy.Enter(prod, withKey(c.key), c.op), c.want, name)
	}
	refused(t, policy.Enter(prod, &gateway.Principal{}, llm.OpChat), false, "a caller without a key on an open gateway")
}

func TestAModelNeedsTheConsentOfGatewayAndKey(t *testing.T) {
	for name, c := range map[string]struct {
		providers, gateway, key []string
		provider, model         string
		want                    bool // refused
	}{
		"no rules":                    {nil, nil, nil, "openai", "gpt-5", false},
		"both allow":                  {nil, []string{"openai/*"}, []string{"*/gpt-5*"}, "openai", "gpt-5-mini", false},
		"gateway refuses":             {nil, []string{"openai/gpt-4*"}, []string{"*"}, "openai", "gpt-5", true},
		"key refuses":                 {nil, []string{"*"}, []string{"openai/gpt-4*"}, "openai", "gpt-5", true},
		"key refuses, no gateway's":   {nil, nil, []string{"anthropic/*"}, "openai", "gpt-5", true},
		"provider refused":            {[]string{"anthropic"}, nil, nil, "openai", "gpt-5", true},
		"provider by glob":            {[]string{"open*"}, nil, nil, "openai", "gpt-5", false},
		"provider glob is no prefix":  {[]string{"open"}, nil, nil, "openai", "gpt-5", true},
		"a glob must match the whole": {nil, nil, []string{"openai/gpt"}, "openai", "gpt-5", true},
		"a model with slashes":        {nil, []string{"openrouter/meta/*"}, nil, "openrouter", "meta/llama-4", false},
		"a bare name is no pattern":   {nil, nil, []string{"gpt-5"}, "openai", "gpt-5", true},
		"case matters":                {nil, nil, []string{"openai/GPT-5"}, "openai", "gpt-5", true},
		"several patterns":            {nil, nil, []string{"a/*", "openai/gpt-5"}, "openai", "gpt-5", false},
	} {
		g := &catalog.Gateway{Name: "g", Providers: c.providers, Models: c.gateway}
		who := withKey(gateway.Key{Models: c.key})
		for _, op := range []llm.Operation{llm.OpChat, llm.OpEmbeddings, llm.OpPassthrough, llm.OpFiles} {
			refused(t, policy.Target(g, who, op, "", c.provider, c.model), c.want, name+", "+string(op))
		}
		if got := policy.Allowed(g, who, "", c.provider, c.model); got == c.want {
			t.Errorf("%s: Allowed says %v", name, got)
		}
	}
}

func TestCallersWithoutAKeyAreBoundByTheGatewayAlone(t *testing.T) {
	g := &catalog.Gateway{Name: "open", Models: []string{"a/*"}}
	for _, who := range []*gateway.Principal{nil, {}} {
		if !policy.Allowed(g, who, "", "a", "m") || policy.Allowed(g, who, "", "b", "m") {
			t.Errorf("%+v", who)
		}
		refused(t, policy.Target(g, who, llm.OpChat, "", "b", "m"), true, "another provider")
		refused(t, policy.Target(g, who, llm.OpPassthrough, "", "a", ""), false, "all models of the provider")
	}
}

func TestACallWithoutAModelNeedsEveryModelOfTheProvider(t *testing.T) {
	for name, c := range map[string]struct {
		gateway, key []string
		want         bool // refused, where a model might run
	}{
		"no rules":                    {nil, nil, false},
		"everything":                  {[]string{"*"}, []string{"*"}, false},
		"the whole provider":          {[]string{"openai/*"}, []string{"openai/gpt-4", "openai/*"}, false},
		"one model":                   {nil, []string{"openai/gpt-4"}, true},
		"some models":                 {nil, []string{"openai/gpt-*"}, true},
		"gateway: some models":        {[]string{"openai/gpt-*"}, nil, true},
		"gateway some, key all":       {[]string{"openai/gpt-*"}, []string{"*"}, true},
		"the whole of another":        {nil, []string{"anthropic/*"}, true},
		"a wider provider is no part": {nil, []string{"openai-eu/*"}, true},
	} {
		g, who := &catalog.Gateway{Name: "g", Models: c.gateway}, withKey(gateway.Key{Models: c.key})
		for _, op := range []llm.Operation{llm.OpPassthrough, llm.OpChat, llm.OpImages, llm.OpTranscription, llm.OpVideos, llm.OpCached} {
			err := policy.Target(g, who, op, "", "openai", "")
			refused(t, err, c.want, name+", "+string(op))
			if err != nil && !strings.Contains(err.Error(), "openai/*") {
				t.Errorf("%s: it does not say what to allow: %v", name, err)
			}
		}
		for _, op := range []llm.Operation{llm.OpFiles, llm.OpBatches, llm.OpResponses} {
			refused(t, policy.Target(g, who, op, "", "openai", ""), false, name+", "+string(op))
		}
	}
	closed := &catalog.Gateway{Name: "g", Providers: []string{"anthropic"}}
	refused(t, policy.Target(closed, withKey(gateway.Key{}), llm.OpFiles, "", "openai", ""), true, "files of a provider that is not offered")
}
