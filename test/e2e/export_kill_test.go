package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testpg"
)

// batchRows is how many entries these exports send at once: what may come twice for every
// time that a process or the receiver was killed.
const batchRows = 20

// exporting is a document whose gateways export to files and to a receiver, which is told
// the node's name.
func exporting(t *testing.T, h *hook, node string) string {
	const batch = "batch: { rows: %d, wait: 10ms, timeout: 5s }"
	return config(plainUpstream(t), metadataOnly, fmt.Sprintf(`
exports:
  files: { to: jsonl, path: exports, `+batch+` }
  hook: { to: webhook, url: %q, headers: { x-node: %q }, `+batch+` }`, batchRows, h.URL, node, batchRows))
}

func TestExportsOfANodeThatIsKilledAreGoneOnWithByAnother(t *testing.T) {
	t.Parallel()
	env := onPostgres(t, testpg.Start(t))
	h := newHook(t)
	nodes := map[string]*process{}
	for _, name := range []string{"a", "b"} {
		nodes[name] = start(t, options{config: exporting(t, h, name), env: env})
		nodes[name].awaitReady()
	}
	exportThroughKills(t, h, nodes, options{env: env})
}

func TestExportsOfANodeThatIsKilledGoOnAfterItsRestart(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	p := start(t, options{config: exporting(t, h, "a")})
	p.awaitReady()
	exportThroughKills(t, h, map[string]*process{"a": p}, options{})
}

// exportThroughKills makes everything happen to a receiver and to the node that sends to
// it while calls come in, and holds that all entries of the store arrive.
func exportThroughKills(t *testing.T, h *hook, nodes map[string]*process, o options) {
	var loads []*load
	for _, p := range nodes {
		loads = append(loads, startLoad(t, p.URL, 2, 20*time.Millisecond))
	}
	h.awaitTaken(3 * batchRows)
	h.stop()
	after(300 * time.Millisecond)
	h.start()
	h.awaitMore()
	h.become(ill)
	h.awaitRefused(2)
	h.become(well)
	h.awaitMore()
	h.become(silent)
	holder := h.awaitSilence()

	dead, killed := nodes[holder], time.Now()
	dead.kill()
	h.become(well)
	nodes[holder] = dead.again(o)
	nodes[holder].awaitReady()
	h.awaitMore()
	handover := time.Since(killed)
	t.Logf("%s was killed; exports went on after %.1f s", holder, handover.Seconds())
	if handover > promised(15*time.Second) {
		t.Errorf("the export stood still for %s", handover)
	}
	for _, l := range loads {
		l.end()
		l.noFailures(t, killed)
	}
	dirs := []string{}
	for _, p := range nodes {
		p.awaitDrained(patience)
		dirs = append(dirs, p.Dir)
	}
	p := nodes[holder]
	for _, name := range []string{"files", "hook"} {
		eventually(t, patience, "nothing is left to export to "+name, func() bool { return p.lag(name) == 0 })
	}
	stored := p.entries()
	t.Logf("%d entries; the receiver got %d rows in %d batches it took and %d it did not", len(stored), h.rows(), len(h.taken()), h.refused())
	arrivedAll(t, "the receiver", stored, h.taken(), batchRows)                 // of the answer that its end broke off
	arrivedAll(t, "the files", stored, [][]string{linesOf(t, dirs)}, batchRows) // of the kill
}

// lag is how many entries an export has not passed.
func (p *process) lag(name string) int {
	var x struct {
		Lag   int    `json:"lag_entries"`
		State string `json:"state"`
	}
	if p.admin(http.MethodGet, "/api/v1/exports/"+name, &x) != http.StatusOK || x.State != "running" {
		return -1
	}
	return x.Lag
}

// arrivedAll holds that what arrived is what is stored, and that at most some rows came
// more than once.
func arrivedAll(t *testing.T, where string, stored map[string]int, batches [][]string, repeats int) {
	t.Helper()
	came := map[string]int{}
	for _, ids := range batches {
		for _, id := range ids {
			if came[id]++; came[id] > 1 {
				repeats--
			}
			if stored[id] == 0 {
				t.Errorf("%s got %s, which is no entry", where, id)
			}
		}
	}
	missing := 0
	for id := range stored {
		if came[id] == 0 {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%s never got %d of %d entries", where, missing, len(stored))
	}
	if repeats < 0 {
		t.Errorf("%s got %d rows more often than is promised", where, -repeats)
	}
}

// linesOf gives the ids in the files of all nodes. What a kill left half at the end of a
// file is no line.
func linesOf(t *testing.T, dirs []string) (ids []string) {
	t.Helper()
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "exports", "files.jsonl"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if line[len(line)-1] != '\n' {
				continue
			}
			var e entry
			if err := json.Unmarshal(line, &e); err != nil || e.ID == "" {
				t.Errorf("a line of %s: %v\n%s", dir, err, line)
			}
			ids = append(ids, e.ID)
		}
	}
	return ids
}
