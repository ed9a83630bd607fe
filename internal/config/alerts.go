package config

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Alerts are where alerts go.
type Alerts struct {
	Channels []Channel `yaml:"channels" example:"[{slack: env:SLACK_WEBHOOK_URL}, {email: {to: ops@example.com, from: sluice@example.com, smtp: env:SMTP_URL}}]" help:"Where they go, each to all: webhooks, Slack, mail."`
}

// Alerting is the alerts of all: where they go, and what raises them beside budgets.
type Alerting struct {
	Alerts `yaml:",inline"`
	Rules  []AlertRule `yaml:"rules" example:"[{name: errors, metric: error_rate, above: 5%, for: 5m, severity: critical}, {name: quiet, metric: silence, window: 30m}]" help:"What raises alerts, beside the thresholds of budgets."`
}

// Channel is one place where alerts go: a webhook, Slack, PagerDuty or mail.
type Channel struct {
	Name    string `yaml:"name" example:"ops" check:"name" help:"What it is called where deliveries are shown. Default: its kind."`
	Webhook Secret `yaml:"webhook" example:"https://hooks.example.com/sluice" plain:"true" check:"webhook" help:"A URL that takes alerts as JSON by POST."`
	Slack   Secret `yaml:"slack" example:"env:SLACK_WEBHOOK_URL" check:"webhook" help:"A Slack incoming webhook, or another that takes the same, as a reference."`
	Email   Email  `yaml:"email" help:"Mail."`

	PagerDuty PagerDuty `yaml:"pagerduty" single:"key" help:"PagerDuty, by Events v2: alerts of rules open an incident and resolve it. A key alone stands for it, as a reference."`
}

// PagerDuty is a service there.
type PagerDuty struct {
	Key    Secret `yaml:"key" example:"env:PAGERDUTY_KEY" help:"The integration key of an Events API v2 integration."`
	Region string `yaml:"region" example:"eu" enum:"us|eu" help:"Where the account is. us unless given."`
}

// Email is mail to people.
type Email struct {
	To   []string `yaml:"to" example:"ops@example.com" single:"true" check:"email" help:"Who gets it."`
	From string   `yaml:"from" example:"sluice@example.com" check:"email" help:"The sender."`
	SMTP Secret   `yaml:"smtp" example:"env:SMTP_URL" plain:"true" check:"smtp" help:"The server: smtp://[user:password@]host[:port], which uses STARTTLS where offered, or smtps://. A reference when it holds a password."`
}

// alerts completes and checks the channels of one owner.
func (l *loader) alerts(at string, a *Alerts) {
	taken := map[string]bool{}
	for i := range a.Channels {
		c := &a.Channels[i]
		taken[c.Name] = taken[c.Name] || c.Name != ""
	}
	seen := map[string]bool{}
	for i := range a.Channels {
		here, c := doctree.Index(join(at, "channels"), i), &a.Channels[i]
		kind := l.channel(here, c)
		if c.Name == "" {
			c.Name = free(kind, taken)
			taken[c.Name] = true
		} else if seen[c.Name] {
			l.bad(join(here, "name"), "the name %q is taken by another channel", c.Name)
		}
		seen[c.Name] = true
	}
}

// free gives the name, or the name with the first number that is not taken.
func free(name string, taken map[string]bool) string {
	try := name
	for n := 2; taken[try]; n++ {
		try = name + "-" + strconv.Itoa(n)
	}
	return try
}

// channel checks that a channel is one thing, and tells which.
func (l *loader) channel(at string, c *Channel) string {
	var kinds []string
	for _, kind := range []string{"webhook", "slack", "email", "pagerduty"} {
		if l.given(join(at, kind)) {
			kinds = append(kinds, kind)
		}
	}
	switch {
	case len(kinds) == 0:
		l.bad(at, "goes nowhere; write webhook, slack, pagerduty or email")
		return "channel"
	case len(kinds) > 1:
		l.bad(at, "%s are given; write an item for each", strings.Join(kinds, " and "))
	case kinds[0] == "pagerduty":
		if !c.PagerDuty.Key.IsSet() && !l.given(join(at, "pagerduty.key")) && !l.given(join(at, "pagerduty")) {
			l.bad(join(at, "pagerduty"), `"key" is missing`)
		}
	case kinds[0] == "email":
		l.email(join(at, "email"), &c.Email)
	case c.Webhook.IsSet() && c.Webhook.Ref() == "" && hasUser(c.Webhook.Reveal()):
		l.bad(join(at, "webhook"), "the URL holds a user or password; put it into an environment variable and write webhook: env:NAME")
	}
	return kinds[0]
}

func (l *loader) email(at string, e *Email) {
	for _, part := range []struct {
		key string
		set bool
	}{{"to", len(e.To) > 0}, {"from", e.From != ""}, {"smtp", e.SMTP.IsSet()}} {
		if !part.set && !l.given(join(at, part.key)) {
			l.bad(at, "%q is missing", part.key)
		}
	}
	l.plainPassword(join(at, "smtp"), e.SMTP)
}
