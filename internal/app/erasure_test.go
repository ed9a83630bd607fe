package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

const keepingAll = `
gateways:
  default:
    controls: [metadata, resume, cache]
    cache: 1h
    limits: [ { per: user, cost: 1000.00/1d } ]
cache: { disk: 16MiB }
`

// talk makes a call as a user that says a text, and gives its id.
func talk(t *testing.T, g *testgw.Gateway, user, text string, stream bool) string {
	t.Helper()
	body := map[string]any{"model": "sandbox/echo", "user": user, "stream": stream, "max_tokens": 100, "messages": []any{map[string]any{"role": "user", "content": text}}}
	raw, _ := json.Marshal(body)
	r := g.Request("POST", "/v1/chat/completions", raw)
	r.Header.Set("Sluice-Metadata", `{"note":"`+text+`","session":"session of `+user+`"}`)
	r.Header.Set("User-Agent", "agent of "+user)
	if stream {
		r.Header.Set("Sluice-Resume", "on")
	}
	resp, answer := g.Do(r)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	return g.Entry(resp.Header.Get("Sluice-Request-Id")).ID
}

func erase(t *testing.T, g *testgw.Gateway, user string) admin.Erasure {
	t.Helper()
	var e admin.Erasure
	if status := g.AdminPost("/api/v1/privacy/erasures", `{"user":"`+user+`"}`, &e); status != 200 {
		t.Fatalf("%d %+v", status, e)
	}
	for end := time.Now().Add(time.Minute); e.State != gateway.ErasureDone; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not done: %+v\n%s", e, g.Log)
		}
		g.AdminGet("/api/v1/privacy/erasures/"+e.ID, &e)
	}
	return e
}

func TestNothingOfAnErasedUserIsLeftInAnyFile(t *testing.T) {
	g := testgw.Start(t, keepingAll)
	const user, other = "u-mallory-4711", "u-oscar-0815"
	said := []string{"purpleelephant", "greengiraffe"}
	var ids []string
	for i, text := range said {
		ids = append(ids, talk(t, g, user, text, i == 1))
	}
	kept := talk(t, g, other, "bluebadger", false)
	if g.AdminPost("/api/v1/cache/purge", `{"tag":"none"}`, nil) != 200 { // unlike it, the erasure's own leaves nothing
		t.Error("the cache is not there")
	}
	rate, _ := http.NewRequest("PUT", g.Admin+"/api/v1/entries/"+ids[0]+"/feedback", strings.NewReader(`{"feedback":"up","comment":"said by `+user+`"}`))
	rate.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	rate.Header.Set("Content-Type", "application/json")
	if resp, b := g.Do(rate); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	before := g.Entry(ids[0])

	r, _ := http.NewRequest("GET", g.Admin+"/api/v1/privacy/users/"+user, nil)
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	if resp, all := g.Do(r); resp.StatusCode != 200 || bytes.Count(all, []byte("\n")) != 2 || !bytes.Contains(all, []byte(said[0])) || !bytes.Contains(all, []byte(said[1])) || bytes.Contains(all, []byte(other)) {
		t.Errorf("%d %s", resp.StatusCode, all)
	}
	var dry admin.Erasure
	g.AdminPost("/api/v1/privacy/erasures", `{"user":"`+user+`","dry_run":true}`, &dry)
	if dry.State != gateway.ErasureDry || dry.ID != "" || dry.Counts["entries"] != 2 || dry.Counts["bodies"] == 0 || dry.Counts["feedback"] != 1 {
		t.Errorf("dry run: %+v", dry)
	}
	if e := g.Entry(ids[0]); e.User != user {
		t.Error("the dry run erased")
	}

	for _, half := range []string{"spool/bad/.1-9.spool.4711.part", ".cache.prompts.4711.part"} { // of a run that was killed
		path := filepath.Join(g.Dir, filepath.FromSlash(half))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("half a file of "+user), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done := erase(t, g, user)
	if done.Counts["entries"] != 2 || done.Counts["bodies"] != dry.Counts["bodies"] || done.Counts["streams"] != 1 || done.User != "" || done.UserHash != gateway.HashUser(done.ID, user) {
		t.Errorf("receipt: %+v", done)
	}
	if done.Genuine == nil || !*done.Genuine {
		t.Error("the receipt is not genuine")
	}
	e := g.Entry(ids[0])
	if e.User != "" || e.Session != "" || e.Metadata != nil || e.ClientIP != "" || e.UserAgent != "" || e.Comment != "" {
		t.Errorf("%+v", e)
	}
	if e.Cost != before.Cost || e.Usage.InputTokens != before.Usage.InputTokens || e.Model != before.Model || e.Feedback != before.Feedback {
		t.Errorf("what it cost was changed: %+v", e)
	}
	if e := g.Entry(kept); e.User != other || e.Session != "session of "+other {
		t.Errorf("another user was erased: %+v", e)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	nowhere(t, g.Dir, append(said, user)...)
}

func TestAnErasureNeedsAUserAndAWorkspaceThatIsThere(t *testing.T) {
	g := testgw.Start(t, "")
	for body, want := range map[string]int{`{}`: 400, `{"user":""}`: 400, `{"user":"u","workspace":"nowhere"}`: 404, `{"user":"u","more":1}`: 400} {
		if got := g.AdminPost("/api/v1/privacy/erasures", body, nil); got != want {
			t.Errorf("%s: %d, not %d", body, got, want)
		}
	}
	if got := g.AdminGet("/api/v1/privacy/erasures/ers_none", nil); got != 404 {
		t.Errorf("%d", got)
	}
}

func TestPromptsOfTheSemanticCacheGoWithTheirUser(t *testing.T) {
	g := testgw.Start(t, `
gateways: { default: { controls: [metadata, cache], cache: { ttl: 1h, semantic: { model: sandbox/embed, threshold: 0.8 } } } }
cache: { disk: 16MiB }
`)
	const user, said = "u-mallory-4711", "where does the violet heron of the northern lake sleep"
	talk(t, g, user, said, false)
	kept := func() bool {
		text, err := os.ReadFile(filepath.Join(g.Dir, "cache.prompts"))
		return err == nil && bytes.Contains(text, []byte(said))
	}
	for end := time.Now().Add(time.Minute); !kept(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no prompt is kept")
		}
	}
	if e := erase(t, g, user); e.Counts["entries"] != 2 { // and what asked for the embedding of his words
		t.Errorf("receipt: %+v", e)
	}
	if kept() {
		t.Error("the file of prompts has his words")
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	nowhere(t, g.Dir, "violet heron", user)
}
