package vertex

import (
	"strconv"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// version is the one that there is.
// https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
const version = "vertex-2023-10-16"

// edits: the path names Claude's model, but for a count of tokens; the version stands in
// the body, and so does whether a stream is wanted.
func edits(_ *provider.Provider, r provider.PathRequest) (e provider.Edits) {
	if r.Path != messages && r.Path != countTokens {
		return e
	}
	e.Add = []provider.Member{{Name: "anthropic_version", Value: strconv.Quote(version)}}
	if r.Path == messages {
		e.Drop = []string{"model"}
		if r.Stream {
			e.Add = append(e.Add, provider.Member{Name: "stream", Value: "true"})
		}
	}
	return e
}
