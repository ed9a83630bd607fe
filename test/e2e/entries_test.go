package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// entry is what these tests read of an entry.
type entry struct {
	ID        string `json:"id"`
	Status    int    `json:"status"`
	ErrorCode string `json:"error_code"`
	Stream    bool   `json:"stream"`
	Count     int    `json:"count"`
	Usage     struct {
		Input  *int64 `json:"input_tokens"`
		Output *int64 `json:"output_tokens"`
	} `json:"usage"`
}

// admin asks the admin API and reads the answer into v; it gives the status, 0 = none.
func (p *process) admin(method, path string, v any) int {
	p.t.Helper()
	r, err := http.NewRequest(method, p.Admin+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	if v != nil && resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(b, v); err != nil {
			p.t.Fatalf("%s: %v\n%s", path, err, tail(string(b), 300))
		}
	}
	return resp.StatusCode
}

// entries lists every entry, page by page, and counts how often each id is listed.
func (p *process) entries() map[string]int {
	p.t.Helper()
	seen := map[string]int{}
	for cursor := ""; ; {
		var page struct {
			Data []entry `json:"data"`
			Next string  `json:"next"`
		}
		path := "/api/v1/entries?limit=500&cursor=" + url.QueryEscape(cursor)
		if status := p.admin(http.MethodGet, path, &page); status != http.StatusOK {
			p.t.Fatalf("%s: status %d", path, status)
		}
		for _, e := range page.Data {
			seen[e.ID]++
		}
		if cursor = page.Next; cursor == "" {
			return seen
		}
	}
}

// entry waits until the entry of an id can be read.
func (p *process) entry(id string) entry {
	p.t.Helper()
	var e entry
	eventually(p.t, patience, "the entry "+id+" can be read", func() bool {
		return p.admin(http.MethodGet, "/api/v1/entries/"+id, &e) == http.StatusOK
	})
	return e
}

// listedOnce holds that every answer is listed exactly once.
func listedOnce(t testing.TB, seen map[string]int, answers []answer) {
	t.Helper()
	missing := 0
	for i := range answers {
		if seen[answers[i].id] == 0 {
			if missing++; missing <= 5 {
				t.Errorf("no entry for %s, whose answer ended at %s", answers[i].id, answers[i].ended.Format("15:04:05.000"))
			}
		}
	}
	if missing > 5 {
		t.Errorf("%d of %d answers have no entry", missing, len(answers))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("entry %s is listed %d times", id, n)
		}
	}
}

// metric reads one metric without labels; false when it cannot be read.
func (p *process) metric(name string) (float64, bool) {
	resp, err := http.Get(p.Admin + "/metrics")
	if err != nil {
		return 0, false
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return v, err == nil
		}
	}
	return 0, false
}

// awaitDrained waits until the store has every entry.
func (p *process) awaitDrained(within time.Duration) {
	p.t.Helper()
	eventually(p.t, within, "sluice_spool_depth is 0", func() bool {
		v, ok := p.metric("sluice_spool_depth")
		return ok && v == 0
	})
}

// millis shows a time for people.
func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
