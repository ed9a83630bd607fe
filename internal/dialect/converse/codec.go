package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
)

// codec maps conversations to neutral words and back.
//
// Reasoning state of another provider travels in reasoningContent: in the signature of
// a piece that shows text, else in redactedContent. State that belongs to a tool call
// or a text (Gemini signs those) is a redacted piece of its own beside it, whose id says
// to which it belongs.
type codec struct{}

var _ dialect.Codec = codec{}

// own is the dialect's name in llm's words.
const own = string(dialect.Converse)

// The kinds of reasoning state.
const (
	kindSignature = "signature"
	kindRedacted  = "redacted"
	kindThought   = "thought_signature" // Gemini's: of a call or a text
	textBefore    = "text"              // the id of a thought signature of the text before it
)

// The rules for ids and names
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html).
// Claude's own rule for ids is narrower.
var (
	idRule       = dialect.Rule{Extra: "_.:-", Max: 64}
	claudeIDRule = dialect.Rule{Extra: "_-", Max: 64}
	nameRule     = dialect.Rule{Extra: "_-", Max: 64}
)
