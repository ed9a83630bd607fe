package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// safeAfter is the age from which a delivered answer's entry survives kill -9, on a machine
// that lets the gateway run.
const safeAfter = 100 * time.Millisecond

// safe is the time before which what was delivered survives a kill: safeAfter before it, and
// so long that as many answers came behind as usually do in safeAfter. A gateway that the
// machine did not let run had no time to write.
func safe(all []answer, killed time.Time) time.Time {
	ended := make([]time.Time, len(all))
	for i := range all {
		ended[i] = all[i].ended
	}
	slices.SortFunc(ended, time.Time.Compare)
	usual := int(float64(len(ended)) * float64(safeAfter) / float64(ended[len(ended)-1].Sub(ended[0])))
	at, busy := killed.Add(-safeAfter), ended[max(len(ended)-1-usual, 0)]
	if busy.Before(at) {
		return busy
	}
	return at
}

func TestEveryAnswerDeliveredBeforeAKillIsListedOnceAfterTheRestart(t *testing.T) {
	t.Parallel()
	conf := config(plainUpstream(t), metadataOnly)
	p := start(t, options{config: conf})
	var delivered []answer
	for range 3 {
		l := startLoad(t, p.URL, 24, 12*time.Millisecond)
		eventually(t, patience, "there is load", func() bool { return l.count() >= 300 })
		after(safeAfter + 100*time.Millisecond)
		killed := time.Now()
		p.kill()
		l.end()
		l.noFailures(t, killed)
		n, before := 0, safe(l.good, killed)
		for _, a := range l.good {
			if a.ended.Before(before) {
				delivered = append(delivered, a)
				n++
			}
		}
		if n < 100 {
			t.Fatalf("only %d answers before the kill: too little load to prove anything", n)
		}
		p = p.again(options{})
		p.awaitReady()
		began := time.Now()
		listedOnce(t, p.entries(), delivered)
		t.Logf("killed after %d answers; %d listed so far, in %s", len(l.good), len(delivered), millis(time.Since(began)))
	}
	for _, a := range delivered[:20] {
		e := p.entry(a.id)
		if e.Status != http.StatusOK || e.Usage.Input == nil || *e.Usage.Input != 9 || e.Usage.Output == nil || *e.Usage.Output != 3 {
			t.Errorf("the entry of %s came back damaged: %+v", a.id, e)
		}
	}
}

func TestAnEntryCanBeReadSoonAfterItsAnswer(t *testing.T) {
	t.Parallel()
	p := start(t, options{config: config(plainUpstream(t), metadataOnly)})
	c := newClient(t)
	var took []time.Duration
	for i := range 60 {
		body := plainCall
		if i%2 == 1 {
			body = streamCall
		}
		a, err := c.call(p.URL, body)
		if err == nil {
			err = a.whole(i%2 == 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.entry(a.id)
		took = append(took, time.Since(a.ended))
		if seen := p.newest(t); seen != a.id {
			t.Errorf("the newest entry of the list is %s, not %s", seen, a.id)
		}
	}
	slices.Sort(took)
	t.Logf("readable after %s (median), %s (worst)", millis(quantile(took, 0.5)), millis(quantile(took, 1)))
	if quantile(took, 0.5) > promised(250*time.Millisecond) || quantile(took, 1) > promised(time.Second) {
		t.Errorf("entries can be read only after %s (median), %s (worst)", quantile(took, 0.5), quantile(took, 1))
	}
}

// newest gives the id of the first entry of the list.
func (p *process) newest(t *testing.T) string {
	t.Helper()
	var page struct {
		Data []entry `json:"data"`
	}
	if status := p.admin(http.MethodGet, "/api/v1/entries?limit=1", &page); status != http.StatusOK || len(page.Data) != 1 {
		t.Fatalf("the list answers %d with %d entries", status, len(page.Data))
	}
	return page.Data[0].ID
}
