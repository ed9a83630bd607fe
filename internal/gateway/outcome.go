package gateway

import (
	"encoding/json"
	"strings"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// Outcome is what comparing targets and drawing routes needs of an Entry.
type Outcome struct {
	ID        string // UUIDv7
	ShadowOf  string // the call of which this is the shadow; "" = it is none
	Step      string
	Status    int
	ErrorCode string
	Cache     string
	Stream    bool     // as the caller asked for it
	Score     *float64 // feedback, nil = none
	Feedback  string   // "up", "down"; "" = none
	LatencyMS llm.Count
	Count     int // calls that it stands for
	Attempts  []Trial
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
		ID        string          `json:"id"`
		Step      string          `json:"step"`
		Status    int             `json:"status"`
		ErrorCode string          `json:"error_code"`
		Cache     string          `json:"cache"`
		Stream    bool            `json:"stream"`
		Score     *float64        `json:"score"`
		Feedback  string          `json:"feedback"`
		LatencyMS llm.Count       `json:"latency_ms"`
		Count     int             `json:"count"`
		Metadata  json.RawMessage `json:"metadata"`
		Attempts  []Trial         `json:"attempts"`
	}
	if err := json.Unmarshal(doc, &e); err != nil {
		return err
	}
	*o = Outcome{
		ID: e.ID, Step: e.Step, Status: e.Status, ErrorCode: e.ErrorCode, Cache: e.Cache, Stream: e.Stream,
		Score: e.Score, Feedback: e.Feedback, LatencyMS: e.LatencyMS, Count: max(e.Count, 1), Attempts: e.Attempts,
	}
	var of struct {
		ShadowOf string `json:"shadow_of"`
	}
	if json.Unmarshal(e.Metadata, &of) == nil { // what callers say there may be of any form
		o.ShadowOf = of.ShadowOf
	}
	return nil
}
