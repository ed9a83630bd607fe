package dialecttest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// report is a dialect.Report as it is written down: what is unknown is left out.
type report struct {
	ID     string             `json:"id,omitempty"`
	Model  string             `json:"model,omitempty"`
	Finish string             `json:"finish,omitempty"`
	Tier   string             `json:"tier,omitempty"`
	Ended  bool               `json:"ended"`
	Signs  string             `json:"signs,omitempty"`
	Usage  map[string]int64   `json:"usage,omitempty"`
	Units  map[string]float64 `json:"units,omitempty"`
	Fault  *faultReport       `json:"fault,omitempty"`
}

type faultReport struct {
	Code    fault.Code `json:"code"`
	Kind    string     `json:"kind"`
	Status  int        `json:"status"`
	Message string     `json:"message"`
	Param   string     `json:"param,omitempty"`
	Type    string     `json:"type,omitempty"`
	Vendor  string     `json:"vendor_code,omitempty"`
	After   string     `json:"after,omitempty"`
	NoRetry bool       `json:"no_retry,omitempty"`
}

func newReport(r *dialect.Report, signs []dialect.Sign) report {
	out := report{ID: r.ID, Model: r.Model, Finish: r.FinishReason, Tier: r.ServiceTier, Ended: r.Ended, Units: r.Usage.Units, Fault: newFault(r.Fault)}
	out.Usage = counts(&r.Usage)
	for _, s := range signs {
		out.Signs += letter(s)
	}
	return out
}

func counts(u *llm.Usage) map[string]int64 {
	m := map[string]int64{}
	for name, c := range map[string]llm.Count{
		"input": u.InputTokens, "output": u.OutputTokens, "cache_read": u.CacheReadTokens, "cache_write": u.CacheWriteTokens,
		"reasoning": u.ReasoningTokens, "audio_input": u.AudioInputTokens, "audio_output": u.AudioOutputTokens, "images": u.Images,
	} {
		if c.Known {
			m[name] = c.N
		}
	}
	return m
}

func newFault(f *fault.Fault) *faultReport {
	if f == nil {
		return nil
	}
	out := &faultReport{Code: f.Code, Kind: f.Kind.String(), Status: f.Status, Message: f.Message, Param: f.Param, NoRetry: f.NoRetry}
	if f.Upstream != nil {
		out.Type, out.Vendor = f.Upstream.Type, f.Upstream.Code
	}
	if f.RetryAfter > 0 {
		out.After = f.RetryAfter.Round(time.Millisecond).String()
	}
	return out
}

// letter writes a sign: C content, U usage only, F failed, E ended, a point for none,
// several in brackets.
func letter(s dialect.Sign) string {
	out := ""
	for i, name := range []string{"C", "U", "F", "E"} {
		if s.Has(1 << i) {
			out += name
		}
	}
	switch len(out) {
	case 0:
		return "."
	case 1:
		return out
	}
	return "(" + out + ")"
}

func render(t *testing.T, r report) []byte {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
