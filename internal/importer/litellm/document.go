package litellm

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// document is what a sluice.yaml is rendered from.
type document struct {
	providers       []*placed
	models          []string // what callers may use
	reserved        []string // names that no provider gets
	retries         int64    // of all; -1 = the default
	timeout, stream time.Duration
	cooldown        time.Duration // after a failure; 0 = the default
	fails           int64         // calls before a share of failures counts; 0 = the default
	routes          []*route
	vendorCost      []vendorCost
	redis           string
	strict          bool // a parameter that cannot be expressed is an error
	private         bool // no bodies
	retain          string
	maxJSON         int64 // MiB
	networks        []string
	limits, budgets []rule
	channels        []string
	cache           kept
}

type vendorCost struct{ kind, cost string }

// rule is a limit or budget of the gateway.
type rule struct {
	name, per, cost string
	concurrent      int64
}

// page is YAML in the making.
type page struct{ strings.Builder }

func (p *page) line(indent int, format string, args ...any) {
	p.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

var bare = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./+-]*$`)

// q writes a text as a scalar of YAML.
func q(text string) string {
	if bare.MatchString(text) && doctree.PlainKind(text) == doctree.Text {
		return text
	}
	return strconv.Quote(text)
}

// ref writes a reference, or a text that is none.
func ref(text string) string {
	if name, is := strings.CutPrefix(text, "env:"); is && bare.MatchString(name) {
		return text
	}
	return q(text)
}

func list(texts []string) string {
	out := make([]string, len(texts))
	for n, t := range texts {
		out[n] = q(t)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (d *document) render() []byte {
	p := &page{}
	p.line(0, "# Made by sluice import litellm. Check it with: sluice check --config FILE")
	p.line(0, "")
	p.line(0, "discover: false # LiteLLM offers what its model_list has and nothing else")
	p.line(0, "")
	p.line(0, "providers:")
	for _, x := range d.providers {
		d.provider(p, x)
	}
	if len(d.routes) > 0 {
		p.line(0, "")
		p.line(0, "routes:")
		for _, r := range d.routes {
			r.render(p)
		}
	}
	p.line(0, "")
	d.gateway(p)
	if len(d.channels) > 0 {
		p.line(0, "")
		p.line(0, "alerts:")
		p.line(1, "channels:")
		for _, c := range d.channels {
			p.line(2, "- %s", c)
		}
	}
	if d.cache.disk {
		p.line(0, "")
		p.line(0, "cache: { disk: 4GiB }")
	}
	if d.redis != "" {
		p.line(0, "")
		p.line(0, "shared:")
		p.line(1, "url: %s", ref(d.redis))
	}
	if d.maxJSON > 0 {
		p.line(0, "")
		p.line(0, "server:")
		p.line(1, "max_body:")
		p.line(2, "json: %dMiB", d.maxJSON)
	}
	return []byte(p.String())
}

func (d *document) provider(p *page, x *placed) {
	p.line(1, "%s: # line %d", q(x.name), x.line)
	p.line(2, "kind: %s", x.conn.kind)
	for _, f := range []struct{ key, value string }{{"base_url", x.conn.base}, {"api_version", x.conn.version}, {"region", x.conn.region}, {"project", x.conn.project}} {
		if f.value != "" {
			p.line(2, "%s: %s", f.key, q(f.value))
		}
	}
	x.credentials(p)
	if x.conn.headers != "" {
		p.line(2, "headers:")
		for h := range strings.SplitSeq(x.conn.headers, "\n") {
			name, value, _ := strings.Cut(h, "=")
			p.line(3, "%s: %s", q(name), ref(value))
		}
	}
	d.patience(p, x)
	p.line(2, "models:")
	for _, m := range x.models {
		m.render(p)
	}
	x.limits(p, d.costOf(x.conn.kind))
}

func (x *placed) credentials(p *page) {
	switch len(x.creds) {
	case 0:
	case 1:
		for _, c := range x.creds[0].parts {
			p.line(2, "%s: %s", c.name, ref(c.value))
		}
	default:
		p.line(2, "credentials:")
		for n, c := range x.creds {
			p.line(3, "- name: key-%d", n+1)
			for _, part := range c.parts {
				p.line(4, "%s: %s", part.name, ref(part.value))
			}
			p.line(4, "weight: %d", c.weight)
		}
	}
}

// patience renders time-outs and tries: the provider's own, else those of all.
func (d *document) patience(p *page, x *placed) {
	total, stream, retries := x.timeout, x.stream, x.retries
	if total == 0 {
		total = d.timeout
	}
	if stream == 0 {
		stream = d.stream
	}
	if retries < 0 {
		retries = d.retries
	}
	if total > 0 || stream > 0 {
		p.line(2, "timeouts:")
		if stream > 0 {
			p.line(3, "first_event: %s", duration(stream))
		}
		if total > 0 {
			p.line(3, "total: %s", duration(total))
		}
	}
	if retries >= 0 {
		p.line(2, "retries:")
		p.line(3, "max: %d", retries)
	}
	d.health(p, x)
}

// longestRest is the default of max_cooldown.
const longestRest = 5 * time.Minute

func (d *document) health(p *page, x *placed) {
	rest := cmp.Or(x.cooldown, d.cooldown)
	if rest == 0 && d.fails == 0 {
		return
	}
	p.line(2, "health:")
	if rest > 0 {
		p.line(3, "cooldown: %s", duration(rest))
	}
	if rest > longestRest {
		p.line(3, "max_cooldown: %s", duration(rest))
	}
	if d.fails > 0 {
		p.line(3, "window: 1m")
		p.line(3, "min_calls: %d", d.fails)
	}
}

func (m *placedModel) render(p *page) {
	switch {
	case strings.Contains(m.id, "*"):
		p.line(3, "# %s: every model; facts about single ones may stand here", strconv.Quote(m.id))
		return
	case m.facts.empty():
		p.line(3, "%s: {}", q(m.id))
		return
	}
	p.line(3, "%s:", q(m.id))
	if len(m.facts.price) > 0 {
		var kinds []string
		for _, k := range slices.Sorted(maps.Keys(m.facts.price)) {
			kinds = append(kinds, k+": "+m.facts.price[k])
		}
		p.line(4, "price: { %s } # US dollars: per million tokens or characters, else per unit", strings.Join(kinds, ", "))
	}
	if m.facts.context > 0 {
		p.line(4, "context: %d", m.facts.context)
	}
	if m.facts.maxOutput > 0 {
		p.line(4, "max_output: %d", m.facts.maxOutput)
	}
}

// limits renders what the vendor may be asked for.
func (x *placed) limits(p *page, cost []string) {
	var items []string
	for _, m := range x.models {
		if body := m.rates(); body != "" {
			items = append(items, fmt.Sprintf("{ name: %s%s%s }", q(x.limitName(m)), m.when(), body))
		}
	}
	for n, c := range cost {
		items = append(items, fmt.Sprintf("{ name: spend-%d, cost: %s, unpriced: allow }", n+1, c))
	}
	if len(items) == 0 {
		return
	}
	p.line(2, "limits:")
	for _, item := range items {
		p.line(3, "- %s", item)
	}
}

// limitName makes a name that no other model of the provider has.
func (x *placed) limitName(m *placedModel) string {
	name := slug(m.id)
	twice := slices.ContainsFunc(x.models, func(o *placedModel) bool { return o != m && slug(o.id) == name })
	if name == "" || twice {
		return fmt.Sprintf("model-%d", slices.Index(x.models, m)+1)
	}
	return name
}

func (m *placedModel) when() string {
	if strings.Contains(m.id, "*") {
		return ""
	}
	return ", when: " + strconv.Quote("model == "+strconv.Quote(m.id))
}

func (m *placedModel) rates() string {
	out := ""
	if m.rpm > 0 {
		out += fmt.Sprintf(", requests: %d/1m", m.rpm)
	}
	if m.tpm > 0 {
		out += fmt.Sprintf(", tokens: %d/1m", m.tpm)
	}
	if m.parallel > 0 {
		out += fmt.Sprintf(", concurrent: %d", m.parallel)
	}
	return out
}

func (d *document) gateway(p *page) {
	p.line(0, "gateways:")
	p.line(1, "default:")
	p.line(2, "models: # what model_list has; without this list callers may use every model of the providers above")
	for _, m := range d.models {
		p.line(3, "- %s", q(m))
	}
	if d.strict {
		p.line(2, "unsupported: error # as LiteLLM without drop_params")
	} else {
		p.line(2, "unsupported: drop")
	}
	if len(d.networks) > 0 {
		p.line(2, "networks:")
		p.line(3, "allow: %s", list(d.networks))
	}
	d.cache.render(p)
	rules(p, "limits", d.limits)
	rules(p, "budgets", d.budgets)
	if d.private || d.retain != "" {
		p.line(2, "log:")
	}
	if d.private {
		p.line(3, "bodies: metadata # LiteLLM keeps no prompts unless told to")
	}
	if d.retain != "" {
		p.line(3, "retain: %s", d.retain)
	}
}

func rules(p *page, key string, list []rule) {
	if len(list) == 0 {
		return
	}
	p.line(2, "%s:", key)
	for _, r := range list {
		p.line(3, "- name: %s", r.name)
		if r.per != "" {
			p.line(4, "per: %s", r.per)
		}
		if r.cost != "" {
			p.line(4, "cost: %s", r.cost)
			p.line(4, "unpriced: allow # as LiteLLM, for which models without a price cost nothing")
		}
		if r.concurrent > 0 {
			p.line(4, "concurrent: %d", r.concurrent)
		}
	}
}
