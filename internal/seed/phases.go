package seed

import (
	"math/rand/v2"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// endpoint is where a caller sends such a call.
func (c *model) endpoint(stream bool) string {
	switch c.Operation {
	case "embeddings":
		return "POST /v1/embeddings"
	case "images":
		return "POST /v1/images/generations"
	case "rerank":
		return "POST /v2/rerank"
	}
	switch c.Dialect {
	case "responses":
		return "POST /v1/responses"
	case "messages":
		return "POST /v1/messages"
	case "gemini":
		if stream {
			return "POST /v1beta/models/{model}:streamGenerateContent"
		}
		return "POST /v1beta/models/{model}:generateContent"
	}
	return "POST /v1/chat/completions"
}

// phases tells apart what the gateway's own time went to; the queue's is known already.
func phases(r *rand.Rand, e *gateway.Entry) {
	at := 12 + r.Int64N(30)
	add := func(name string, took int64) {
		e.Phases = append(e.Phases, gateway.Phase{Name: name, FromUS: at, TookUS: took})
		at += took
	}
	own := e.OverheadUS.N - 1000*e.QueueMS.N
	if e.Cache != "off" {
		add(gateway.PhaseCache, own/8+r.Int64N(8))
	}
	if len(e.Attempts) == 0 {
		return
	}
	add(gateway.PhaseLimits, own/10+r.Int64N(6))
	if e.QueueMS.N > 0 {
		add(gateway.PhaseQueue, 1000*e.QueueMS.N)
	}
}
