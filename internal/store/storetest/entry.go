package storetest

import (
	"fmt"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Epoch is the time of Entry(0).
func Epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// ID is the UUIDv7 of Entry(i): later ones are greater.
func ID(i int) string { return IDAt(Epoch().Add(time.Duration(i)*time.Millisecond), i) }

// IDAt is a UUIDv7 of a time, told apart by n.
func IDAt(t time.Time, n int) string {
	h := fmt.Sprintf("%012x", t.UnixMilli())
	return fmt.Sprintf("%s-%s-7000-8000-%012x", h[:8], h[8:], n)
}

// Entry makes an ordinary answered call, one millisecond after the one before: ten keys,
// five models, every twentieth refused.
func Entry(i int) *gateway.Entry {
	at := Epoch().Add(time.Duration(i) * time.Millisecond)
	model := fmt.Sprintf("m-%d", i%5)
	usage := llm.Usage{InputTokens: llm.Known(int64(400 + i%100)), OutputTokens: llm.Known(64), CacheReadTokens: llm.Known(0), ReasoningTokens: llm.Known(0)}
	cost := gateway.Cost{USD: gateway.USD(1_234_500 + i), Known: true}
	e := &gateway.Entry{
		ID: ID(i), Time: at, Gateway: "default", Workspace: "default", KeyID: fmt.Sprintf("key_%d", i%10), Operation: "chat",
		ClientDialect: "chat", ProviderDialect: "chat", ModelRequested: "vendor/" + model, Provider: "vendor", Model: model, Credential: "default",
		Status: 200, FinishReason: "stop", Stream: i%2 == 0, Cache: "off", Usage: usage, Cost: cost,
		Attempts: []gateway.Attempt{{Provider: "vendor", Model: model, Credential: "default", Status: 200, Started: at.Add(time.Millisecond),
			ConnectMS: llm.Known(0), FirstByteMS: llm.Known(180), LatencyMS: llm.Known(900), Usage: usage, Cost: cost}},
		Price:       &gateway.Price{Rates: map[string]float64{"input": 2.5, "output": 10, "cache_read": 0.25}, Source: "catalogue", AsOf: "2026-02-01"},
		FirstByteMS: llm.Known(181), LatencyMS: llm.Known(int64(900 + i%50)), OverheadUS: llm.Known(92),
		ClientIP: "10.0.0.9", UserAgent: "SDK/Python 2.1.0", Count: 1, LastTime: at,
	}
	if i%20 == 19 {
		e.Status, e.ErrorCode, e.FinishReason, e.Attempts, e.Price = 429, "rate_limited", "", nil, nil
		e.Usage, e.Cost, e.FirstByteMS = llm.Usage{}, gateway.Cost{}, llm.Count{}
	}
	return e
}
