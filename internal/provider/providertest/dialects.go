package providertest

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
)

// dialects are those that vendors' cases may be of.
func dialects() []*dialect.Dialect {
	return []*dialect.Dialect{openaichat.Dialect, openairesponses.Dialect, openai.Dialect, anthropic.Dialect, gemini.Dialect, converse.Dialect, cohere.Dialect}
}

// framer makes a framer of a dialect's streams.
func framer(d *dialect.Dialect) dialect.Framer {
	switch d.StreamType {
	case dialect.EventStreamType:
		return dialect.NewEventStream(d.Digest)
	case dialect.JSONLinesType:
		return dialect.NewJSONLines(d.Digest)
	}
	return dialect.NewSSE(d.Digest)
}

// wire gives the bytes of a stream as it stands in a file. A binary event stream is
// written there as lines "event NAME DATA" and "exception NAME DATA".
func wire(d *dialect.Dialect, text []byte) (out []byte) {
	if d.StreamType != dialect.EventStreamType {
		return text
	}
	for line := range strings.Lines(string(text)) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, data, _ := strings.Cut(rest, " ")
		if kind != "" {
			out = dialect.AppendEventStream(out, []dialect.EventHeader{{Name: ":" + kind + "-type", Value: name}, {Name: ":message-type", Value: kind}}, []byte(data))
		}
	}
	return out
}
