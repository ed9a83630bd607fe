package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

// outcomeSQL is analytics.OutcomeOf by columns; the suite holds both against each other.
const outcomeSQL = `CASE WHEN error_code IN ('rate_limited', 'budget_exceeded') THEN '` + analytics.OutcomeRefused +
	`' WHEN status = 499 THEN '` + analytics.OutcomeCancelled +
	`' WHEN status >= 400 OR error_code IS NOT NULL THEN '` + analytics.OutcomeError +
	`' ELSE '` + analytics.OutcomeOK + `' END`

func (q *EntryQuery) setOutcome(value string) error {
	words := analytics.OutcomeWords()
	if word, _ := Unwanted(value); value != "" && !slices.Contains(words, word) {
		return fmt.Errorf("%q is none of %s", value, strings.Join(words, ", "))
	}
	q.Outcome = value
	return nil
}

func (q *EntryQuery) outcomeCondition(c *conditions) {
	switch word, excludes := Unwanted(q.Outcome); {
	case word == "":
	case excludes:
		c.add(outcomeSQL+" <> ?", word)
	default:
		c.add(outcomeSQL+" = ?", word)
	}
}
