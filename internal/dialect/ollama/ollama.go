// Package ollama is the dialect of Ollama's own API (/api/chat and its kin) as it is
// called below /providers: its paths, how answers and streams of JSON lines report usage,
// and how errors look. Its conversations are forwarded, never translated, since the
// server has OpenAI's and Anthropic's forms, too.
package ollama

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is Ollama's own. Facts as of 2026-11-21, from
// https://docs.ollama.com/api.
var Dialect = &dialect.Dialect{
	Name:   "ollama",
	Family: "ollama",
	Endpoints: []dialect.Endpoint{
		post("/api/chat", llm.OpChat, dialect.Unless),
		post("/api/generate", llm.OpCompletions, dialect.Unless),
		post("/api/embed", llm.OpEmbeddings, dialect.Never),
		post("/api/embeddings", llm.OpEmbeddings, dialect.Never),
	},
	NewMeter:          func(llm.Operation) dialect.Meter { return new(meter) },
	ParseError:        dialect.ParseVendorError,
	FormatError:       formatError,
	FormatStreamError: formatStreamError,
	StreamType:        dialect.JSONLinesType,
	Ops: map[llm.Operation]*dialect.Op{llm.OpEmbeddings: {Items: &dialect.Items{
		Ask: []string{"input"}, Give: []string{"embeddings"}, Same: []string{"model"}, Counts: []string{"prompt_eval_count"},
	}}},
	Digest: []string{"model", "done", "done_reason", "prompt_eval_count", "eval_count", "error", "response", "message.content"},
}

// post: streams are what comes unless the body says otherwise.
func post(pattern string, op llm.Operation, streaming dialect.Streaming) dialect.Endpoint {
	return dialect.Endpoint{Method: http.MethodPost, Pattern: pattern, Op: op, Body: dialect.JSON, Model: dialect.InBody, Streaming: streaming}
}

// formatError renders a fault: {"error": text}.
func formatError(f *fault.Fault, _ string) (int, []byte) {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("error", f.Message)
	w.End('}')
	return f.Status, w.B
}

// formatStreamError renders a fault as the last line of a stream.
// https://docs.ollama.com/api/errors
func formatStreamError(f *fault.Fault, requestID string) []byte {
	_, line := formatError(f, requestID)
	return append(line, '\n')
}
