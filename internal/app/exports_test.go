package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

type exportShown struct {
	Name, State, Error, Node string
	Sent, Filtered           int
	LagEntries               int    `json:"lag_entries"`
	PausedBy                 string `json:"paused_by"`
}

func exportsOf(t *testing.T, g *testgw.Gateway) map[string]exportShown {
	t.Helper()
	var l struct{ Data []exportShown }
	if err := json.Unmarshal([]byte(adminDo(t, g, "GET", "/exports")), &l); err != nil {
		t.Fatal(err)
	}
	out := map[string]exportShown{}
	for _, x := range l.Data {
		out[x.Name] = x
	}
	return out
}

func adminDo(t *testing.T, g *testgw.Gateway, method, path string) string {
	t.Helper()
	r, err := http.NewRequest(method, g.Admin+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	return string(text)
}

// awaitExport waits until an export stands as it should.
func awaitExport(t *testing.T, g *testgw.Gateway, name string, holds func(exportShown) bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(time.Minute); ; {
		x := exportsOf(t, g)[name]
		if holds(x) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s stands as %+v", name, x)
		}
	}
}

func callOnce(t *testing.T, g *testgw.Gateway, say string) {
	t.Helper()
	r := g.Request("POST", "/v1/chat/completions", []byte(`{"model":"sandbox/echo","messages":[{"role":"user","content":"`+say+`"}]}`))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %v", resp.StatusCode, err)
	}
}

func TestEntriesGoWhereTheConfigurationSays(t *testing.T) {
	hook := make(chan []byte, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		hook <- b
	}))
	t.Cleanup(server.Close)
	g := testgw.Start(t, `
gateways: {default: {log: {bodies: full}}}
exports:
  files: {to: jsonl, exclude: [client_ip], bodies: redacted, batch: {wait: 10ms}}
  none: {to: jsonl, filter: "status > 200", batch: {wait: 10ms}}
  hook: {to: webhook, url: "`+server.URL+`", batch: {wait: 10ms}}
`)
	awaitExport(t, g, "files", func(x exportShown) bool { return x.State == "running" && x.Node != "" })
	awaitExport(t, g, "hook", func(x exportShown) bool { return x.State == "running" })
	callOnce(t, g, "my key is sk-sluice-abcdefghijklmnopqrstuvwxyz012345")
	for _, name := range []string{"files", "hook"} {
		awaitExport(t, g, name, func(x exportShown) bool { return x.Sent == 1 && x.LagEntries == 0 })
	}
	awaitExport(t, g, "none", func(x exportShown) bool { return x.Filtered == 1 })
	line, err := os.ReadFile(filepath.Join(g.Dir, "exports", "files.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"my key is": true, "abcdefghijklmnopqrstuvwxyz012345": false, "[redacted]": true, `"client_ip"`: false, `"model":"echo"`: true} {
		if strings.Contains(string(line), text) != want {
			t.Errorf("%q is there: %v\n%s", text, !want, line)
		}
	}
	if got := <-hook; bytes.Contains(got, []byte("my key is")) || !bytes.Contains(got, []byte(`"export":"hook"`)) {
		t.Errorf("the hook got %s", got)
	}
	if got := adminDo(t, g, "POST", "/exports/hook/test"); !strings.Contains(got, `"ok":true`) {
		t.Error(got)
	}
	if got := <-hook; !bytes.Contains(got, []byte("sluice_sample")) {
		t.Errorf("the hook got %s", got)
	}
	adminDo(t, g, "POST", "/exports/files/pause")
	callOnce(t, g, "second")
	awaitExport(t, g, "files", func(x exportShown) bool { return x.State == "paused" && x.LagEntries == 1 && x.PausedBy != "" })
	awaitExport(t, g, "hook", func(x exportShown) bool { return x.Sent == 2 })
	adminDo(t, g, "POST", "/exports/files/resume")
	awaitExport(t, g, "files", func(x exportShown) bool { return x.Sent == 2 && x.State == "running" })
}
