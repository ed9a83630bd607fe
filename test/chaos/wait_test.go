package chaos_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestTheVendorsWordAboutWhenToComeBackIsReadInAllItsForms(t *testing.T) {
	type form struct {
		name, header, value, body string
		want                      time.Duration
		slack                     time.Duration // dates have whole seconds
	}
	forms := []form{
		{name: "seconds", header: "retry-after", value: "7", want: 7 * time.Second},
		{name: "a float", header: "retry-after", value: "12.5", want: 12500 * time.Millisecond},
		{name: "a date", header: "retry-after", value: "date", want: 9 * time.Second, slack: 2 * time.Second},
		{name: "milliseconds", header: "retry-after-ms", value: "15500", want: 15500 * time.Millisecond},
		{name: "a cloud's milliseconds", header: "x-ms-retry-after-ms", value: "16500", want: 16500 * time.Millisecond},
		{name: "a reset of requests", header: "x-ratelimit-reset-requests", value: "1m0.5s", want: 60500 * time.Millisecond},
		{name: "a reset of tokens", header: "x-ratelimit-reset-tokens", value: "8s", want: 8 * time.Second},
		{name: "retry info", body: `{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37s"}]}}`, want: 37 * time.Second},
		{name: "the text", body: `{"error":{"message":"Rate limit reached. Please try again in 6.2s.","type":"tokens"}}`, want: 6200 * time.Millisecond},
		{name: "silence"},
	}
	scripts := newPerModel()
	one, two := testup.New(t, scripts.serve), testup.New(t, well)
	type job struct {
		form
		vendor, model string
	}
	var jobs []job
	config := "providers:\n" + provide("one", one.URL, "retries: { max: 0 }") + provide("two", two.URL, "") + "routes:\n"
	for _, f := range forms {
		for _, v := range callers {
			model := scripts.add(func(c *testup.Call) {
				if f.header != "" {
					value := f.value
					if value == "date" {
						value = time.Now().Add(f.want).UTC().Format(http.TimeFormat)
					}
					c.Set(f.header, value)
				}
				body := f.body
				if body == "" {
					body = vendors[v].errorBody(429)
				}
				c.JSON(429, body)
			})
			config += fmt.Sprintf("  r-%s: [ one-%s/%s, two-%s/m ]\n", model, v, model, v)
			jobs = append(jobs, job{f, v, model})
		}
	}
	g := start(t, config)
	each(len(jobs), func(i int) {
		j := jobs[i]
		alone := ask(t, g, j.vendor, "one-"+j.vendor+"/"+j.model, false)
		e := g.Entry(alone.id())
		got := e.Attempts[0].RetryAfterMS
		if alone.status != 429 || alone.header.Get("sluice-error") != "upstream_rate_limited" || len(e.Attempts) != 1 || e.Attempts[0].Fault != "rate_limited" || got.Known != (j.want > 0) {
			t.Errorf("%s of %s: %d, %+v", j.name, j.vendor, alone.status, e.Attempts)
			return
		}
		if wait := time.Duration(got.N) * time.Millisecond; wait > j.want || wait < j.want-j.slack {
			t.Errorf("%s of %s: the entry says %v", j.name, j.vendor, wait)
		}
		if said := alone.header.Get("retry-after"); j.slack == 0 && said != fmt.Sprint(max(1, int((j.want+time.Second-1)/time.Second))) {
			t.Errorf("%s of %s: the caller is told %q", j.name, j.vendor, said)
		}
		// It rests now: the next call does not bother it.
		before := scripts.asked(j.model)
		if h := ask(t, g, j.vendor, "r-"+j.model, true); h.text != omega || scripts.asked(j.model) != before {
			t.Errorf("%s of %s: while it rests %d %q after %d calls", j.name, j.vendor, h.status, h.text, scripts.asked(j.model)-before)
		}
	})
}

func TestARepeatWaitsAsLongAsTheVendorAsksAndNoLonger(t *testing.T) {
	scripts := newPerModel()
	one := testup.New(t, scripts.serve)
	model := ""
	model = scripts.add(func(c *testup.Call) {
		if scripts.asked(model) == 1 {
			c.Set("retry-after-ms", "300").JSON(429, `{"error":{"message":"slowly"}}`)
			return
		}
		called(c).answer(c, alpha...)
	})
	far := scripts.add(func(c *testup.Call) {
		c.Set("retry-after", "60").JSON(429, `{"error":{"message":"slowly"}}`)
	})
	g := start(t, "providers:\n"+provide("one", one.URL, "retries: { max: 2, backoff: { first: 1ms, max: 2s } }"))
	h := ask(t, g, "chat", "one-chat/"+model, true)
	if e := g.Entry(h.id()); h.text != strings.Join(alpha, "") || h.took < 300*time.Millisecond || h.took > slow*2*time.Second || told(&e) != "one-chat 429 rate_limited, one-chat 200 " {
		t.Errorf("%d in %v: %s", h.status, h.took, told(&e))
	}
	if h := ask(t, g, "chat", "one-chat/"+far, true); h.status != 429 || h.took > slow*time.Second || scripts.asked(far) != 1 || h.header.Get("retry-after") != "60" {
		t.Errorf("a minute away: %d in %v, %d calls", h.status, h.took, scripts.asked(far))
	}
}

func TestTheTimeOfACallHoldsForAllItsAttempts(t *testing.T) {
	stalls := testup.New(t, func(c *testup.Call) { hang(c) })
	fails := testup.New(t, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) })
	drips := testup.New(t, func(c *testup.Call) {
		v := called(c)
		c.Stream(nil, v.before)
		for c.More(fmt.Sprintf(v.piece, "drop ")) {
			select {
			case <-c.Gone():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	g := start(t, "providers:\n"+provide("stalls", stalls.URL, "")+provide("also", stalls.URL, "")+provide("drips", drips.URL, "")+
		provide("fails", fails.URL, "retries: { max: 9, backoff: { first: 5s, max: 8s } }")+`
routes:
  both: [ stalls-chat/m, also-chat/m ]
  quick: { timeout: 1500ms, steps: [ { use: stalls-messages/m, fallback: [ also-chat/m ] } ] }
`)
	calls := []struct {
		model, ms string
		stream    bool
	}{{"both", "1500", false}, {"both", "1500", true}, {"quick", "", true}, {"quick", "60000", false}, {"fails-chat/m", "1500", true}, {"drips-", "1500", true}}
	each(len(callers)*len(calls), func(i int) {
		caller, c := callers[i%len(callers)], calls[i/len(callers)]
		if c.model == "drips-" {
			c.model += caller + "/m"
		}
		var head []string
		if c.ms != "" {
			head = []string{"sluice-timeout-ms", c.ms}
		}
		h := ask(t, g, caller, c.model, c.stream, head...)
		if h.took > slow*2*time.Second || len(h.errors) != 1 || h.cut != nil || len(h.bad) > 0 {
			t.Errorf("%s of %s: %d in %v, errors %q, %v, %.300q", c.model, caller, h.status, h.took, h.errors, h.cut, h.raw)
		}
		e := g.Entry(h.id())
		if stalled := !strings.HasPrefix(c.model, "fails"); stalled && (len(e.Attempts) == 0 || e.Attempts[0].Fault != "timeout" || e.ErrorCode != "upstream_timeout") {
			t.Errorf("%s of %s: %s, %s", c.model, caller, told(&e), e.ErrorCode)
		}
	})
	// That callers did not wait says nothing about the targets: the first is still the first.
	e := g.Entry(ask(t, g, "chat", "both", false, "sluice-timeout-ms", "1000").id())
	if len(e.Attempts) != 1 || e.Attempts[0].Provider != "stalls-chat" {
		t.Errorf("at the end %s", told(&e))
	}
}
