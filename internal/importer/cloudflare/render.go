package cloudflare

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// toFill marks lines that people must complete.
const toFill = "# to do"

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

// condition writes a condition so that it can be read.
func condition(text string) string {
	if strings.ContainsAny(text, "'\n\r\t") {
		return strconv.Quote(text)
	}
	return "'" + text + "'"
}

func render(targets map[string]string, routes []*route) []byte {
	p := &page{}
	p.line(0, "# Made by sluice import cloudflare. Check it with: sluice check --config FILE")
	p.line(0, "")
	p.line(0, "providers:")
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		if kind := targets[name]; kind != "" {
			p.line(1, "%s: { kind: %s } %s: a credential", q(name), kind, toFill)
		} else {
			p.line(1, "%s: { kind: openai-compatible, base_url: https://example.com/v1 } %s: where it is", q(name), toFill)
		}
	}
	p.line(0, "")
	p.line(0, "routes:")
	for _, r := range routes {
		r.render(p)
	}
	return []byte(p.String())
}

func (r *route) render(p *page) {
	p.line(1, "%s:", q(r.name))
	if l := r.limit; l != nil {
		l.render(p)
	}
	p.line(2, "steps:")
	for i := range r.steps {
		r.steps[i].render(p)
	}
}

func (l *limit) render(p *page) {
	parts := []string{"per: " + q(l.per), l.unit + ": " + l.amount}
	if l.name != "" {
		parts = slices.Insert(parts, 0, "name: "+q(l.name))
	}
	if l.fixed {
		parts = append(parts, "fixed: true")
	}
	if l.unit == "cost" {
		parts = append(parts, "unpriced: allow")
	}
	if l.reroute != "" {
		parts = append(parts, "over: { reroute: "+q(l.reroute)+" }")
	}
	p.line(2, "limits: [ { %s } ]", strings.Join(parts, ", "))
}

func (s *step) render(p *page) {
	var lines []string
	if s.when != "" {
		lines = append(lines, "when: "+condition(s.when))
	}
	if s.use != "" {
		lines = append(lines, "use: "+q(s.use))
	}
	if len(s.split) > 0 {
		parts := make([]string, len(s.split))
		for i, x := range s.split {
			parts[i] = q(x.target) + ": " + number(x.weight)
		}
		lines = append(lines, "split: { "+strings.Join(parts, ", ")+" }")
	}
	if len(s.fallback) > 0 {
		parts := make([]string, len(s.fallback))
		for i, t := range s.fallback {
			parts[i] = q(t)
		}
		lines = append(lines, "fallback: [ "+strings.Join(parts, ", ")+" ]")
	}
	for i, line := range lines {
		mark := "- "
		if i > 0 {
			mark = "  "
		}
		p.line(3, "%s%s", mark, line)
	}
}
