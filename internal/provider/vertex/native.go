package vertex

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// native are the publishers' paths as the vendor's own SDKs call them, so that what is
// called below /providers is understood as well.
func native() []*dialect.Dialect {
	google, claude := forwarded(gemini.Dialect), forwarded(anthropic.Dialect)
	for _, version := range [...]string{"/v1", "/v1beta1"} {
		place := version + "/projects/{id}/locations/{id}"
		for _, at := range [...]string{place, version} {
			models := at + "/publishers/google/models/{model}:"
			google.Endpoints = append(google.Endpoints,
				post(models+"generateContent", llm.OpChat, dialect.Never), post(models+"streamGenerateContent", llm.OpChat, dialect.Always),
				post(models+"countTokens", llm.OpCountTokens, dialect.Never), post(models+"embedContent", llm.OpEmbeddings, dialect.Never))
		}
		models := place + "/publishers/anthropic/models/{model}:"
		claude.Endpoints = append(claude.Endpoints,
			post(models+"rawPredict", llm.OpChat, dialect.Never), post(models+"streamRawPredict", llm.OpChat, dialect.Always))
	}
	return []*dialect.Dialect{google, claude}
}

// forwarded is a dialect with nothing but how its answers read.
func forwarded(d *dialect.Dialect) *dialect.Dialect {
	own := *d
	own.Endpoints, own.Codec, own.Ops = nil, nil, nil
	return &own
}

func post(pattern string, op llm.Operation, streaming dialect.Streaming) dialect.Endpoint {
	return dialect.Endpoint{Method: http.MethodPost, Pattern: pattern, Op: op, Body: dialect.JSON, Model: dialect.InPath, Streaming: streaming}
}
