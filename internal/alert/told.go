package alert

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// RuleMessage is what a webhook is sent when a rule fires or has resolved.
type RuleMessage struct {
	ID        string       `json:"id"`   // of the alert; the same whenever it is sent
	Type      string       `json:"type"` // "rule", or "test"
	State     string       `json:"state"`
	Rule      string       `json:"rule"`
	Severity  string       `json:"severity"`
	Metric    string       `json:"metric"`
	Per       string       `json:"per,omitempty"`
	Workspace string       `json:"workspace,omitempty"`
	Episode   string       `json:"episode"` // the same from firing to resolved
	Number    int          `json:"number"`  // of the alert in its episode
	Since     time.Time    `json:"since"`
	Firing    []RuleSeries `json:"firing"` // the first 20
	Total     int          `json:"firing_total"`
	Reason    string       `json:"reason,omitempty"` // why it ended, where no figure tells
	Time      time.Time    `json:"time"`
	Link      string       `json:"link,omitempty"`
	Channels  []string     `json:"-"`
}

// RuleSeries is one value that fires.
type RuleSeries struct {
	Value  string   `json:"value,omitempty"` // "" = all calls
	Figure *float64 `json:"figure"`          // null = unknown
	Bound  *float64 `json:"bound,omitempty"`
}

// ruleType and testType are of RuleMessage; all others are of Message.
const (
	ruleType = "rule"
	testType = "test"
)

// told is an alert in words, for channels that are no webhooks.
type told struct {
	id, title, link string
	facts           [][2]string
	at              time.Time

	// For receivers that keep incidents.
	incident, severity string
	resolved           bool
}

// read gives what people are told by a payload, and whose channels get it: those of a
// gateway, "" = of rules.
func read(payload []byte) (t *told, of string, err error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(payload, &head); err != nil {
		return nil, "", err
	}
	if head.Type == ruleType || head.Type == testType {
		m := &RuleMessage{}
		err := json.Unmarshal(payload, m)
		return m.told(), "", err
	}
	m := &Message{}
	err = json.Unmarshal(payload, m)
	return m.told(), m.Gateway, err
}

func (m *Message) told() *told {
	severity := "warning"
	if m.Threshold >= 100 {
		severity = "critical"
	}
	return &told{id: m.ID, title: m.title(), link: m.Link, facts: m.facts(), at: m.Time, incident: m.Rule + "/" + m.Values + "/" + m.Period, severity: severity}
}

func (m *RuleMessage) told() *told {
	return &told{id: m.ID, title: m.title(), link: m.Link, facts: m.facts(), at: m.Time, incident: "alerts/" + m.Rule + "/" + m.Episode, severity: m.Severity, resolved: m.State == "resolved"}
}

// title is one line.
func (m *RuleMessage) title() string {
	switch {
	case m.Type == testType:
		return "Test: alerts of Sluice reach this channel"
	case m.State == "resolved":
		return fmt.Sprintf("Resolved: %s", plainText(m.Rule))
	case m.Total > 1:
		return fmt.Sprintf("%s: %s fires for %d of %s", strings.ToUpper(m.Severity), plainText(m.Rule), m.Total, plainText(m.Per))
	}
	return fmt.Sprintf("%s: %s fires", strings.ToUpper(m.Severity), plainText(m.Rule))
}

const factsShown = 5

func (m *RuleMessage) facts() (facts [][2]string) {
	for i, s := range m.Firing {
		if i == factsShown {
			facts = append(facts, [2]string{"More", fmt.Sprint(m.Total - factsShown)})
			break
		}
		name := "Figure"
		if s.Value != "" {
			name = plainText(s.Value)
		}
		facts = append(facts, [2]string{name, s.text(m.Metric)})
	}
	if m.Metric != "" {
		facts = append(facts, [2]string{"Metric", plainText(m.Metric)})
	}
	if m.Workspace != "" {
		facts = append(facts, [2]string{"Workspace", plainText(m.Workspace)})
	}
	if m.Reason != "" {
		facts = append(facts, [2]string{"Why", plainText(m.Reason)})
	}
	return append(facts, [2]string{"Since", m.Since.UTC().Format(time.RFC3339)}, [2]string{"Time", m.Time.UTC().Format(time.RFC3339)})
}

func (s *RuleSeries) text(metric string) string {
	if s.Figure == nil {
		return "unknown"
	}
	text := figureText(metric, *s.Figure)
	if s.Bound != nil {
		text += " (bound " + figureText(metric, *s.Bound) + ")"
	}
	return text
}

func figureText(metric string, v float64) string {
	switch kind := gateway.AlertMetrics()[metric]; {
	case kind == "share", metric == "budget_share":
		return fmt.Sprintf("%.4g %%", v*100)
	case kind == "ms" && v >= 600_000:
		return fmt.Sprintf("%.3g h", v/3_600_000)
	case kind == "ms":
		return fmt.Sprintf("%.4g ms", v)
	case kind == "usd":
		return fmt.Sprintf("$%.2f", v)
	}
	return fmt.Sprintf("%.6g", v)
}
