package litellm

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// names says what callers' names of models have become: routes, or patterns of
// provider/model.
type names map[string][]string

// cluster are deployments of one name that differ in their credentials alone: one model
// of one provider.
type cluster struct {
	deployments []*deployment
	at          *placed
}

// placed is a provider of the document.
type placed struct {
	name     string
	conn     connection
	creds    []weighted
	timeout  time.Duration
	stream   time.Duration
	retries  int64
	cooldown time.Duration
	models   []*placedModel
	line     int
}

type weighted struct {
	parts  []part
	weight int
}

type placedModel struct {
	id                 string
	facts              facts
	rpm, tpm, parallel int64
}

// place makes providers of deployments, and gives what every name has become.
func (i *importer) place(all []*deployment) names {
	n := names{}
	i.reserve(all)
	for _, ds := range byAlias(all) {
		cs := clusters(ds)
		for _, c := range cs {
			c.at = i.provider(c)
			i.model(c)
		}
		g := groupOf(ds, cs)
		i.groups, n[g.name] = append(i.groups, g), g.inTurn()
		for _, d := range ds {
			for _, to := range d.groups {
				i.accessGroups[to] = append(i.accessGroups[to], d.alias)
			}
		}
	}
	return n
}

// reserve keeps callers' names free of providers, for routes.
func (i *importer) reserve(all []*deployment) {
	for name := range i.aliases {
		i.out.reserved = append(i.out.reserved, name)
	}
	for _, d := range all {
		i.out.reserved = append(i.out.reserved, d.alias)
	}
}

// byAlias groups deployments by name, both in the order of the file.
func byAlias(all []*deployment) (out [][]*deployment) {
	at := map[string]int{}
	for _, d := range all {
		n, ok := at[d.alias]
		if !ok {
			n = len(out)
			at[d.alias], out = n, append(out, nil)
		}
		out[n] = append(out[n], d)
	}
	return out
}

func clusters(group []*deployment) (out []*cluster) {
	for _, d := range group {
		n := slices.IndexFunc(out, func(c *cluster) bool {
			return c.deployments[0].conn == d.conn && c.deployments[0].model == d.model
		})
		if n < 0 {
			n, out = len(out), append(out, &cluster{})
		}
		out[n].deployments = append(out[n].deployments, d)
	}
	return out
}

// credentials gives what a cluster proves itself with, each with its share.
func (c *cluster) credentials() []weighted {
	share := shares(c.deployments)
	var out []weighted
	var seen []string
	for at, d := range c.deployments {
		if len(d.cred) == 0 {
			continue
		}
		if n := slices.Index(seen, d.credential()); n >= 0 {
			out[n].weight += share[at]
			continue
		}
		seen, out = append(seen, d.credential()), append(out, weighted{d.cred, share[at]})
	}
	if len(out) == 1 {
		out[0].weight = 1
	}
	return out
}

// shares are the weights by which LiteLLM draws: those of weight, else rpm, else tpm,
// else all the same. https://docs.litellm.ai/docs/routing
func shares(ds []*deployment) []int {
	of := func(d *deployment) float64 { return 1 }
	for _, by := range []func(*deployment) float64{func(d *deployment) float64 { return d.weight }, func(d *deployment) float64 { return d.rpm }, func(d *deployment) float64 { return d.tpm }} {
		if by(ds[0]) > 0 {
			of = by
			break
		}
	}
	least, most := math.MaxFloat64, 0.0
	for _, d := range ds {
		if w := of(d); w > 0 {
			least, most = min(least, w), max(most, w)
		}
	}
	out := make([]int, len(ds))
	for at, d := range ds {
		out[at] = max(1, int(math.Round(of(d)*scale(least, most))))
	}
	return out
}

// scale makes the least share 1, or whole where tenths will do, and none above 1000.
func scale(least, most float64) float64 {
	s := 1 / least
	if q := most / least; q != math.Trunc(q) && q < 100 {
		s *= 10
	}
	if most*s > 1000 {
		s = 1000 / most
	}
	return s
}

// provider finds or makes the provider of a cluster.
func (i *importer) provider(c *cluster) *placed {
	creds, first := c.credentials(), c.deployments[0]
	for _, p := range i.out.providers {
		if p.conn == first.conn && fmt.Sprint(p.creds) == fmt.Sprint(creds) {
			i.tune(p, c)
			return p
		}
	}
	p := &placed{conn: first.conn, creds: creds, retries: -1, line: first.line}
	p.name = i.providerName(first.conn)
	i.out.providers = append(i.out.providers, p)
	i.tune(p, c)
	return p
}

// providerName gives the kind's name to the first one, and a telling one to others.
func (i *importer) providerName(c connection) string {
	taken := func(name string) bool {
		return slices.Contains(i.out.reserved, name) || slices.ContainsFunc(i.out.providers, func(p *placed) bool { return p.name == name })
	}
	label := slug(hostLabel(c.base))
	wanted := []string{c.kind}
	if c.kind == compatible && label != "" {
		wanted = []string{label}
	}
	if c.region != "" {
		wanted = append(wanted, slug(c.kind+"-"+c.region))
	}
	if label != "" && label != "local" && c.kind != compatible {
		wanted = append(wanted, slug(c.kind+"-"+label))
	}
	for _, name := range wanted {
		if name != "" && !taken(name) {
			return name
		}
	}
	for n := 2; ; n++ {
		if name := fmt.Sprintf("%s-%d", wanted[0], n); !taken(name) {
			return name
		}
	}
}

var noName = regexp.MustCompile(`[^a-z0-9._-]+`)

// slug makes a name of any text; "" when nothing is left of it.
func slug(text string) string {
	text = strings.Trim(noName.ReplaceAllString(strings.ToLower(text), "-"), "-._")
	if len(text) > 50 {
		text = strings.Trim(text[:50], "-._")
	}
	return text
}

// tune gives a provider the time-outs and tries of its deployments: they are the
// provider's here, so that the most patient one counts.
func (i *importer) tune(p *placed, c *cluster) {
	for _, d := range c.deployments {
		if differs(p.timeout, d.timeout) || differs(p.stream, d.stream) || p.retries >= 0 && d.retries >= 0 && p.retries != d.retries {
			i.note(Changed, d.line, d.path, "time-outs and tries are those of a provider, not of a deployment; the longest of "+p.name+" counts")
		}
		p.timeout, p.stream, p.retries = max(p.timeout, d.timeout), max(p.stream, d.stream), max(p.retries, d.retries)
		p.cooldown = max(p.cooldown, d.cooldown)
	}
}

func differs(a, b time.Duration) bool { return a > 0 && b > 0 && a != b }

// model adds what is known of a cluster's model to its provider.
func (i *importer) model(c *cluster) *placedModel {
	first := c.deployments[0]
	at := slices.IndexFunc(c.at.models, func(m *placedModel) bool { return m.id == first.model })
	if at < 0 {
		at = len(c.at.models)
		c.at.models = append(c.at.models, &placedModel{id: first.model})
	}
	m := c.at.models[at]
	for _, d := range c.deployments {
		switch {
		case m.facts.empty():
			m.facts = d.facts
		case !d.facts.empty() && fmt.Sprint(d.facts) != fmt.Sprint(m.facts):
			i.note(Changed, d.line, d.path, "gives other prices or facts of "+c.at.name+"/"+m.id+" than an item before; the first ones count")
		}
	}
	i.rates(m, c)
	return m
}

// rates adds up what the deployments of a cluster may take; one without a limit is
// without limits.
func (i *importer) rates(m *placedModel, c *cluster) {
	sum := func(of func(*deployment) float64) (total int64) {
		for _, d := range c.deployments {
			if of(d) == 0 {
				return 0
			}
			total += int64(of(d))
		}
		return total
	}
	rpm, tpm := sum(func(d *deployment) float64 { return d.rpm }), sum(func(d *deployment) float64 { return d.tpm })
	parallel := sum(func(d *deployment) float64 { return d.parallel })
	d := c.deployments[0]
	if len(c.deployments) > 1 && (rpm > 0 || tpm > 0 || parallel > 0) {
		i.note(Changed, d.line, d.path, "limits of "+d.alias+" are counted over its credentials together, not for each")
	}
	if m.rpm > 0 && rpm > 0 && m.rpm != rpm || m.tpm > 0 && tpm > 0 && m.tpm != tpm || m.parallel > 0 && parallel > 0 && m.parallel != parallel {
		i.note(Changed, d.line, d.path, "gives other limits of "+c.at.name+"/"+m.id+" than an item before; the first ones count")
	}
	m.rpm, m.tpm, m.parallel = cmp.Or(m.rpm, rpm), cmp.Or(m.tpm, tpm), cmp.Or(m.parallel, min(parallel, 1_000_000))
}

// unspoken says why a group's name does not mean what it meant without a route, "" when
// it still does.
func (i *importer) unspoken(prices *account.Catalogue, loaded bool, g *group) string {
	now := g.targets[0].name
	name, model, _ := strings.Cut(now, "/")
	switch {
	case g.name == now:
		return ""
	case g.pattern() || strings.Contains(model, "*"):
		return "a pattern needs its provider's name in front"
	case g.name != model:
		return routeNames
	}
	for _, p := range i.out.providers {
		if p.name == name {
			continue
		}
		spec, _ := all.Lookup(p.conn.kind)
		known := append([]string{spec.Name}, spec.Catalogue...)
		if slices.ContainsFunc(p.models, func(m *placedModel) bool { return m.id == model }) || loaded && prices.Lists(known, model) {
			return p.name + " has a model of that name too"
		}
	}
	if head, _, ok := strings.Cut(g.name, "/"); ok && slices.ContainsFunc(i.out.providers, func(p *placed) bool { return p.name == head }) {
		return "what stands before the / is a provider's name"
	}
	return ""
}

// duration renders as the document wants it.
func duration(d time.Duration) string { return config.FormatDuration(d) }
