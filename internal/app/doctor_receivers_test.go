package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/doctor"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// What nobody takes any more is found: entries, spans and alerts.
func TestTheDoctorFindsReceiversThatAreAway(t *testing.T) {
	t.Parallel()
	g := testgw.Start(t, `
providers: { sandbox: { kind: sandbox, models: { echo: { price: { request: 0.10 } } } } }
gateways: { default: { budgets: [ { name: month, cost: 1.00/month, alert: [1] } ] } }
alerts: { channels: [ { name: on-call, webhook: "http://127.0.0.1:1/" } ] }
exports: { lake: { to: webhook, url: "http://127.0.0.1:1/", batch: { wait: 100ms, timeout: 1s } } }
telemetry: { otlp: [ { name: collector, endpoint: "http://127.0.0.1:1", signals: [traces], timeout: 100ms } ] }
`)
	want := map[string]string{"exports lake": "failed", "telemetry collector traces": "is lost", "alerts ": "on-call"}
	for end := time.Now().Add(time.Minute); ; <-time.After(200 * time.Millisecond) {
		if resp, body := g.Post("/v1/chat/completions", `{"model":"sandbox/echo","max_tokens":50,"messages":[{"role":"user","content":"hello"}]}`); resp.StatusCode != 200 && resp.StatusCode != 429 {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
		var got struct {
			Findings []doctor.Finding `json:"findings"`
		}
		if status := g.AdminGet("/api/v1/doctor", &got); status != 200 {
			t.Fatal(status)
		}
		found := 0
		for _, f := range got.Findings {
			if word := want[f.Check+" "+f.Object]; word != "" && (f.Level == doctor.Warning || f.Level == doctor.Problem) && strings.Contains(f.Message, word) && f.Mend != "" {
				found++
			}
		}
		if found == len(want) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d are found: %+v", found, len(want), got.Findings)
		}
	}
}
