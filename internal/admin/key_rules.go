package admin

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	maxRules     = 50
	maxRulesSize = 64 << 10
)

// keyRules gives a key's rules after its limits, its budgets, or both were replaced. What
// is not given stays.
func keyRules(old []gateway.Rule, limits, budgets json.RawMessage) ([]gateway.Rule, error) {
	if !given(limits) && !given(budgets) {
		return old, nil
	}
	document := map[string]json.RawMessage{}
	var kept []gateway.Rule
	for _, part := range []struct {
		field  string
		raw    json.RawMessage
		budget bool
	}{{"limits", limits, false}, {"budgets", budgets, true}} {
		switch {
		case given(part.raw) && part.raw[0] != '[':
			return nil, invalid(part.field, part.field+" must be a list")
		case given(part.raw):
			document[part.field] = part.raw
		default:
			kept = append(kept, slices.DeleteFunc(slices.Clone(old), func(r gateway.Rule) bool { return r.Budget() != part.budget })...)
		}
	}
	fresh, err := parseRules(document)
	if err != nil {
		return nil, err
	}
	all := append(kept, fresh...)
	if len(all) > maxRules {
		return nil, invalid("limits", "a key may have "+strconv.Itoa(maxRules)+" limits and budgets")
	}
	return all, unique(all)
}

// parseRules reads rules as they stand in a document; the first thing wrong is told.
func parseRules(document map[string]json.RawMessage) ([]gateway.Rule, error) {
	text, err := json.Marshal(document)
	if err != nil || len(text) > maxRulesSize {
		return nil, invalid("limits", "limits and budgets are larger than 64 KiB")
	}
	rules, problems := config.ParseRules("body", text, "key")
	for _, p := range problems {
		if !p.Warning {
			return nil, invalid(p.Path, p.Path+": "+p.Message)
		}
	}
	return rules, nil
}

func unique(rules []gateway.Rule) error {
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.Name] {
			return invalid("limits", "two limits or budgets have the name "+strconv.Quote(r.Name))
		}
		seen[r.Name] = true
	}
	return nil
}
