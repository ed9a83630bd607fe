package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/cli"
)

func TestTheAuditLogIsListedExportedAndVerified(t *testing.T) {
	x := newTerminal(t)
	x.ok("keys", "create", "first")
	x.ok("workspaces", "create", "ml")
	x.ok("keys", "create", "second", "--workspace", "ml")
	if out := x.ok("audit", "list", "--action", "key."); !strings.Contains(out, "key.create") || strings.Contains(out, "workspace.create") || strings.Index(out, "second") > strings.Index(out, "first") {
		t.Error(out)
	}
	if out := x.ok("audit", "list", "--workspace", "ml", "--limit", "1"); strings.Count(out, "\n") != 2 {
		t.Error(out)
	}
	out := x.ok("audit", "verify")
	_, head, _ := strings.Cut(out, "head: ")
	head = strings.TrimSpace(head)
	if len(head) != 64 || !strings.Contains(out, "nothing was altered or removed") {
		t.Fatal(out)
	}
	lines := x.ok("audit", "export")
	if csv := x.ok("audit", "export", "--format", "csv"); strings.Count(csv, "\n") != strings.Count(lines, "\n")+1 || !strings.HasPrefix(csv, "seq,time,") {
		t.Error(csv)
	}
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(lines)
	if out := x.ok("audit", "verify", "--export", file, "--head", head); !strings.Contains(out, "anchored") || !strings.Contains(out, head) {
		t.Error(out)
	}
	write(strings.Replace(lines, `"first"`, `"fjrst"`, 1))
	x.fails(cli.ExitFailure, "it was changed", "audit", "verify", "--export", file)
	all := strings.SplitAfter(lines, "\n")
	write(strings.Join(append(all[:1:1], all[2:]...), ""))
	x.fails(cli.ExitFailure, "#2: it is missing", "audit", "verify", "--export", file)
	write(strings.Join(all[:len(all)-2], ""))
	x.ok("audit", "verify", "--export", file)
	x.fails(cli.ExitFailure, "no event has the hash", "audit", "verify", "--export", file, "--head", head)
	write("{")
	x.fails(cli.ExitFailure, "line 1 is no event", "audit", "verify", "--export", file)
	if out := x.ok("audit", "verify", "--head", head); !strings.Contains(out, "anchored: the hash is that of #") {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "no event has the hash", "audit", "verify", "--head", strings.Repeat("0", 64))
	x.fails(cli.ExitUsage, "64 hexadecimal", "audit", "verify", "--head", "x")
	x.fails(cli.ExitUsage, "--format", "audit", "export", "--format", "xml")
	if _, err := x.store.AppendAudit(t.Context(), audit.Event{Action: "key.create", Outcome: audit.OK}); err != nil {
		t.Fatal(err)
	}
	x.ok("audit", "verify", "--head", head)
}
