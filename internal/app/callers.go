package app

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
)

// admits puts what a gateway says of its callers into the catalogue.
func admits(g *catalog.Gateway, c *config.Gateway, alerts []catalog.Channel) {
	g.Certified = slices.Contains(c.Auth, "mtls")
	for i := range c.JWT {
		g.Issuers = append(g.Issuers, issuer(&c.JWT[i]))
	}
	g.Networks = catalog.Networks{Allow: prefixes(c.Networks.Allow), Deny: prefixes(c.Networks.Deny)}
	g.Rules = c.Rules()
	g.Queue = queue(&c.Queue)
	if g.Channels = channels(c.Alerts.Channels); len(g.Channels) == 0 {
		g.Channels = alerts
	}
}

func issuer(c *config.Issuer) *catalog.Issuer {
	return &catalog.Issuer{
		Issuer: c.Issuer, Audience: c.Audience, JWKS: c.JWKSURL, Algorithms: c.Algorithms, Leeway: c.Leeway, Workspace: c.Workspace,
		Claims: catalog.Claims{Workspace: c.Claims.Workspace, User: c.Claims.User, Role: c.Claims.Role, Metadata: c.Claims.Metadata},
	}
}

// prefixes reads networks that were checked with the configuration; an address alone is
// a network of one.
func prefixes(list []string) (out []netip.Prefix) {
	for _, text := range list {
		if p, err := netip.ParsePrefix(text); err == nil {
			out = append(out, p.Masked())
		} else if a, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out
}

func channels(list []config.Channel) (out []catalog.Channel) {
	for i := range list {
		c := &list[i]
		one := catalog.Channel{Name: c.Name, Webhook: c.Webhook.Reveal(), Slack: c.Slack.Reveal()}
		if len(c.Email.To) > 0 {
			one.Mail = &catalog.Mail{To: strings.Join(c.Email.To, ", "), From: c.Email.From, SMTP: c.Email.SMTP.Reveal()}
		}
		if c.PagerDuty.Key.IsSet() {
			one.PagerDuty = &catalog.PagerDuty{Key: c.PagerDuty.Key.Reveal(), EU: c.PagerDuty.Region == "eu"}
		}
		out = append(out, one)
	}
	return out
}

func proxies(s *config.Server) catalog.Proxies {
	return catalog.Proxies{Trusted: prefixes(s.TrustedProxies), Header: http.CanonicalHeaderKey(s.ForwardedHeader)}
}

func queue(c *config.Queue) catalog.Queue {
	q := catalog.Queue{Weights: map[catalog.Priority]int{catalog.Low: c.Low, catalog.Normal: c.Normal, catalog.High: c.High}}
	for _, w := range c.Callers {
		q.Callers = append(q.Callers, catalog.Waiting{When: w.When, Weight: w.Weight, Class: catalog.Priority(w.Priority)})
	}
	return q
}

// channelsOf gives where a gateway's alerts go now, "" = those of rules.
func (p *process) channelsOf(gateway string) []catalog.Channel {
	if gateway == "" {
		return channels(p.config.Load().Alerts.Channels)
	}
	if g := p.snapshot.Load().Gateway(gateway); g != nil {
		return g.Channels
	}
	return nil
}
