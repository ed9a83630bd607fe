package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/doctor"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// diagnosis runs the doctor offline and gives its findings by check and object.
func diagnosis(t *testing.T, dir string, env map[string]string) (map[string][]doctor.Finding, int) {
	t.Helper()
	x := &terminal{t: t, env: env}
	code, out, errs := x.run("doctor", "--json", "--data", dir)
	var d admin.Diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	found := map[string][]doctor.Finding{}
	for _, f := range d.Findings {
		for _, name := range []string{f.Check, f.Check + " " + f.Object} {
			found[name] = append(found[name], f)
		}
	}
	return found, code
}

// vendorThat is a server that answers like one of OpenAI's shape.
func vendorThat(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func TestTheDoctorFindsWhatIsWrongWithProviders(t *testing.T) {
	list := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"data":[{"id":"m"}]}`)
	}
	well := vendorThat(t, func(w http.ResponseWriter, _ *http.Request) { list(w) })
	expired := vendorThat(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"error":{"message":"key expired"}}`)
	})
	page := vendorThat(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
	})
	late := vendorThat(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
		list(w)
	})
	dir := t.TempDir()
	config := "storage: { url: 'sqlite:sluice.db' }\nserver: { listen: '127.0.0.1:0' }\nadmin: { listen: '127.0.0.1:0' }\nproviders:\n"
	for name, address := range map[string]string{
		"well": well + "/v1", "expired": expired + "/v1", "page": page + "/v1", "late": late + "/v1", "doubled": well + "/v1/v1",
		"closed": "http://127.0.0.1:1/v1", "plain": strings.Replace(well, "http", "https", 1) + "/v1",
	} {
		config += fmt.Sprintf("  %s: { kind: openai-compatible, base_url: '%s', api_key: env:K, proxy: none }\n", name, address)
	}
	if err := os.WriteFile(filepath.Join(dir, "sluice.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	found, code := diagnosis(t, dir, map[string]string{"K": "vendor-key-0123456789"})
	if code != cli.ExitFailure {
		t.Errorf("exit code %d", code)
	}
	for name, want := range map[string][2]string{
		"vendor well": {"ok", "it answers"}, "vendor expired": {"problem", "Compare the key"}, "vendor page": {"problem", "base_url"}, "vendor closed": {"problem", "host and port"},
		"vendor plain": {"problem", "scheme and port"}, "base-url doubled": {"problem", "version twice"}, "base-url well": {"ok", ""}, "store": {"ok", "none yet"}, "configuration": {"ok", ""},
	} {
		if f := found[name]; len(f) == 0 || string(f[0].Level) != want[0] || !strings.Contains(f[0].Message+f[0].Mend, want[1]) {
			t.Errorf("%s: %+v, want %v", name, f, want)
		}
	}
	if f := found["vendor late"]; len(f) != 2 || f[0].Level != doctor.Warning || !strings.Contains(f[0].Message, "ahead of that of late") {
		t.Errorf("clock: %+v", f)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("the doctor left %v", files)
	}
}

func TestTheDoctorFindsWhatIsWrongWithTheStore(t *testing.T) {
	redis := testredis.Start(t, false)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(name string, level doctor.Level, word string) {
		t.Helper()
		found, _ := diagnosis(t, dir, map[string]string{"SLUICE_LISTEN": "127.0.0.1:0", "SLUICE_ADMIN_LISTEN": "127.0.0.1:0"})
		if f := found[name]; len(f) == 0 || f[0].Level != level || !strings.Contains(f[0].Message, word) {
			t.Errorf("%s: %+v, want %s with %q", name, f, level, word)
		}
	}
	s := &shell{t: t, dir: dir}
	s.want("added", "sk-MARKER-0123456789\n", "credentials", "add", "sandbox", "kept")
	wants("store", doctor.OK, "sqlite, schema ")
	wants("master-key", doctor.OK, "can be opened")
	if err := os.Rename(filepath.Join(dir, "master.key"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	wants("master-key", doctor.Problem, "fingerprint")
	if _, err := os.Stat(filepath.Join(dir, "master.key")); err == nil {
		t.Error("the doctor made a master key")
	}
	write("sluice.yaml", "shared: { url: '"+redis.URL()+"' }\n")
	wants("redis", doctor.OK, "it answers")
	redis.Kill()
	wants("redis", doctor.Problem, "does not answer")
	write("sluice.yaml", "shared: { urll: x }\n")
	wants("configuration", doctor.Problem, "urll")
	write("sluice.yaml", "storage: { url: 'sqlite:broken.db' }\n")
	write("broken.db", strings.Repeat("no database ", 1000))
	wants("store", doctor.Problem, "cannot be read")
	write("sluice.yaml", "storage: { url: 'postgres://nobody@127.0.0.1:1/x' }\n")
	wants("store", doctor.Problem, "cannot be reached")
}

func TestARunningGatewayLooksAtItself(t *testing.T) {
	g := testgw.Start(t, "")
	x := beside(t, g)
	x.ok("backup", filepath.Join(t.TempDir(), "a.tar.zst"))
	code, out, errs := x.run("doctor", "--url", g.Admin, "--json")
	var d admin.Diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil || code == cli.ExitFailure || d.Version != "test" || d.Backup == nil || d.Backup.By == "" {
		t.Fatalf("%d %v %s%s", code, err, out, errs)
	}
	if out := x.ok("audit", "list", "--action", "backup."); strings.Count(out, "backup.create") != 2 { // its beginning and its end
		t.Error(out)
	}
	// What was said is in a backup with the calls alone, and the log tells them apart, also
	// when the store itself is read.
	bodies := func(want string, args ...string) {
		t.Helper()
		x.ok(append(append([]string{"backup"}, args...), filepath.Join(t.TempDir(), "b.tar.zst"))...)
		var page admin.AuditPage
		g.AdminGet("/api/v1/audit?action=backup.create&limit=2", &page)
		for _, e := range page.Data {
			if string(e.Changes) != want {
				t.Errorf("%q: %s told %s, want %s", args, e.Outcome, e.Changes, want)
			}
		}
		if len(page.Data) != 2 {
			t.Errorf("%q: %d events", args, len(page.Data))
		}
	}
	without, with := `[{"path":"bodies","before":null,"after":false}]`, `[{"path":"bodies","before":null,"after":true}]`
	bodies(without)
	bodies(with, "--entries")
	bodies(without, "--offline", "--data", g.Dir)
	bodies(with, "--offline", "--data", g.Dir, "--entries")
	bodies(`[{"path":"bodies","before":null,"after":true},{"path":"since","before":null,"after":"2026-01-31T12:00:00Z"}]`, "--entries", "--since", "2026-01-31T12:00:00Z")
	_, out, _ = x.run("doctor", "--url", g.Admin, "--all")
	for _, want := range []string{"disk-space", "store", "spool: ", "configuration: it can be used"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in %s", want, out)
		}
	}
	x.fails(cli.ExitFailure, "unknown flag", "doctor", "--nothing")
}
