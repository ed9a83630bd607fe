package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// own is this dialect's name as a request's Dialect.
const own = string(dialect.Cohere)

// codec is the dialect.Codec. It has no state. The dialect has no field for opaque
// reasoning state: its own reasoning is plain text.
type codec struct{}

// ParseRequest implements dialect.Codec.
func (codec) ParseRequest(body []byte) (*llm.Request, error) { return parseRequest(body) }

// FormatRequest implements dialect.Codec.
func (codec) FormatRequest(dst []byte, r *llm.Request, to *dialect.Target) (dialect.Written, error) {
	return formatRequest(dst, r, to)
}

// ParseAnswer implements dialect.Codec.
func (codec) ParseAnswer(body []byte, c *dialect.Call) (*llm.Answer, error) {
	return parseAnswer(body, c)
}

// FormatAnswer implements dialect.Codec.
func (codec) FormatAnswer(dst []byte, a *llm.Answer, c *dialect.Call) []byte {
	return formatAnswer(dst, a, c)
}

// NewStreamParser implements dialect.Codec.
func (codec) NewStreamParser(c *dialect.Call) dialect.StreamParser { return newStreamParser(c) }

// NewStreamFormatter implements dialect.Codec.
func (codec) NewStreamFormatter(c *dialect.Call) dialect.StreamFormatter {
	return newStreamFormatter(c)
}
