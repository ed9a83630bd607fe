package admin_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// keptAnswers has one answer of each workspace.
type keptAnswers struct{}

func keyOf(workspace string) cache.Key { return sha256.Sum256([]byte(workspace)) }

func (keptAnswers) Lookup(_ context.Context, key cache.Key) (*cache.Answer, string, error) {
	for _, workspace := range []string{"own", "foreign", "default"} {
		if key == keyOf(workspace) {
			a := &cache.Answer{ContentType: "application/json", Body: []byte(`{"text":"answer-of-` + workspace + `"}`)}
			a.Workspace, a.Gateway, a.KeyID, a.Provider, a.Model, a.RequestID = workspace, "default", "key-of-"+workspace, "acme", "big", "e1"
			a.Stored, a.TTL, a.Keep, a.Cost, a.Took = time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC), 30*time.Minute, 2*time.Hour, gateway.Cost{USD: 7, Known: true}, 1500*time.Millisecond
			return a, "memory", nil
		}
	}
	if key == keyOf("broken") {
		return nil, "", errors.New("redis://user:vendor-secret@cache is away")
	}
	return nil, "", nil
}

func (keptAnswers) Tiers() []admin.CacheTier {
	n := int64(3)
	return []admin.CacheTier{{Name: "memory", Answers: &n, Bytes: &n}}
}

func (keptAnswers) Advice() []admin.CacheAdvice {
	return []admin.CacheAdvice{{Gateway: "default", Kind: "ttl", Text: "Answers are asked for again soon after their time."}}
}

// looked stores calls with what the cache did for them.
func (g *rig) looked(workspace, model string, words ...string) {
	g.t.Helper()
	var all []*gateway.Entry
	for i, word := range words {
		e := storetest.Entry(i)
		e.Time = g.now.Add(-time.Hour)
		e.ID = storetest.IDAt(e.Time, int(workspace[0])*1000+i)
		e.Workspace, e.Gateway, e.KeyID, e.Provider, e.Model, e.Cache, e.Count, e.Status = workspace, "default", "key-of-"+workspace, "acme", model, word, 1, 200
		e.Saved, e.LatencyMS = gateway.Cost{}, llm.Known(1000)
		if word == "hit" {
			e.CacheTags, e.CacheAgeMS = []string{"docs"}, llm.Known(90_000)
		}
		if word != "miss" {
			e.Saved, e.LatencyMS = gateway.Cost{USD: 5, Known: true}, llm.Known(10)
		}
		all = append(all, e)
	}
	if err := g.store.PutEntries(g.t.Context(), all); err != nil {
		g.t.Fatal(err)
	}
}

func cached(c *admin.Config) {
	serving(c)
	c.Cache = keptAnswers{}
}

func TestTheCacheTellsWhatItServedAndSaved(t *testing.T) {
	g := newRig(t, with(cached))
	g.looked("default", "big", "hit", "hit", "stale", "miss")
	g.looked("other", "small", "semantic", "miss", "miss", "coalesced", "bypass")
	var o admin.CacheOverview
	g.get("/api/v1/cache", &o)
	if o.Total.Calls != 9 || o.Total.Served != 5 || o.Total.Misses != 3 || *o.Total.Ratio != 0.625 || o.Total.Saved != 30 || o.Total.SavedMS != 5*990 {
		t.Errorf("%+v", o.Total)
	}
	if len(o.Models) != 2 || o.Models[0].By["model"] != "big" || o.Models[0].Saved != 15 || len(o.Keys) != 2 || len(o.Gateways) != 1 || len(o.Tiers) != 1 || len(o.Advice) != 1 {
		t.Errorf("%+v", o)
	}
	g.get("/api/v1/cache?workspace=other&from="+g.now.Add(-time.Minute).Format(time.RFC3339), &o)
	if o.Total.Calls != 0 || o.Total.Ratio != nil || len(o.Models) != 0 {
		t.Errorf("of the last minute: %+v", o)
	}
	g.get("/api/v1/cache?to="+g.now.Add(-59*time.Minute).Format(time.RFC3339), &o)
	if o.Total.Calls != 9 || len(o.Models) != 2 || !o.To.Equal(g.now.Add(-59*time.Minute)) || o.To.Sub(o.From) != 24*time.Hour {
		t.Errorf("up to behind the calls: %+v", o)
	}
	g.get("/api/v1/cache?to="+g.now.Add(-time.Hour).Format(time.RFC3339), &o)
	if o.Total.Calls != 0 || len(o.Models)+len(o.Keys)+len(o.Gateways) != 0 {
		t.Errorf("up to the calls: %+v", o)
	}
	for _, bad := range []string{"to=now", "from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z", "from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z"} {
		if f := g.fails(g.do("GET", "/api/v1/cache?"+bad, ""), http.StatusBadRequest, "invalid_request"); f.Error.Details.Field != "to" {
			t.Errorf("%s: %+v", bad, f)
		}
	}
	var r admin.CacheReport
	g.get("/api/v1/cache/report?by=workspace,day&model=small&limit=1", &r)
	if len(r.Data) != 1 || r.More || r.Data[0].By["day"] != "2026-03-01" || r.Data[0].By["workspace"] != "other" || r.Data[0].Semantic != 1 || r.Data[0].Bypassed != 1 {
		t.Errorf("%+v", r)
	}
	f := g.fails(g.do("GET", "/api/v1/cache/report?by=modle", ""), http.StatusBadRequest, "invalid_request")
	if f.Error.Details.Suggestion != "model" || !strings.Contains(f.Error.Message, "gateway, model, provider, key, workspace, route, tag, age, day") {
		t.Errorf("%+v", f)
	}
	g.get("/api/v1/cache/report?by=tag,age&tag=docs", &r)
	if len(r.Data) != 1 || r.Data[0].By["tag"] != "docs" || r.Data[0].By["age"] != "10m" || r.Data[0].Rest || r.Data[0].Served != 2 {
		t.Errorf("%+v", r)
	}
	for _, bad := range []string{"by=model,model", "limit=0", "from=now", "to=1", "user=x"} {
		g.fails(g.do("GET", "/api/v1/cache/report?"+bad, ""), http.StatusBadRequest, "invalid_request")
	}
}

func TestMembersSeeWhatTheCacheDidForTheirWorkspaceAlone(t *testing.T) {
	g := newTown(t)
	g.looked("own", "big", "hit", "miss")
	g.looked("foreign", "small", "hit")
	var o admin.CacheOverview
	secret := g.token(gateway.Token{ID: "tok_v", Workspace: "own", Role: gateway.Viewer})
	g.answered(g.from("192.0.2.1:1", "GET", "/api/v1/cache", "Bearer "+secret), http.StatusOK, &o)
	if o.Total.Calls != 2 || len(o.Models) != 1 || o.Tiers != nil || o.Advice != nil {
		t.Errorf("%+v", o)
	}
}

func TestWhatIsPurgedIsSaidInWordsAndTakesEffectAtOnce(t *testing.T) {
	var refreshed atomic.Int64
	g := newRig(t, with(func(c *admin.Config) {
		cached(c)
		snapshot := *c.Snapshot()
		snapshot.Routes = map[string]*gateway.Route{"support": {}}
		s := catalog.New(snapshot)
		c.Snapshot = func() *catalog.Snapshot { return s }
		c.RefreshPurges = func(context.Context) error { refreshed.Add(1); return nil }
	}))
	key := strings.Repeat("aB", 32)
	for body, want := range map[string]string{
		`{"all":true}`:                      "every answer",
		`{"tag":"docs"}`:                    `every answer with the tag "docs"`,
		`{"key":"` + key + `"}`:             `every answer under the key "` + strings.ToLower(key) + `"`,
		`{"model":"acme/big","older":"7d"}`: `every answer that the provider "acme" gave, that the model "big" gave that was older than 7d`,
		`{"model":"other/big"}`:             `every answer that the model "other/big" gave`,
		`{"gateway":"default","route":"support","workspace":"default"}`: `every answer of the gateway "default", of the workspace "default", asked for by the route "support"`,
		`{"workspace":"default","all":true}`:                            `every answer of the workspace "default"`,
		`{"older":"90m"}`:                                               `every answer that was older than 1h30m`,
	} {
		var p admin.Purge
		g.answered(g.do("POST", "/api/v1/cache/purge", body), http.StatusOK, &p)
		if p.Says != want || p.By != "admin token" || !p.Time.Equal(g.now) || !strings.HasPrefix(p.ID, "prg_") {
			t.Errorf("%s: %+v", body, p)
		}
	}
	stored, err := g.store.Purges(t.Context())
	if err != nil || len(stored) != 8 || refreshed.Load() != 8 {
		t.Errorf("%d purges, %v, %d times at once", len(stored), err, refreshed.Load())
	}
	var list admin.PurgeList
	g.get("/api/v1/cache/purges?workspace=default", &list)
	if len(list.Data) != 2 {
		t.Errorf("%+v", list)
	}
}

func TestAPurgeThatWouldNameNothingIsRefused(t *testing.T) {
	g := newRig(t, with(cached))
	for body, want := range map[string][2]string{
		`{}`:                       {"", "say what to purge"},
		`{"all":true,"tag":"x"}`:   {"all", "beside other fields"},
		`{"key":"abc"}`:            {"key", "64 hexadecimal digits"},
		`{"gateway":"defualt"}`:    {"gateway", "there are default"},
		`{"provider":"acne"}`:      {"provider", "acme"},
		`{"route":"none"}`:         {"route", "no route"},
		`{"older":"yesterday"}`:    {"older", "12h or 7d"},
		`{"older":"0s","tag":"x"}`: {"older", "12h or 7d"},
		`{"tag":"a\u0000b"}`:       {"tag", ""},
		`{"tags":"x"}`:             {"tags", `did you mean "tag"`},
	} {
		f := g.fails(g.do("POST", "/api/v1/cache/purge", body), http.StatusBadRequest, "invalid_request")
		if f.Error.Details.Field != want[0] || !strings.Contains(f.Error.Message, want[1]) {
			t.Errorf("%s: %+v", body, f.Error)
		}
	}
	g.fails(g.do("POST", "/api/v1/cache/purge", `{"workspace":"nowhere"}`), http.StatusNotFound, "not_found")
	if all, err := g.store.Purges(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestOneAnswerIsShownAndItsBodyOnlyWhereBodiesAreRecorded(t *testing.T) {
	bodies := catalog.BodiesFull
	g := newRig(t, with(func(c *admin.Config) {
		cached(c)
		snapshot := c.Snapshot
		c.Snapshot = func() *catalog.Snapshot { snapshot().Gateways["default"].Log.Bodies = bodies; return snapshot() }
	}))
	path := "/api/v1/cache/entries/" + keyOf("default").String()
	var got admin.Cached
	g.get(path, &got)
	if got.Body != nil || got.BodyNote != "" || got.Tier != "memory" || got.Fresh || got.AgeS != 3600 || got.Size != 28 || got.TookMS != 1500 || !got.FreshUntil.Equal(g.now.Add(-30*time.Minute)) || !got.KeptUntil.Equal(g.now.Add(time.Hour)) || got.Tags == nil {
		t.Errorf("%+v", got)
	}
	g.get(path+"?body=true", &got)
	if diff := cmp.Diff(&admin.Body{ContentType: "application/json", Size: 28, Encoding: "text", Content: `{"text":"answer-of-default"}`}, got.Body); diff != "" {
		t.Error(diff)
	}
	bodies, got = catalog.BodiesMetadata, admin.Cached{}
	g.get(path+"?body=true", &got)
	if got.Body != nil || !strings.Contains(got.BodyNote, "log.bodies") {
		t.Errorf("%+v", got)
	}
	g.fails(g.do("GET", "/api/v1/cache/entries/"+keyOf("none").String(), ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/cache/entries/xyz", ""), http.StatusBadRequest, "invalid_request")
	if w := g.do("GET", "/api/v1/cache/entries/"+keyOf("broken").String(), ""); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWithoutARunningGatewayNobodyKnowsWhatIsKept(t *testing.T) {
	g := newRig(t)
	g.fails(g.do("GET", "/api/v1/cache/entries/"+keyOf("own").String(), ""), http.StatusServiceUnavailable, "unavailable")
	var o admin.CacheOverview
	g.get("/api/v1/cache", &o)
	if o.Tiers != nil || o.Total.Calls != 0 {
		t.Errorf("%+v", o)
	}
	var p admin.Purge
	g.answered(g.do("POST", "/api/v1/cache/purge", `{"gateway":"any"}`), http.StatusOK, &p)
	if p.Says != fmt.Sprintf("every answer of the gateway %q", "any") {
		t.Error(p.Says)
	}
}
