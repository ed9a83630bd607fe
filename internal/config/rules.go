package config

import (
	"fmt"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Rules gives the gateway's limits, one rule a unit, and then its budgets, in the order
// written. Names are unique.
func (g *Gateway) Rules() []*gateway.Rule { return rules(g.Limits, g.Budgets, "gateway") }

// Rules gives the provider's limits, one rule a unit, which count for all gateways.
func (p *Provider) Rules() []*gateway.Rule { return rules(p.Limits, nil, "provider") }

// rules makes rules of what was checked; per is the default of the owner.
func rules(limits []Limit, budgets []Budget, per string) []*gateway.Rule {
	var out []*gateway.Rule
	for i := range limits {
		out = append(out, limits[i].rules(fmt.Sprintf("limits[%d]", i), per)...)
	}
	for i := range budgets {
		out = append(out, budgets[i].rule(fmt.Sprintf("budgets[%d]", i), per))
	}
	return out
}

// counted is one unit that a limit names.
type counted struct {
	unit    gateway.Unit
	windows []string
}

func (l *Limit) units() []counted {
	all := []counted{
		{gateway.UnitRequests, l.Requests}, {gateway.UnitTokens, l.Tokens}, {gateway.UnitInputTokens, l.InputTokens},
		{gateway.UnitOutputTokens, l.OutputTokens}, {gateway.UnitCost, l.Cost},
	}
	all = slices.DeleteFunc(all, func(c counted) bool { return len(c.windows) == 0 })
	if l.Concurrent > 0 {
		all = append(all, counted{unit: gateway.UnitConcurrent})
	}
	return all
}

func (l *Limit) rules(place, per string) []*gateway.Rule {
	units := l.units()
	out := make([]*gateway.Rule, 0, len(units))
	for _, c := range units {
		r := &gateway.Rule{Name: place + "." + string(c.unit), Unit: c.unit, Per: countedBy(l.Per, per), Windows: l.windows(c), Over: l.Over.over(), CountHits: l.CountHits && c.unit == gateway.UnitRequests}
		if l.Name != "" {
			r.Name = l.Name
			if len(units) > 1 {
				r.Name += "." + string(c.unit)
			}
		}
		l.Conditions.put(r)
		if c.unit == gateway.UnitCost {
			l.Money.put(r)
		}
		out = append(out, r)
	}
	return out
}

func (l *Limit) windows(c counted) []gateway.Window {
	if c.unit == gateway.UnitConcurrent {
		return []gateway.Window{{Max: int64(l.Concurrent)}}
	}
	amount := parseCount
	if c.unit == gateway.UnitCost {
		amount = parseMoney
	}
	var burst int64
	if l.Burst != "" {
		burst, _ = amount(l.Burst)
	}
	out := make([]gateway.Window, 0, len(c.windows))
	for _, text := range c.windows {
		w, _ := parseWindow(text, "", amount)
		w.Fixed, w.Burst = l.Fixed, burst
		out = append(out, w)
	}
	return out
}

func (b *Budget) rule(place, per string) *gateway.Rule {
	r := &gateway.Rule{Name: place, Unit: gateway.UnitCost, Per: countedBy(b.Per, per), Over: gateway.Over{Do: b.Over.Do, Reroute: b.Over.Reroute}, Soft: b.Mode == "soft", Alert: slices.Sorted(slices.Values(b.Alert))}
	if b.Name != "" {
		r.Name = b.Name
	}
	for _, text := range b.Cost {
		w, _ := parsePeriod(text)
		w.Zone = b.Zone
		r.Windows = append(r.Windows, w)
	}
	b.Conditions.put(r)
	b.Money.put(r)
	return r
}

func (c *Conditions) put(r *gateway.Rule) {
	r.When, r.Outage = c.When, gateway.Outage(c.OnOutage)
	r.ExemptNetworks, r.ExemptKeys = c.Exempt.Networks, c.Exempt.Keys
}

func (m *Money) put(r *gateway.Rule) { r.Fit, r.Unpriced = m.Fit, m.Unpriced == "allow" }

func (o *Over) over() gateway.Over {
	out := gateway.Over{Do: o.Do, Reroute: o.Reroute}
	if o.Do == gateway.OverQueue {
		out.Wait, out.Max = o.Queue.Wait, o.Queue.Max
	}
	return out
}

// countedBy gives what a rule counts by; owner when it says nothing.
func countedBy(list []string, owner string) []gateway.Per {
	if len(list) == 0 {
		return []gateway.Per{gateway.Per(owner)}
	}
	out := make([]gateway.Per, len(list))
	for i, p := range list {
		out[i] = per(p)
	}
	return out
}
