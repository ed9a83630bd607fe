package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReloadsUnderLoadDisturbNoCallAndNoConnection(t *testing.T) {
	t.Parallel()
	up := plainUpstream(t)
	document := func(i int) string {
		return config(up, fmt.Sprintf("gateways:\n  default: { log: { bodies: metadata } }\n  door-%d: { log: { bodies: none } }", i))
	}
	p := start(t, options{config: document(0)})
	const clients = 16
	l := startLoad(t, p.URL, clients, 4*time.Millisecond)
	const reloads = 12
	for i := 1; i <= reloads; i++ {
		writeConfig(t, p.Dir, document(i))
		if i%2 == 0 {
			p.signal(syscall.SIGHUP)
		}
		eventually(t, patience, fmt.Sprintf("change %d is in force", i), func() bool {
			return p.doorStatus(i) == http.StatusOK && p.doorStatus(i-1) == http.StatusNotFound
		})
	}
	l.end()
	l.noFailures(t, time.Time{})
	if l.count() < 100 {
		t.Errorf("only %d calls during %d reloads", l.count(), reloads)
	}
	// A client dials once, or where its last connection is not yet free; connections that
	// do not survive are dialled again at each reload.
	if n := l.c.dials.Load(); n > reloads*clients/2 {
		t.Errorf("%d clients dialled %d times: connections did not survive", clients, n)
	}
	listedAmong(t, p.entries(), l.good)
}

// doorStatus calls through the named gateway of a document.
func (p *process) doorStatus(i int) int {
	return p.post(fmt.Sprintf("/gateways/door-%d/v1/chat/completions", i), strings.NewReader(plainCall), "Authorization", "Bearer "+gatewayKey).status
}

// listedAmong is listedOnce when other calls were made, too.
func listedAmong(t *testing.T, seen map[string]int, answers []answer) {
	t.Helper()
	for _, a := range answers {
		if seen[a.id] != 1 {
			t.Errorf("entry %s is listed %d times", a.id, seen[a.id])
			return
		}
	}
}

func TestABadConfigurationChangesNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	up := plainUpstream(t)
	p := start(t, options{config: config(up, metadataOnly)})
	l := startLoad(t, p.URL, 4, 4*time.Millisecond)
	for i, bad := range []string{
		config(up, "gateways: { default: { lgo: { bodies: full } } }"),
		"providers: [ this is no mapping",
		config(up, "gateways: { default: { default_provider: nobody } }"),
	} {
		writeConfig(t, p.Dir, bad)
		if i == 2 {
			p.signal(syscall.SIGHUP)
		}
		eventually(t, patience, "the refusal is logged", func() bool {
			return strings.Count(p.Log.String(), "the new configuration is refused") >= i+1
		})
	}
	if !p.Log.has("sluice.yaml:") || !p.Log.has("did you mean") {
		t.Errorf("the log does not say what is wrong where:\n%s", p.Log)
	}
	after(200 * time.Millisecond)
	l.end()
	l.noFailures(t, time.Time{})
	p.mustCall()
	writeConfig(t, p.Dir, config(up, "gateways: { default: {}, door-1: {} }"))
	eventually(t, patience, "a good configuration is taken again", func() bool { return p.doorStatus(1) == http.StatusOK })
}

func TestAStreamOutlivesAReloadThatRemovesItsProvider(t *testing.T) {
	t.Parallel()
	up, told := pacedUpstream(t, 10, 100*time.Millisecond)
	p := start(t, options{config: config(up, metadataOnly)})
	wait := streamAll(newClient(t), p.URL, 4)
	eventually(t, patience, "every stream has begun", func() bool { return told.Load() == 4 })
	writeConfig(t, p.Dir, "discover: false\n")
	eventually(t, patience, "the provider is gone", func() bool {
		a := p.post("/v1/chat/completions", strings.NewReader(plainCall), "Authorization", "Bearer "+gatewayKey)
		return a.status == http.StatusNotFound
	})
	answers, errs := wait()
	for i, a := range answers {
		if errs[i] != nil || !strings.HasSuffix(string(a.body), lastChunk+doneEvent) {
			t.Errorf("stream %d was cut: %v, %q", i, errs[i], tail(string(a.body), 200))
		}
	}
}
