package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

const routed = `
routes:
  support:
    steps:
      - { when: metadata.plan == "free", use: sandbox/echo }
      - { name: paid, split: { sandbox/chat: 100 }, fallback: [sandbox/echo] }
`

func TestARouteIsListedAndExplained(t *testing.T) {
	x := beside(t, testgw.Start(t, routed))
	if out := x.ok("routes"); !strings.Contains(out, "support") || !strings.Contains(out, `metadata.plan == "free"`) || !strings.Contains(out, "sandbox/chat 100") {
		t.Error(out)
	}
	out := strings.Join(strings.Fields(x.ok("route", "explain", "support", "--header", `sluice-metadata: {"plan":"free"}`)), " ")
	if !strings.HasPrefix(out, `✓ support/steps[0] when metadata.plan == "free"`) || !strings.Contains(out, "1 sandbox/echo healthy") {
		t.Error(out)
	}
	x.in = `{"messages":[]}`
	out = strings.Join(strings.Fields(x.ok("route", "explain", "support", "--body", "-")), " ")
	if !strings.HasPrefix(out, "✗ support/steps[0]") || !strings.Contains(out, "1 sandbox/chat healthy") || !strings.Contains(out, "2 sandbox/echo healthy") {
		t.Error(out)
	}
	if out := x.ok("route", "explain", "nothing"); !strings.HasPrefix(out, "refused (model_not_found): ") {
		t.Error(out)
	}
	x.fails(cli.ExitUsage, "NAME: VALUE", "route", "explain", "support", "--header", "x")
	x.in = "{"
	x.fails(cli.ExitFailure, "no JSON", "route", "explain", "support", "--body", "-")
}

func TestATargetIsDrainedAndPutBackFromTheCommandLine(t *testing.T) {
	x := beside(t, testgw.Start(t, routed))
	if out := x.ok("drain", "sandbox/chat", "--reason", "slow"); out != "drained sandbox/chat; calls in flight go on\n" {
		t.Error(out)
	}
	if out := x.ok("route", "explain", "support"); !strings.Contains(out, "sandbox/chat (it has been taken out of use)") || !strings.Contains(out, "1  sandbox/echo") {
		t.Error(out)
	}
	if out := x.ok("health"); !strings.HasPrefix(out, "ok\n") || !strings.Contains(out, "sandbox/chat") || !strings.Contains(out, "slow") {
		t.Error(out)
	}
	if out := x.ok("undrain", "sandbox/chat"); out != "in use again: sandbox/chat\n" {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "exactly these names", "undrain", "sandbox/chat")
	x.fails(cli.ExitFailure, "no provider", "drain", "sandbx")
}

func TestACanaryIsSeenRolledBackAndBegunAnew(t *testing.T) {
	x := beside(t, testgw.Start(t, `
routes:
  support: { steps: [ { canary: { from: sandbox/chat, to: sandbox/echo, stages: [ { share: 10, for: 1h } ], rollback: { error_margin: 0.02 } } } ] }
`))
	list := func() string {
		return strings.Join(strings.Fields(strings.Split(x.ok("canary", "list"), "\n")[1]), " ")
	}
	for end := time.Now().Add(time.Minute); !strings.HasPrefix(list(), "support/steps[0] sandbox/chat sandbox/echo running 10% 1 of 1 "); {
		if time.Now().After(end) {
			t.Fatal(list())
		}
	}
	if out := x.ok("canary", "rollback", "support/steps[0]", "--reason", "no good"); out != "support/steps[0] is rolled back: all calls go to sandbox/chat\n" {
		t.Error(out)
	}
	if out := list(); !strings.Contains(out, "rolled_back 0%") || !strings.HasSuffix(out, "no good (admin token)") {
		t.Error(out)
	}
	if out := x.ok("route", "explain", "support"); !strings.Contains(out, "1  sandbox/chat") {
		t.Error(out)
	}
	if out := x.ok("canary", "restart", "support/steps[0]"); out != "support/steps[0] begins anew: 10% of the calls go to sandbox/echo\n" {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "no canary", "canary", "restart", "support/steps[1]")
}

func TestTwoTargetsAreCompared(t *testing.T) {
	g := testgw.Start(t, routed)
	for range 31 {
		for _, model := range []string{"chat", "echo"} {
			if resp, b := g.Post("/v1/chat/completions", `{"model":"sandbox/`+model+`","messages":[{"role":"user","content":"a b c"}]}`); resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, b)
			}
		}
	}
	x := beside(t, g)
	out := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && !strings.Contains(out, " 31 31 failed "); {
		out = strings.Join(strings.Fields(x.ok("compare", "sandbox/chat", "sandbox/echo", "--since", "1h")), " ")
	}
	if !strings.Contains(out, "calls 31 31 failed 0 % (0–11.03) 0 % (0–11.03) latency p50") || strings.HasPrefix(out, "Too few") {
		t.Error(out)
	}
	if out := x.ok("compare", "sandbox/chat", "sandbox/echo", "--shadows"); !strings.HasPrefix(out, "Too few calls to tell: sandbox/chat has 0") {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "both lead to", "compare", "sandbox/echo", "support")
	x.fails(cli.ExitFailure, "neither", "compare", "sandbox/echo", "nothing")
}
