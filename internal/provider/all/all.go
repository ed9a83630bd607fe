// Package all is the one list of vendors: a line here makes a kind known. It configures
// none of them.
package all

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/anthropic"
	"github.com/sluice-gateway/sluice/internal/provider/azure"
	"github.com/sluice-gateway/sluice/internal/provider/bedrock"
	"github.com/sluice-gateway/sluice/internal/provider/cohere"
	"github.com/sluice-gateway/sluice/internal/provider/compatible"
	"github.com/sluice-gateway/sluice/internal/provider/gemini"
	"github.com/sluice-gateway/sluice/internal/provider/openai"
	"github.com/sluice-gateway/sluice/internal/provider/replicate"
	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
	"github.com/sluice-gateway/sluice/internal/provider/vertex"
)

// Specs lists every kind, those with a package of their own first.
func Specs() []*provider.Spec {
	return append([]*provider.Spec{
		openai.Spec,
		anthropic.Spec,
		gemini.Spec,
		azure.Spec,
		bedrock.Spec,
		vertex.Spec,
		replicate.Spec,
		cohere.Spec,
		sandbox.Spec,
	}, compatible.Specs()...)
}

// Lookup finds a kind by its name or an alias.
func Lookup(kind string) (*provider.Spec, bool) {
	for _, s := range Specs() {
		if s.Name == kind || slices.Contains(s.Aliases, kind) {
			return s, true
		}
	}
	return nil, false
}

// Known lists the names of all kinds, sorted, without aliases.
func Known() []string {
	var names []string
	for _, s := range Specs() {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names
}
