package rules

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	// groupWait is how long alerts of further values that begin to fire are gathered.
	groupWait = 5 * time.Minute
	// maxTold bounds the values that one alert names.
	maxTold = 20
)

// announce gives the alert that a state asks for, nil for none, and notes it there. Who
// was told that something fires is told that it has resolved, muted or not.
func announce(st *gateway.AlertState, repeat time.Duration, mutes []gateway.AlertMute, now time.Time, reason, link string) (*gateway.Alert, error) {
	now = now.UTC().Truncate(time.Microsecond)
	var firing, heard []gateway.AlertSeries
	for _, s := range st.Series {
		if s.State != Firing {
			continue
		}
		firing = append(firing, s)
		if !slices.ContainsFunc(mutes, func(m gateway.AlertMute) bool { return m.Covers("alerts/"+st.Rule, s.Value, now) }) {
			heard = append(heard, s)
		}
	}
	switch {
	case len(firing) == 0 && st.Episode == "":
		return nil, nil
	case len(firing) == 0:
		a, err := newAlert(st, Resolved, nil, !st.Announced, now, reason, link)
		st.Episode, st.Announced, st.Told, st.Last, st.Number = "", false, nil, "", 0
		return a, err
	case st.Episode == "":
		st.Episode, st.Since, st.Number = strings.ToLower(rand.Text()), firstSince(firing), 0
	case len(heard) == 0, !due(st, heard, repeat, now):
		return nil, nil
	}
	if len(heard) == 0 {
		return newAlert(st, Firing, firing, true, now, reason, link)
	}
	st.Announced, st.Told = true, nil
	for _, s := range heard {
		st.Told = append(st.Told, s.Value)
	}
	return newAlert(st, Firing, heard, false, now, reason, link)
}

// due reports whether people are to be told of what fires already: for the first time,
// of further values, or again.
func due(st *gateway.AlertState, heard []gateway.AlertSeries, repeat time.Duration, now time.Time) bool {
	since := now.Sub(st.Sent)
	more := slices.ContainsFunc(heard, func(s gateway.AlertSeries) bool { return !slices.Contains(st.Told, s.Value) })
	return !st.Announced || more && since >= groupWait || repeat > 0 && since >= repeat
}

func firstSince(firing []gateway.AlertSeries) time.Time {
	first := firing[0].Since
	for _, s := range firing {
		if s.Since.Before(first) {
			first = s.Since
		}
	}
	return first
}

// newAlert makes the next alert of an episode.
func newAlert(st *gateway.AlertState, state string, series []gateway.AlertSeries, muted bool, now time.Time, reason, link string) (*gateway.Alert, error) {
	st.Number++
	m := alert.RuleMessage{
		ID: "alt_" + strings.ToLower(rand.Text()), Type: "rule", State: state, Rule: st.Rule, Severity: st.Severity, Metric: st.Metric, Per: st.Per,
		Workspace: st.Workspace, Episode: st.Episode, Number: st.Number, Since: st.Since, Firing: []alert.RuleSeries{}, Total: len(series), Reason: reason, Time: now, Link: link,
	}
	var values []string
	for _, s := range series[:min(len(series), maxTold)] {
		m.Firing = append(m.Firing, alert.RuleSeries{Value: s.Value, Figure: s.Figure, Bound: s.Bound})
		if s.Value != "" {
			values = append(values, st.Per+"="+s.Value)
		}
	}
	payload, err := json.Marshal(m)
	a := &gateway.Alert{
		ID: m.ID, Rule: "alerts/" + st.Rule, Counter: st.Episode, Values: strings.Join(values, " "), Workspace: st.Workspace, Period: st.Since.Format(time.RFC3339),
		Threshold: st.Number, Payload: payload, Created: now, NextTry: now, State: state, Severity: st.Severity, Preceding: st.Last, Muted: muted, Channels: st.Channels,
	}
	if muted {
		a.Delivered = &now
	}
	st.Last, st.Sent = m.ID, now
	return a, err
}
