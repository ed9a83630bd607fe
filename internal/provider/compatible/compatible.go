// Package compatible is the table of vendors whose API has OpenAI's shape: one row, a
// provider.Spec, each, and where a vendor differs a named function in quirks.go. It has
// no prices and no models: those are data of the catalogue.
package compatible

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Specs gives every vendor of the table, makers of models first, then hosts, then
// vendors in Asia, then servers of one's own.
func Specs() []*provider.Spec {
	return slices.Concat(makers, hosts, asia, own)
}

// asOf is when the rows were last compared with the vendors' pages.
const asOf = "2026-11-21"

var (
	bearer = provider.Auth{Header: "Authorization", Prefix: "Bearer "}

	chat        = []dialect.Name{dialect.Chat}
	chatAnswers = []dialect.Name{dialect.Chat, dialect.Responses}
	chatAll     = []dialect.Name{dialect.Chat, dialect.Responses, dialect.Messages}
)

// ops is chat and the model list, which nearly all have, and what else there is.
func ops(more ...llm.Operation) []llm.Operation {
	return append([]llm.Operation{llm.OpChat, llm.OpModels}, more...)
}

func env(names ...string) []string { return names }

func quirks(sentences ...string) []string { return sentences }

// as gives the operations that a vendor has in a form of its own.
func as(d *dialect.Dialect) func(llm.Operation, string) *dialect.Dialect {
	return func(op llm.Operation, _ string) *dialect.Dialect {
		if d.Ops[op] == nil {
			return nil
		}
		return d
	}
}
