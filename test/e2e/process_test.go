package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The secrets that a gateway of a test begins with, unless the test wants them printed.
const (
	gatewayKey = "sk-sluice-e2e-0123456789abcdef"
	adminToken = "sluice-admin-e2e-0123456789abcdef"
)

// patience bounds every wait for something that must come.
const patience = time.Minute

// promised is how long something may take of which the documents say how long: as long as
// they say where a machine has nothing else to do (SLUICE_E2E_STRICT), else twenty times
// that, which still tells what hangs.
func promised(d time.Duration) time.Duration {
	if strict {
		return d
	}
	return 20 * d
}

// process is one running gateway.
type process struct {
	URL   string // of the data plane
	Admin string // of the admin listener
	Dir   string // its data directory
	Log   *buffer
	Out   *buffer
	Began time.Time

	t      testing.TB
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone; then code is its exit code
	code   int
}

// options say how a gateway is started.
type options struct {
	config string   // sluice.yaml; "" leaves what is there
	dir    string   // "" = a new temporary folder
	env    []string // NAME=value, beside the addresses and, unless fresh, the secrets
	args   []string // after serve
	fresh  bool     // it makes its own secrets
	tls    bool     // the data plane serves HTTPS
}

// start runs a gateway and waits until it serves. It is killed when its test ends.
func start(t testing.TB, o options) *process {
	t.Helper()
	p := launch(t, o)
	p.awaitServing()
	return p
}

// launch runs a gateway and does not wait.
func launch(t testing.TB, o options) *process {
	t.Helper()
	return launchAs(t, o, nil)
}

// launchAs runs a gateway as another account; nil = as this one.
func launchAs(t testing.TB, o options, as *syscall.Credential) *process {
	t.Helper()
	if o.dir == "" {
		o.dir = t.TempDir()
	}
	if o.config != "" {
		writeConfig(t, o.dir, o.config)
	}
	cmd := exec.Command(binary, append([]string{"serve"}, o.args...)...)
	cmd.Dir = o.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + o.dir, "TMPDIR=" + os.TempDir(), "UP_KEY=upstream-secret",
		"SLUICE_DATA=" + o.dir, "SLUICE_LISTEN=127.0.0.1:0", "SLUICE_ADMIN_LISTEN=127.0.0.1:0"}, o.env...)
	if !o.fresh {
		cmd.Env = append(cmd.Env, "SLUICE_KEY="+gatewayKey, "SLUICE_ADMIN_TOKEN="+adminToken)
	}
	cmd.SysProcAttr = dieWithParent()
	cmd.SysProcAttr.Credential = as
	p := &process{Dir: o.dir, Log: &buffer{}, Out: &buffer{}, t: t, cmd: cmd, exited: make(chan struct{})}
	if o.tls {
		p.URL = "https://"
	} else {
		p.URL = "http://"
	}
	cmd.Stdout, cmd.Stderr = p.Out, p.Log
	p.Began = time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process, which the cleanup waits for
		_ = cmd.Wait() // the code says it
		p.code = cmd.ProcessState.ExitCode()
		close(p.exited)
	}()
	t.Cleanup(p.cleanUp)
	return p
}

func (p *process) cleanUp() {
	p.kill()
	if p.Log.has("BUG:") || p.Log.has("panic") {
		p.t.Errorf("the log tells of a panic")
	}
	if p.t.Failed() {
		p.t.Logf("the log of %s:\n%s", p.t.Name(), tail(p.Log.String(), 6000))
	}
}

var serving = regexp.MustCompile(`msg=serving data=(\S+) admin=(\S+)`)

// awaitServing waits for the line that tells the addresses.
func (p *process) awaitServing() {
	p.t.Helper()
	end := time.After(patience)
	for tick := time.NewTicker(time.Millisecond); ; {
		if m := serving.FindStringSubmatch(p.Log.String()); m != nil {
			tick.Stop()
			p.URL, p.Admin = p.URL+m[1], "http://"+m[2]
			return
		}
		select {
		case <-tick.C:
		case <-p.exited:
			p.t.Fatalf("the gateway ended with code %d:\n%s", p.code, p.Log)
		case <-end:
			p.t.Fatalf("the gateway does not serve:\n%s", p.Log)
		}
	}
}

// awaitReady waits until /readyz is 200.
func (p *process) awaitReady() {
	p.t.Helper()
	eventually(p.t, patience, "/readyz is 200", func() bool { return p.status("/readyz") == http.StatusOK })
}

// status asks the data plane without a key; 0 = no answer.
func (p *process) status(path string) int {
	resp, err := http.Get(p.URL + path)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// kill ends the process as kill -9 does, and waits for it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone
	<-p.exited
}

// signal sends a signal to this process alone.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// terminate asks the process to end and gives its exit code.
func (p *process) terminate() int {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	return p.wait(patience)
}

// wait gives the exit code of a process that is about to end.
func (p *process) wait(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(within):
		p.t.Fatalf("the process does not end within %s:\n%s", within, tail(p.Log.String(), 4000))
	}
	return p.code
}

// again starts a gateway on what this one left behind.
func (p *process) again(o options) *process {
	p.t.Helper()
	o.dir = p.Dir
	return start(p.t, o)
}

// rss is the process's resident memory in bytes; 0 where it cannot be known.
func (p *process) rss() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	f := strings.Fields(string(b))
	if err != nil || len(f) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// writeConfig replaces a sluice.yaml at once, as a careful operator does.
func writeConfig(t testing.TB, dir, config string) {
	t.Helper()
	name := filepath.Join(dir, "sluice.yaml")
	if err := os.WriteFile(name+".new", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// eventually asks again and again until the answer is yes.
func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	end := time.After(within)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// after waits for a time to pass.
func after(d time.Duration) { <-time.After(d) }

// buffer collects what a process writes and may be read meanwhile.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *buffer) has(text string) bool { return strings.Contains(b.String(), text) }

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
