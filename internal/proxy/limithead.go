package proxy

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// budgets gives how the budgets stand that apply to the call.
func (x *exchange) budgets() (share, left float64) {
	var t rules.Taken
	for _, s := range x.held.sets {
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
	for _, s := range v.States {
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
	var tightest [3]struct { // of all, of requests, of tokens
		rule *rules.Rule
		win  *gateway.Window
		st   *limit.State
	}
	for _, t := range [...]*taken{&h.call, &h.attempt} {
		for i := range t.verdict.States {
			r, c, st := t.Of[i], &t.Claims[i], &t.verdict.States[i]
			if c.Observe || r.Unit == gateway.UnitConcurrent || r.Unit == gateway.UnitCost {
				continue
			}
			kind := 1
			if r.Unit != gateway.UnitRequests {
				kind = 2
			}
			for _, k := range [...]int{0, kind} {
				if one := &tightest[k]; one.rule == nil || fraction(st) < fraction(one.st) {
					one.rule, one.win, one.st = r, c.Window, st
				}
			}
		}
	}
	var room [512]byte
	v := values{text: room[:0]}
	if one := &tightest[0]; one.rule != nil {
		name := one.rule.Quoted()
		v.next("Ratelimit-Policy").word(name).word(";q=").number(one.st.Max).word(";w=").number(int64(one.win.Span / time.Second))
		v.next("Ratelimit").word(name).word(";r=").number(one.st.Left()).word(";t=").number(seconds(one.st.Reset))
	}
	for k := range rateNames {
		names := &rateNames[k]
		if one := &tightest[k+1]; one.rule != nil {
			v.next(names[0]).number(one.st.Max)
			v.next(names[1]).number(one.st.Left())
			v.next(names[2]).word(one.st.Reset.Round(time.Millisecond).String())
		}
	}
	v.set(x.w, w)
}

// rateNames are the headers of limits of requests, and of tokens.
var rateNames = [2][3]string{
	{"X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"},
	{"X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"},
}

// values gathers the values of several headers in one text.
type values struct {
	text  []byte
	names [8]string
	from  [8]int // where the value begins; its line ends before the next name
	n     int
}

func (v *values) next(name string) *values {
	if v.n > 0 {
		v.text = append(v.text, "\r\n"...)
	}
	v.text = append(append(v.text, name...), ": "...)
	v.names[v.n], v.from[v.n] = name, len(v.text)
	v.n++
	return v
}

func (v *values) word(s string) *values  { v.text = append(v.text, s...); return v }
func (v *values) number(n int64) *values { v.text = strconv.AppendInt(v.text, n, 10); return v }

// set puts them in the place of what a vendor said: as lines where the server takes some.
func (v *values) set(to http.ResponseWriter, w *headWriter) {
	if v.n == 0 {
		return
	}
	v.text = append(v.text, "\r\n"...)
	if l, ok := to.(interface{ HeadLines([]byte) }); ok {
		for _, name := range v.names[:v.n] {
			delete(w.h, name)
		}
		l.HeadLines(v.text)
		return
	}
	all := string(v.text)
	for i, name := range v.names[:v.n] {
		end := len(all)
		if i+1 < v.n {
			end = v.from[i+1] - len(v.names[i+1]) - len(": ")
		}
		w.set(name, all[v.from[i]:end-len("\r\n")])
	}
}

func fraction(s *limit.State) float64 {
	if s.Max <= 0 {
		return 0
	}
	return float64(s.Left()) / float64(s.Max)
}

// seconds rounds up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
