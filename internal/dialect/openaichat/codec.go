package openaichat

import "github.com/sluice-gateway/sluice/internal/dialect"

// codec translates chat completions. What it reads and writes is OpenAI's form, and
// the forms that other vendors have given it.
type codec struct{}

var _ dialect.Codec = codec{}

// name is whose form the members and blobs of this dialect have.
const name = dialect.Chat

// The kinds of reasoning state in this dialect.
const (
	// kindDetails is an entry of reasoning_details, a JSON object, without its text
	// (https://openrouter.ai/docs/use-cases/reasoning-tokens).
	kindDetails = "details"
	// kindThought is what extra_content.google.thought_signature holds
	// (https://ai.google.dev/gemini-api/docs/thought-signatures).
	kindThought = "thought_signature"
)

// The types of entries in reasoning_details.
const (
	entryText      = "reasoning.text"
	entrySummary   = "reasoning.summary"
	entryEncrypted = "reasoning.encrypted"
)

// toolNames and toolIDs are what the dialect's own vendor allows: names by its
// reference, ids by its answer to longer ones (at most 40 characters).
var (
	toolNames = dialect.Rule{Extra: "_-", Max: 64}
	toolIDs   = dialect.Rule{Extra: "_-.:/|+=", Max: 40}
	shortIDs  = dialect.Rule{Exact: 9}
)

// legacyID begins the ids that calls of the old function_call form are given, which has none.
const legacyID = "legacy_function_"
