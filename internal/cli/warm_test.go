package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cli"
)

// door is a data plane that keeps what it is sent.
type door struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []string // path and body
	header []http.Header
	kept   map[string]bool
	answer func(w http.ResponseWriter, body string) bool // false = as a cache does
}

func newDoor(t *testing.T) *door {
	d := &door{kept: map[string]bool{}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body) // a test's
		d.mu.Lock()
		defer d.mu.Unlock()
		d.seen, d.header = append(d.seen, r.URL.Path+" "+string(b)), append(d.header, r.Header)
		if d.answer != nil && d.answer(w, string(b)) {
			return
		}
		word := "miss"
		if d.kept[string(b)] {
			word = "hit"
		}
		d.kept[string(b)] = true
		w.Header().Set("sluice-cache", word)
		fmt.Fprint(w, "{}")
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *door) sent() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := slices.Clone(d.seen)
	slices.Sort(out)
	d.seen = nil
	return out
}

// warming is a terminal with a file of lines.
func warming(t *testing.T, d *door, lines ...string) (x *terminal, file string) {
	file = filepath.Join(t.TempDir(), "calls.jsonl")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return &terminal{t: t, env: map[string]string{"SLUICE_URL": d.URL, "SLUICE_KEY": "sk-test"}, server: d.Server}, file
}

const (
	longLine  = `{"url":"/v1/embeddings","body":{"model":"m","input":"a"},"headers":{"x-app":"search"}}`
	batchLine = `{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}`
	bareLine  = `{"model":"m", "messages":[{"role":"user","content":"hi"}]}`
)

func TestEachKindOfLineIsSentAsItStands(t *testing.T) {
	d := newDoor(t)
	x, file := warming(t, d, longLine, "", batchLine, "  ", bareLine, bareLine)
	if out := x.ok("cache", "warm", file, "--parallel", "1"); out != "3 stored, 1 already there, 0 failed, 2 done before or blank\n" {
		t.Error(out)
	}
	want := []string{`/v1/chat/completions ` + bareLine, `/v1/chat/completions ` + bareLine, `/v1/chat/completions {"model":"m","messages":[]}`, `/v1/embeddings {"model":"m","input":"a"}`}
	if got := d.sent(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if h := d.header[0]; h.Get("X-App") != "search" || h.Get("Authorization") != "Bearer sk-test" {
		t.Errorf("%v", h)
	}
	if _, err := os.Stat(file + ".warm"); err == nil {
		t.Error("a run that is done leaves its state")
	}
}

func TestWrongLinesAreToldByNumberAndTheOthersAreSent(t *testing.T) {
	d := newDoor(t)
	d.answer = func(w http.ResponseWriter, body string) bool {
		switch {
		case strings.Contains(body, "refuse"):
			w.Header().Set("sluice-error", "model_not_found")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":{"message":"There is no such model.","type":"x"}}`)
		case strings.Contains(body, "uncached"):
			w.Header().Set("sluice-cache", "off")
		default:
			return false
		}
		return true
	}
	x, file := warming(t, d, "{", `{"prompt":"x"}`, `{"url":"/v1/x","method":"GET","body":{}}`, `{"url":"v1","body":{}}`, `{"url":"/v1/x","body":[]}`, `{"url":7,"body":{}}`, bareLine,
		`{"url":"/v1/x","body":{"a":"refuse"}}`, `{"url":"/v1/x","body":{"a":"uncached"}}`)
	code, out, errs := x.run("cache", "warm", file)
	if code != cli.ExitFailure || out != "1 stored, 0 already there, 8 failed\n" {
		t.Errorf("%d %s", code, out)
	}
	for _, want := range []string{"line 1: no JSON object", `line 2: neither "url" and "body"`, "line 3: the method is GET", "line 4: \"url\" must be a path", `line 5: "body" must be an object`, `line 6: "url" is of the wrong type`,
		"line 8: 404 model_not_found: There is no such model.", "line 9: the gateway has no cache", "sluice: 8 of 9 lines failed"} {
		if !strings.Contains(errs, want) {
			t.Errorf("%q is not told: %s", want, errs)
		}
	}
	_, out, _ = x.run("cache", "warm", file, "--json")
	var summary struct {
		There    int `json:"already_there"`
		Failed   int
		Failures []struct{ Line int }
	}
	if err := json.Unmarshal([]byte(out), &summary); err != nil || summary.There != 1 || summary.Failed != 8 || len(summary.Failures) != 8 || summary.Failures[6].Line != 8 {
		t.Errorf("%v: %s", err, out)
	}
}

func TestADryRunSendsNothing(t *testing.T) {
	d := newDoor(t)
	x, file := warming(t, d, longLine, "no", bareLine)
	if code, out, _ := x.run("cache", "warm", file, "--dry-run"); code != cli.ExitFailure || out != "2 lines can be sent, 1 cannot; nothing was sent\n" {
		t.Errorf("%d %s", code, out)
	}
	if got := d.sent(); len(got) > 0 {
		t.Errorf("%q", got)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}

func line(n int) string { return fmt.Sprintf(`{"url":"/v1/x","body":{"n":%d}}`, n) }

func TestAnotherRunGoesOnWhereTheFirstStopped(t *testing.T) {
	d := newDoor(t)
	stopped, stop := context.WithCancel(t.Context())
	d.answer = func(w http.ResponseWriter, body string) bool {
		switch body {
		case `{"n":2}`:
			w.WriteHeader(http.StatusBadRequest)
			return true
		case `{"n":5}`:
			stop()
		}
		return false
	}
	x, file := warming(t, d, line(1), line(2), line(3), line(4), line(5), line(6), line(7))
	var out, errs bytes.Buffer
	if code := x.runTo(stopped, &out, &errs, "cache", "warm", file, "--parallel", "1"); code != cli.ExitFailure || !strings.Contains(errs.String(), "--resume goes on") {
		t.Fatalf("%d %s%s", code, out.String(), errs.String())
	}
	if got := d.sent(); len(got) != 5 {
		t.Fatalf("%q", got)
	}
	d.answer = nil
	if out := x.ok("cache", "warm", file, "--resume", "--parallel", "2"); !strings.Contains(out, "0 failed, 3 done before") {
		t.Error(out)
	}
	if got, want := d.sent(), []string{`/v1/x {"n":2}`, `/v1/x {"n":5}`, `/v1/x {"n":6}`, `/v1/x {"n":7}`}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if out := x.ok("cache", "warm", file); !strings.HasPrefix(out, "0 stored, 7 already there") {
		t.Error(out)
	}
}

func TestAStateThatBelongsToAnotherFileIsRefused(t *testing.T) {
	d := newDoor(t)
	x, file := warming(t, d, line(1), "wrong")
	x.fails(cli.ExitFailure, "1 of 2", "cache", "warm", file)
	if err := os.WriteFile(file, []byte(line(9)+"\n"+line(8)), 0o600); err != nil {
		t.Fatal(err)
	}
	x.fails(cli.ExitFailure, "belongs to another input", "cache", "warm", file, "--resume")
	if err := os.WriteFile(file+".warm", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.fails(cli.ExitFailure, "delete it", "cache", "warm", file, "--resume")
	x.in = line(1)
	x.fails(cli.ExitUsage, "--resume needs a file", "cache", "warm", "-", "--resume")
	if out := x.ok("cache", "warm", "-"); out != "0 stored, 1 already there, 0 failed\n" {
		t.Error(out)
	}
	for _, flags := range [][]string{{"--url", "nowhere"}, {"--rate", "-1"}, {"--parallel", "0"}} {
		if code, _, _ := x.run(append([]string{"cache", "warm", file}, flags...)...); code != cli.ExitUsage {
			t.Errorf("%v: %d", flags, code)
		}
	}
	x.fails(cli.ExitFailure, "no such file", "cache", "warm", file+".none")
}

func TestWhatIsRefusedForNowIsTriedAgainUnlessThatCannotHelp(t *testing.T) {
	d := newDoor(t)
	tries := map[string]int{}
	d.answer = func(w http.ResponseWriter, body string) bool {
		tries[body]++
		if body == `{"n":1}` && tries[body] == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		if body == `{"n":2}` {
			w.Header().Set("x-should-retry", "false")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		return false
	}
	x, file := warming(t, d, line(1), line(2))
	began := time.Now()
	code, out, errs := x.run("cache", "warm", file)
	if code != cli.ExitFailure || out != "1 stored, 0 already there, 1 failed\n" || !strings.Contains(errs, "line 2: 429") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if took := time.Since(began); took < time.Second || tries[`{"n":1}`] != 2 || tries[`{"n":2}`] != 1 {
		t.Errorf("%v, %v", took, tries)
	}
}

func TestCallsComeAtTheRateThatWasAskedFor(t *testing.T) {
	d := newDoor(t)
	x, file := warming(t, d, line(1), line(2), line(3), line(4), line(5))
	began := time.Now()
	x.ok("cache", "warm", file, "--rate", "20")
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("five calls at 20 a second took %v", took)
	}
}

func TestProgressIsToldInPlainLinesWhereThereIsNoTerminal(t *testing.T) {
	d := newDoor(t)
	var lines []string
	for i := range 40 {
		lines = append(lines, line(i))
	}
	x, file := warming(t, d, lines...)
	_, _, errs := x.run("cache", "warm", file)
	told := strings.Split(strings.TrimSpace(errs), "\n")
	if len(told) != 10 || !strings.HasPrefix(told[0], "4 of 40: ") || told[9] != "40 of 40: 40 stored, 0 already there, 0 failed" {
		t.Errorf("%q", told)
	}
}
