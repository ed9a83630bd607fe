package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testpg"
)

// The tests of this file stop their database, so they share one, one after the other.
func TestAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t)
	t.Run("under load loses no entry and slows no caller", func(t *testing.T) { storeAwayUnderLoad(t, db) })
	t.Run("at the start keeps nobody out who has a key", func(t *testing.T) { storeAwayAtStart(t, db) })
	t.Run("for so long that the spool is full refuses new calls and records running ones", func(t *testing.T) { spoolFull(t, db) })
}

func onPostgres(t *testing.T, db *testpg.Server) []string {
	return []string{"SLUICE_STORAGE_URL=" + db.Database(t)}
}

func storeAwayUnderLoad(t *testing.T, db *testpg.Server) {
	away := 6 * time.Second
	if long {
		away = 30 * time.Second
	}
	p := start(t, options{config: config(plainUpstream(t), metadataOnly), env: onPostgres(t, db)})
	l := startLoad(t, p.URL, 8, 20*time.Millisecond)
	began := time.Now()
	after(1500 * time.Millisecond)
	stopped := time.Now()
	db.Stop()
	after(away / 2)
	if got := p.status("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz is %d while the store is away and the spool has room", got)
	}
	after(away / 2)
	back := time.Now()
	db.Restart()
	after(time.Second)
	l.end()
	l.noFailures(t, time.Time{})
	before, during := l.between(began, stopped), l.between(stopped, back)
	t.Logf("p50/p99/worst: %s/%s/%s before (%d calls), %s/%s/%s while the store was away (%d calls)",
		millis(quantile(before, .5)), millis(quantile(before, .99)), millis(quantile(before, 1)), len(before),
		millis(quantile(during, .5)), millis(quantile(during, .99)), millis(quantile(during, 1)), len(during))
	if slow := max(5*quantile(before, .99), promised(100*time.Millisecond)); quantile(during, .99) > slow {
		t.Errorf("callers were slowed: p99 is %s, was %s", quantile(during, .99), quantile(before, .99))
	}
	p.awaitDrained(patience)
	listedOnce(t, p.entries(), l.good)
	if depth, ok := p.metric("sluice_spool_depth"); !ok || depth != 0 {
		t.Errorf("the spool holds %v entries", depth)
	}
}

func storeAwayAtStart(t *testing.T, db *testpg.Server) {
	env := onPostgres(t, db)
	first := start(t, options{config: config(plainUpstream(t), metadataOnly), env: env})
	first.mustCall()
	first.awaitDrained(patience)
	if code := first.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	db.Stop()
	p := first.again(options{env: env})
	p.awaitReady()
	a := p.mustCall()
	if got := p.post("/v1/chat/completions", strings.NewReader(plainCall), "Authorization", "Bearer sk-sluice-nobody-knows-this"); got.status != http.StatusUnauthorized {
		t.Errorf("an unknown key gets %d", got.status)
	}
	if e := p.entry(a.id); e.Status != http.StatusOK {
		t.Errorf("the waiting entry says %+v", e)
	}
	db.Restart()
	p.awaitDrained(patience)
	listedOnce(t, p.entries(), []answer{a})
}

// spoolFull fills a spool of the smallest size while the store is away.
func spoolFull(t *testing.T, db *testpg.Server) {
	release := make(chan struct{})
	up := serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if !strings.Contains(string(body), "hold") {
			_, _ = io.WriteString(w, plainText)
			return
		}
		s := beginStream(w)
		s.send(chunk("Good") + chunk(" day"))
		<-release
		s.send(chunk("."))
		s.finish(body)
	})
	env := append(onPostgres(t, db), "SLUICE_STORAGE_SPOOL_MAX=1MiB")
	p := start(t, options{config: config(up, "gateways: { default: { log: { bodies: full } } }"), env: env})
	p.mustCall()
	p.awaitDrained(patience)
	db.Stop()
	c := newClient(t)
	running := make(chan answer, 5)
	for range cap(running) {
		go func() { // ends with its call, which the upstream ends
			a, err := c.call(p.URL, strings.Replace(streamCall, "Hello", "hold", 1))
			if err == nil {
				err = a.whole(true)
			}
			if err != nil {
				t.Errorf("a call that ran when the spool filled: %v", err)
			}
			running <- a
		}()
	}
	eventually(t, patience, "the streams run", func() bool { v, _ := p.metric("sluice_streams_open"); return v == float64(cap(running)) })
	answers := fillSpool(t, p, c)
	if got := p.status("/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d with a full spool", got)
	}
	if dropped, _ := p.metric("sluice_bodies_dropped_total"); dropped == 0 {
		t.Error("no body was dropped before calls were refused")
	}
	close(release)
	for range cap(running) {
		answers = append(answers, <-running)
	}
	db.Restart()
	p.awaitDrained(patience)
	eventually(t, patience, "the gateway is ready again", func() bool { return p.status("/readyz") == http.StatusOK })
	answers = append(answers, p.mustCall())
	listedOnce(t, p.entries(), answers)
}

// fillSpool calls until it is refused, and gives the calls that were answered.
func fillSpool(t *testing.T, p *process, c *client) []answer {
	t.Helper()
	big := fmt.Sprintf(`{"model":"up/m1","messages":[{"role":"user","content":%q}]}`, noise(40_000))
	var good []answer
	for range 30_000 {
		a, err := c.call(p.URL, big)
		switch {
		case err != nil:
			t.Fatal(err)
		case a.status == http.StatusOK:
			good = append(good, a)
			big = plainCall // bodies are dropped by then, so small ones fill it as fast
			if len(good) < 30 {
				after(25 * time.Millisecond) // so that it does not go from roomy to full at one stroke
				big = fmt.Sprintf(`{"model":"up/m1","messages":[{"role":"user","content":%q}]}`, noise(40_000+len(good)))
			}
		default:
			refusedAsOverloaded(t, a, http.StatusServiceUnavailable)
			t.Logf("refused after %d calls", len(good))
			return good
		}
	}
	t.Fatal("the spool never filled")
	return nil
}

// noise is text that does not compress to nothing.
func noise(n int) string {
	var b strings.Builder
	for x := uint64(n); b.Len() < n; {
		x = x*6364136223846793005 + 1442695040888963407
		fmt.Fprintf(&b, "%016x", x)
	}
	return b.String()[:n]
}
