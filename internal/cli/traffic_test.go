package cli_test

import (
	"strings"
	"testing"

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
