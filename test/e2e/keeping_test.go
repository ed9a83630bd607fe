package e2e_test

import (
	"database/sql"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// TestOldEntriesGoAndYoungOnesStay makes more old entries than one step of a sweep
// takes, by setting back the clock of their rows.
func TestOldEntriesGoAndYoungOnesStay(t *testing.T) {
	up := plainUpstream(t)
	p := start(t, options{config: fmt.Sprintf("providers:\n  up: { kind: openai-compatible, base_url: %s/v1, api_key: env:UP_KEY, retries: { max: 0 } }\n", up)})
	const all, young = 1203, 3
	c := newClient(t)
	for range all {
		if a, err := c.call(p.URL, plainCall); err != nil || a.status != http.StatusOK {
			t.Fatalf("%d, %v", a.status, err)
		}
	}
	eventually(t, patience, "every entry is stored", func() bool { return len(p.entries()) == all })
	p.terminate()
	age(t, filepath.Join(p.Dir, "sluice.db"), all-young, 8*24*time.Hour)
	again := start(t, options{dir: p.Dir})
	again.awaitReady()
	eventually(t, patience, "only the young entries are left", func() bool { return len(again.entries()) == young })
	if a, err := c.call(again.URL, plainCall); err != nil || a.status != http.StatusOK {
		t.Errorf("a call after the sweep: %d, %v", a.status, err)
	}
}

// age makes the n oldest entries older by d.
func age(t *testing.T, path string, n int, d time.Duration) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query(`SELECT id FROM entries ORDER BY time LIMIT ?`, n)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if rows.Err() != nil || len(ids) != n {
		t.Fatalf("%d entries to be aged, %v", len(ids), rows.Err())
	}
	for _, id := range ids {
		if _, err := tx.Exec(`UPDATE entries SET time = time - ?, id = ? WHERE id = ?`, d.Microseconds(), older(t, id, d), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// older sets back the time that an id begins with (RFC 9562 section 5.7).
func older(t *testing.T, id string, d time.Duration) string {
	t.Helper()
	ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	h := fmt.Sprintf("%012x", ms-d.Milliseconds())
	return h[:8] + "-" + h[8:] + id[13:]
}

func TestAProviderIsReachedThroughItsProxy(t *testing.T) {
	up := plainUpstream(t)
	var through atomic.Int64
	proxy := serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		through.Add(1)
		if r.Method == http.MethodConnect {
			tunnel(w, r.Host)
			return
		}
		out := r.Clone(r.Context())
		out.RequestURI = ""
		resp, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	})
	p := start(t, options{config: fmt.Sprintf("providers:\n  up: { kind: openai-compatible, base_url: %s/v1, api_key: env:UP_KEY, proxy: %q }\n", up, proxy)})
	for _, body := range []string{plainCall, streamCall} {
		a, err := newClient(t).call(p.URL, body)
		if err != nil || a.status != http.StatusOK {
			t.Errorf("%d %s, %v", a.status, a.body, err)
		}
	}
	if through.Load() == 0 {
		t.Error("the proxy saw nothing")
	}
}

// tunnel connects a caller of CONNECT with a host.
func tunnel(w http.ResponseWriter, host string) {
	far, err := net.Dial("tcp", host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		far.Close()
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { // ends when either side closes
		_, _ = io.Copy(far, near)
		far.Close()
	}()
	_, _ = io.Copy(near, far)
	near.Close()
}

func TestAVendorsCertificateIsTrustedByItsOwnAuthorityOnly(t *testing.T) {
	up := httptest.NewUnstartedServer(http.HandlerFunc(answerPlainly))
	up.Config.ErrorLog = log.New(io.Discard, "", 0) // the stranger hangs up, as it must
	up.StartTLS()
	t.Cleanup(up.Close)
	dir := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: up.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	const one = "  %s: { kind: openai-compatible, base_url: %s/v1, api_key: env:UP_KEY, retries: { max: 0 }, ca_file: %q }\n"
	doc := "providers:\n" + fmt.Sprintf(one, "up", up.URL, "ca.pem") +
		fmt.Sprintf("  stranger: { kind: openai-compatible, base_url: %s/v1, api_key: env:UP_KEY, retries: { max: 0 } }\n", up.URL)
	p := start(t, options{config: doc, dir: dir})
	for body, status := range map[string]int{plainCall: http.StatusOK, `{"model":"stranger/m1","messages":[{"role":"user","content":"Hello"}]}`: http.StatusBadGateway} {
		a, err := newClient(t).call(p.URL, body)
		if err != nil || a.status != status {
			t.Errorf("%s: %d %s, %v", body, a.status, a.body, err)
		}
	}
}
