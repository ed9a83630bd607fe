package proxy

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// budgets gives how the budgets stand that apply to the call.
func (x *exchange) budgets() (share, left float64) {
	var t rules.Taken
	for _, s := range x.held.rules() {
		if s.AddBudgets(&t, &x.held.facts) != nil {
			return 0, 0
		}
	}
	if len(t.Claims) == 0 {
		return 0, 0
	}
	v, err := x.p.limits.Peek(x.r.Context(), t.Claims)
	if err != nil {
		return 0, 0
	}
	left = math.Inf(1)
	for i, s := range v.States {
		s.Used -= x.held.back(t.Claims[i].Counter)
		if s.Max > 0 {
			share = max(share, float64(s.Used)/float64(s.Max))
		}
		left = min(left, float64(s.Left())/float64(gateway.Dollar))
	}
	return share, left
}

// limitHead tells the caller how its tightest limits stand: as the IETF drafts
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/), and by the
// names that OpenAI's SDKs know.
func (x *exchange) limitHead(w *headWriter) {
	h := x.held
	if h == nil {
		return
	}
	var t tightest
	t.look(&h.call)
	t.look(&h.attempt)
	if t.of[t.first].rule == nil {
		return
	}
	lines, room := x.w.(headLines)
	if room {
		h.text = lines.HeadRoom()
	}
	h.text = t.append(h.text[:0])
	if !room || w.limited {
		w.setLines(string(h.text), !room)
	}
	if room {
		lines.HeadLines(h.text)
		h.text = nil // it is the server's
	}
}

// setLines puts lines in the place of what a vendor said, or only makes room for them.
func (w *headWriter) setLines(lines string, put bool) {
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(line, ": ")
		if delete(w.h, name); put {
			w.set(name, strings.TrimSuffix(value, "\r\n"))
		}
	}
}

// headLines is a server that takes whole lines.
type headLines interface {
	HeadRoom() []byte
	HeadLines([]byte)
}

// tellsLimits reports headers that tell how limits stand.
func tellsLimits(name string) bool {
	return strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "Ratelimit")
}

// standing is how one window of a rule stands.
type standing struct {
	rule *rules.Rule // nil = there is none
	win  *gateway.Window
	st   *limit.State
	left float64 // of what may stand in it, the share
}

// tightest are the windows that have the smallest share left.
type tightest struct {
	of    [2]standing // of requests, of tokens
	first int         // the tighter one of the two
}

// look looks at what was taken.
func (t *tightest) look(of *taken) {
	for i := range of.verdict.States {
		r, c, st := of.Of[i], &of.Claims[i], &of.verdict.States[i]
		if c.Observe || r.Kind == rules.Places || r.Kind == rules.Cost {
			continue
		}
		kind := 1
		if r.Kind == rules.Requests {
			kind = 0
		}
		left := fraction(st)
		if first := &t.of[t.first]; first.rule == nil || left < first.left {
			t.first = kind
		}
		if s := &t.of[kind]; s.rule == nil || left < s.left {
			*s = standing{r, c.Window, st, left}
		}
	}
}

// append appends the lines that tell how they stand.
func (t *tightest) append(b []byte) []byte {
	one := &t.of[t.first]
	b = append(b, one.rule.Shown(one.win, one.st.Max).Policy...)
	b = append(strconv.AppendInt(b, one.st.Left(), 10), ";t="...)
	b = append(strconv.AppendInt(b, seconds(one.st.Reset), 10), "\r\n"...)
	for k, name := range [...]string{"\r\nX-Ratelimit-Reset-Requests: ", "\r\nX-Ratelimit-Reset-Tokens: "} {
		if one = &t.of[k]; one.rule != nil {
			b = append(b, one.rule.Shown(one.win, one.st.Max).Count...)
			b = append(strconv.AppendInt(b, one.st.Left(), 10), name...)
			b = append(appendSpan(b, one.st.Reset), "\r\n"...)
		}
	}
	return b
}

// appendSpan appends a time to the millisecond, as Duration.String does.
func appendSpan(b []byte, d time.Duration) []byte {
	ms := int64((d + time.Millisecond/2) / time.Millisecond)
	if ms == 0 {
		return append(b, "0s"...)
	}
	if ms < 1000 {
		return append(strconv.AppendInt(b, ms, 10), "ms"...)
	}
	if ms >= 3_600_000 {
		b = append(strconv.AppendInt(b, ms/3_600_000, 10), 'h')
	}
	if ms >= 60_000 {
		b = append(strconv.AppendInt(b, ms/60_000%60, 10), 'm')
	}
	b = strconv.AppendInt(b, ms/1000%60, 10)
	if ms %= 1000; ms > 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return append(b, 's')
}

func fraction(s *limit.State) float64 {
	if s.Max <= 0 {
		return 0
	}
	return float64(s.Left()) / float64(s.Max)
}

// seconds rounds up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
