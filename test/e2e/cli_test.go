package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testport"
)

// ran is how a command ended.
type ran struct {
	code     int
	out, err string
}

// sluice runs a command beside a gateway, with what its operator has in the environment.
func (p *process) sluice(args ...string) ran {
	p.t.Helper()
	return command(p.t, p.Dir, []string{"SLUICE_ADMIN_URL=" + p.Admin, "SLUICE_ADMIN_TOKEN=" + adminToken, "UP_KEY=upstream-secret"}, args...)
}

func command(t testing.TB, dir string, env []string, args ...string) ran {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func TestCheckTellsEveryProblemWithItsPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeConfig(t, dir, `providers:
  up: { kind: openai-compatble, base_url: "ftp://nowhere" }
gateways:
  default:
    lgo: { bodies: full }
    auth: keey
    default_provider: nobody
server:
  max_in_flight: many
  idle_timeout: 5 parsecs
storge: {}
`)
	r := command(t, dir, nil, "check")
	if r.code != 1 {
		t.Errorf("exit code %d", r.code)
	}
	for _, place := range []string{":2", ":5", ":6", ":7", ":9", ":10", ":11"} {
		if !regexp.MustCompile(`(?m)^\S*sluice\.yaml` + place + `\b`).MatchString(r.out + r.err) {
			t.Errorf("no problem at sluice.yaml%s", place)
		}
	}
	for _, hint := range []string{"openai-compatible", `log`, `key`, "storage"} {
		if !strings.Contains(r.out+r.err, hint) {
			t.Errorf("no suggestion %q", hint)
		}
	}
	if t.Failed() {
		t.Logf("%s%s", r.out, r.err)
	}
	writeConfig(t, dir, "discover: false\n")
	if r := command(t, dir, nil, "check"); r.code != 0 {
		t.Errorf("a good document: exit code %d: %s%s", r.code, r.out, r.err)
	}
}

func TestDocsVersionAndUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"docs config", 0, "max_in_flight"},
		{"version", 0, "sluice "},
		{"--help", 0, "serve"},
		{"completion bash", 0, "bash completion"},
		{"srve", 2, "serve"},
		{"serve --nothing", 2, "--nothing"},
		{"keys create", 2, "arg"},
	} {
		r := command(t, dir, nil, strings.Fields(c.args)...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.says) {
			t.Errorf("sluice %s: exit code %d, want %d with %q:\n%s%s", c.args, r.code, c.code, c.says, tail(r.out, 300), tail(r.err, 300))
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("commands that only print leave %v behind, %v", left, err)
	}
}

// statusFor gives the status of a call with a key.
func (p *process) statusFor(key string) int {
	p.t.Helper()
	return p.post("/v1/chat/completions", strings.NewReader(plainCall), "Authorization", "Bearer "+key).status
}

func TestKeysAreMadeAndRevokedBesideARunningGateway(t *testing.T) {
	t.Parallel()
	p := start(t, options{config: config(plainUpstream(t), metadataOnly)})
	for _, offline := range []bool{false, true} {
		var more []string
		if offline {
			more = []string{"--offline"}
		}
		made := p.sluice(append([]string{"keys", "create", "my-app", "--json"}, more...)...)
		var key struct{ ID, Name, Secret string }
		if err := json.Unmarshal([]byte(made.out), &key); err != nil || made.code != 0 || key.Secret == "" || key.ID == "" {
			t.Fatalf("keys create: exit code %d, %v\n%s%s", made.code, err, made.out, made.err)
		}
		eventually(t, promised(time.Second), "the new key works", func() bool { return p.statusFor(key.Secret) == http.StatusOK })
		list := p.sluice(append([]string{"keys", "list"}, more...)...)
		if list.code != 0 || !strings.Contains(list.out, key.ID) || strings.Contains(list.out, key.Secret) {
			t.Errorf("keys list: exit code %d\n%s%s", list.code, list.out, list.err)
		}
		began := time.Now()
		revoked := p.sluice(append([]string{"keys", "revoke", key.ID}, more...)...)
		if revoked.code != 0 {
			t.Errorf("keys revoke: exit code %d\n%s%s", revoked.code, revoked.out, revoked.err)
		}
		told := time.Now()
		eventually(t, patience, "the revoked key is refused", func() bool { return p.statusFor(key.Secret) == http.StatusUnauthorized })
		t.Logf("offline %v: refused %s after the command ended (%s after it began)", offline, millis(time.Since(told)), millis(time.Since(began)))
		if time.Since(told) > promised(time.Second) {
			t.Errorf("offline %v: the revoked key worked for another %s", offline, time.Since(told))
		}
	}
	if r := p.sluice("keys", "revoke", "key_that_nobody_has"); r.code != 1 || r.err == "" {
		t.Errorf("revoking what is not there: exit code %d, %q", r.code, r.err)
	}
	if r := command(t, p.Dir, []string{"SLUICE_ADMIN_URL=" + p.Admin, "SLUICE_ADMIN_TOKEN=not-the-admin-token"}, "keys", "list"); r.code != 1 || r.out != "" {
		t.Errorf("a wrong admin token: exit code %d, %q", r.code, r.out)
	}
	if r := command(t, p.Dir, []string{"SLUICE_ADMIN_URL=http://" + testport.Address(t), "SLUICE_ADMIN_TOKEN=" + adminToken}, "keys", "list"); r.code != 1 || !strings.Contains(r.err, "127.0.0.1") {
		t.Errorf("no gateway there: exit code %d, %q", r.code, r.err)
	}
}

func TestLogsAreListedShownAndFollowed(t *testing.T) {
	t.Parallel()
	p := start(t, options{config: config(plainUpstream(t))})
	a := p.mustCall()
	p.entry(a.id)
	if r := p.sluice("logs", "list"); r.code != 0 || !strings.Contains(r.out, a.id) || !strings.Contains(r.out, "up/m1") {
		t.Errorf("logs list: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := p.sluice("logs", "show", a.id); r.code != 0 || !strings.Contains(r.out, "Good day.") || !strings.Contains(r.out, `"content":"Hello"`) {
		t.Errorf("logs show: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := p.sluice("logs", "show", "01a20012-573f-7000-942f-4d53c030e7ed"); r.code != 1 {
		t.Errorf("logs show of nothing: exit code %d", r.code)
	}
	follow := exec.Command(binary, "logs", "tail")
	follow.Env = []string{"SLUICE_ADMIN_URL=" + p.Admin, "SLUICE_ADMIN_TOKEN=" + adminToken}
	follow.SysProcAttr = dieWithParent()
	seen := &buffer{}
	follow.Stdout, follow.Stderr = seen, seen
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	eventually(t, patience, "logs tail shows a new call", func() bool {
		ids = append(ids, p.mustCall().id)
		for _, id := range ids {
			if seen.has(id) {
				return true
			}
		}
		return false
	})
	if err := follow.Process.Signal(sigterm); err != nil {
		t.Fatal(err)
	}
	_ = follow.Wait() // it was told to end
}

func TestADocumentWithEverySettingIsFoundByItsPath(t *testing.T) {
	t.Parallel()
	elsewhere := t.TempDir()
	writeConfig(t, elsewhere, config(plainUpstream(t), metadataOnly))
	p := start(t, options{args: []string{"--config", filepath.Join(elsewhere, "sluice.yaml"), "--listen", "127.0.0.1:0"}})
	p.mustCall()
}
