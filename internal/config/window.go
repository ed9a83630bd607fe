package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// The bounds of a window.
const (
	minSpan = time.Second
	maxSpan = 30 * day
)

// parseCount reads a whole number above 0.
func parseCount(text string) (int64, string) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return 0, "expected a whole number before the /, found " + doctree.Quote(text)
	case n < 1:
		return 0, "the count must be at least 1"
	}
	return n, ""
}

// parseMoney reads dollars as billionths.
func parseMoney(text string) (int64, string) {
	usd, err := gateway.ParseUSD(text)
	if err != nil || usd < 0 {
		return 0, "expected US dollars with at most 9 digits after the point, such as 50.00, found " + doctree.Quote(text)
	}
	return int64(usd), ""
}

// parseWindow reads amount/window, or says what is wrong.
func parseWindow(text, such string, amount func(string) (int64, string)) (gateway.Window, string) {
	count, span, ok := strings.Cut(strings.ReplaceAll(text, " ", ""), "/")
	if !ok {
		return gateway.Window{}, "expected an amount and a window such as " + such + ", found " + doctree.Quote(text)
	}
	n, message := amount(count)
	if message != "" {
		return gateway.Window{}, message
	}
	length, message := parseSpan(count, span)
	return gateway.Window{Max: n, Span: length}, message
}

func parseSpan(count, span string) (time.Duration, string) {
	if short, ok := map[string]string{"s": "1s", "sec": "1s", "second": "1s", "m": "1m", "min": "1m", "minute": "1m", "h": "1h", "hour": "1h", "d": "1d", "w": "7d"}[span]; ok {
		return 0, "write " + count + "/" + short
	}
	if slices.Contains(periods(), gateway.Period(span)) {
		return 0, "a " + span + " of the calendar belongs to budgets; a window slides, such as " + map[string]string{"day": "1d", "week": "7d", "month": "30d"}[span]
	}
	d, err := ParseDuration(span)
	switch {
	case err != nil:
		return 0, "expected a window such as 1m or 1d after the /, found " + doctree.Quote(span)
	case d < minSpan || d > maxSpan:
		return 0, "a window must be at least 1s and at most 30d"
	}
	return d, ""
}

func periods() []gateway.Period { return []gateway.Period{gateway.Day, gateway.Week, gateway.Month} }

// parsePeriod reads dollars/period, or says what is wrong.
func parsePeriod(text string) (gateway.Window, string) {
	money, period, ok := strings.Cut(strings.ReplaceAll(text, " ", ""), "/")
	if !ok {
		return gateway.Window{}, "expected dollars and a period such as 500.00/month, found " + doctree.Quote(text)
	}
	n, message := parseMoney(money)
	if message != "" {
		return gateway.Window{}, message
	}
	if p := gateway.Period(period); slices.Contains(periods(), p) {
		return gateway.Window{Max: n, Period: p}, ""
	}
	if _, err := ParseDuration(period); err == nil {
		return gateway.Window{}, "a budget's period is day, week or month; a window such as " + period + " belongs to limits: cost: " + money + "/" + period
	}
	return gateway.Window{}, fmt.Sprintf("unknown period %s%s", doctree.Quote(period), didYouMean(period, []string{"day", "week", "month"}))
}

// checkRule applies the named rules of limits and budgets.
func checkRule(check, text string) string {
	message := ""
	switch check {
	case "window":
		_, message = parseWindow(text, "100/1m", parseCount)
	case "costwindow":
		_, message = parseWindow(text, "50.00/1d", parseMoney)
	case "costperiod":
		_, message = parsePeriod(text)
	case "amount":
		if n, err := gateway.ParseUSD(text); err != nil || n <= 0 {
			message = "expected an amount above 0 such as 20, found " + doctree.Quote(text)
		}
	case "zone":
		message = checkZone(text)
	case "figure":
		_, _, message = parseFigure(text)
	case "metric":
		message = checkMetric(text)
	case "condition":
		message = checkProgram(text, expr.Bool)
	case "per":
		message = checkPer(text)
	case "entryfield", "entrycondition":
		message = checkExport(check, text)
	case "clock", "recipient", "place_of_backups":
		message = checkBackups(check, text)
	}
	return message
}

func checkProgram(text string, kind expr.Kind) string {
	if _, err := expr.Compile(text, kind); err != nil {
		return err.Error()
	}
	return ""
}

// checkZone accepts names of the IANA time zone database, not the machine's own zone:
// nodes may differ in it.
func checkZone(text string) string {
	const such = "expected a time zone such as UTC, Europe/Berlin or America/New_York, found "
	if _, err := time.LoadLocation(text); err == nil && text != "Local" {
		return ""
	}
	message := such + doctree.Quote(text)
	if guess := titled(text); guess != text {
		if _, err := time.LoadLocation(guess); err == nil {
			message += "; did you mean " + strconv.Quote(guess) + "?"
		}
	}
	return message
}

// titled writes a zone as the database does: europe/berlin, New York.
func titled(text string) string {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == '/' || r == '_' || r == ' ' })
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	if len(parts) < 2 {
		return strings.ToUpper(text)
	}
	return parts[0] + "/" + strings.Join(parts[1:], "_")
}

var (
	metadataPer = regexp.MustCompile(`^metadata\.[A-Za-z0-9_-]{1,64}$`)
	plainWord   = regexp.MustCompile(`^[A-Za-z_]+$`)
)

// pers are the words of per.
func pers() []string {
	return []string{"gateway", "workspace", "key", "user", "ip", "model", "provider", "team"}
}

func checkPer(text string) string {
	name, header := strings.CutPrefix(text, "header.")
	switch {
	case slices.Contains(pers(), text), metadataPer.MatchString(text):
		return ""
	case header && headerForm.MatchString(name) && expr.Secret(name):
		return "this header carries a credential; count by key"
	case header && headerForm.MatchString(name):
		return ""
	case plainWord.MatchString(text) && checkProgram(text, expr.Text) != "":
		return fmt.Sprintf("unknown %q%s", text, didYouMeanOr(text, append(pers(), "header.<name>", "metadata.<name>", "a value in CEL")))
	}
	return checkProgram(text, expr.Text)
}

// per gives the form that counters use: headers in lower case, team as what it stands for.
func per(text string) gateway.Per {
	if name, ok := strings.CutPrefix(text, "header."); ok && headerForm.MatchString(name) {
		return gateway.Per("header." + strings.ToLower(name))
	}
	if text == "team" {
		return "metadata.team"
	}
	return gateway.Per(text)
}
