package openai

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Has reports whether a body has one of these top-level members with a value.
func Has(body []byte, names ...string) (has bool) {
	_ = jsonscan.Members(body, func(key, v []byte) bool {
		has = !jsonscan.IsNull(v) && slices.Contains(names, string(key))
		return !has
	})
	return has
}

// HasTokens reports whether a request for embeddings gives texts as token ids.
func HasTokens(body []byte) bool {
	v := first(jsonscan.Get(body, "input"))
	return len(v) > 0 && (v[0] == '[' || v[0] >= '0' && v[0] <= '9')
}
