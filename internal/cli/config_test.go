package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// atGateway is a terminal beside a whole gateway, and writes documents.
func atGateway(t *testing.T, config string) (x *terminal, g *testgw.Gateway, file func(text string) string) {
	g = testgw.Start(t, config)
	x = &terminal{t: t, env: map[string]string{"SLUICE_ADMIN_URL": g.Admin, "SLUICE_ADMIN_TOKEN": testgw.AdminToken, "SLUICE_DATA": g.Dir}}
	return x, g, func(text string) string {
		path := filepath.Join(t.TempDir(), "new.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

func TestADocumentIsPlannedAppliedExportedAndRolledBack(t *testing.T) {
	x, g, file := atGateway(t, "")
	one := file("# mine\ngateways: { default: { timeout: 5m } }\ntelemetry: { log_level: debug }\n")
	code, out, errs := x.run("plan", one)
	for _, want := range []string{"+gateways: { default: { timeout: 5m } }", "2 changes", "waiting for a restart: telemetry.log_level"} {
		if code != cli.ExitChanges || errs != "" || !strings.Contains(out, want) {
			t.Errorf("plan: %d %s%s, want %q", code, out, errs, want)
		}
	}
	if out := x.ok("apply", one, "--note", "shorter calls"); !strings.Contains(out, "revision 2 is in force") {
		t.Error(out)
	}
	if out := x.ok("plan", one); !strings.Contains(out, "no changes") {
		t.Error(out)
	}
	if out := x.ok("apply", one); strings.Contains(out, "in force") {
		t.Errorf("nothing to apply: %s", out)
	}
	if out := x.ok("export"); !strings.HasPrefix(out, "# mine") {
		t.Error(out)
	}
	x.in = "{}"
	if out := x.ok("apply", "-", "--yes"); !strings.Contains(out, "revision 3") {
		t.Error(out)
	}
	x.in = "# only a comment\n{}"
	if code, out, _ := x.run("plan", "-"); code != cli.ExitChanges || !strings.Contains(out, "no changes but of comments") {
		t.Errorf("%d %s", code, out)
	}
	if out := x.ok("rollback", "2", "--note", "longer again"); !strings.Contains(out, "revision 4 is in force") || !strings.Contains(out, "+# mine") {
		t.Error(out)
	}
	if out := x.ok("config", "revisions"); !strings.Contains(out, "shorter calls") || !strings.Contains(out, "admin token") || strings.Count(out, "\n") != 5 {
		t.Error(out)
	}
	if out := x.ok("config", "show", "4"); !strings.Contains(out, "as revision 2") || !strings.Contains(out, "longer again") || !strings.Contains(out, "+# mine") {
		t.Error(out)
	}
	if out := x.ok("config", "diff", "2", "4"); !strings.Contains(out, "no changes") {
		t.Error(out)
	}
	if out := x.ok("export", "--revision", "3"); out != "{}" {
		t.Error(out)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if out := x.ok("export", "--offline"); !strings.HasPrefix(out, "# mine") {
		t.Error(out)
	}
	if out := x.ok("config", "revisions", "--offline"); !strings.Contains(out, "shorter calls") {
		t.Error(out)
	}
}

func TestWhatIsWrongWithAChangeIsToldAndChangesNothing(t *testing.T) {
	x, _, file := atGateway(t, "")
	bad := file("gateways:\n  default: { auht: none }\n")
	for _, command := range []string{"plan", "apply"} {
		code, out, errs := x.run(command, bad)
		if code != cli.ExitFailure || !strings.Contains(out, "document:2:14: gateways.default.auht: unknown key") || !strings.Contains(errs, "cannot be used") {
			t.Errorf("%s: %d %s%s", command, code, out, errs)
		}
	}
	x.fails(cli.ExitFailure, "no such file", "plan", "nowhere.yaml")
	x.fails(cli.ExitFailure, "unknown flag", "plan", bad, "--colour")
	x.fails(cli.ExitFailure, "accepts 1 arg", "plan")
	x.fails(cli.ExitUsage, "no number of a revision", "rollback", "last")
	x.fails(cli.ExitFailure, "there is no revision 9", "rollback", "9")
	if out := x.ok("config", "revisions"); strings.Count(out, "\n") != 2 {
		t.Error(out)
	}
}

func TestAFileAsTheSourceIsNamedByApply(t *testing.T) {
	x, g, file := atGateway(t, "gateways: { default: {} }\n")
	x.fails(cli.ExitFailure, "comes from the file "+filepath.Join(g.Dir, "sluice.yaml"), "apply", file("{}"))
	x.fails(cli.ExitChanges, "", "plan", file("{}"))
	if out := x.ok("export"); out != "gateways: { default: {} }\n" {
		t.Error(out)
	}
}
