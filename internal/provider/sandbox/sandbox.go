// Package sandbox is a vendor that lives in this process: deterministic answers in
// every dialect and operation, over real HTTP on in-memory connections, so that
// everything can be tried and load-tested without an account. It opens no socket, knows
// nothing of the gateway in front of it, and is no model: its answers are made of the
// question, its hash and fixed sentences.
package sandbox

import (
	"net/http"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Options are the defaults of what a model name may tune (see tuning). The zero value
// answers at once and never fails.
type Options struct {
	Latency    time.Duration // before the first byte of an answer
	ChunkDelay time.Duration // between two pieces of streamed text
	Chunks     int           // pieces of a streamed text; 0 = by its length
	// FailureRate is the share of requests that fail, 0 to 1, chosen by their hash.
	FailureRate float64
	// FailureStatus is the HTTP status of such a failure; 0 = 503.
	FailureStatus int
}

// Spec is the sandbox with default options.
var Spec = New(Options{})

// New makes a sandbox with options of its own. It has its own memory of files, batches,
// videos and stored responses, and holds no goroutine but those of its open connections.
func New(o Options) *provider.Spec {
	l := newListener(Handler(o))
	return &provider.Spec{
		Name: "sandbox", Title: "Sandbox",
		Page: "https://github.com/sluice-gateway/sluice", AsOf: "2026-11-21",
		BaseURL: "http://sandbox.internal",
		KeyFree: true,
		Free:    true,
		Speaks:  []dialect.Name{dialect.Chat, dialect.Responses, dialect.Messages, dialect.Gemini, dialect.Cohere},
		Operations: []llm.Operation{
			llm.OpChat, llm.OpCompletions, llm.OpResponses, llm.OpEmbeddings, llm.OpModerations,
			llm.OpImages, llm.OpVideos, llm.OpSpeech, llm.OpTranscription, llm.OpRerank, llm.OpFiles,
			llm.OpBatches, llm.OpCountTokens, llm.OpModels, llm.OpCached,
		},
		Shape:       provider.HostShape,
		StreamUsage: provider.UsageOnRequest,
		Dial:        l.Dial,
		Models:      modelNames(),
		Quirks: []string{
			"It needs no key and no network: the same request always gets the same answer.",
			"Model names take parameters: chat?latency=200ms&delay=10ms&chunks=50&size=20000&fail=0.1&status=529 (as %3F in a Gemini path).",
			"error-<status> answers with that status in the shape of the caller's dialect.",
			"One token is four bytes of text, rounded up for each part.",
		},
	}
}

// Handler is the sandbox without connections of its own. It keeps at most 1,000
// objects or 64 MiB of each kind: files, uploads and their parts, batches, videos,
// responses and cached contents.
func Handler(o Options) http.Handler { return newServer(o) }
