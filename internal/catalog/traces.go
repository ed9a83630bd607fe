package catalog

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Content is what spans hold of prompts and answers.
type Content int

// The contents.
const (
	ContentNone Content = iota
	ContentRedacted
	ContentFull
)

// ParseContent reads the configuration's word; anything else than redacted and full is
// ContentNone.
func ParseContent(word string) Content {
	switch word {
	case "redacted":
		return ContentRedacted
	case "full":
		return ContentFull
	}
	return ContentNone
}

// Traces says which calls become spans and what stands in them.
type Traces struct {
	Ratio      float64 // of the calls about whose trace nobody has decided, 0 to 1
	Follow     bool    // a caller who decided is obeyed
	Errors     bool    // calls that failed are kept whatever was decided
	Slow       time.Duration
	Cost       gateway.USD
	Content    Content
	MaxContent int64 // bytes of prompts, and of answers
}

// Keeps reports whether a call is kept for what became of it, whatever was decided at its
// beginning. latency is what it took; Slow and Cost count where they are above zero.
func (t *Traces) Keeps(e *gateway.Entry, latency time.Duration) bool {
	return t.Errors && e.ErrorCode != "" || t.Slow > 0 && latency >= t.Slow || t.Cost > 0 && e.Cost.Known && e.Cost.USD >= t.Cost
}
