package alert

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"crypto/rand"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Try sends a message to one channel that says that it is a test, at once and once; nil
// means that the channel has taken it. The error names nothing of the channel's address.
func (a *Alerts) Try(ctx context.Context, c catalog.Channel) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	d := a.delivery
	now := time.Now().UTC().Truncate(time.Microsecond)
	id := "alt_test_" + strings.ToLower(rand.Text())
	m := RuleMessage{ID: id, Type: testType, State: "firing", Rule: "test", Severity: "info", Episode: id, Number: 1, Since: now, Time: now, Link: a.watch.link, Firing: []RuleSeries{}}
	states := []string{m.State}
	if c.PagerDuty != nil {
		states = append(states, "resolved") // leaves no incident behind
	}
	for _, state := range states {
		m.State = state
		payload, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if err := d.send.channel(ctx, &gateway.Alert{ID: id, Payload: payload}, m.told(), &c); err != nil {
			return asFailure(err)
		}
	}
	return nil
}

// Wake has what was raised by others delivered now.
func (a *Alerts) Wake() { signal(a.watch.wake) }
