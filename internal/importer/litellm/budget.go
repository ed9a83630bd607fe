package litellm

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// money is an amount and how often it may be spent.
type money struct {
	amount float64
	period gateway.Period // "" = a sliding span
	span   time.Duration
	note   string // what is not to the letter; "" = nothing
}

// text renders it as a budget's or a limit's cost.
func (m money) text() string {
	if m.period != "" {
		return dollars(m.amount) + "/" + string(m.period)
	}
	return dollars(m.amount) + "/" + duration(m.span)
}

func dollars(f float64) string { return strconv.FormatFloat(f, 'f', 2+places(f), 64) }

// places is how many more than two digits an amount needs after the point, at most 7.
func places(f float64) int {
	for n := range 7 {
		if text := strconv.FormatFloat(f, 'f', 2+n, 64); text != "" {
			if back, _ := strconv.ParseFloat(text, 64); back == f {
				return n
			}
		}
	}
	return 7
}

var durationForm = regexp.MustCompile(`^([0-9]{1,9})\s*(s|m|h|d|w|mo|y)$`)

const month = 30 * 24 * time.Hour

// spanOf reads LiteLLM's durations: 30s, 30m, 24h, 7d, 1w, 1mo, 1y and the words for them.
// https://docs.litellm.ai/docs/proxy/users
func spanOf(text string) (time.Duration, bool) {
	if span, ok := map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": month}[text]; ok {
		return span, true
	}
	m := durationForm.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(m[1]) // the form says that it is one
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "mo": month, "y": 365 * 24 * time.Hour}[m[2]]
	if n == 0 || n > int(100*365*24*time.Hour/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// spend gives the counterpart of a budget: days, weeks and months of the calendar, any
// other span up to 30 days sliding, a longer one as its share of a month.
func spend(amount float64, every string) (money, bool) {
	if every == "" {
		return money{amount: amount, period: gateway.Month, note: "never came back in LiteLLM; here it does at the beginning of each month"}, true
	}
	span, ok := spanOf(every)
	switch {
	case !ok:
		return money{}, false
	case span == 24*time.Hour:
		return money{amount: amount, period: gateway.Day}, true
	case span == 7*24*time.Hour:
		return money{amount: amount, period: gateway.Week}, true
	case span == month || every == "28d" || every == "31d":
		return money{amount: amount, period: gateway.Month}, true
	case span < month:
		return money{amount: amount, span: span, note: fmt.Sprintf("counts in every span of %s, not from one reset to the next", every)}, true
	}
	share := amount * float64(month) / float64(span)
	return money{amount: share, period: gateway.Month, note: fmt.Sprintf("a period of %s is not built; the month's share of it counts", every)}, true
}
