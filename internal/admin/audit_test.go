package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// told gives the events of an action, oldest first.
func (g *rig) told(action string) []audit.Event {
	g.t.Helper()
	var p struct{ Data []audit.Event }
	if action != "" {
		action = "&action=" + action
	}
	g.get("/api/v1/audit?order=oldest&limit=500"+action, &p)
	return p.Data
}

func changesOf(e audit.Event) string { return string(e.Changes) }

// holds asserts that the chain does.
func (g *rig) holds() admin.AuditVerified {
	g.t.Helper()
	var v admin.AuditVerified
	g.get("/api/v1/audit/verify", &v)
	if !v.OK || v.Broken != nil || v.Last != v.End {
		g.t.Fatalf("%+v %+v", v, v.Broken)
	}
	return v
}

func TestEveryRouteThatChangesSomethingHasItsAction(t *testing.T) {
	g := newRig(t)
	names := map[string]bool{}
	for _, r := range admin.Deeds(g.handler) {
		names[r.Name] = true
		if r.Method != http.MethodGet && !r.Named {
			t.Errorf("%s (%s %s) changes something; say in deeds what the audit log calls it, or that it only computes", r.Name, r.Method, r.Path)
		}
		if r.Method == http.MethodGet && r.Action == "" && r.Answer != nil && holdsBody(r.Answer, 0) {
			t.Errorf("%s shows bodies; say in deeds what the audit log calls that", r.Name)
		}
		if r.Action != "" && !strings.Contains(r.Action, ".") {
			t.Errorf("%s: %q is no noun and verb", r.Name, r.Action)
		}
	}
	for _, name := range admin.DeedNames() {
		if !names[name] {
			t.Errorf("deeds names %s, which is no route", name)
		}
	}
}

// holdsBody reports whether a type has a body anywhere in it.
func holdsBody(t reflect.Type, deep int) bool {
	switch {
	case deep > 8:
		return false
	case t == reflect.TypeFor[admin.Body]():
		return true
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Map:
		return holdsBody(t.Elem(), deep+1)
	case t.Kind() != reflect.Struct:
		return false
	}
	for i := range t.NumField() {
		if holdsBody(t.Field(i).Type, deep+1) {
			return true
		}
	}
	return false
}

func TestAChangeIsToldWithBeforeAndAfterAndWithoutSecrets(t *testing.T) {
	g := newRig(t)
	var k struct{ ID, Secret string }
	w := g.do("POST", "/api/v1/keys", `{"name":"first","tags":["a"]}`)
	g.answered(w, http.StatusCreated, &k)
	g.answered(g.do("PATCH", "/api/v1/keys/"+k.ID, `{"name":"second","max_output":7}`), http.StatusOK, nil)
	var rotated struct{ Secret string }
	g.answered(g.do("POST", "/api/v1/keys/"+k.ID+"/rotate", `{}`), http.StatusOK, &rotated)
	g.answered(g.do("DELETE", "/api/v1/keys/"+k.ID, ""), http.StatusOK, nil)
	var u struct{ ID string }
	g.answered(g.do("POST", "/api/v1/users", `{"email":"ann@example.com","password":"correct horse battery"}`), http.StatusCreated, &u)
	g.answered(g.do("PATCH", "/api/v1/users/"+u.ID, `{"password":"another battery staple"}`), http.StatusOK, nil)
	g.answered(g.do("DELETE", "/api/v1/users/"+u.ID, ""), http.StatusOK, nil)

	made := g.told("key.create")[0]
	if made.Object != (audit.Object{Kind: "key", ID: k.ID, Name: "first"}) || made.Workspace != "default" || made.Outcome != audit.OK || made.Actor.Kind != "admin_token" || made.Actor.Role != "admin" {
		t.Errorf("%+v", made)
	}
	if made.RequestID == "" || made.RequestID != w.Header().Get("sluice-request-id") || made.IP != "192.0.2.1" || !made.Time.Equal(g.now) {
		t.Errorf("%+v", made)
	}
	if got := changesOf(g.told("key.update")[0]); got != `[{"path":"max_output","before":0,"after":7},{"path":"name","before":"first","after":"second"}]` {
		t.Error(got)
	}
	if got := g.told("key.revoke")[0]; !strings.Contains(changesOf(got), `{"path":"revoked","before":null,"after":"2026-03-01T12:00:00Z"}`) {
		t.Error(changesOf(got))
	}
	if got := changesOf(g.told("user.update")[0]); got != `[{"path":"password","before":"(hidden)","after":"(hidden)"}]` {
		t.Error(got)
	}
	if got := g.told("user.delete")[0]; got.Object.Name != "ann@example.com" || !strings.Contains(changesOf(got), `{"path":"email","before":"ann@example.com","after":null}`) {
		t.Errorf("%+v %s", got, changesOf(got))
	}
	var everything strings.Builder
	for _, e := range g.told("") {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		everything.Write(b)
	}
	hash := gateway.HashKey(k.Secret)
	for _, secret := range []string{k.Secret, rotated.Secret, "battery", token, "argon2", fmt.Sprintf("%x", hash[:])} {
		if strings.Contains(everything.String(), secret) {
			t.Errorf("%q stands in the audit log", secret)
		}
	}
	g.holds()
}

func TestARefusedChangeIsToldOnceAndFloodsAreAddedUp(t *testing.T) {
	g := newRig(t)
	for range 100 {
		g.fails(g.do("DELETE", "/api/v1/keys/nobody", ""), http.StatusNotFound, "not_found")
	}
	all := g.told("key.revoke")
	var times int64
	for _, e := range all {
		if e.Outcome != audit.Refused || e.Code != "not_found" || e.Object.ID != "nobody" {
			t.Errorf("%+v", e)
		}
		times += e.Count
	}
	if len(all) != 3 || times != 100 {
		t.Errorf("%d events for %d refusals", len(all), times)
	}
	g.fails(g.do("DELETE", "/api/v1/keys/nobody", ""), http.StatusNotFound, "not_found")
	g.now = g.now.Add(2 * time.Hour)
	g.fails(g.do("DELETE", "/api/v1/users/nobody", ""), http.StatusNotFound, "not_found") // ends the hour of the others
	if all = g.told("key.revoke"); len(all) != 4 || all[3].Count != 1 {
		t.Errorf("what was left is not told: %d", len(all))
	}
	g.holds()
}

func TestSignInsAreTold(t *testing.T) {
	g := newRig(t)
	g.answered(g.do("POST", "/api/v1/users", `{"email":"ann@example.com","password":"correct horse battery"}`), http.StatusCreated, nil)
	login := func(password string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/api/v1/auth/login", strings.NewReader(`{"email":"Ann@example.com","password":"`+password+`"}`))
		r.Header.Set("User-Agent", "browser/1")
		r.RemoteAddr = "203.0.113.9:1"
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		return w
	}
	g.fails(login("wrong password"), http.StatusUnauthorized, "unauthenticated")
	g.answered(login("correct horse battery"), http.StatusOK, nil)
	for range 12 {
		login("wrong password")
	}
	all := g.told("auth.login")
	if len(all) < 4 || all[0].Outcome != audit.Refused || all[0].Actor != (audit.Actor{Kind: "unknown", Name: "ann@example.com"}) || all[0].UserAgent != "browser/1" {
		t.Fatalf("%+v", all)
	}
	if all[1].Outcome != audit.OK || all[1].Actor.Kind != "user" || all[1].Actor.Name != "ann@example.com" || all[1].Object.ID != all[1].Actor.ID {
		t.Errorf("%+v", all[1])
	}
	if !slices.ContainsFunc(all, func(e audit.Event) bool { return e.Code == "rate_limited" }) {
		t.Errorf("the slow-down is not told: %+v", all)
	}
	wrong := httptest.NewRequest("GET", "/api/v1/keys", nil)
	wrong.Header.Set("Authorization", "Bearer sluice-token-wrong")
	wrong.RemoteAddr = "198.51.100.7:1"
	g.handler.ServeHTTP(httptest.NewRecorder(), wrong)
	if refused := g.told("auth.token"); len(refused) != 1 || refused[0].IP != "198.51.100.7" || refused[0].Code != "unauthenticated" {
		t.Errorf("%+v", refused)
	}
	if uses := g.told("token.use"); len(uses) != 1 || uses[0].Object.ID != "admin_token" {
		t.Errorf("the first use of a token from an address is told once: %+v", uses)
	}
}

// deaf is a store that cannot write the audit log.
type deaf struct {
	*store.Store
	deaf *bool
}

func (s deaf) AppendAudit(ctx context.Context, e audit.Event) (audit.Event, error) {
	if *s.deaf {
		return e, errors.New("no room")
	}
	return s.Store.AppendAudit(ctx, e)
}

func TestWhatCannotBeToldIsNotDone(t *testing.T) {
	var silent bool
	g := newRig(t, with(func(c *admin.Config) { c.Store = deaf{c.Store.(*store.Store), &silent} }))
	var k struct{ ID string }
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"first"}`), http.StatusCreated, &k)
	e := &gateway.Entry{ID: "0190a000-0000-7000-8000-000000000001", Time: g.now, Workspace: "default", Bodies: &gateway.Bodies{Request: gateway.Body{ContentType: "text/plain", Bytes: []byte("said"), Size: 4}}}
	g.stored(e)
	w := g.do("GET", "/api/v1/entries/"+e.ID, "")
	g.answered(w, http.StatusOK, nil)
	if reads := g.told("entry.read"); len(reads) != 1 || reads[0].Object.ID != e.ID || reads[0].Workspace != "default" || strings.Contains(changesOf(reads[0]), "said") {
		t.Errorf("%+v", reads)
	}
	silent = true
	refreshed := g.refreshed.Load()
	g.fails(g.do("DELETE", "/api/v1/keys/"+k.ID, ""), http.StatusInternalServerError, "internal")
	g.fails(g.do("DELETE", "/api/v1/entries/"+e.ID, ""), http.StatusInternalServerError, "internal")
	if w := g.do("GET", "/api/v1/entries/"+e.ID, ""); w.Code == http.StatusOK || strings.Contains(w.Body.String(), "said") {
		t.Errorf("what was said is shown though nobody can tell who saw it: %s", w.Body)
	}
	if g.refreshed.Load() != refreshed {
		t.Error("what was not stored came into force")
	}
	silent = false
	var still gateway.Key
	g.get("/api/v1/keys/"+k.ID, &still)
	if still.Revoked != nil {
		t.Error("the key was revoked, and nobody was told")
	}
	g.answered(g.do("GET", "/api/v1/entries/"+e.ID, ""), http.StatusOK, nil)
}

func TestTheFirstUseOfATokenIsToldOnceHoweverManyComeAtOnce(t *testing.T) {
	g := newRig(t)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			r := httptest.NewRequest("GET", "/api/v1/health", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			g.handler.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	wg.Wait()
	if uses := g.told("token.use"); len(uses) != 1 {
		t.Errorf("told %d times", len(uses))
	}
	if v := g.holds(); v.Broken != nil {
		t.Errorf("%+v", v)
	}
}

func TestOwnersSeeTheirWorkspacesEventsAlone(t *testing.T) {
	g := newTown(t)
	mine := g.key("own")
	g.answered(g.do("DELETE", "/api/v1/keys/"+mine, ""), http.StatusOK, nil)
	g.answered(g.do("DELETE", "/api/v1/keys/"+g.key("foreign"), ""), http.StatusOK, nil)
	g.answered(g.do("POST", "/api/v1/users", `{"email":"new@example.com"}`), http.StatusCreated, nil)
	var made struct{ Secret string }
	g.answered(g.do("POST", "/api/v1/tokens", `{"name":"t","workspace":"own","role":"owner"}`), http.StatusCreated, &made)
	ask := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", "Bearer "+made.Secret)
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		return w
	}
	var p struct{ Data []audit.Event }
	g.answered(ask("/api/v1/audit?limit=500"), http.StatusOK, &p)
	if len(p.Data) < 2 {
		t.Errorf("%+v", p.Data)
	}
	for _, e := range p.Data {
		if e.Workspace != "own" {
			t.Errorf("an event of %q is shown: %+v", e.Workspace, e)
		}
		g.answered(ask(fmt.Sprintf("/api/v1/audit/%d", e.Seq)), http.StatusOK, nil)
	}
	for _, e := range g.told("") {
		if e.Workspace != "own" {
			g.fails(ask(fmt.Sprintf("/api/v1/audit/%d", e.Seq)), http.StatusNotFound, "not_found")
		}
	}
	g.fails(ask("/api/v1/audit/verify"), http.StatusForbidden, "forbidden")
}

func TestTheLogIsVerifiedInSteps(t *testing.T) {
	g := newRig(t)
	for range 6 {
		g.answered(g.do("POST", "/api/v1/keys", `{"name":"k"}`), http.StatusCreated, nil)
	}
	whole := g.holds()
	var v admin.AuditVerified
	g.get("/api/v1/audit/verify?head="+whole.Hash.String(), &v)
	if !v.OK || v.Seen != whole.Last {
		t.Errorf("%+v", v)
	}
	g.get(fmt.Sprintf("/api/v1/audit/verify?after=%d&head=%s", whole.Last, whole.Hash), &v)
	if !v.OK || v.Seen != whole.Last || v.Rows != 0 {
		t.Errorf("%+v", v)
	}
	g.get("/api/v1/audit/verify?head="+strings.Repeat("0", 64), &v)
	if v.OK || v.Broken == nil {
		t.Errorf("%+v", v)
	}
	g.fails(g.do("GET", "/api/v1/audit/verify?head=abc", ""), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("GET", "/api/v1/audit/verify?after=x", ""), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("GET", "/api/v1/audit/verify?after=999", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/audit/nobody", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/audit?outcome=maybe", ""), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("GET", "/api/v1/audit?order=random", ""), http.StatusBadRequest, "invalid_request")
}
