package chaos_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestWhenNothingComesForLongTheStreamBeginsAndStillEndsWell(t *testing.T) {
	stalls := testup.New(t, func(c *testup.Call) {
		v := called(c)
		c.StreamAs(cmp.Or(v.media, events), nil, v.before)
		hang(c)
	})
	breaks := testup.New(t, func(c *testup.Call) {
		pause(c, 500*time.Millisecond)
		c.Write(rawAs(cmp.Or(called(c).media, events), called(c).before))
	})
	two := testup.New(t, well)
	g := start(t, "providers:\n"+provide("stalls", stalls.URL, patience)+provide("breaks", breaks.URL, patience)+provide("two", two.URL, "")+`
gateways: { default: { commit_after: 50ms } }
`)
	type job struct {
		caller, first, second string
		serves                bool
	}
	var jobs []job
	for _, caller := range append([]string{"array"}, callers...) {
		own, foreign := provider(caller), "messages"
		if caller == "messages" {
			foreign = "chat"
		}
		for _, first := range []string{"stalls-" + own, "stalls-" + foreign, "breaks-" + own} {
			for _, second := range []string{"two-" + own, "two-" + foreign, "breaks-" + own, "breaks-" + foreign} {
				jobs = append(jobs, job{caller, first, second, strings.HasPrefix(second, "two")})
			}
		}
	}
	each(len(jobs), func(i int) {
		j := jobs[i]
		h := ask(t, g, j.caller, fmt.Sprintf("%s/m%d", j.first, i), true, "sluice-fallback", fmt.Sprintf("%s/n%d", j.second, i))
		e := g.Entry(h.id())
		good := h.status == 200 && h.cut == nil && len(h.bad) == 0 && len(e.Attempts) == 2
		if j.serves {
			good = good && h.text == omega && len(h.errors) == 0 && h.ended && e.ErrorCode == ""
		} else {
			good = good && h.text == "" && len(h.errors) == 1 && e.ErrorCode != ""
		}
		if !good {
			t.Errorf("%+v: %d %q, errors %q, unread %q, ended %v, %v; %s %s: %.300q", j, h.status, h.text, h.errors, h.bad, h.ended, h.cut, told(&e), e.ErrorCode, h.raw)
		}
	})
}
