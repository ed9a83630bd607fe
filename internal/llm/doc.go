// Package llm is the neutral vocabulary: operations, messages, parts, tools, stream
// events and usage. Every dialect is read into it and written from it, so that no
// pair of dialects needs code of its own. It has types and invariants, no wire forms.
package llm
