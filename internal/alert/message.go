package alert

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Message is what a webhook is sent, and what other channels are told in words.
type Message struct {
	ID        string      `json:"id"`     // of the alert; the same whenever it is sent
	Type      string      `json:"type"`   // "budget"
	Rule      string      `json:"rule"`   // owner and name: gateway/default/month
	Budget    string      `json:"budget"` // the name alone
	Values    string      `json:"values"` // what is counted: "workspace=default"
	Gateway   string      `json:"gateway"`
	Workspace string      `json:"workspace,omitempty"` // "" = the budget is not of one alone
	Period    string      `json:"period"`              // 2026-03-14, 2026-W11, 2026-03
	Threshold int         `json:"threshold"`           // per cent
	Spent     gateway.USD `json:"spent_usd"`
	Max       gateway.USD `json:"max_usd"`
	Share     float64     `json:"share"`              // of Max: 1 = all
	Refusing  bool        `json:"refusing,omitempty"` // a call was refused since too little is left
	Time      time.Time   `json:"time"`
	Link      string      `json:"link,omitempty"`
}

// ownKey begins the ids of keys' own rules.
const ownKey = "key/"

// newAlert makes the alert of one threshold.
func newAlert(p *pending, threshold int, used gateway.USD, link string) (gateway.Alert, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	m := Message{
		ID: "alt_" + strings.ToLower(rand.Text()), Type: "budget", Rule: p.ID, Budget: p.Rule.Name, Values: p.Values, Gateway: p.Gateway,
		Workspace: workspaceOf(&p.Standing), Period: p.name, Threshold: threshold, Spent: used, Max: p.Max, Share: share(used, p.Max),
		Refusing: p.Refused, Time: now, Link: link,
	}
	payload, err := json.Marshal(m)
	return gateway.Alert{
		ID: m.ID, Rule: m.Rule, Counter: fmt.Sprintf("%x", p.Counter), Values: m.Values, Workspace: m.Workspace, Period: m.Period,
		Threshold: threshold, Payload: payload, Created: now, NextTry: now,
	}, err
}

// workspaceOf is whose members may see an alert: those of the call's workspace, when the
// counter counts nothing of others.
func workspaceOf(s *gateway.Standing) string {
	if strings.HasPrefix(s.ID, ownKey) || slices.Contains(s.Rule.Per, "workspace") || slices.Contains(s.Rule.Per, "key") {
		return s.Workspace
	}
	return ""
}

// share is rounded to a hundredth of a per cent.
func share(used, limit gateway.USD) float64 {
	if limit <= 0 {
		return 1
	}
	return math.Round(float64(used)/float64(limit)*1e4) / 1e4
}

func periodName(p gateway.Period, start time.Time) string {
	switch p {
	case gateway.Month:
		return start.Format("2006-01")
	case gateway.Week:
		year, week := start.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week)
	}
	return start.Format(time.DateOnly)
}

// title is one line.
func (m *Message) title() string {
	return fmt.Sprintf("Budget %s has reached %d %% in %s", plainText(m.Budget), m.Threshold, m.Period)
}

// facts tell the rest, one pair a line. What is counted was often named by callers.
func (m *Message) facts() [][2]string {
	facts := [][2]string{
		{"Spent", fmt.Sprintf("$%s of $%s (%.1f %%)", m.Spent, m.Max, m.Share*100)},
		{"Counted", plainText(m.Values)},
		{"Gateway", plainText(m.Gateway)},
		{"Rule", plainText(m.Rule)},
	}
	if m.Refusing {
		facts = append(facts, [2]string{"Calls", "refused where too little is left"})
	}
	return append(facts, [2]string{"Time", m.Time.Format(time.RFC3339)})
}

// maxText bounds one text of a message, in characters.
const maxText = 300

// plainText is one line without control characters, and not longer than people read.
func plainText(s string) string {
	if s == "" {
		return "–"
	}
	n := 0
	return strings.Map(func(r rune) rune {
		switch n++; {
		case n == maxText+1:
			return '…'
		case n > maxText:
			return -1
		case !unicode.IsGraphic(r):
			return ' '
		}
		return r
	}, s)
}

// slackEscape: https://docs.slack.dev/messaging/formatting-message-text/#escaping
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
