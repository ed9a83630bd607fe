package app

import (
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

// Dialects lists every dialect of the data plane. The first one is for callers whose
// dialect cannot be told.
func Dialects() []*dialect.Dialect {
	return []*dialect.Dialect{openai.Dialect, openaichat.Dialect, openairesponses.Dialect, anthropic.Dialect, gemini.Dialect, converse.Dialect, cohere.Dialect}
}

// Vendors tells the configuration what kinds and dialects there are.
func Vendors() config.Vendors {
	v := config.Vendors{Families: []string{"openai", "anthropic", "gemini", "bedrock", "cohere"}}
	for _, d := range Dialects() {
		if d.Name != dialect.OpenAI {
			v.Dialects = append(v.Dialects, string(d.Name))
		}
	}
	for _, s := range all.Specs() {
		v.Kinds = append(v.Kinds, kindOf(s))
	}
	return v
}

func kindOf(s *provider.Spec) config.Kind {
	builtIn := s == sandbox.Spec
	return config.Kind{
		Name: s.Name, Aliases: s.Aliases, Env: s.Env, BaseEnv: s.BaseEnv, KeyFree: s.KeyFree, Ambient: s.Ambient,
		NeedsBaseURL: s.BaseURL == "" && s.Base == nil || (s.KeyFree && !builtIn), BuiltIn: builtIn, Synthetic: builtIn,
		Generic: s.Name == "openai-compatible", Fields: fieldsOf(s), Region: settingOf(s.Region), Project: settingOf(s.Project),
	}
}

func fieldsOf(s *provider.Spec) []config.KindField {
	out := make([]config.KindField, len(s.Fields))
	for i, f := range s.Fields {
		out[i] = config.KindField(f)
	}
	return out
}

func settingOf(s *provider.Setting) *config.Setting { return (*config.Setting)(s) }
