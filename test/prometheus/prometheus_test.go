// Package prometheus tests what is shipped for Prometheus and Grafana against the real
// programs: Debian's prometheus scrapes a real gateway and evaluates the rules.
package prometheus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

const (
	rules     = "../../deploy/prometheus/alerts.yaml"
	dashboard = "../../deploy/grafana/sluice.json"
)

// patience ends the wait for what never comes.
const patience = time.Minute

// tool finds a program of Debian's package, or skips the test.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt install prometheus)", name)
	}
	return path
}

func TestRulesAreRightAndFireWhenTheyShould(t *testing.T) {
	promtool := tool(t, "promtool")
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"check", "config", "prometheus.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		c := exec.Command(promtool, args...)
		c.Dir = filepath.Dir(rules)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// busy runs a gateway that has served and failed.
func busy(t *testing.T) *testgw.Gateway { return busyWith(t, "") }

func busyWith(t *testing.T, config string) *testgw.Gateway {
	t.Helper()
	g := testgw.Start(t, config)
	for _, model := range []string{"sandbox/chat", "sandbox/error-503"} {
		g.Post("/v1/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"Hello"}]}`)
	}
	return g
}

// expressions are those of the dashboard, with its variables filled in.
func expressions(t *testing.T) (out []string) {
	t.Helper()
	b, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title, Description string
			Targets            []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	for _, p := range d.Panels {
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("the panel %q explains or shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			out = append(out, strings.NewReplacer("$instance", ".*", "$gateway", ".*").Replace(target.Expr))
		}
	}
	if len(out) < 10 {
		t.Errorf("the dashboard has %d expressions", len(out))
	}
	return out
}

var metricName = regexp.MustCompile(`\bsluice_[a-z_]+\b`)

func TestEveryMetricOfRulesAndDashboardExists(t *testing.T) {
	g := busyWith(t, fmt.Sprintf("backups: { every: 1h, to: %q }\nexports: { e: { to: jsonl } }\n", t.TempDir()))
	page := get(t, g.Admin+"/metrics")
	for end := time.Now().Add(time.Minute); !strings.Contains(page, "# TYPE sluice_backup_last_success_timestamp_seconds ") || !strings.Contains(page, "# TYPE sluice_export_lag_seconds "); page = get(t, g.Admin+"/metrics") {
		if time.Now().After(end) {
			t.Fatal("there is no backup or export")
		}
		<-time.After(20 * time.Millisecond)
	}
	text, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range metricName.FindAllString(string(text)+strings.Join(expressions(t), "\n"), -1) {
		if name = strings.TrimSuffix(name, "_bucket"); !strings.Contains(page, "# TYPE "+name+" ") {
			t.Errorf("there is no metric %s", name)
		}
	}
}

func TestPrometheusScrapesAGatewayAndEvaluatesTheRules(t *testing.T) {
	program := tool(t, "prometheus")
	g := busy(t)
	alerts, err := filepath.Abs(rules)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := fmt.Sprintf("global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [ %q ]\nscrape_configs: [ { job_name: sluice, static_configs: [ { targets: [ %q ] } ] } ]\n", alerts, strings.TrimPrefix(g.Admin, "http://"))
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	at := start(t, program, dir)
	var found struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError, LastEvaluation string }
			}
		}
	}
	await(t, "every rule is evaluated", func() bool {
		read(t, at+"/api/v1/rules", &found)
		seen := 0
		for _, group := range found.Data.Groups {
			for _, r := range group.Rules {
				if r.LastError != "" {
					t.Errorf("%s: %s", r.Name, r.LastError)
				}
				if r.Health == "ok" {
					seen++
				}
			}
		}
		return seen >= 15
	})
	await(t, "calls are counted", func() bool {
		return slices.ContainsFunc(query(t, at, `sum by (status) (sluice_requests_total{job="sluice"})`), func(s string) bool { return s == "200" })
	})
	for _, e := range expressions(t) {
		query(t, at, e)
	}
}

// start runs Prometheus on a free port and gives its address.
func start(t *testing.T, program, dir string) string {
	t.Helper()
	var log safe
	c := exec.Command(program, "--config.file="+filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0", "--log.format=logfmt")
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	listens := regexp.MustCompile(`(?:msg="Listening on"|address)[= ]+address=(127\.0\.0\.1:\d+)|address=(127\.0\.0\.1:[1-9]\d*)`)
	var at string
	await(t, "prometheus listens", func() bool {
		m := listens.FindStringSubmatch(log.String())
		if m != nil {
			at = m[1] + m[2]
		}
		return m != nil
	})
	return "http://" + at
}

// safe is a buffer that two may use.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// query gives the statuses of the answer, and fails the test when it is refused.
func query(t *testing.T, at, expr string) (statuses []string) {
	t.Helper()
	var found struct {
		Status, Error string
		Data          struct {
			Result []struct{ Metric map[string]string }
		}
	}
	read(t, at+"/api/v1/query?query="+url.QueryEscape(expr), &found)
	if found.Status != "success" {
		t.Errorf("%s: %s", expr, found.Error)
	}
	for _, r := range found.Data.Result {
		statuses = append(statuses, r.Metric["status"])
	}
	return statuses
}

func get(t *testing.T, at string) string {
	t.Helper()
	resp, err := http.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func read(t *testing.T, at string, v any) {
	t.Helper()
	if text := get(t, at); json.Unmarshal([]byte(text), v) != nil {
		t.Logf("%s: %.200s", at, text) // it is starting
	}
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
