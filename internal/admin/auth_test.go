package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// as asks with an API token.
func (g *town) as(secret, method, path, body string) *httptest.ResponseRecorder {
	g.t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return w
}

func (g *town) ofUser(roles ...string) (id, secret string) {
	id = g.user(false, roles...)
	return id, g.token(gateway.Token{User: id})
}

// browse asks as a browser does at an address, with cookies and maybe the CSRF header.
func (g *town) browse(method, url, body, csrf string, cookies []*http.Cookie, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	for _, c := range cookies {
		r.AddCookie(c)
	}
	if csrf != "" {
		r.Header.Set("sluice-csrf", csrf)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return w
}

const (
	somePassword = "correct horse battery"
	loginBody    = `{"email":"Ann@Example.com","password":"` + somePassword + `"}`
)

// ann makes an admin who can log in.
func (g *town) ann() {
	g.t.Helper()
	g.answered(g.do("POST", "/api/v1/auth/setup", `{"email":"ann@example.com","password":"`+somePassword+`"}`), http.StatusCreated, nil)
}

func TestARouteThatDeclaresNothingIsClosedToAll(t *testing.T) {
	g := newTown(t)
	var c admin.Config
	with := newRig(t, with(func(in *admin.Config) { c = *in }))
	with.handler = admin.NewWithUndeclared(c)
	with.fails(with.do("GET", "/api/v1/undeclared", ""), http.StatusForbidden, "forbidden")
	with.handler = admin.NewWithUnscoped(c)
	with.fails(with.do("GET", "/api/v1/unscoped", ""), http.StatusInternalServerError, "internal")
	_ = g
}

func TestAPersonLogsInActsAndLogsOut(t *testing.T) {
	g := newTown(t)
	g.ann()
	w := g.browse("POST", "https://sluice.test/api/v1/auth/login", loginBody, "", nil)
	var s admin.Session
	g.answered(w, http.StatusOK, &s)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Name != "__Host-sluice_session" || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteStrictMode || cookies[0].Path != "/" || cookies[0].Domain != "" || cookies[0].MaxAge != 12*3600 {
		t.Fatalf("%+v", cookies)
	}
	if !s.Admin || s.User.Email != "ann@example.com" || s.CSRF == "" || strings.Contains(w.Body.String(), cookies[0].Value) || strings.Contains(w.Body.String(), "argon2") {
		t.Errorf("%s", w.Body)
	}
	var again admin.Session
	g.answered(g.browse("GET", "https://sluice.test/api/v1/auth/session", "", "", cookies), http.StatusOK, &again)
	if again.CSRF != s.CSRF {
		t.Errorf("another CSRF token: %+v", again)
	}
	g.answered(g.browse("POST", "https://sluice.test/api/v1/keys", `{"name":"a"}`, s.CSRF, cookies, "Origin", "https://sluice.test"), http.StatusCreated, nil)
	plain := *cookies[0]
	plain.Name = "sluice_session"
	g.fails(g.browse("GET", "https://sluice.test/api/v1/keys", "", "", []*http.Cookie{&plain}), http.StatusUnauthorized, "unauthenticated")
	g.fails(g.browse("GET", "https://sluice.test/api/v1/keys", "", "", append(cookies, cookies...)), http.StatusUnauthorized, "unauthenticated")
	var out admin.LoggedOut
	w = g.browse("POST", "https://sluice.test/api/v1/auth/logout", "", s.CSRF, cookies)
	g.answered(w, http.StatusOK, &out)
	if c := w.Result().Cookies(); !out.Ended || len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("%+v %+v", out, c)
	}
	g.fails(g.browse("GET", "https://sluice.test/api/v1/keys", "", "", cookies), http.StatusUnauthorized, "unauthenticated")
}

func TestASessionEndsByTimePasswordAndDisabling(t *testing.T) {
	g := newTown(t)
	g.ann()
	login := func() ([]*http.Cookie, admin.Session) {
		w := g.browse("POST", "http://sluice.test/api/v1/auth/login", loginBody, "", nil)
		var s admin.Session
		g.answered(w, http.StatusOK, &s)
		return w.Result().Cookies(), s
	}
	asks := func(c []*http.Cookie) int {
		return g.browse("GET", "http://sluice.test/api/v1/auth/session", "", "", c).Code
	}
	first, s := login()
	if first[0].Name != "sluice_session" || first[0].Secure {
		t.Errorf("without TLS: %+v", first[0])
	}
	second, _ := login()
	w := g.browse("POST", "http://sluice.test/api/v1/auth/password", `{"current":"`+somePassword+`","new":"another long one"}`, s.CSRF, first)
	g.answered(w, http.StatusOK, nil)
	third := w.Result().Cookies()
	if asks(first) != 401 || asks(second) != 401 || asks(third) != 200 {
		t.Errorf("after a new password: %d %d %d", asks(first), asks(second), asks(third))
	}
	g.now = g.now.Add(13 * time.Hour)
	if asks(third) != 401 {
		t.Error("a session does not expire")
	}
}

func TestLoginFollowsNoForeignPageAndTellsNothing(t *testing.T) {
	g := newTown(t)
	g.ann()
	g.fails(g.browse("POST", "http://sluice.test/api/v1/auth/login", loginBody, "", nil, "Origin", "https://evil.example"), http.StatusForbidden, "forbidden")
	g.fails(g.browse("POST", "http://sluice.test/api/v1/auth/login", loginBody, "", nil, "Sec-Fetch-Site", "cross-site"), http.StatusForbidden, "forbidden")
	wrong := g.browse("POST", "http://sluice.test/api/v1/auth/login", `{"email":"ann@example.com","password":"wrong-password"}`, "", nil)
	nobody := g.browse("POST", "http://sluice.test/api/v1/auth/login", `{"email":"bob@example.com","password":"wrong-password"}`, "", nil)
	g.fails(wrong, http.StatusUnauthorized, "unauthenticated")
	if wrong.Body.String() != nobody.Body.String() {
		t.Errorf("%s\n%s", wrong.Body, nobody.Body)
	}
}

func TestWrongPasswordsSlowAnAddressAndAnAccountDown(t *testing.T) {
	g := newTown(t)
	g.ann()
	wrong := strings.Repeat("x", 2000) // which is refused without much work
	login := func(address, email, password string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/api/v1/auth/login", strings.NewReader(`{"email":"`+email+`","password":"`+password+`"}`))
		r.RemoteAddr = address + ":1"
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		return w
	}
	for i := range 10 { // from as many addresses
		g.fails(login("192.0.2."+string(rune('0'+i)), " ANN@example.com", wrong), http.StatusUnauthorized, "unauthenticated")
	}
	w := login("198.51.100.1", "ann@example.com", somePassword)
	g.fails(w, http.StatusTooManyRequests, "rate_limited")
	if w.Header().Get("Retry-After") != "1" {
		t.Errorf("retry-after %q", w.Header().Get("Retry-After"))
	}
	g.now = g.now.Add(time.Second)
	g.answered(login("198.51.100.1", "ann@example.com", somePassword), http.StatusOK, nil)
	g.now = g.now.Add(time.Minute)
	for i := range 10 { // to as many accounts
		g.fails(login("203.0.113.1", "user"+string(rune('0'+i))+"@example.com", wrong), http.StatusUnauthorized, "unauthenticated")
	}
	g.fails(login("203.0.113.1", "ann@example.com", somePassword), http.StatusTooManyRequests, "rate_limited")
	g.answered(login("203.0.113.2", "ann@example.com", somePassword), http.StatusOK, nil)
	for range 11 { // right ones cost nothing
		g.answered(login("203.0.113.3", "ann@example.com", somePassword), http.StatusOK, nil)
	}
}

func TestOnlyTheFirstUserIsMadeBySetup(t *testing.T) {
	g := newTown(t)
	g.fails(g.do("POST", "/api/v1/auth/setup", `{"email":"ann@example.com"}`), http.StatusBadRequest, "invalid_request")
	g.ann()
	g.fails(g.do("POST", "/api/v1/auth/setup", `{"email":"eve@example.com","password":"`+somePassword+`"}`), http.StatusConflict, "conflict")
	f := g.fails(g.do("POST", "/api/v1/users", `{"email":"ANN@example.com"}`), http.StatusConflict, "conflict")
	if f.Error.Details.Field != "email" {
		t.Errorf("%+v", f)
	}
	for body, field := range map[string]string{`{"email":"nobody"}`: "email", `{"email":"a@b.c","password":"short"}`: "password", `{"email":"Ann <ann@b.c>"}`: "email"} {
		if f := g.fails(g.do("POST", "/api/v1/users", body), http.StatusBadRequest, "invalid_request"); f.Error.Details.Field != field {
			t.Errorf("%s: %+v", body, f)
		}
	}
}

func TestRightsEndAtOnce(t *testing.T) {
	g := newTown(t)
	id, secret := g.ofUser("own", "editor")
	path := "/keys/" + g.key("own")
	g.answered(g.as(secret, "GET", path, ""), http.StatusOK, nil)
	g.answered(g.do("PUT", "/api/v1/members/own/"+id, `{"role":"viewer"}`), http.StatusOK, nil)
	g.fails(g.as(secret, "DELETE", path, ""), http.StatusForbidden, "forbidden")
	g.answered(g.do("DELETE", "/api/v1/members/own/"+id, ""), http.StatusOK, nil)
	g.fails(g.as(secret, "GET", path, ""), http.StatusForbidden, "forbidden")
	g.answered(g.do("PATCH", "/api/v1/users/"+id, `{"disabled":true}`), http.StatusOK, nil)
	g.fails(g.as(secret, "GET", "/auth/session", ""), http.StatusUnauthorized, "unauthenticated")
	g.answered(g.do("PATCH", "/api/v1/users/"+id, `{"disabled":false}`), http.StatusOK, nil)
	g.answered(g.as(secret, "GET", "/auth/session", ""), http.StatusOK, nil)
	g.answered(g.do("DELETE", "/api/v1/users/"+id, ""), http.StatusOK, nil)
	g.fails(g.as(secret, "GET", "/auth/session", ""), http.StatusUnauthorized, "unauthenticated")
}

func TestNobodyGivesHimselfMoreThanHeHas(t *testing.T) {
	g := newTown(t)
	editor, ed := g.ofUser("own", "editor")
	owner, own := g.ofUser("own", "owner")
	bossID := g.user(true)
	boss := g.token(gateway.Token{User: bossID})
	short := g.now.Add(time.Hour)
	brief := g.token(gateway.Token{User: owner, Expires: &short})
	for _, c := range []struct {
		what, secret, method, path, body string
		status                           int
		code                             string
	}{
		{"an editor makes himself owner", ed, "PUT", "/members/own/" + editor, `{"role":"owner"}`, 403, "forbidden"},
		{"an editor makes a token of an owner", ed, "POST", "/tokens", `{"name":"x","workspace":"own","role":"owner"}`, 403, "forbidden"},
		{"an owner makes an admin's token", own, "POST", "/tokens", `{"name":"x","admin":true}`, 403, "forbidden"},
		{"an owner makes a token elsewhere", own, "POST", "/tokens", `{"name":"x","workspace":"foreign","role":"viewer"}`, 404, "not_found"},
		{"an owner makes a token with an unknown role", own, "POST", "/tokens", `{"name":"x","workspace":"own","role":"admin"}`, 400, "invalid_request"},
		{"an owner makes himself admin", own, "PATCH", "/users/" + owner, `{"admin":true}`, 403, "forbidden"},
		{"an owner takes a role elsewhere", own, "PUT", "/members/foreign/" + owner, `{"role":"owner"}`, 404, "not_found"},
		{"an owner gives an unknown role", own, "PUT", "/members/own/" + editor, `{"role":"admin"}`, 400, "invalid_request"},
		{"an owner makes a credential for all", own, "POST", "/credentials", `{"provider":"acme","name":"x","api_key":"k"}`, 403, "forbidden"},
		{"an editor moves a key to another workspace", ed, "PATCH", "/keys/" + g.key("own"), `{"workspace":"foreign"}`, 400, "invalid_request"},
		{"an editor claims a certificate", ed, "POST", "/keys", `{"name":"x","workspace":"own","subject":"CN=other"}`, 403, "forbidden"},
		{"an editor claims one later", ed, "PATCH", "/keys/" + g.key("own"), `{"subject":"CN=other"}`, 403, "forbidden"},
		{"an owner raises the budget of all", own, "POST", "/raises", `{"rule":"gateway/default/b","amount_usd":9,"until":"1d"}`, 400, "invalid_request"},
		{"an owner raises another's key", own, "POST", "/raises", `{"rule":"key/` + g.key("foreign") + `/b","amount_usd":9,"until":"1d","workspace":"own"}`, 404, "not_found"},
		{"an owner mutes the budget of all", own, "POST", "/alerts/mutes", `{"rule":"gateway/default/b","until":"1d"}`, 404, "not_found"},
		{"an owner mutes the budget of another's key", own, "POST", "/alerts/mutes", `{"rule":"key/` + g.key("foreign") + `/b","until":"1d"}`, 404, "not_found"},
		{"a budget is muted that is none", boss, "POST", "/alerts/mutes", `{"rule":"gateway/default/none","until":"1d"}`, 404, "not_found"},
		{"a rule is muted that is none", boss, "POST", "/alerts/mutes", `{"rule":"alerts/none","until":"1d"}`, 404, "not_found"},
		{"an owner ends an admin's raise", own, "DELETE", "/raises/" + g.object("raises", ""), "", 404, "not_found"},
		{"an admin locks himself out", boss, "PATCH", "/users/" + bossID, `{"disabled":true}`, 409, "conflict"},
		{"an admin gives his rights away", boss, "PATCH", "/users/" + bossID, `{"admin":false}`, 409, "conflict"},
		{"an admin deletes himself", boss, "DELETE", "/users/" + bossID, "", 409, "conflict"},
		{"a token outlives itself", brief, "POST", "/tokens", `{"name":"x","expires":"30d"}`, 403, "forbidden"},
		{"the last owner leaves", own, "DELETE", "/members/own/" + owner, "", 409, "conflict"},
		{"the last owner becomes less", own, "PUT", "/members/own/" + owner, `{"role":"viewer"}`, 409, "conflict"},
		{"a key brings an API token as its secret", own, "POST", "/keys", `{"name":"x","workspace":"own","secret":"` + ed + `"}`, 400, "invalid_request"},
		{"a stranger's token is revoked", ed, "DELETE", "/tokens/" + g.object("tokens", "foreign"), "", 404, "not_found"},
		{"a token changes a password", own, "POST", "/auth/password", `{"current":"x","new":"yyyyyyyyyyyy"}`, 403, "forbidden"},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := g.as(c.secret, c.method, c.path, c.body)
			var f failure
			if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != c.status || f.Error.Code != c.code {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	var made admin.CreatedToken
	g.answered(g.as(brief, "POST", "/tokens", `{"name":"x"}`), http.StatusCreated, &made)
	if made.Expires == nil || !made.Expires.Equal(short) {
		t.Errorf("a token of a token ends %v", made.Expires)
	}
}

func TestEverybodySeesAndEndsHisOwnTokensOnly(t *testing.T) {
	g := newTown(t)
	ann, annToken := g.ofUser("own", "viewer")
	_, bobToken := g.ofUser("own", "owner")
	var made admin.CreatedToken
	g.answered(g.as(annToken, "POST", "/tokens", `{"name":"mine"}`), http.StatusCreated, &made)
	if made.User != ann || !strings.HasPrefix(made.Secret, admin.TokenPrefix) {
		t.Errorf("%+v", made)
	}
	g.answered(g.as(made.Secret, "GET", "/keys", ""), http.StatusOK, nil)
	var list admin.TokenPage
	g.answered(g.as(annToken, "GET", "/tokens", ""), http.StatusOK, &list)
	if len(list.Data) != 2 {
		t.Errorf("%+v", list)
	}
	g.answered(g.as(bobToken, "GET", "/tokens?user="+ann, ""), http.StatusOK, &list)
	if len(list.Data) != 0 {
		t.Errorf("another's: %+v", list)
	}
	g.fails(g.as(bobToken, "DELETE", "/tokens/"+made.ID, ""), http.StatusNotFound, "not_found")
	g.answered(g.as(annToken, "DELETE", "/tokens/"+made.ID, ""), http.StatusOK, nil)
	g.fails(g.as(made.Secret, "GET", "/keys", ""), http.StatusUnauthorized, "unauthenticated")
}
