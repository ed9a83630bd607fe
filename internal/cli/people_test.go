package cli_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestATeamIsSetUpFromTheCommandLine(t *testing.T) {
	x := newTerminal(t)
	x.ok("workspaces", "create", "ml", "--name", "Machines")
	x.in = "correct horse battery\n"
	x.ok("users", "create", "ann@example.com", "--admin", "--password-file", "-")
	if made := strings.TrimSpace(x.ok("users", "create", "bob@example.com")); len(made) < 20 || strings.Contains(made, " ") {
		t.Errorf("a made password: %q", made)
	}
	if out := x.ok("members", "set", "ml", "bob@example.com", "editor"); !strings.Contains(out, "bob@example.com is editor of ml") {
		t.Error(out)
	}
	for args, want := range map[string]string{
		"workspaces list": "Machines", "users list": "ann@example.com", "members list --workspace ml": "editor",
		"users disable bob@example.com": "disabled", "users enable bob@example.com": "enabled",
		"users update bob@example.com --name Robert": "changed",
	} {
		if out := x.ok(strings.Fields(args)...); !strings.Contains(out, want) {
			t.Errorf("%s: %s", args, out)
		}
	}
	x.ok("workspaces", "update", "ml", "--name", "Models", "--regions", "eu,us-east-1")
	if out := x.ok("workspaces", "list"); !strings.Contains(out, "eu,us-east-1") {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "no region", "workspaces", "update", "ml", "--regions", "EU West")
	secret := strings.TrimSpace(x.ok("tokens", "create", "ci", "--workspace", "ml", "--role", "viewer", "--expires", "1d"))
	if !strings.HasPrefix(secret, admin.TokenPrefix) {
		t.Fatalf("%q", secret)
	}
	x.ok("keys", "list", "--token", secret)
	x.fails(cli.ExitFailure, "role editor", "keys", "create", "a", "--workspace", "ml", "--token", secret)
	id, _, _ := strings.Cut(strings.Split(x.ok("tokens", "list"), "\n")[1], " ")
	x.ok("tokens", "revoke", id)
	x.fails(cli.ExitFailure, "refuses the token", "keys", "list", "--token", secret)
	x.ok("members", "remove", "ml", "bob@example.com")
	x.ok("users", "delete", "bob@example.com")
	x.fails(cli.ExitFailure, "no user", "users", "disable", "bob@example.com")
	x.ok("workspaces", "delete", "ml")
	x.fails(cli.ExitUsage, "nothing is to be changed", "users", "update", "ann@example.com")
}

func TestAKeyIsChangedRotatedAndDisabled(t *testing.T) {
	x := newTerminal(t)
	x.ok("keys", "create", "app", "--owner-kind", "application", "--owner", "search", "--tag", "a,b", "--network", "10.0.0.0/8", "--regions", "eu,us-east-1", "--limits", `[{"requests":"10/1m"}]`, "--budgets", `[{"cost":"5/month","name":"pocket"}]`, "--max-output", "500")
	id, _, _ := strings.Cut(strings.Split(x.ok("keys", "list", "--owner", "search"), "\n")[1], " ")
	k, err := x.store.Key(t.Context(), id)
	if err != nil || len(k.Limits) != 2 || k.Limits[1].Name != "pocket" || k.MaxOutput != 500 || k.Networks[0] != "10.0.0.0/8" || !slices.Equal(k.Regions, []string{"eu", "us-east-1"}) {
		t.Fatalf("%+v, %v", k, err)
	}
	x.ok("keys", "update", id, "--name", "other", "--tag=", "--limits", "[]", "--regions", "eu")
	k, _ = x.store.Key(t.Context(), id)
	if k.Name != "other" || len(k.Tags) != 0 || len(k.Limits) != 1 || !k.Limits[0].Budget() || k.Owner != "search" || !slices.Equal(k.Regions, []string{"eu"}) {
		t.Errorf("%+v", k)
	}
	before := k.Hash
	code, out, errs := x.run("keys", "rotate", id, "--grace", "1h")
	k, _ = x.store.Key(t.Context(), id)
	if code != 0 || strings.Contains(strings.TrimSpace(out), "\n") || !strings.Contains(errs, "stays valid until") || k.Hash == before || k.OldHash != before {
		t.Errorf("%d %q %q %+v", code, out, errs, k)
	}
	x.ok("keys", "disable", id)
	if out := x.ok("keys", "list"); !strings.Contains(out, "disabled") {
		t.Error(out)
	}
	x.ok("keys", "enable", id)
	x.ok("keys", "revoke", id)
	x.fails(cli.ExitFailure, "revoked", "keys", "update", id, "--name", "x")
	x.fails(cli.ExitUsage, "--limits", "keys", "update", id, "--limits", "{")
	x.fails(cli.ExitUsage, "--log-sample", "keys", "update", id, "--log-sample", "half")
	x.fails(cli.ExitFailure, "log.bodies", "keys", "create", "b", "--log-bodies", "some")
	x.fails(cli.ExitFailure, "no region", "keys", "create", "b", "--regions", "EU West")
}

func TestAKeySaysWhatIsKeptOfItsCalls(t *testing.T) {
	x := newTerminal(t)
	x.ok("keys", "create", "app", "--log-bodies", "metadata", "--log-sample", "0.5")
	id, _, _ := strings.Cut(strings.Split(x.ok("keys", "list"), "\n")[1], " ")
	wantLog := func(bodies string, sample float64) {
		t.Helper()
		if k, err := x.store.Key(t.Context(), id); err != nil || k.Log.Bodies != bodies || k.Log.Sample == nil || *k.Log.Sample != sample {
			t.Errorf("%+v, %v", k.Log, err)
		}
	}
	wantLog("metadata", 0.5)
	x.ok("keys", "update", id, "--log-sample", "0")
	wantLog("metadata", 0)
	x.ok("keys", "update", id, "--log-bodies", "none")
	wantLog("none", 0)
	x.ok("keys", "update", id, "--log-bodies=", "--log-sample", "1")
	wantLog("", 1)
	x.ok("keys", "update", id, "--name", "other")
	wantLog("", 1)
}

func TestShreddingAsksAndSaysWhatIsLost(t *testing.T) {
	x := newTerminal(t)
	x.ok("workspaces", "create", "ml")
	if err := x.store.AddBodyKey(t.Context(), gateway.BodyKey{ID: gateway.BodyKeyID{1}, Workspace: "ml", Created: time.Now(), Sealed: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if out := x.ok("privacy", "shred", "--workspace", "ml", "--dry-run"); !strings.Contains(out, "Nothing was erased") || !strings.Contains(out, "keys") {
		t.Error(out)
	}
	x.fails(cli.ExitUsage, "--yes", "privacy", "shred", "--workspace", "ml")
	x.fails(cli.ExitFailure, "nowhere", "privacy", "shred", "--workspace", "nowhere", "--yes")
	if out := x.ok("privacy", "list"); strings.Contains(out, "ers_") {
		t.Errorf("something is under way: %s", out)
	}
	x.ok("privacy", "shred", "--workspace", "ml", "--yes", "--no-wait")
	if out := x.ok("privacy", "list"); !strings.Contains(out, "keys") || !strings.Contains(out, "waiting") || !strings.Contains(out, "ml") {
		t.Error(out)
	}
	x.ok("workspaces", "delete", "ml")
	if out := x.ok("privacy", "list"); strings.Count(out, "ers_") != 2 { // its deletion has a receipt of its own
		t.Error(out)
	}
	if keys, err := x.store.BodyKeys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("keys of a workspace that is deleted: %v, %v", keys, err)
	}
}
