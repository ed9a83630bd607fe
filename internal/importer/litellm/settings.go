package litellm

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// settings reads the three sections beside the models.
func (i *importer) settings(top *section) {
	open := func(key string) *section { return i.section(key, top.take(key)) }
	router, library, general := open("router_settings"), open("litellm_settings"), open("general_settings")
	i.tries(router, library)
	i.strategy(router)
	i.readHops(router)
	i.readHops(library)
	i.further(router)
	i.rests(router, library)
	i.shared(router)
	i.providerBudgets(router)
	i.library(library)
	i.cache(library)
	i.general(general)
	router.rest(routerReasons())
	library.rest(litellmReasons())
	general.rest(generalReasons())
}

// tries reads what counts for all deployments; the router's words go first.
func (i *importer) tries(router, library *section) {
	r, l := router.tries("num_retries"), library.tries("num_retries")
	if i.out.retries = r; r < 0 {
		i.out.retries = l
	}
	i.out.timeout = cmp.Or(router.seconds("timeout"), library.seconds("request_timeout"))
	if lt := library.seconds("request_timeout"); lt > 0 && i.out.timeout != lt {
		library.note(Changed, "request_timeout", "gives way to router_settings.timeout")
	}
	i.out.stream = router.seconds("stream_timeout")
}

// further reads each further name of a model: a name, or {model, hidden}.
func (i *importer) further(s *section) {
	n := i.section(s.key("model_group_alias"), s.take("model_group_alias"))
	for _, m := range n.node.Members {
		a := &further{to: m.Value.Text, line: m.Pos.Line, path: n.key(m.Key)}
		if m.Value.Kind == doctree.Map {
			item := i.section(a.path, m.Value)
			a.to = item.text("model")
			if hidden, _ := item.yes("hidden"); hidden {
				item.note(Changed, "hidden", "every name that a caller may use is listed")
			}
			item.rest(nil)
		}
		i.aliases[m.Key] = a
	}
}

// rests reads how long what fails is left alone; the router's words go first.
func (i *importer) rests(router, library *section) {
	i.out.cooldown = cmp.Or(router.seconds("cooldown_time"), library.seconds("cooldown_time"))
	for _, s := range []*section{router, library} {
		n, given := s.number("allowed_fails")
		if !given || i.out.fails > 0 {
			continue
		}
		i.out.fails = int64(min(max(n, 1), 1_000_000))
		s.note(Changed, "allowed_fails", "a deployment is left alone after its first failure, and longer after each further one; this is how many calls within a minute must be there before their share of failures counts too")
	}
}

func (i *importer) shared(s *section) {
	text := s.text("redis_url")
	if text == "" {
		return
	}
	if _, is := environ(text); is || strings.Contains(text, "@") || strings.Contains(text, "password") {
		text = i.reference(s, "redis_url", text, "REDIS_URL")
	}
	i.out.redis = text
}

// providerBudgets reads what may be spent at each vendor.
func (i *importer) providerBudgets(s *section) {
	all := i.section(s.key("provider_budget_config"), s.take("provider_budget_config"))
	for _, m := range all.node.Members {
		b := i.section(all.key(m.Key), all.take(m.Key))
		amount, ok := b.number("budget_limit")
		if !ok {
			amount, ok = b.number("max_budget")
		}
		every := cmp.Or(b.text("time_period"), b.text("budget_duration"))
		span, good := spanOf(every)
		spec, known := kindOf(m.Key)
		switch {
		case !ok || !good:
			all.bad(m.Key, "expected budget_limit in dollars and time_period such as 1d")
			continue
		case !known:
			all.note(Lost, m.Key, "there is no kind for this provider")
			continue
		}
		if span > month {
			b.note(Changed, "time_period", "is brought down to 30d, the longest window of a limit")
			span = month
		}
		all.note(Changed, m.Key, "counts in every span of "+duration(span)+"; each provider of this kind may spend it")
		i.out.vendorCost = append(i.out.vendorCost, vendorCost{spec.Name, money{amount: amount, span: span}.text()})
		b.rest(nil)
	}
}

// library reads litellm_settings.
func (i *importer) library(s *section) {
	drop, _ := s.yes("drop_params")
	i.out.strict = !drop
	if off, _ := s.yes("turn_off_message_logging"); off {
		i.out.private = true
	}
	i.budget(s, "proxy", "", "max_budget", "budget_duration")
	i.budget(s, "internal-user", "key.owner", "max_internal_user_budget", "internal_user_budget_duration")
	i.budget(s, "end-user", "user", "max_end_user_budget", "")
}

// budget reads one budget of the gateway; LiteLLM takes 0 for none.
func (i *importer) budget(s *section, name, per, amount, every string) {
	most, ok := s.number(amount)
	duration := ""
	if every != "" {
		duration = s.text(every)
	}
	if !ok || most == 0 {
		return
	}
	m, good := spend(most, duration)
	if !good {
		s.bad(every, "expected a duration such as 30d, 7d, 24h or 1mo")
		return
	}
	if m.note != "" {
		s.note(Changed, amount, m.note)
	}
	s.note(Changed, amount, "begins at nothing spent: what LiteLLM counted until now is not carried over")
	if m.period != "" {
		i.out.budgets = append(i.out.budgets, rule{name: name, per: per, cost: m.text()})
		return
	}
	i.out.limits = append(i.out.limits, rule{name: name, per: per, cost: m.text()})
}

// general reads general_settings.
func (i *importer) general(s *section) {
	i.masterKey(s)
	if s.text("database_url") != "" {
		s.note(Todo, "database_url", "is LiteLLM's own database and is not used; its keys are imported with --keys, entries are kept where storage.url says")
	}
	if n := s.count("max_parallel_requests"); n > 0 {
		i.out.limits = append(i.out.limits, rule{name: "parallel", per: "key", concurrent: min(n, 1_000_000)})
	}
	if n := s.count("global_max_parallel_requests"); n > 0 {
		i.out.limits = append(i.out.limits, rule{name: "parallel-all", concurrent: min(n, 1_000_000)})
	}
	if n := s.count("max_request_size_mb"); n > 0 {
		if n > 1024 {
			s.note(Changed, "max_request_size_mb", "is brought down to 1024, the most for JSON")
		}
		i.out.maxJSON = min(n, 1024)
	}
	bodies, _ := s.yes("store_prompts_in_spend_logs")
	i.out.private = i.out.private || !bodies
	if keep := s.text("maximum_spend_logs_retention_period"); keep != "" {
		if span, ok := spanOf(keep); ok {
			i.out.retain = config.FormatDuration(span)
		} else {
			s.bad("maximum_spend_logs_retention_period", "expected a duration such as 30d")
		}
	}
	i.networks(s)
	i.alerting(s)
}

// networks reads allowed_ips.
func (i *importer) networks(s *section) {
	for _, text := range s.texts("allowed_ips") {
		if p, err := netip.ParsePrefix(text); err == nil {
			i.out.networks = append(i.out.networks, p.Masked().String())
		} else if a, err := netip.ParseAddr(text); err == nil {
			i.out.networks = append(i.out.networks, netip.PrefixFrom(a, a.BitLen()).String())
		} else {
			s.bad("allowed_ips", doctree.Quote(text)+" is no address")
		}
	}
}

// alerting reads where alerts go; the addresses stand in LiteLLM's usual variables.
func (i *importer) alerting(s *section) {
	for _, to := range s.texts("alerting") {
		switch to {
		case "slack":
			i.needs("SLACK_WEBHOOK_URL")
			i.out.channels = append(i.out.channels, "slack: env:SLACK_WEBHOOK_URL")
			s.note(Changed, "alerting", "slack is told of budgets, credentials and targets that fail; for slow or failed calls write rules to alerts.rules")
		case "webhook":
			i.needs("WEBHOOK_URL")
			i.out.channels = append(i.out.channels, "webhook: env:WEBHOOK_URL")
			s.note(Changed, "alerting", "the webhook is told in Sluice's own form; for slow or failed calls write rules to alerts.rules")
		default:
			s.note(Lost, "alerting", doctree.Quote(to)+" is not carried over; write a channel to alerts.channels")
		}
	}
}

// costOf gives what a provider's kind may spend.
func (d *document) costOf(kind string) (out []string) {
	for _, v := range d.vendorCost {
		if s, ok := all.Lookup(kind); ok && s.Name == v.kind {
			out = append(out, v.cost)
		}
	}
	return out
}
