package cli_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

const limited = `
gateways:
  default:
    limits: [ { name: pace, per: workspace, requests: [4/1m, 100/1h] }, { name: people, per: user, requests: 9/1h } ]
    budgets: [ { name: pocket, per: workspace, cost: 20.00/month } ]
`

// beside is a terminal beside a running gateway.
func beside(t *testing.T, g *testgw.Gateway) *terminal {
	return &terminal{t: t, env: map[string]string{"SLUICE_ADMIN_URL": g.Admin, "SLUICE_ADMIN_TOKEN": testgw.AdminToken}}
}

func TestLimitsAreShownWithTheShareThatIsUsed(t *testing.T) {
	g := testgw.Start(t, limited)
	if resp, b := g.Post("/v1/chat/completions", `{"model":"sandbox/chat","messages":[{"role":"user","content":"hi"}]}`); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	x := beside(t, g)
	lines := strings.Split(x.ok("limits", "list", "--workspace", "default"), "\n")
	for i, want := range []string{
		"RULE COUNTS USED MAX SHARE PER", "gateway/default/pace workspace=default 1 requests 4 requests 25% 1m0s", "gateway/default/pace workspace=default 1 requests 100 requests 1% 1h0m0s",
		"gateway/default/people each user – 9 requests – 1h0m0s",
	} {
		if got := strings.Join(strings.Fields(lines[i]), " "); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if out := x.ok("limits", "list", "--json"); !strings.Contains(out, `"values":"workspace=default"`) {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "no workspace", "limits", "list", "--workspace", "nobody", "--token", workspaceOwner(x))
}

// workspaceOwner makes a token that owns the workspace default.
func workspaceOwner(x *terminal) string {
	return strings.TrimSpace(x.ok("tokens", "create", "o", "--workspace", "default", "--role", "owner"))
}

func TestABudgetIsRaisedAndTheRaiseEndedFromTheCommandLine(t *testing.T) {
	x := beside(t, testgw.Start(t, limited))
	owner := workspaceOwner(x)
	list := func() []string {
		return strings.Fields(strings.Split(x.ok("budgets", "list", "--workspace", "default", "--token", owner), "\n")[1])
	}
	row := list() // gateway/default/pocket workspace=default $0 $20 0% month – <where it leads> <counter>
	counter := row[len(row)-1]
	if row[2] != "$0" || row[3] != "$20" || row[4] != "0%" || row[5] != "month" || len(counter) != 32 {
		t.Fatalf("%v", row)
	}
	raise := []string{"budgets", "raise", row[0], "5.50", "--until", "7d", "--workspace", "default", "--token", owner}
	x.fails(cli.ExitFailure, "counter", raise...)
	if out := x.ok(append(raise, "--counter", counter, "--reason", "the fair")...); !strings.Contains(out, "by $5.5 until") {
		t.Error(out)
	}
	if got := list(); got[3] != "$25.5" {
		t.Errorf("%v", got)
	}
	out := x.ok("budgets", "raises")
	if !strings.Contains(out, "the fair") || !strings.Contains(out, "workspace=default") || !strings.Contains(out, "token o") {
		t.Error(out)
	}
	x.ok("budgets", "end", strings.Fields(strings.Split(out, "\n")[1])[0])
	if got := list(); got[3] != "$20" {
		t.Errorf("after its end: %v", got)
	}
	x.fails(cli.ExitUsage, "DOLLARS", "budgets", "raise", row[0], "much", "--until", "1d")
	x.fails(cli.ExitUsage, "until", "budgets", "raise", row[0], "5")
}

func TestSecretsAreKeptThroughARunningGateway(t *testing.T) {
	g := testgw.Start(t, "{}")
	x := beside(t, g)
	x.in = "MARKER\n"
	if out := x.ok("secrets", "set", "slack", "--admin", g.Admin); !strings.Contains(out, "secret:slack") {
		t.Error(out)
	}
	for _, flags := range [][]string{nil, {"--json"}} {
		if out := x.ok(append([]string{"secrets", "list", "--admin", g.Admin}, flags...)...); !strings.Contains(out, "slack") || strings.Contains(out, "MARKER") {
			t.Error(out)
		}
	}
	x.in = ""
	x.in = "MARKER"
	x.fails(cli.ExitFailure, "a name has", "secrets", "set", "Not A Name", "--admin", g.Admin)
	x.ok("secrets", "delete", "slack", "--admin", g.Admin)
	x.fails(cli.ExitFailure, "no secret", "secrets", "delete", "slack", "--admin", g.Admin)
}
