package chaos_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// slow is how much slower than usual a machine may be that has something else to do.
const slow = 10

// budget is how long a call may take: the longest time limit of two targets, and what such
// a machine may add.
const budget = slow * 8 * time.Second

// judge says what is wrong with what the caller heard.
func (c *cell) judge(h *heard) (wrong []string) {
	bad := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	if h.cut != nil {
		bad("the connection broke")
	}
	if h.took > budget {
		bad("it took too long")
	}
	if len(h.bad) > 0 && c.name != "garbage" {
		bad("a client cannot read it")
	}
	switch {
	case c.serves:
		c.answered(h, strings.Join(alpha, ""), bad)
	case c.spoke && c.second != "" && h.text == omega:
		c.answered(h, omega, bad) // so did it, and another one could be asked
	case c.spoke && h.text == "" && len(h.errors) == 1 && h.status >= 500: // it failed before its content could be sent
	case c.spoke:
		if h.status != 200 || h.text != alpha[0] || len(h.errors) != 1 {
			bad("it is not what had come and one error")
		}
	case c.second != "":
		c.answered(h, omega, bad)
	case c.alone:
		c.answered(h, "", bad)
	default:
		c.refused(h, bad)
	}
	return wrong
}

// answered checks a whole answer.
func (c *cell) answered(h *heard, text string, bad func(string, ...any)) {
	if h.status != 200 || h.text != text || len(h.errors) > 0 || !h.ended {
		bad("it is not the answer %q", text)
	}
}

// refused checks an error before all content.
func (c *cell) refused(h *heard, bad func(string, ...any)) {
	if len(h.errors) != 1 || h.errors[0] == "" || h.text != "" {
		bad("it is not one error")
	}
	if h.status == 200 {
		if !c.stream || c.status != 200 || c.caller != c.first {
			bad("an error has the status 200")
		}
		return
	}
	want := map[string]int{"upstream_unreachable": 502, "upstream_timeout": 504, "upstream_auth": 502, "upstream_rate_limited": 429, "upstream_error": 502}[c.code]
	if code := h.header.Get("sluice-error"); code != c.code || h.status != want && !(want == 502 && (h.status == 529 || h.status == 503 || h.status == 500)) {
		bad("its code is %q and not %q", code, c.code)
	}
}

// compare says where the entry does not tell the truth.
func (c *cell) compare(h *heard, e gateway.Entry) (wrong []string) {
	bad := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	first := fmt.Sprintf("%s %d %s", c.provider, c.status, c.fault)
	if c.alone && c.second == "" {
		first = fmt.Sprintf("%s %d ", c.provider, c.status)
	}
	want := first
	moved := c.second != "" && (!c.spoke && !c.serves || h.text == omega)
	if moved {
		want += fmt.Sprintf(", two-%s 200 ", c.second)
	}
	if got := told(&e); got != want {
		bad("the entry says %q and not %q", got, want)
	}
	if h.header.Get("sluice-attempts") != fmt.Sprint(len(e.Attempts)) {
		bad("the header says %q attempts of %d", h.header.Get("sluice-attempts"), len(e.Attempts))
	}
	fails := !moved && !c.serves && !c.alone
	if e.Status != h.status || (e.ErrorCode != "") != fails || e.Stream != c.stream || e.Route != "r-"+c.model || e.ClientDialect == "" {
		bad("the entry says status %d, error %q, route %s", e.Status, e.ErrorCode, e.Route)
	}
	if code := h.header.Get("sluice-error"); code != "" && e.ErrorCode != code {
		bad("the entry says %q and the answer %q", e.ErrorCode, code)
	}
	return wrong
}
