package app

import (
	"slices"
	"sync"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
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
	v := config.Vendors{Families: []string{"openai", "anthropic", "gemini", "bedrock", "cohere"}, Operations: routable(), Lists: listing()}
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

// routable are the operations that name a model.
func routable() []string {
	var names []string
	for _, op := range []llm.Operation{llm.OpChat, llm.OpCompletions, llm.OpEmbeddings, llm.OpModerations, llm.OpImages, llm.OpSpeech, llm.OpTranscription,
		llm.OpVideos, llm.OpRerank, llm.OpCountTokens, llm.OpCached, llm.OpRealtime} {
		names = append(names, string(op))
	}
	return names
}

// listing tells which vendor's ids are known of a kind. Nothing is read before it is asked.
func listing() func(kind, id string) bool {
	models := sync.OnceValues(account.Load)
	return func(kind, id string) bool {
		spec, known := all.Lookup(kind)
		prices, err := models()
		if !known || err != nil { // an unreadable catalogue does not start at all
			return false
		}
		return slices.Contains(spec.Models, id) || prices.Lists(names(spec), id)
	}
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
