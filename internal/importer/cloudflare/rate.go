package cloudflare

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
)

// rate makes a limit of the route of an element that is at its beginning, and a route of
// its own of any other.
func (b *builder) rate(r *route, e *element) {
	if r.limit != nil || len(r.steps) > 0 {
		if name := b.within(e.ID); name != "" {
			r.steps = append(r.steps, step{use: name})
		}
		return
	}
	if l := b.limit(e); l != nil {
		r.limit = l
		l.reroute = b.target(e.Outputs.to("fallback"))
	}
	b.fill(r, e.Outputs.to("success"))
}

const longest = 30 * 24 * time.Hour

// limit gives the counterpart of a limit, nil when there is none.
func (b *builder) limit(e *element) *limit {
	p := &e.Properties
	per, ok := perOf(p.key)
	seconds, err := p.window.Float64()
	span := time.Duration(seconds) * time.Second
	amount, bad := p.limit.Float64()
	switch {
	case !ok:
		b.note(Lost, e.ID, "the limit counts by %q, for which there is no counterpart", p.key)
		return nil
	case err != nil || bad != nil || amount <= 0 || span < time.Second || span > longest:
		b.note(Lost, e.ID, "the limit is none of an amount above 0 in a window of 1 second to 30 days")
		return nil
	}
	l := &limit{name: limitName(e.ID), per: per, unit: "requests", fixed: strings.EqualFold(p.technique, "fixed")}
	l.amount = strconv.FormatInt(int64(amount), 10) + "/" + config.FormatDuration(span)
	if strings.EqualFold(p.limitType, "cost") || strings.HasPrefix(strings.ToLower(e.Type), "budget") {
		l.unit, l.amount = "cost", number(amount)+"/"+config.FormatDuration(span)
		b.note(Changed, e.ID, "the limit of cost is hard here: calls hold the most that they may cost before they are sent")
	} else if amount != float64(int64(amount)) {
		b.note(Changed, e.ID, "the limit is rounded down to %d", int64(amount))
	}
	return l
}

var key = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// perOf gives what a limit counts by.
func perOf(name string) (string, bool) {
	root, rest, _ := strings.Cut(name, ".")
	switch strings.ToLower(root) {
	case "":
		return "gateway", true
	case "metadata":
		return "metadata." + rest, key.MatchString(rest)
	case "headers", "header":
		return "header." + strings.ToLower(rest), key.MatchString(rest) && !strings.Contains(rest, "_")
	case "body":
		return "user", rest == "user"
	case "user", "ip":
		return strings.ToLower(root), rest == ""
	}
	return "", false
}

var unfitLimit = regexp.MustCompile(`[^a-z0-9._-]+`)

// limitName makes a name that a limit can have, so that its counts survive a change of
// order.
func limitName(id string) string {
	name := strings.TrimLeft(unfitLimit.ReplaceAllString(strings.ToLower(id), "-"), "-._")
	return name[:min(len(name), 63)]
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
