package alert

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Tries come close together at first, then each hour, after a day each day, and end
// after a month.
const (
	firstWait = 10 * time.Second
	hourly    = time.Hour
	daily     = 24 * time.Hour
	tryFor    = 30 * daily
)

// never is a time that nobody sees; alerts that nothing will deliver wait for it.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// GivenUp reports whether an undelivered alert is not tried any more.
func GivenUp(a *gateway.Alert) bool { return !a.NextTry.Before(never) }

// nextTry says when an alert that has failed once more is tried again; zero = no more.
func nextTry(a *gateway.Alert, now time.Time) time.Time {
	wait := firstWait << min(a.Tries, 16)
	switch age := now.Sub(a.Created); {
	case age > tryFor:
		return time.Time{}
	case age > daily:
		wait = daily
	default:
		wait = min(wait, hourly)
	}
	// Somewhere in the second half, so that many do not come at once.
	return now.Add(wait/2 + rand.N(wait/2))
}

// resting are the channels that asked for a pause. The zero value is ready.
type resting struct {
	mu    sync.Mutex
	known map[string]time.Time
}

func (r *resting) until(address string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[address]
}

// put also forgets pauses that are over.
func (r *resting) put(address string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[string]time.Time{}
	}
	now := time.Now()
	for a, t := range r.known {
		if t.Before(now) {
			delete(r.known, a)
		}
	}
	r.known[address] = until
}

// address tells channels apart.
func address(c *catalog.Channel) string {
	if c.Mail != nil {
		return c.Mail.SMTP
	}
	if c.PagerDuty != nil {
		return c.PagerDuty.Key
	}
	return c.Webhook + c.Slack
}

// had remembers which channels have which alert, as long as the store may not know, so
// that one process sends nothing twice while the store is away. The zero value is ready.
type had struct {
	mu    sync.Mutex
	known map[string][]string
}

// maxHad bounds the alerts that are remembered.
const maxHad = 10_000

// add gives all channels that have an alert.
func (h *had) add(id string, channels ...string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.known[id]
	for _, c := range channels {
		if !slices.Contains(all, c) {
			all = append(slices.Clip(all), c)
		}
	}
	if h.known == nil || len(h.known) >= maxHad {
		h.known = map[string][]string{}
	}
	if len(all) > 0 {
		h.known[id] = all
	}
	return all
}

func (h *had) forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.known, id)
}
