package app_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // registers "sqlite"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

const encrypting = `
gateways:
  default: { controls: [metadata], log: { encrypt: true } }
  open:    {}
`

// detail gives an entry with its bodies once it is there.
func detail(t *testing.T, g *testgw.Gateway, id string) (e admin.EntryDetail) {
	t.Helper()
	g.Entry(id)
	if status := g.AdminGet("/api/v1/entries/"+id, &e); status != 200 {
		t.Fatalf("%d", status)
	}
	return e
}

func receipt(t *testing.T, g *testgw.Gateway, e *admin.Erasure) {
	t.Helper()
	for end := time.Now().Add(time.Minute); e.State != gateway.ErasureDone; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not done: %+v\n%s", e, g.Log)
		}
		g.AdminGet("/api/v1/privacy/erasures/"+e.ID, e)
	}
	if e.Genuine == nil || !*e.Genuine {
		t.Errorf("the receipt is not genuine: %+v", e)
	}
}

func shred(t *testing.T, g *testgw.Gateway, workspace string) (e admin.Erasure) {
	t.Helper()
	if status := g.AdminPost("/api/v1/privacy/shreds", `{"workspace":"`+workspace+`"}`, &e); status != 200 {
		t.Fatalf("%d %+v", status, e)
	}
	receipt(t, g, &e)
	return e
}

func TestBodiesAreKeptUnderAKeyAndShredded(t *testing.T) {
	g := testgw.Start(t, encrypting)
	id := talk(t, g, "u-1", "purpleelephant", false)
	before := detail(t, g, id)
	if before.Bodies == nil || before.Bodies.State != "kept" || !before.Bodies.Encrypted || !strings.Contains(before.Bodies.Request.Content, "purpleelephant") {
		t.Fatalf("%+v", before.Bodies)
	}
	var found admin.EntryPage
	g.AdminGet("/api/v1/entries?search=purpleelephant", &found)
	if len(found.Data) != 0 {
		t.Error("what was said can be searched for")
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	// The call's metadata and its user stand in clear: only bodies are sealed.
	nobodies(t, g.Dir, "purpleelephant")

	g = testgw.StartWith(t, testgw.Options{Dir: g.Dir, Config: encrypting})
	if again := detail(t, g, id); again.Bodies.State != "kept" || again.Bodies.Request.Content != before.Bodies.Request.Content {
		t.Errorf("after a restart: %+v", again.Bodies)
	}
	var dry admin.Erasure
	g.AdminPost("/api/v1/privacy/shreds", `{"workspace":"default","dry_run":true}`, &dry)
	if dry.State != gateway.ErasureDry || dry.ID != "" || dry.Counts["keys"] != 1 || dry.Counts["entries"] != 1 || dry.Counts["bodies"] < 2 {
		t.Errorf("dry run: %+v", dry)
	}
	if detail(t, g, id).Bodies.State != "kept" {
		t.Error("the dry run destroyed something")
	}
	done := shred(t, g, "default")
	if done.Kind != gateway.ErasureOfKeys || done.Workspace != "default" || done.Counts["keys"] != 1 || done.Counts["entries"] != 1 {
		t.Errorf("%+v", done)
	}
	gone := detail(t, g, id)
	if gone.Bodies == nil || gone.Bodies.State != "erased" || gone.Bodies.Request != nil || gone.Bodies.Answer != nil {
		t.Errorf("%+v", gone.Bodies)
	}
	if gone.Cost != before.Cost || gone.Usage.InputTokens != before.Usage.InputTokens || gone.Status != 200 {
		t.Errorf("what it cost was changed: %+v", gone.Entry)
	}
	r, _ := http.NewRequest("POST", g.Admin+"/api/v1/entries/"+id+"/replay", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	if resp, b := g.Do(r); resp.StatusCode != 409 || !strings.Contains(string(b), "erased") {
		t.Errorf("replay: %d %s", resp.StatusCode, b)
	}
	if fresh := detail(t, g, talk(t, g, "u-1", "greengiraffe", false)); fresh.Bodies.State != "kept" {
		t.Errorf("a later call: %+v", fresh.Bodies)
	}
	for body, want := range map[string]int{`{}`: 400, `{"workspace":""}`: 400, `{"workspace":"nowhere"}`: 404, `{"workspace":"default","more":1}`: 400} {
		if got := g.AdminPost("/api/v1/privacy/shreds", body, nil); got != want {
			t.Errorf("%s: %d, not %d", body, got, want)
		}
	}
	var log admin.AuditPage
	g.AdminGet("/api/v1/audit?action=privacy.shred", &log)
	if !slices.ContainsFunc(log.Data, func(e audit.Event) bool {
		return e.Object.ID == done.ID && e.Outcome == "ok" && e.Workspace == "default"
	}) {
		t.Errorf("audit: %+v", log.Data)
	}
}

// nobodies checks that no file of a folder but the database's entries holds a text: these have
// it in metadata, which is not sealed.
func nobodies(t *testing.T, dir, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for table, column := range map[string]string{"bodies": "bytes", "search_queue": "entry_id"} {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM "+table+" WHERE instr(lower(CAST("+column+" AS TEXT)), ?) > 0", text).Scan(&n); err != nil || n > 0 {
			t.Errorf("%s: %d rows hold it, %v", table, n, err)
		}
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM bodies WHERE encoding >= 2").Scan(&n); err != nil || n < 2 {
		t.Errorf("%d sealed bodies, %v", n, err)
	}
}

func TestNoFileOfAGatewayHoldsWhatWasSaidUnderAKey(t *testing.T) {
	config := encrypting + "storage: { drain: paused }\n"
	g := testgw.Start(t, config)
	resp, b := g.Post("/v1/chat/completions", `{"model":"sandbox/echo","messages":[{"role":"user","content":"purpleelephant"}]}`)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	id := resp.Header.Get("Sluice-Request-Id")
	if e := detail(t, g, id); !strings.Contains(e.Bodies.Request.Content, "purpleelephant") {
		t.Errorf("in the spool: %+v", e.Bodies)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	nowhere(t, g.Dir, "purpleelephant") // it waits in the spool
	g = testgw.StartWith(t, testgw.Options{Dir: g.Dir, Config: encrypting})
	if e := detail(t, g, id); !strings.Contains(e.Bodies.Request.Content, "purpleelephant") {
		t.Errorf("in the store: %+v", e.Bodies)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	nowhere(t, g.Dir, "purpleelephant")
}

func TestAWrongMasterKeyEndsTheStartWhereBodiesAreSealed(t *testing.T) {
	g := testgw.Start(t, encrypting)
	talk(t, g, "u-1", "purpleelephant", false)
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	again := serve(t, g.Dir, map[string]string{"SLUICE_MASTER_KEY": strings.Repeat("c", 64), "SLUICE_KEY": testgw.Key, "SLUICE_ADMIN_TOKEN": testgw.AdminToken})
	if err := again.ended(t); err == nil || !strings.Contains(err.Error(), "log.encrypt") || !strings.Contains(err.Error(), "master key") {
		t.Errorf("%v\n%s", err, again.log)
	}
}

func TestADocumentThatBeginsToSealBodiesIsRefusedUnderAWrongMasterKey(t *testing.T) {
	g := testgw.Start(t, encrypting)
	talk(t, g, "u-1", "purpleelephant", false)
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	plain := strings.ReplaceAll(encrypting, "encrypt: true", "encrypt: false")
	g.WriteConfig(plain)
	again := serve(t, g.Dir, map[string]string{"SLUICE_MASTER_KEY": strings.Repeat("c", 64), "SLUICE_KEY": testgw.Key, "SLUICE_ADMIN_TOKEN": testgw.AdminToken})
	again.listening(t)
	g.WriteConfig(encrypting)
	for end := time.Now().Add(time.Minute); !strings.Contains(again.log.String(), "log.encrypt"); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the document was taken:\n%s", again.log)
		}
	}
}

func TestTheLeastOfGatewayKeyAndCallIsKept(t *testing.T) {
	g := testgw.Start(t, `
gateways:
  full:     { controls: [log], log: { bodies: full } }
  metadata: { controls: [log], log: { bodies: metadata } }
  none:     { controls: [log], log: { bodies: none } }
  tenth:    { controls: [log], log: { bodies: full, sample: 0 } }
`)
	secret := func(log string) string {
		t.Helper()
		var made admin.CreatedKey
		if status := g.AdminPost("/api/v1/keys", `{"name":"k","log":`+log+`}`, &made); status != 201 {
			t.Fatalf("%s: %d", log, status)
		}
		return made.Secret
	}
	keys := map[string]string{}
	for _, log := range []string{`{}`, `{"bodies":"full"}`, `{"bodies":"metadata"}`, `{"bodies":"none"}`, `{"sample":0}`, `{"sample":1}`, `{"bodies":"full","sample":0}`} {
		keys[log] = secret(log)
	}
	for _, c := range []struct{ gateway, key, call, model, want string }{
		{"full", `{}`, "", "echo", "bodies"},
		{"full", `{"bodies":"full"}`, "", "echo", "bodies"},
		{"full", `{"bodies":"metadata"}`, "", "echo", "metadata"},
		{"full", `{"bodies":"none"}`, "", "echo", "nothing"},
		{"full", `{"bodies":"none"}`, "full", "echo", "nothing"},
		{"full", `{"bodies":"metadata"}`, "none", "echo", "nothing"},
		{"full", `{"bodies":"full"}`, "metadata", "echo", "metadata"},
		{"metadata", `{"bodies":"full"}`, "full", "echo", "metadata"},
		{"none", `{"bodies":"full"}`, "", "echo", "nothing"},
		{"full", `{"sample":0}`, "", "echo", "metadata"},
		{"full", `{"sample":0}`, "", "echo?fail=1", "metadata"},
		{"full", `{"sample":1}`, "", "echo", "bodies"},
		{"full", `{"bodies":"full","sample":0}`, "full", "echo", "metadata"},
		{"tenth", `{"sample":1}`, "", "echo", "metadata"},
		{"tenth", `{"sample":1}`, "", "echo?fail=1", "bodies"},
	} {
		r := g.Request("POST", "/gateways/"+c.gateway+"/v1/chat/completions", []byte(`{"model":"sandbox/`+c.model+`","user":"jane","messages":[{"role":"user","content":"hi"}]}`))
		r.Header.Set("Authorization", "Bearer "+keys[c.key])
		if c.call != "" {
			r.Header.Set("Sluice-Log", c.call)
		}
		resp, _ := g.Do(r)
		e := detail(t, g, resp.Header.Get("Sluice-Request-Id"))
		got := "nothing"
		switch {
		case e.Bodies != nil:
			got = "bodies"
		case e.User != "":
			got = "metadata"
		}
		if got != c.want {
			t.Errorf("gateway %s, key %s, call %q, %s: %s is kept, not %s", c.gateway, c.key, c.call, c.model, got, c.want)
		}
	}
	for _, c := range []struct{ gateway, key, call, want string }{ // and callers are told
		{"full", `{}`, "", `{"bodies":"full","sample":1,"errors":1,"encrypted":false}`},
		{"full", `{"bodies":"metadata"}`, "none", `{"bodies":"none","sample":1,"errors":1,"encrypted":false}`},
		{"metadata", `{"bodies":"full"}`, "", `{"bodies":"metadata","sample":1,"errors":1,"encrypted":false}`},
		{"full", `{"sample":0}`, "", `{"bodies":"full","sample":0,"errors":0,"encrypted":false}`},
		{"tenth", `{"sample":1}`, "", `{"bodies":"full","sample":0,"errors":1,"encrypted":false}`},
	} {
		r := g.Request("GET", "/gateways/"+c.gateway+"/v1/me", nil)
		r.Header.Set("Authorization", "Bearer "+keys[c.key])
		if c.call != "" {
			r.Header.Set("Sluice-Log", c.call)
		}
		resp, text := g.Do(r)
		var me struct{ Log json.RawMessage }
		if err := json.Unmarshal(text, &me); err != nil || resp.StatusCode != 200 || string(me.Log) != c.want {
			t.Errorf("gateway %s, key %s: %d %s, want %s", c.gateway, c.key, resp.StatusCode, text, c.want)
		}
	}
	for _, bad := range []string{`{"bodies":"some"}`, `{"sample":-0.1}`, `{"sample":1.5}`, `{"bodies":1}`, `{"more":1}`} {
		if status := g.AdminPost("/api/v1/keys", `{"name":"k","log":`+bad+`}`, nil); status != 400 {
			t.Errorf("%s: %d", bad, status)
		}
	}
}

func TestNodesShareOneKeyAndForgetItTogether(t *testing.T) {
	url := testpg.Start(t).Database(t)
	env := map[string]string{"SLUICE_STORAGE_URL": url, "SLUICE_MASTER_KEY": strings.Repeat("a", 64), "SLUICE_KEY": testgw.Key, "SLUICE_ADMIN_TOKEN": testgw.AdminToken}
	a := testgw.StartWith(t, testgw.Options{Env: env, Config: encrypting})
	b := testgw.StartWith(t, testgw.Options{Env: env, Config: encrypting})
	ids := map[string]*testgw.Gateway{talk(t, a, "u-1", "purpleelephant", false): b, talk(t, b, "u-1", "greengiraffe", false): a}
	for id, other := range ids {
		if e := detail(t, other, id); e.Bodies == nil || e.Bodies.State != "kept" {
			t.Errorf("not open on the other node: %+v", e.Bodies)
		}
	}
	shred(t, a, "default")
	for id, other := range ids {
		if e := detail(t, other, id); e.Bodies.State != "erased" { // the receipt says that every node forgot
			t.Errorf("on another node: %+v", e.Bodies)
		}
	}
	for _, g := range []*testgw.Gateway{a, b} {
		if e := detail(t, g, talk(t, g, "u-1", "bluebadger", false)); e.Bodies.State != "kept" {
			t.Errorf("a later call: %+v", e.Bodies)
		}
	}
}
