package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// change asks the admin API and gives the status and the answer's body.
func change(t *testing.T, g *testgw.Gateway, method, path, body, match string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, g.Admin+"/api/v1/config"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	if match != "" {
		r.Header.Set("If-Match", match)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func standing(t *testing.T, g *testgw.Gateway) (v admin.ConfigView) {
	t.Helper()
	if status := g.AdminGet("/api/v1/config", &v); status != 200 {
		t.Fatalf("status %d", status)
	}
	if v.Revision == nil {
		v.Revision = new(int64)
	}
	return v
}

func history(t *testing.T, g *testgw.Gateway) []gateway.Revision {
	t.Helper()
	var p admin.RevisionPage
	if status := g.AdminGet("/api/v1/config/revisions", &p); status != 200 {
		t.Fatalf("status %d", status)
	}
	return p.Data
}

const door = "gateways: { default: {}, %s: {} }\n"

// opens reports whether a node serves a gateway of that name.
func opens(g *testgw.Gateway, name string) bool {
	resp, _ := g.Post("/gateways/"+name+"/v1/chat/completions", `{"model":"sandbox/echo","messages":[{"role":"user","content":"hi"}]}`)
	return resp.StatusCode == 200
}

func TestADocumentOfTheStoreIsChangedByTheAPIAndOutlivesARestart(t *testing.T) {
	g := testgw.StartWith(t, testgw.Options{})
	if v := standing(t, g); *v.Revision != 1 || !v.Editable || v.Source != "store" || v.Document != "" || v.File != "" {
		t.Fatalf("at the start: %+v", v)
	}
	status, b := change(t, g, "PUT", "?note=a+door", fmt.Sprintf(door, "one")+"telemetry: { log_level: debug }\n", `"1"`)
	var done admin.ConfigChanged
	if err := json.Unmarshal([]byte(b), &done); err != nil || status != 200 || done.Revision != 2 || !done.InForce || strings.Join(done.Restart, " ") != "telemetry.log_level" {
		t.Fatalf("%d %s", status, b)
	}
	if !opens(g, "one") {
		t.Error("it is not in force when the answer comes")
	}
	if v := standing(t, g); *v.Revision != 2 || strings.Join(v.Restart, " ") != "telemetry.log_level" {
		t.Errorf("%+v", v)
	}
	all := history(t, g)
	if len(all) != 2 || all[0].Note != "a door" || all[0].Author.Kind != "admin_token" || all[1].Author.Kind != "sluice" {
		t.Errorf("%+v", all)
	}

	for body, want := range map[string][]string{
		"gateways: { default: { auht: none } }":                                                 {`"line":1`, `"path":"gateways.default.auht"`},
		"providers: { a: { kind: openai, api_key: env:NOT_SET } }\nroutes: { a: [nobody/x] }\n": {"NOT_SET is not set", `"line":2`, `"invalid_request"`},
		"storage: { url: sqlite:other.db }":                                                     {"another store", "SLUICE_STORAGE_URL"},
		"shared: { url: 'redis://me:geheim@127.0.0.1:1' }":                                      {"holds a password"},
		"providers: { a: { kind: openai, api_key: file:/etc/x } }":                              {"SLUICE_SECRET_DIRS"},
		"providers: { a: { kind: openai, api_key: env:SLUICE_KEY } }":                           {"own variables"},
		"providers: { a: { kind: openai, api_key: file:master.key } }":                          {"own files"},
		"providers: { a: { kind: openai, api_key: 'file:../x' } }":                              {"SLUICE_SECRET_DIRS"},
		"": {"a document is needed"},
	} {
		status, b := change(t, g, "PUT", "", body, `"2"`)
		for _, text := range want {
			if status != 400 || !strings.Contains(b, text) || strings.Contains(b, "geheim") {
				t.Errorf("%s: %d %s, want %s", body, status, b, text)
			}
		}
	}
	for path, want := range map[string]int{"": 428, "?revision=x": 400, "?revision=1": 409, "?revision=7": 409} {
		if status, b := change(t, g, "PUT", path, "{}", ""); status != want || want == 409 && !strings.Contains(b, "admin token") {
			t.Errorf("%s: %d %s", path, status, b)
		}
	}
	if n := len(history(t, g)); n != 2 || !opens(g, "one") {
		t.Errorf("a refused document left something: %d revisions", n)
	}

	status, b = change(t, g, "POST", "/revisions/1/rollback", "", `"2"`)
	if all = history(t, g); status != 200 || len(all) != 3 || all[0].From == nil || *all[0].From != 1 || opens(g, "one") {
		t.Errorf("%d %s %+v", status, b, all)
	}
	change(t, g, "PUT", "?revision=3", "# kept\n"+fmt.Sprintf(door, "two"), "")
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	again := testgw.StartWith(t, testgw.Options{Dir: g.Dir})
	if v := standing(t, again); *v.Revision != 4 || !strings.HasPrefix(v.Document, "# kept") || !opens(again, "two") {
		t.Errorf("after a restart: %+v", v)
	}
}

func TestAFileIsTheSourceAndSaysSo(t *testing.T) {
	g := testgw.StartWith(t, testgw.Options{Config: "# my file\n" + fmt.Sprintf(door, "one")})
	v := standing(t, g)
	if v.Editable || v.Source != "file" || !strings.HasSuffix(v.File, "sluice.yaml") || !strings.HasPrefix(v.Document, "# my file") || *v.Revision != 1 {
		t.Fatalf("%+v", v)
	}
	for _, c := range [][2]string{{"PUT", ""}, {"POST", "/revisions/1/rollback"}} {
		if status, b := change(t, g, c[0], c[1], "{}", `"1"`); status != 409 || !strings.Contains(b, "config_from_file") || !strings.Contains(b, v.File) {
			t.Errorf("%s %s: %d %s", c[0], c[1], status, b)
		}
	}
	g.WriteConfig(fmt.Sprintf(door, "two"))
	eventually(t, "the changed file is recorded", func() bool { return len(history(t, g)) == 2 && *standing(t, g).Revision == 2 })
	g.WriteConfig("gateways: 7\n")
	eventually(t, "health tells of the bad file", func() bool {
		var h admin.Health
		g.AdminGet("/api/v1/health", &h)
		return strings.Contains(strings.Join(h.Problems, " "), "expected a mapping")
	})
	if v := standing(t, g); *v.Revision != 2 || v.Refused == nil || v.Refused.Revision != nil || len(history(t, g)) != 2 {
		t.Errorf("a bad file: %+v", v)
	}
	g.WriteConfig(fmt.Sprintf(door, "three"))
	eventually(t, "the good file is recorded", func() bool { return len(history(t, g)) == 3 && standing(t, g).Refused == nil })
	if a := history(t, g)[0].Author; a.Kind != "file" || a.Name != v.File {
		t.Errorf("%+v", a)
	}
}

func TestAFileThatAppearsWinsAndTheStoreGoesOnWhenItLeaves(t *testing.T) {
	g := testgw.StartWith(t, testgw.Options{})
	change(t, g, "PUT", "", fmt.Sprintf(door, "stored"), `"1"`)
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	withFile := testgw.StartWith(t, testgw.Options{Dir: g.Dir, Config: fmt.Sprintf(door, "filed")})
	if !opens(withFile, "filed") || opens(withFile, "stored") || !withFile.Log.Has("the document of the store stays in its history") {
		t.Errorf("the log:\n%s", withFile.Log)
	}
	var d admin.RevisionDetail
	if withFile.AdminGet("/api/v1/config/revisions/2", &d); !strings.Contains(d.Document, "stored") || len(d.Changes) == 0 {
		t.Errorf("what the store held is lost: %+v", d)
	}
	if err := os.Remove(filepath.Join(g.Dir, "sluice.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the store is the source", func() bool { return standing(t, withFile).Editable })
	if v := standing(t, withFile); *v.Revision != 3 || !opens(withFile, "filed") {
		t.Errorf("%+v", v)
	}
	if status, b := change(t, withFile, "PUT", "", "{}", `"3"`); status != 200 {
		t.Errorf("%d %s", status, b)
	}
}

func TestOfChangesAtOnceExactlyOneWins(t *testing.T) {
	g := testgw.StartWith(t, testgw.Options{})
	var wg sync.WaitGroup
	statuses := make([]int, 6)
	for i := range statuses {
		wg.Go(func() { statuses[i], _ = change(t, g, "PUT", "", fmt.Sprintf(door, fmt.Sprint("d", i)), `"1"`) })
	}
	wg.Wait()
	won := -1
	for i, s := range statuses {
		if s == 200 && won < 0 {
			won = i
		} else if s != 409 {
			t.Errorf("statuses %v", statuses)
		}
	}
	if won < 0 || !opens(g, fmt.Sprint("d", won)) || len(history(t, g)) != 2 {
		t.Errorf("%d won; statuses %v", won, statuses)
	}
}

func TestNodesOfOneStoreFollowAndKeepTheLastGoodDocument(t *testing.T) {
	u := testup.New(t, func(c *testup.Call) { c.JSON(200, `{"object":"chat.completion","choices":[]}`) })
	url := testpg.Start(t).Database(t)
	env := func(more ...string) map[string]string {
		m := map[string]string{"SLUICE_STORAGE_URL": url}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	a := testgw.StartWith(t, testgw.Options{Env: env("VENDOR_KEY", "vendor-key-0123456789")})
	b := testgw.StartWith(t, testgw.Options{Env: env()})
	change(t, a, "PUT", "", fmt.Sprintf(door, "shared"), `"1"`)
	eventually(t, "the other node follows", func() bool { return opens(b, "shared") })

	status, answer := change(t, a, "PUT", "", fmt.Sprintf("providers: { v: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY } }\n", u.URL), `"2"`)
	if status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	var h admin.Health
	eventually(t, "the node that lacks the variable says so", func() bool {
		b.AdminGet("/api/v1/health", &h)
		return strings.Contains(strings.Join(h.Problems, " "), "revision 3 of the configuration cannot be used on this node; revision 2 stays in force: document:1")
	})
	if v := standing(t, b); !opens(b, "shared") || *v.Revision != 2 || v.Refused == nil || *v.Refused.Revision != 3 {
		t.Errorf("%+v", v)
	}
	if n := strings.Count(b.Log.String(), "is refused"); n != 1 {
		t.Errorf("it was told %d times:\n%s", n, b.Log)
	}
	status, answer = change(t, b, "POST", "/revisions/2/rollback", "", `"3"`)
	eventually(t, "both have it again", func() bool { return opens(a, "shared") && *standing(t, b).Revision == 4 })
	if v := standing(t, b); status != 200 || v.Refused != nil {
		t.Errorf("%d %s %+v", status, answer, v)
	}
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(b.Dir, ".sluice-document.json")); err != nil {
		t.Error(err)
	}
}

// A process that is killed after a document was stored and before it was swapped in has
// done no more than this.
func TestADocumentThatWasStoredOnlyIsInForceAfterTheStart(t *testing.T) {
	g := testgw.StartWith(t, testgw.Options{})
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(g.Dir, "sluice.db"))
	if err == nil {
		err = s.Migrate(t.Context())
	}
	if err == nil {
		_, err = s.AddRevision(t.Context(), gateway.Revision{Time: time.Now(), Source: gateway.FromStore, Document: fmt.Appendf(nil, door, "killed")}, 1)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	again := testgw.StartWith(t, testgw.Options{Dir: g.Dir})
	if !opens(again, "killed") || *standing(t, again).Revision != 2 {
		t.Errorf("%+v", standing(t, again))
	}
}

func TestAStoredDocumentThatCannotBeUsedEndsTheStartAndSaysWhatToDo(t *testing.T) {
	g := testgw.StartWith(t, testgw.Options{Env: map[string]string{"VENDOR_KEY": "vendor-key-0123456789"}})
	change(t, g, "PUT", "", "providers: { openai: { api_key: env:VENDOR_KEY } }", `"1"`)
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, g.Dir, nil)
	err := s.ended(t)
	for _, want := range []string{"revision 2 of the configuration", "VENDOR_KEY is not set", "sluice export --offline --revision 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want %s", err, want)
		}
	}
}

func TestSecretsInPlainInAFileAreNeitherShownNorKept(t *testing.T) {
	const password = "geheim-0123"
	dir := t.TempDir()
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: `
alerts: { channels: [ { name: ops, webhook: "https://hooks.example.com/` + password + `" }, { name: two, webhook: "https://hooks.example.com/\u0067eheim-0123" } ] }
providers: { openai: { api_key: env:K, proxy: 'http://me:` + password + `@127.0.0.1:1' } }
`, Env: map[string]string{"K": "vendor-key-0123456789"}})
	v := standing(t, g)
	b, _ := json.Marshal([]any{v, history(t, g)})
	var d admin.RevisionDetail
	g.AdminGet("/api/v1/config/revisions/1", &d)
	if bytes.Contains(b, []byte(password)) || strings.Contains(d.Document, password) || strings.Contains(d.Document, "eheim") || d.Document == "" {
		t.Errorf("shown: %s\n%s", b, d.Document)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "sluice.yaml")); err != nil {
		t.Fatal(err)
	}
	holdsNoSecret(t, dir, password)
}
