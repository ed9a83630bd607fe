package litellm

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// limits carries what a key may take: its own numbers, else those of its budget.
func (m *keyMaker) limits(k *gateway.Key, r *row) {
	shared := r.within("litellm_budget_table")
	pick := func(column string) (float64, bool) {
		if n, ok := r.number(column); ok {
			return n, ok
		}
		return shared.number(column)
	}
	for _, l := range []struct {
		column, name string
		unit         gateway.Unit
		span         time.Duration
	}{
		{"rpm_limit", "rpm", gateway.UnitRequests, time.Minute}, {"tpm_limit", "tpm", gateway.UnitTokens, time.Minute},
		{"max_parallel_requests", "parallel", gateway.UnitConcurrent, 0},
	} {
		n, ok := pick(l.column)
		switch {
		case !ok:
		case n < 1:
			m.disable(k, r, l.column, "is 0; the key is disabled")
		default:
			k.Limits = append(k.Limits, ofKey(l.name, l.unit, gateway.Window{Max: int64(n), Span: l.span}))
		}
	}
	m.perModel(k, r, "model_rpm_limit", "rpm", gateway.UnitRequests)
	m.perModel(k, r, "model_tpm_limit", "tpm", gateway.UnitTokens)
	m.budget(k, r, shared)
	m.modelBudgets(k, r)
}

func ofKey(name string, unit gateway.Unit, w gateway.Window) gateway.Rule {
	return gateway.Rule{Name: name, Per: []gateway.Per{"key"}, Unit: unit, Windows: []gateway.Window{w}, Over: gateway.Over{Do: gateway.OverReject}, Outage: gateway.OutageLocal}
}

// perModel carries limits for single models, which LiteLLM keeps in metadata.
func (m *keyMaker) perModel(k *gateway.Key, r *row, key, name string, unit gateway.Unit) {
	of, _ := r.object("metadata")[key].(map[string]any)
	for _, model := range slices.Sorted(maps.Keys(of)) {
		n, err := strconv.ParseFloat(fmt.Sprint(of[model]), 64)
		if err != nil || n < 1 || n > 1e15 {
			m.note(Lost, r, "metadata."+key, fmt.Sprintf("its number for %q is no limit", model))
			continue
		}
		rule := ofKey(unique(k, name+"-"+slug(model)), unit, gateway.Window{Max: int64(n), Span: time.Minute})
		rule.When = m.served(r, model)
		k.Limits = append(k.Limits, rule)
	}
}

// unique makes a name that no other rule of the key has.
func unique(k *gateway.Key, name string) string {
	for n := 2; slices.ContainsFunc(k.Limits, func(r gateway.Rule) bool { return r.Name == name }); n++ {
		name = fmt.Sprintf("%s-%d", name, n)
	}
	return name
}

// served is the condition that a call goes to what a name of LiteLLM's has become.
func (m *keyMaker) served(r *row, name string) string {
	var any []string
	for _, p := range m.patterns(r, name) {
		provider, model, target := strings.Cut(p, "/")
		if !target {
			any = append(any, `route == `+strconv.Quote(p))
			continue
		}
		cond := `model == ` + strconv.Quote(model)
		if provider != "*" {
			cond = `(provider == ` + strconv.Quote(provider) + ` && ` + cond + `)`
		}
		if model == "*" {
			cond = `provider == ` + strconv.Quote(provider)
		}
		any = append(any, cond)
	}
	return strings.Join(any, " || ")
}

// budget carries a key's money. One that never comes back is at most what is left of it.
func (m *keyMaker) budget(k *gateway.Key, r, shared *row) {
	from := r
	most, ok := r.number("max_budget")
	if !ok {
		from = shared
		most, ok = shared.number("max_budget")
	}
	if !ok {
		return
	}
	every := cmp.Or(r.text("budget_duration"), from.text("budget_duration"))
	spent, _ := r.number("spend")
	if most == 0 || every == "" && spent >= most {
		m.disable(k, r, "max_budget", "is spent for good; the key is disabled")
		return
	}
	if every == "" {
		most -= spent
	}
	rule, note, ok := moneyRule("budget", most, every)
	if !ok {
		r.bad("budget_duration", "expected a duration such as 30d, 7d, 24h or 1mo")
		return
	}
	if every == "" {
		note += "; of it, what is left now counts"
	} else if spent > 0 {
		note = strings.TrimPrefix(note+"; what is spent of it already is not carried over", "; ")
	}
	if note != "" {
		m.note(Changed, r, "max_budget", note)
	}
	soft, ok := shared.number("soft_budget")
	if percent := math.Round(100 * soft / most); ok && percent >= 1 && percent <= 1000 && rule.Budget() {
		rule.Alert = []int{int(percent)}
	}
	k.Limits = append(k.Limits, rule)
}

func moneyRule(name string, amount float64, every string) (rule gateway.Rule, note string, ok bool) {
	s, ok := spend(amount, every)
	if !ok {
		return rule, "", false
	}
	usd, err := gateway.ParseUSD(dollars(s.amount))
	if err != nil {
		return rule, "", false
	}
	rule = ofKey(name, gateway.UnitCost, gateway.Window{Max: int64(usd), Span: s.span, Period: s.period})
	rule.Unpriced = true // LiteLLM takes models without a price for free
	return rule, s.note, true
}

// modelBudgets carries model_max_budget: a name to {budget_limit, time_period}.
func (m *keyMaker) modelBudgets(k *gateway.Key, r *row) {
	of := r.object("model_max_budget")
	for _, model := range slices.Sorted(maps.Keys(of)) {
		one := &row{line: r.line, found: r.found}
		one.values, _ = of[model].(map[string]any)
		amount, ok := one.number("budget_limit")
		if !ok {
			amount, ok = one.number("max_budget")
		}
		rule, note, good := moneyRule(unique(k, "budget-"+slug(model)), amount, cmp.Or(one.text("time_period"), one.text("budget_duration")))
		if !ok || !good || amount == 0 {
			m.note(Lost, r, "model_max_budget", fmt.Sprintf("what stands for %q is no amount with a period", model))
			continue
		}
		if note != "" {
			m.note(Changed, r, "model_max_budget", note)
		}
		rule.When = m.served(r, model)
		k.Limits = append(k.Limits, rule)
	}
}
