package alert_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ruleAlert is the n-th alert of an episode.
func ruleAlert(n int, state string, channels ...string) gateway.Alert {
	figure, bound := 0.2, 0.05
	now := time.Now().UTC().Truncate(time.Microsecond)
	m := alert.RuleMessage{ID: fmt.Sprint("alt_", n), Type: "rule", State: state, Rule: "errors", Severity: "critical", Metric: "error_rate", Per: "model",
		Episode: "e1", Number: n, Since: now, Time: now, Link: "https://sluice.example.com/alerts", Firing: []alert.RuleSeries{}}
	if state == "firing" {
		m.Total, m.Firing = 1, []alert.RuleSeries{{Value: "gpt <x>", Figure: &figure, Bound: &bound}}
	}
	payload, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	a := gateway.Alert{ID: m.ID, Rule: "alerts/errors", Counter: "e1", Period: "p", Threshold: n, Payload: payload, Created: now, NextTry: now, State: state, Severity: "critical", Channels: channels}
	if n > 1 {
		a.Preceding = fmt.Sprint("alt_", n-1)
	}
	return a
}

func (o *office) raise(all ...gateway.Alert) {
	o.t.Helper()
	for _, a := range all {
		if fresh, err := o.store.RaiseAlert(context.Background(), a); err != nil || !fresh {
			o.t.Fatal(fresh, err)
		}
	}
}

// strictPager takes Events v2 and nothing else.
type strictPager struct {
	mu     sync.Mutex
	events []map[string]any
	wrong  []string
}

func (p *strictPager) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var e map[string]any
	d := json.NewDecoder(r.Body)
	if err := d.Decode(&e); err != nil || r.Method != http.MethodPost || r.URL.Path != "/v2/enqueue" || r.Header.Get("Content-Type") != "application/json" {
		p.wrong = append(p.wrong, fmt.Sprint(r.Method, " ", r.URL, " ", err))
		return status(400), nil
	}
	known := []string{"routing_key", "event_action", "dedup_key", "payload", "client", "client_url"}
	for k := range e {
		if !slices.Contains(known, k) {
			p.wrong = append(p.wrong, "unknown member "+k)
		}
	}
	if key, _ := e["dedup_key"].(string); key == "" || len(key) > 255 || e["routing_key"] != "MARKER-key" {
		p.wrong = append(p.wrong, "dedup_key or routing_key")
	}
	if e["event_action"] == "trigger" {
		body, _ := e["payload"].(map[string]any)
		severity, _ := body["severity"].(string)
		when, _ := body["timestamp"].(string)
		_, timeErr := time.Parse(time.RFC3339, when)
		if body["summary"] == "" || body["source"] == "" || !slices.Contains([]string{"critical", "error", "warning", "info"}, severity) || timeErr != nil {
			p.wrong = append(p.wrong, fmt.Sprint("payload ", body))
		}
	} else if e["event_action"] != "resolve" {
		p.wrong = append(p.wrong, fmt.Sprint("event_action ", e["event_action"]))
	}
	e["host"] = r.URL.Host
	p.events = append(p.events, e)
	return &http.Response{StatusCode: 202, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"status":"success"}`))}, nil
}

func TestPagerDutyOpensAnIncidentAndResolvesTheSame(t *testing.T) {
	o := newOffice(t)
	pager := &strictPager{}
	o.Options.Transport = pager
	channel := catalog.Channel{Name: "on-call", PagerDuty: &catalog.PagerDuty{Key: "MARKER-key", EU: true}}
	o.Options.Channels = func(gateway string) []catalog.Channel {
		if gateway == "" {
			return []catalog.Channel{channel}
		}
		return nil
	}
	o.raise(ruleAlert(1, "firing"))
	a, _ := o.start()
	eventually(t, "it is delivered", o.delivered(1))
	o.raise(ruleAlert(2, "resolved"))
	a.Wake()
	eventually(t, "both are delivered", o.delivered(2))
	if err := a.Try(t.Context(), channel); err != nil {
		t.Fatal(err)
	}
	pager.mu.Lock()
	defer pager.mu.Unlock()
	if len(pager.wrong) > 0 || len(pager.events) != 4 {
		t.Fatal(pager.wrong, pager.events)
	}
	for i, want := range []string{"trigger", "resolve", "trigger", "resolve"} {
		if e := pager.events[i]; e["event_action"] != want || e["dedup_key"] != pager.events[i/2*2]["dedup_key"] || e["host"] != "events.eu.pagerduty.com" {
			t.Errorf("event %d: %v", i, e)
		}
	}
	if pager.events[0]["dedup_key"] == pager.events[2]["dedup_key"] {
		t.Error("a test has the incident of an alert")
	}
	if strings.Contains(o.log.String(), "MARKER") {
		t.Error("the log holds the key")
	}
}

// A channel that fails gets what happened in order; one that works does not wait for it.
func TestAChannelGetsTheAlertsOfARuleInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		got := map[string][]string{}
		answers := []int{500, 0, 429, 503} // 0 = the connection breaks
		take := func(host string, r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			var m alert.RuleMessage
			if err := json.Unmarshal(body, &m); err != nil {
				t.Error(err)
			}
			got[host] = append(got[host], m.State)
			return status(200), nil
		}
		o := newOffice(t)
		o.Options.Transport = lines{
			"good": func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				return take("good", r)
			},
			"bad": func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				if len(answers) == 0 {
					return take("bad", r)
				}
				code := answers[0]
				if answers = answers[1:]; code == 0 {
					return nil, io.ErrUnexpectedEOF
				}
				return status(code, "Retry-After", "120"), nil
			},
		}
		o.Options.Channels = func(string) []catalog.Channel {
			return []catalog.Channel{{Name: "good", Webhook: "http://good/"}, {Name: "bad", Webhook: "http://bad/"}, {Name: "other", Webhook: "http://never/"}}
		}
		o.raise(ruleAlert(1, "firing", "good", "bad"))
		_, stop := o.start()
		time.Sleep(6 * time.Second)
		o.raise(ruleAlert(2, "resolved", "good", "bad"))
		time.Sleep(6 * time.Second)
		mu.Lock()
		if fmt.Sprint(got["good"]) != "[firing resolved]" || len(got["bad"]) != 0 {
			t.Errorf("while one fails: %v", got)
		}
		mu.Unlock()
		stop() // between firing and delivery
		_, stop = o.start()
		time.Sleep(2 * time.Hour)
		mu.Lock()
		if fmt.Sprint(got["good"]) != "[firing resolved]" || fmt.Sprint(got["bad"]) != "[firing resolved]" {
			t.Errorf("in the end: %v", got)
		}
		mu.Unlock()
		if !o.delivered(2)() {
			t.Error("not all is delivered")
		}
		stop()
	})
}

func TestSlackIsToldOfARuleInBlocks(t *testing.T) {
	var body []byte
	o := newOffice(t)
	o.Options.Transport = lines{"slack": func(r *http.Request) (*http.Response, error) {
		body, _ = io.ReadAll(r.Body)
		return status(200), nil
	}}
	o.Options.Channels = func(string) []catalog.Channel { return []catalog.Channel{{Name: "s", Slack: "http://slack/x"}} }
	o.raise(ruleAlert(1, "firing"))
	o.start()
	eventually(t, "it is delivered", o.delivered(1))
	var m struct {
		Text   string
		Blocks []struct {
			Type   string
			Fields []struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(body, &m); err != nil || len(m.Blocks) != 3 || len(m.Blocks[1].Fields) == 0 || len(m.Blocks[1].Fields) > 10 {
		t.Fatalf("%v %s", err, body)
	}
	for _, want := range []string{"CRITICAL: errors fires", "gpt &lt;x&gt;", "20 % (bound 5 %)"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%q lacks %q", m.Text, want)
		}
	}
}

func TestATestSaysWhyAChannelDoesNotTakeIt(t *testing.T) {
	o := newOffice(t)
	o.Options.Transport = lines{"hook": func(*http.Request) (*http.Response, error) { return status(404), nil }}
	a, _ := o.start()
	if err := a.Try(t.Context(), catalog.Channel{Name: "web", Webhook: "http://hook" + secretPath}); err == nil || err.Error() != "it answered 404" {
		t.Error(err)
	}
	if len(o.alerts()) != 0 {
		t.Error("a test stands in the history")
	}
}
