package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestAKeysSecretIsShownOnceAndItsHashNever(t *testing.T) {
	g := newRig(t)
	var made admin.CreatedKey
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"app","expires":"30d","models":["a/*"],"operations":["chat"],"metadata":{ "plan" : "free" }}`), http.StatusCreated, &made)
	if !strings.HasPrefix(made.Secret, auth.SecretPrefix) || made.Workspace != "default" || !strings.HasPrefix(made.ID, "key_") {
		t.Fatalf("%+v", made)
	}
	if want := g.now.Add(30 * 24 * time.Hour); !made.Expires.Equal(want) {
		t.Errorf("expires %v, want %v", made.Expires, want)
	}
	stored, err := g.store.Key(t.Context(), made.ID)
	if err != nil || stored.Hash != gateway.HashKey(made.Secret) {
		t.Fatalf("stored %+v, %v", stored, err)
	}
	if g.refreshed.Load() != 1 {
		t.Error("the change is not effective at once")
	}
	for _, path := range []string{"/api/v1/keys", "/api/v1/keys/" + made.ID} {
		body := g.do("GET", path, "").Body.String()
		if strings.Contains(body, made.Secret) || strings.Contains(strings.ToLower(body), "hash") {
			t.Errorf("%s shows too much: %s", path, body)
		}
		if !strings.Contains(body, made.Hint) || !strings.Contains(body, `"metadata":{"plan":"free"}`) || !strings.Contains(body, `"gateways":[]`) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestASecretCanBeBroughtAlongOnce(t *testing.T) {
	g := newRig(t)
	var made admin.CreatedKey
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"a","secret":"0123456789abcdef"}`), http.StatusCreated, &made)
	if made.Secret != "0123456789abcdef" || strings.Contains(made.Hint, "56789") {
		t.Fatalf("%+v", made)
	}
	f := g.fails(g.do("POST", "/api/v1/keys", `{"name":"b","secret":"0123456789abcdef"}`), http.StatusConflict, "conflict")
	if f.Error.Details.Field != "secret" {
		t.Fatalf("%+v", f)
	}
}

func TestABadKeyIsRefusedWithTheFieldsName(t *testing.T) {
	g := newRig(t)
	for body, field := range map[string]string{
		``: "", `{`: "", `[]`: "", `null`: "name", `{"name":"a"} {}`: "",
		`{}`: "name", `{"name":7}`: "name", `{"name":" "}`: "name", `{"name":"a\u001bb"}`: "name", `{"name":"` + strings.Repeat("x", 201) + `"}`: "name",
		`{"name":"a","expire":"1d"}`: "expire", `{"name":"a","expires":"soon"}`: "expires", `{"name":"a","expires":"2020-01-01T00:00:00Z"}`: "expires",
		`{"name":"a","expires":"0s"}`: "expires", `{"name":"a","models":"x"}`: "models", `{"name":"a","models":[""]}`: "models",
		`{"name":"a","gateways":["a\u0000"]}`: "gateways", `{"name":"a","operations":["chatt"]}`: "operations", `{"name":"a","metadata":[1]}`: "metadata",
		`{"name":"a","metadata":{"x":"` + strings.Repeat("x", 5000) + `"}}`: "metadata", `{"name":"a","secret":"short"}`: "secret",
		`{"name":"a","secret":"has spaces in it, many"}`: "secret", `{"name":"a","secret":"` + token + `"}`: "secret", `{"name":"a","workspace":"nobody"}`: "workspace",
	} {
		f := g.fails(g.do("POST", "/api/v1/keys", body), http.StatusBadRequest, "invalid_request")
		if f.Error.Details.Field != field {
			t.Errorf("%s: field %q, want %q (%s)", body, f.Error.Details.Field, field, f.Error.Message)
		}
		if strings.Contains(f.Error.Message, token) {
			t.Errorf("the message holds a secret: %s", f.Error.Message)
		}
	}
	f := g.fails(g.do("POST", "/api/v1/keys", `{"name":"a","expire":"1d"}`), http.StatusBadRequest, "invalid_request")
	if f.Error.Details.Suggestion != "expires" {
		t.Errorf("suggestion %q", f.Error.Details.Suggestion)
	}
	g.fails(g.do("POST", "/api/v1/keys", `{"name":"`+strings.Repeat("x", 1<<20)+`"}`), http.StatusRequestEntityTooLarge, "body_too_large")
	var list admin.KeyPage
	g.get("/api/v1/keys", &list)
	if len(list.Data) != 0 || g.refreshed.Load() != 0 {
		t.Errorf("something changed: %+v", list)
	}
}

func TestARevokedKeyStaysInTheListWithItsTime(t *testing.T) {
	g := newRig(t)
	var a, b admin.CreatedKey
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"a"}`), http.StatusCreated, &a)
	g.now = g.now.Add(time.Second)
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"b"}`), http.StatusCreated, &b)
	var k gateway.Key
	g.answered(g.do("DELETE", "/api/v1/keys/"+a.ID, ""), http.StatusOK, &k)
	if k.Revoked == nil || !k.Revoked.Equal(g.now) || g.refreshed.Load() != 3 {
		t.Fatalf("%+v, refreshed %d", k, g.refreshed.Load())
	}
	g.now = g.now.Add(time.Hour)
	g.answered(g.do("POST", "/api/v1/keys/"+a.ID+"/revoke", ""), http.StatusOK, &k)
	if !k.Revoked.Equal(g.now.Add(-time.Hour)) {
		t.Fatalf("the first time is lost: %v", k.Revoked)
	}
	for query, want := range map[string]string{"": "b a", "?revoked=true": "a", "?revoked=false": "b", "?name=a": "a", "?workspace=other": ""} {
		var list admin.KeyPage
		g.get("/api/v1/keys"+query, &list)
		var names []string
		for _, k := range list.Data {
			names = append(names, k.Name)
		}
		if strings.Join(names, " ") != want {
			t.Errorf("%q: %v, want %s", query, names, want)
		}
	}
	g.fails(g.do("DELETE", "/api/v1/keys/nobody", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/keys/nobody", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/keys?revoked=maybe", ""), http.StatusBadRequest, "invalid_request")
}

func TestKeysArePagedNewestFirst(t *testing.T) {
	g := newRig(t)
	for _, name := range []string{"a", "b", "c"} {
		g.now = g.now.Add(time.Second)
		g.answered(g.do("POST", "/api/v1/keys", `{"name":"`+name+`"}`), http.StatusCreated, nil)
	}
	var first, second admin.KeyPage
	g.get("/api/v1/keys?limit=2", &first)
	g.get("/api/v1/keys?limit=2&cursor="+first.Next, &second)
	if first.Data[0].Name+first.Data[1].Name+second.Data[0].Name != "cba" || second.Next != "" {
		t.Fatalf("%+v %+v", first, second)
	}
}

func TestWorkspacesAreMadeAndListed(t *testing.T) {
	g := newRig(t)
	var w gateway.Workspace
	g.answered(g.do("POST", "/api/v1/workspaces", `{"id":"team-a","name":"Team A"}`), http.StatusCreated, &w)
	g.get("/api/v1/workspaces/team-a", &w)
	if w.Name != "Team A" || !w.Created.Equal(g.now) {
		t.Fatalf("%+v", w)
	}
	var list admin.WorkspacePage
	g.get("/api/v1/workspaces", &list)
	if len(list.Data) != 2 {
		t.Fatalf("%+v", list)
	}
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"a","workspace":"team-a"}`), http.StatusCreated, nil)
	g.fails(g.do("POST", "/api/v1/workspaces", `{"id":"team-a"}`), http.StatusConflict, "conflict")
	g.fails(g.do("GET", "/api/v1/workspaces/nobody", ""), http.StatusNotFound, "not_found")
	for _, id := range []string{"", "Team", "a b", "-a", strings.Repeat("a", 65), "../x"} {
		g.fails(g.do("POST", "/api/v1/workspaces", `{"id":"`+id+`"}`), http.StatusBadRequest, "invalid_request")
	}
}

func TestRegionsOfAKeyAreKeptChangedAndTakenAway(t *testing.T) {
	g := newRig(t)
	var made admin.CreatedKey
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"a","regions":["eu","us-east-1"]}`), http.StatusCreated, &made)
	var k gateway.Key
	for _, c := range []struct{ change, want string }{
		{`{"name":"b"}`, "[eu us-east-1]"}, {`{"regions":["eu"]}`, "[eu]"}, {`{"regions":[]}`, "[]"},
	} {
		g.answered(g.do("PATCH", "/api/v1/keys/"+made.ID, c.change), http.StatusOK, &k)
		if fmt.Sprint(k.Regions) != c.want || k.Regions == nil {
			t.Errorf("%s: %v, want %s", c.change, k.Regions, c.want)
		}
	}
	for _, wrong := range []string{`"EU"`, `"eu west"`, `""`, `"eu*"`, `"-eu"`} {
		f := g.fails(g.do("PATCH", "/api/v1/keys/"+made.ID, `{"regions":[`+wrong+`]}`), http.StatusBadRequest, "invalid_request")
		if f.Error.Details.Field != "regions" {
			t.Errorf("%s: %+v", wrong, f)
		}
	}
}
