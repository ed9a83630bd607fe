package e2e_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testport"
)

var (
	printedKey   = regexp.MustCompile(`gateway key\s+(\S+)`)
	printedToken = regexp.MustCompile(`admin token\s+(\S+)`)
	printedCurl  = regexp.MustCompile(`(?m)^\s*(curl .+)$`)
)

// This test measures, so it runs before those that run at once.
func TestAFreshStartPrintsAKeyATokenAndACommandThatWorksAndIsReadyAtOnce(t *testing.T) {
	data, admin := testport.Address(t), testport.Address(t)
	listen := []string{"SLUICE_LISTEN=" + data, "SLUICE_ADMIN_LISTEN=" + admin}
	first := start(t, options{fresh: true, env: listen})
	key, token, curl := printed(t, first.Out)
	ready := firstAnswer(t, first, key)
	t.Logf("the first 200 came %s after the start", millis(ready))
	if ready > promised(time.Second) {
		t.Errorf("the first 200 came only after %s", ready)
	}
	runCurl(t, first.Dir, curl)
	if got := adminStatus(t, first.Admin, token); got != http.StatusOK {
		t.Errorf("the printed admin token gets %d", got)
	}
	if code := first.terminate(); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}

	second := start(t, options{fresh: true, env: listen, dir: first.Dir})
	if ready := firstAnswer(t, second, key); ready > promised(time.Second) {
		t.Errorf("after a restart, the first 200 came only after %s", ready)
	}
	runCurl(t, first.Dir, curl)
	if out := second.Out.String(); printedKey.MatchString(out) || printedToken.MatchString(out) {
		t.Errorf("a secret is printed again:\n%s", out)
	}
	for _, p := range []*process{first, second} {
		if log := p.Log.String(); strings.Contains(log, key) || strings.Contains(log, token) {
			t.Error("the log holds a secret")
		}
	}
	entries, err := os.ReadDir(first.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Size() > 0 && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may look into %s (%s)", e.Name(), info.Mode())
		}
	}
}

// printed reads what a fresh start tells once.
func printed(t *testing.T, out *buffer) (key, token, curl string) {
	t.Helper()
	eventually(t, patience, "a curl line is printed", func() bool { return printedCurl.MatchString(out.String()) })
	text := out.String()
	k, a := printedKey.FindStringSubmatch(text), printedToken.FindStringSubmatch(text)
	if k == nil || a == nil {
		t.Fatalf("key or token are not printed:\n%s", text)
	}
	return k[1], a[1], printedCurl.FindStringSubmatch(text)[1]
}

// firstAnswer gives the time from the start of the process to its first good answer.
func firstAnswer(t *testing.T, p *process, key string) time.Duration {
	t.Helper()
	end := time.After(patience)
	for tick := time.NewTicker(time.Millisecond); ; {
		r := request(context.Background(), p.URL, `{"model":"sandbox/chat","messages":[{"role":"user","content":"Hello"}]}`)
		r.Header.Set("Authorization", "Bearer "+key)
		if resp, err := http.DefaultClient.Do(r); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				tick.Stop()
				return time.Since(p.Began)
			}
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("no good answer:\n%s", p.Log)
		}
	}
}

// runCurl runs the printed command as a shell does when it is pasted.
func runCurl(t *testing.T, dir, command string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		skipLoudly(t, "curl is not installed")
	}
	cmd := exec.Command("sh", "-c", command+` -sS -w '\n%{http_code}'`)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.HasSuffix(out, []byte("\n200")) || !bytes.Contains(out, []byte(`"choices"`)) {
		t.Errorf("the printed command fails: %v\n%s\n%s", err, command, out)
	}
}

func adminStatus(t *testing.T, base, token string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, base+"/api/v1/entries", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestTheAdminListenerIsOnLoopbackUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(binary, "docs", "config").Output()
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(out), "admin:")
	if i < 0 || !strings.Contains(string(out[i:]), "127.0.0.1:8081") {
		t.Error("the reference does not say that the admin listener is on 127.0.0.1:8081")
	}
	p := start(t, options{})
	if host, _, err := net.SplitHostPort(strings.TrimPrefix(p.Admin, "http://")); err != nil || host != "127.0.0.1" {
		t.Errorf("the admin listener is on %s, %v", p.Admin, err)
	}
}
