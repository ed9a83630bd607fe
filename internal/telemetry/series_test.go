package telemetry_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/telemetry"
)

// scrape gives /metrics as text.
func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	return w.Body.String()
}

// value gives one sample, by its name with labels as rendered; -1 when there is none.
func value(t *testing.T, text, sample string) float64 {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if v, ok := strings.CutPrefix(line, sample+" "); ok {
			n, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return -1
}

func call(model string, status int, change func(*gateway.Entry)) *proxy.Observation {
	o := observation()
	o.Entry.Model, o.Entry.Status = model, status
	if change != nil {
		change(o.Entry)
	}
	return o
}

func TestACallIsCountedUnderItsLabels(t *testing.T) {
	m := newMetrics()
	m.Observe(observation())
	late := observation()
	late.First = -1
	late.Entry.Cost = gateway.Cost{}
	m.Observe(late)
	text := scrape(t, m)
	labels := `gateway="default",model="model-5-mini",operation="chat",provider="vendor"`
	for sample, want := range map[string]float64{
		`sluice_requests_total{` + labels + `,status="200"}`:                                                  2,
		`sluice_request_duration_seconds_count{` + labels + `}`:                                               2,
		`sluice_request_duration_seconds_sum{` + labels + `}`:                                                 3.6,
		`sluice_first_byte_seconds_count{` + labels + `}`:                                                     1,
		`sluice_overhead_seconds_bucket{` + labels + `,le="0.0001"}`:                                          0,
		`sluice_overhead_seconds_bucket{` + labels + `,le="0.00025"}`:                                         2,
		`sluice_tokens_total{gateway="default",kind="input",` + labels[len(`gateway="default",`):] + `}`:      2400,
		`sluice_tokens_total{gateway="default",kind="output",` + labels[len(`gateway="default",`):] + `}`:     642,
		`sluice_tokens_total{gateway="default",kind="cache_read",` + labels[len(`gateway="default",`):] + `}`: 2000,
		`sluice_cost_usd_total{` + labels + `}`:                                                               0.001234567,
		`sluice_build_info{version="test"}`:                                                                   1,
	} {
		if got := value(t, text, sample); got != want {
			t.Errorf("%s is %v, want %v", sample, got, want)
		}
	}
}

func TestModelNamesThatVendorsInventCannotFillTheMemory(t *testing.T) {
	m := newMetrics()
	const calls = 100_000
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			o := observation()
			for range calls / 4 {
				o.Entry.Model = fmt.Sprintf("m-%x", rand.Uint64())
				m.Observe(o)
			}
		})
	}
	wg.Wait()
	text, total := scrape(t, m), 0.0
	series := regexp.MustCompile(`(?m)^sluice_requests_total\{.*\} (\S+)$`).FindAllStringSubmatch(text, -1)
	for _, s := range series {
		n, _ := strconv.ParseFloat(s[1], 64)
		total += n
	}
	if len(series) > 1010 || len(series) < 100 || total != calls {
		t.Errorf("%d series hold %v calls", len(series), total)
	}
	if other := value(t, text, `sluice_requests_total{gateway="default",model="other",operation="chat",provider="vendor",status="200"}`); other < calls-1010 {
		t.Errorf("the rest stands elsewhere: %v", other)
	}
}

func TestMisspeltModelsMakeNoSeries(t *testing.T) {
	m := newMetrics()
	for i := range 500 {
		m.Observe(call(fmt.Sprint("misspelt-", i), 404, func(e *gateway.Entry) { e.ErrorCode = "model_not_found" }))
	}
	text := scrape(t, m)
	if strings.Contains(text, "misspelt") {
		t.Error("a name that nobody accepted is a label")
	}
	if n := strings.Count(text, "\nsluice_requests_total{"); n != 1 {
		t.Errorf("%d series", n)
	}
	if got := value(t, text, `sluice_errors_total{code="model_not_found",gateway="default"}`); got != 500 {
		t.Errorf("%v errors", got)
	}
}

func TestAttemptsThatFailedCountEvenWhereTheCallSucceeded(t *testing.T) {
	m := newMetrics()
	failed := []gateway.Attempt{{Provider: "vendor", Fault: "timeout"}, {Provider: "second", Fault: "rate_limited"}, {Provider: "vendor"}}
	m.Observe(call("m", 200, func(e *gateway.Entry) { e.Attempts = failed }))
	m.Observe(call("m", 502, func(e *gateway.Entry) { e.Attempts, e.ErrorCode = failed[:1], "upstream_timeout" }))
	text := scrape(t, m)
	for sample, want := range map[string]float64{
		`sluice_attempt_faults_total{fault="timeout",provider="vendor"}`:      2,
		`sluice_attempt_faults_total{fault="rate_limited",provider="second"}`: 1,
		`sluice_errors_total{code="upstream_timeout",gateway="default"}`:      1,
	} {
		if got := value(t, text, sample); got != want {
			t.Errorf("%s is %v, want %v", sample, got, want)
		}
	}
}

func TestAStreamThatBreaksAfterItsHeadIsAnError(t *testing.T) {
	m := newMetrics()
	m.Observe(call("m", 200, func(e *gateway.Entry) { e.ErrorCode = "upstream_timeout" }))
	if got := value(t, scrape(t, m), `sluice_errors_total{code="upstream_timeout",gateway="default"}`); got != 1 {
		t.Errorf("%v errors", got)
	}
}

func TestOpenStreamsAreAGauge(t *testing.T) {
	m := newMetrics()
	for _, d := range []int{1, 1, 1, -1} {
		m.StreamOpen(d)
	}
	if got := value(t, scrape(t, m), "sluice_streams_open"); got != 2 {
		t.Errorf("%v streams", got)
	}
}

func TestGaugesAreReadAtScrapeTime(t *testing.T) {
	n := 0.0
	read := func() float64 { n++; return 41 + n }
	m := telemetry.NewMetrics(telemetry.Gauges{SpoolDepth: read, SpoolBytes: none, BodiesDropped: none, InFlight: none, Keys: none}, "test")
	for want := 42.0; want < 44; want++ {
		if got := value(t, scrape(t, m), "sluice_spool_depth"); got != want {
			t.Errorf("read %v, want %v", got, want)
		}
	}
}

func TestEveryMetricIsDescribedAndNamedByTheRules(t *testing.T) {
	m := newMetrics()
	m.Observe(call("m", 502, func(e *gateway.Entry) {
		e.ErrorCode, e.Attempts = "upstream_error", []gateway.Attempt{{Provider: "p", Fault: "upstream"}}
	}))
	text := scrape(t, m)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatalf("it does not parse: %v", err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "sluice_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	families := regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(text, -1)
	units := regexp.MustCompile(`_(seconds|bytes|total|usd_total|info)$|^sluice_(streams_open|spool_depth|requests_in_flight|keys)$`)
	ours := 0
	for _, f := range families {
		if !strings.HasPrefix(f[1], "sluice_") {
			continue
		}
		ours++
		if !units.MatchString(f[1]) {
			t.Errorf("%s has no unit in its name", f[1])
		}
		if !regexp.MustCompile(`(?m)^# HELP ` + f[1] + ` \S+ \S+`).MatchString(text) {
			t.Errorf("%s is not described", f[1])
		}
	}
	if ours < 14 {
		t.Errorf("only %d metrics", ours)
	}
}

func TestTheLoggersWordsAndFallbacks(t *testing.T) {
	for _, c := range []struct {
		format, level string
		debug, info   bool
		json          bool
	}{
		{"text", "debug", true, true, false}, {"json", "info", false, true, true}, {"json", "WARN", false, false, true},
		{"text", "error", false, false, false}, {"nonsense", "nonsense", false, true, false},
	} {
		var b bytes.Buffer
		l := telemetry.NewLogger(&b, c.format, c.level)
		l.Debug("first")
		l.Info("second")
		l.Log(t.Context(), slog.LevelError, "third")
		text := b.String()
		if strings.Contains(text, "first") != c.debug || strings.Contains(text, "second") != c.info || !strings.Contains(text, "third") || strings.HasPrefix(text, "{") != c.json {
			t.Errorf("%+v:\n%s", c, text)
		}
	}
}
