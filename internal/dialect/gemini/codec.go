package gemini

import "github.com/sluice-gateway/sluice/internal/dialect"

// ownName is the dialect whose blobs are this one's own.
const ownName = dialect.Gemini

// codec maps conversations to llm and back.
type codec struct{}

var _ dialect.Codec = codec{}
