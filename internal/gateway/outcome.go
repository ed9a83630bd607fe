package gateway

import (
	"encoding/json"
	"strings"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// Outcome is what comparing targets needs of an Entry.
type Outcome struct {
	ID       string   // UUIDv7
	ShadowOf string   // the call of which this is the shadow; "" = it is none
	Stream   bool     // as the caller asked for it
	Score    *float64 // feedback, nil = none
	Attempts []Trial
}

// Trial is what comparing targets needs of an Attempt. The names are an attempt's.
type Trial struct {
	Provider    string    `json:"provider"`
	Model       string    `json:"model"`
	Fault       string    `json:"fault"`
	FirstByteMS llm.Count `json:"first_byte_ms"`
	LatencyMS   llm.Count `json:"latency_ms"`
	Usage       struct {
		Input  llm.Count `json:"input_tokens"`
		Output llm.Count `json:"output_tokens"`
	} `json:"usage"`
	Cost Cost `json:"cost_usd"`
}

// Target gives the target's name as callers write it.
func (t *Trial) Target() string { return t.Provider + "/" + strings.TrimPrefix(t.Model, "models/") }

// UnmarshalJSON reads an entry as lists show it.
func (o *Outcome) UnmarshalJSON(doc []byte) error {
	var e struct {
		ID       string          `json:"id"`
		Stream   bool            `json:"stream"`
		Score    *float64        `json:"score"`
		Metadata json.RawMessage `json:"metadata"`
		Attempts []Trial         `json:"attempts"`
	}
	if err := json.Unmarshal(doc, &e); err != nil {
		return err
	}
	*o = Outcome{ID: e.ID, Stream: e.Stream, Score: e.Score, Attempts: e.Attempts}
	var of struct {
		ShadowOf string `json:"shadow_of"`
	}
	if json.Unmarshal(e.Metadata, &of) == nil { // what callers say there may be of any form
		o.ShadowOf = of.ShadowOf
	}
	return nil
}
