package translate_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

const vendorKey = "vendor-secret-of-this-test-0001"

// vendors play the recordings: one provider for each dialect that vendors speak.
func config(url string) string {
	return fmt.Sprintf(`
discover: false
providers:
  chat:      { kind: openai-compatible, api_key: env:VENDOR_KEY, base_url: %[1]s/v1, speaks: [chat], retries: { max: 0 } }
  responses: { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/v1, speaks: [responses], retries: { max: 0 } }
  messages:  { kind: anthropic, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  gemini:    { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  converse:  { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]s, speaks: [converse], retries: { max: 0 } }
  cohere:    { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]s, speaks: [cohere], retries: { max: 0 } }
gateways:
  default: { log: { bodies: metadata } }
`, url)
}

// vendor answers each call with the recording that its text names.
type vendor map[string]*recording

func (v vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := new(strings.Builder)
	if _, err := fmt.Fprint(body, readAll(r)); err != nil {
		return
	}
	_, name, _ := strings.Cut(body.String(), "corpus:")
	name, _, _ = strings.Cut(name, ";")
	rec := v[name]
	if rec == nil {
		http.Error(w, "nobody expects this call", http.StatusTeapot)
		return
	}
	for _, h := range rec.header {
		switch strings.ToLower(h[0]) {
		case "content-length", "transfer-encoding", "connection", "date":
		default:
			w.Header().Add(h[0], h[1])
		}
	}
	w.WriteHeader(rec.Status)
	for i, p := range rec.pieces() {
		if _, err := w.Write(p); err != nil {
			return
		}
		if i%8 == 7 {
			w.(http.Flusher).Flush()
		}
	}
}

func readAll(r *http.Request) string {
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := r.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

// pieces cuts a stream at places that no event ends at.
func (r *recording) pieces() (out [][]byte) {
	if !r.stream() {
		return [][]byte{r.body}
	}
	body, n := r.body, 7
	for len(body) > 0 {
		n = n*31%997 + 3
		n = min(n, len(body))
		out, body = append(out, body[:n]), body[n:]
	}
	return out
}

var readers = map[string]func(*recording) *meaning{
	"chat": vendorChat, "responses": vendorResponses, "messages": vendorMessages, "gemini": vendorGemini, "converse": vendorConverse, "cohere": vendorCohere,
}

func TestWhatVendorsSaidMeansTheSameInEveryDialect(t *testing.T) {
	all := load(t)
	table := &table{rows: map[string]*row{}}
	v := vendor{}
	var cases []*recording
	for _, r := range all {
		if why := leaveOut(r); why != "" {
			table.skipped = append(table.skipped, r.Name+": "+why)
			continue
		}
		v[r.Name] = r
		cases = append(cases, r)
	}
	if only := os.Getenv("SLUICE_CASE"); only != "" {
		cases = slices.DeleteFunc(cases, func(r *recording) bool { return !strings.Contains(r.Name, only) })
	}
	up := httptest.NewServer(v)
	t.Cleanup(up.Close)
	table.vendor = up.URL
	g := testgw.StartWith(t, testgw.Options{Config: config(up.URL), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	h := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	t.Cleanup(h.CloseIdleConnections)
	jobs := make(chan *recording)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for r := range jobs {
				table.run(r, h, g)
			}
		})
	}
	for _, r := range cases {
		jobs <- r
	}
	close(jobs)
	group.Wait()
	table.report(t)
}

// leaveOut says why a recording is no case.
func leaveOut(r *recording) string {
	switch {
	case strings.Contains(r.Kind, "manage"), strings.Contains(r.Kind, "compact"):
		return "no conversation"
	case r.Status < 400 && r.dialect == "chat" && (!strings.Contains(string(r.body), `"choices"`) || parse(r.body).text("object") == "list") && !strings.Contains(string(r.body), `"error"`):
		return "no conversation"
	case strings.HasSuffix(r.path, "/responses") && len(r.body) == 0, r.Status == 101:
		return "a WebSocket's handshake"
	}
	return ""
}

type table struct {
	vendor  string // where the recordings are played
	mu      sync.Mutex
	rows    map[string]*row
	skipped []string
}

type row struct{ cases, failed int }

// run asks for one recording in every dialect. What is translated has to mean what the
// recording says; what is forwarded, what the same SDK makes of the vendor itself, since
// some vendors have members that the SDK of their dialect does not know.
func (tb *table) run(r *recording, h *http.Client, g *testgw.Gateway) {
	want := readers[r.dialect](r)
	if r.Status >= 400 {
		said := strings.ToLower(string(r.body))
		want = &meaning{Status: r.Status, OurFault: strings.Contains(said, "api key") || strings.Contains(said, "api_key") || strings.Contains(said, "quota") || strings.Contains(said, "billing")}
	}
	for name, ask := range clients {
		said := func(url, key, model string) *meaning {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			return ask(ctx, h, url, key, model, "corpus:"+r.Name+";", r.stream())
		}
		got := said(g.URL, testgw.Key, r.dialect+"/recorded")
		if name != r.dialect {
			tb.add(r, name, differences(want, got, ending(name, want), placeless[name]))
			continue
		}
		if want.Failed && got.Status >= 400 {
			tb.add(r, name, nil) // an error that the vendor called a success
			continue
		}
		direct := said(tb.vendor, vendorKey, "recorded")
		direct.OurFault = want.OurFault
		tb.add(r, name, differences(direct, got, direct.Word, nil))
	}
}

var failures sync.Map

func (tb *table) add(r *recording, client string, wrong []string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	key := fmt.Sprintf("%-10s → %s", r.dialect, client)
	if tb.rows[key] == nil {
		tb.rows[key] = &row{}
	}
	tb.rows[key].cases++
	if len(wrong) > 0 {
		tb.rows[key].failed++
		failures.Store(r.Name+" as "+client, wrong)
	}
}

// bar is how much of all has to pass.
const bar = 0.99

func (tb *table) report(t *testing.T) {
	var out strings.Builder
	var cases, failed int
	for _, key := range slices.Sorted(maps.Keys(tb.rows)) {
		r := tb.rows[key]
		cases, failed = cases+r.cases, failed+r.failed
		fmt.Fprintf(&out, "%-26s %5d cases %5d passed\n", key, r.cases, r.cases-r.failed)
	}
	most := 60
	if n, err := strconv.Atoi(os.Getenv("SLUICE_SHOW")); err == nil {
		most = n
	}
	kinds := map[string]int{}
	failures.Range(func(k, v any) bool {
		for _, w := range v.([]string) {
			what, _, _ := strings.Cut(w, ":")
			kinds[what]++
		}
		if most--; most >= 0 {
			fmt.Fprintf(&out, "    %s\n        %s\n", k, strings.Join(v.([]string), "\n        "))
		}
		return true
	})
	for _, s := range tb.skipped {
		fmt.Fprintf(&out, "    left out: %s\n", s)
	}
	for _, what := range slices.SortedFunc(maps.Keys(kinds), func(a, b string) int { return cmp.Compare(kinds[b], kinds[a]) }) {
		fmt.Fprintf(&out, "    %5d × %s\n", kinds[what], what)
	}
	whole := cases + len(tb.skipped)*len(clients)
	share := float64(cases-failed) / float64(max(whole, 1))
	t.Logf("\n%s%d of %d pass (%.2f %%), %d recordings left out", out.String(), cases-failed, whole, share*100, len(tb.skipped))
	if share < bar {
		t.Errorf("only %.2f %% pass", share*100)
	}
}
