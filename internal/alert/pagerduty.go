package alert

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
)

// pagerEvent is an event (https://developer.pagerduty.com/docs/send-alert-event).
type pagerEvent struct {
	Key     string        `json:"routing_key"`
	Action  string        `json:"event_action"` // trigger, resolve
	Dedup   string        `json:"dedup_key"`    // up to 255 characters
	Payload *pagerPayload `json:"payload,omitempty"`
	Client  string        `json:"client,omitempty"`
	URL     string        `json:"client_url,omitempty"`
}

type pagerPayload struct {
	Summary  string            `json:"summary"` // up to 1024 characters
	Source   string            `json:"source"`
	Severity string            `json:"severity"` // critical, error, warning, info
	Time     string            `json:"timestamp"`
	Details  map[string]string `json:"custom_details"`
}

const maxDedup = 255

// pagerDuty opens an incident, adds to it, or resolves it: dedup_key tells which.
func (s *sender) pagerDuty(ctx context.Context, t *told, c *catalog.PagerDuty) error {
	e := pagerEvent{Key: c.Key, Action: "trigger", Dedup: t.incident}
	if len(e.Dedup) > maxDedup {
		e.Dedup = e.Dedup[len(e.Dedup)-maxDedup:] // the end tells episodes apart
	}
	if t.resolved {
		e.Action = "resolve"
	} else {
		e.Client, e.URL = "Sluice", t.link
		e.Payload = &pagerPayload{Summary: t.title, Source: "sluice", Severity: t.severity, Time: t.at.UTC().Format(time.RFC3339), Details: map[string]string{}}
		for _, f := range t.facts {
			e.Payload.Details[f[0]] = f[1]
		}
	}
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.post(ctx, pagerURL(c), t.id, body)
}

// pagerURL: https://support.pagerduty.com/main/docs/service-regions
func pagerURL(c *catalog.PagerDuty) string {
	if c.EU {
		return "https://events.eu.pagerduty.com/v2/enqueue"
	}
	return "https://events.pagerduty.com/v2/enqueue"
}
