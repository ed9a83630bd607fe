package admin_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// op is one route, as the document, which comes from the table of routes, tells of it.
type op struct {
	method, path, name, access string
}

// inBody are the bodies of routes that need one: WS stands for a workspace, KEY for a key
// in it, NEW for a new name, LONG for a password that is refused without much work.
var inBody = map[string]string{
	"createErasure":    `{"user":"jane","workspace":"WS"}`,
	"createShred":      `{"workspace":"WS"}`,
	"createKey":        `{"name":"k","workspace":"WS"}`,
	"updateKey":        `{"name":"renamed"}`,
	"rotateKey":        `{"grace_seconds":60}`,
	"createWorkspace":  `{"id":"NEW"}`,
	"updateWorkspace":  `{"name":"other"}`,
	"putMember":        `{"role":"editor"}`,
	"createUser":       `{"email":"NEW@example.com"}`,
	"updateUser":       `{"name":"other"}`,
	"login":            `{"email":"nobody@example.com","password":"LONG"}`,
	"changePassword":   `{"current":"LONG","new":"another-password"}`,
	"setup":            `{"email":"first@example.com","password":"long-enough-1"}`,
	"createToken":      `{"name":"t","workspace":"WS","role":"viewer"}`,
	"createRaise":      `{"rule":"key/KEY/b","amount_usd":1,"until":"1d","workspace":"WS"}`,
	"createCredential": `{"provider":"acme","name":"NEW","workspace":"WS","api_key":"vendor-secret"}`,
	"updateCredential": `{"weight":3}`,
	"setSecret":        `{"value":"vendor-secret"}`,
	"validateConfig":   ``,
	"putConfig":        `{gateways: {default: {}}}`,
	"diffConfig":       `{gateways: {default: {}}}`,
	"explainRoute":     `{"key_id":"KEY"}`,
	"testProvider":     `{}`,
	"askPlayground":    `{"workspace":"WS","body":{}}`,
	"rollbackCanary":   `{"reason":"NEW"}`,
	"putDrain":         `{"provider":"acme","model":"NEW"}`,
	"rateEntry":        `{"feedback":"up"}`,
	"replayEntry":      `{}`,
	"createAlertMute":  `{"rule":"alerts/rule-WS","until":"1h"}`,
	"purgeCache":       `{"workspace":"WS","tag":"NEW"}`,
}

// special are routes whose answer is another one than success to whoever may call them,
// or whose rights depend on more than their declaration.
var special = map[string]struct {
	success []int
	role    gateway.Role // in the workspace of the object, beyond "signed in"
	session bool         // only a session may
}{
	"login":            {success: []int{401}},
	"changePassword":   {success: []int{401}, session: true},
	"setup":            {success: []int{409}},
	"testAlertChannel": {success: []int{404}}, // none is configured
	"getExport":        {success: []int{404}},
	"testExport":       {success: []int{404}},
	"pauseExport":      {success: []int{404}},
	"resumeExport":     {success: []int{404}},
	"startOIDC":        {success: []int{404}}, // none is configured
	"finishOIDC":       {success: []int{404}},
	"createToken":      {role: gateway.Owner},
	"deleteToken":      {role: gateway.Owner},
	"replayEntry":      {success: []int{503}}, // nothing is served here
	"getDiagnosis":     {success: []int{503}},
}

// lists show what the caller may see; the others touch one workspace.
var lists = []string{"listAudit", "listSessions", "listEntries", "deleteEntries", "tailEntries", "listKeys", "listWorkspaces", "listRaises", "getSpend", "compare", "listAlerts", "listActiveAlerts", "listAlertRules", "listAlertMutes", "listCredentials", "getCache", "getCacheReport", "listPurges", "getAnalytics", "getAnalyticsSummary", "getCosts", "getCapacity", "getKeyUsage", "getRouteTraffic", "listErasures", "getRedactions"}

// needWorkspace are lists of one workspace, which the query names.
var needWorkspace = []string{"exportUser", "listMembers", "listLimits", "listBudgets"}

// expected is what a caller gets, by what the route declares.
func (a *actor) expected(o *op, workspace string) []int {
	success := []int{200, 201, 303}
	sp := special[o.name]
	if sp.success != nil {
		success = sp.success
	}
	switch {
	case o.access == "anyone":
		if a.careless && o.method != "GET" && a.name == "session from a foreign page" {
			return []int{403}
		}
		return success
	case !a.valid:
		return []int{401}
	case a.careless && o.method != "GET":
		return []int{403}
	case sp.session && !a.session:
		return []int{403}
	case a.admin:
		return success
	case o.access == "admin":
		return []int{403}
	case o.access == "signed in" && sp.role == "":
		return success
	}
	needs := gateway.Role(o.access)
	if sp.role != "" {
		needs = sp.role
	}
	return a.inWorkspace(o, needs, workspace, success)
}

func (a *actor) inWorkspace(o *op, needs gateway.Role, workspace string, success []int) []int {
	anywhere := o.access == "signed in"
	for _, r := range a.roles {
		anywhere = anywhere || r.Allows(needs)
	}
	switch role := a.roles[workspace]; {
	case !anywhere:
		return []int{403}
	case slices.Contains(lists, o.name), role.Allows(needs):
		return success
	case role == "" || o.name == "deleteToken":
		return []int{404}
	}
	return []int{403}
}

func (g *town) operations() []op {
	var d document
	g.get("/api/v1/openapi.json", &d)
	var all []op
	for path, methods := range d.Paths {
		for method, o := range methods {
			all = append(all, op{strings.ToUpper(method), path, o.OperationID, o.Access})
		}
	}
	slices.SortFunc(all, func(a, b op) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// target gives the path and body of a call that touches a workspace.
func (g *town) target(o *op, workspace string) (path, body string) {
	noun := strings.Split(o.path, "/")[3]
	path = strings.Replace(o.path, "{workspace}", workspace, 1)
	if strings.Contains(path, "{user}") {
		user := g.user(false)
		if o.method == "DELETE" {
			g.must(g.store.PutMember(g.t.Context(), gateway.Member{Workspace: workspace, User: user, Role: gateway.Viewer, Created: g.now}))
		}
		path = strings.Replace(path, "{user}", user, 1)
	}
	if o.name == "deleteDrain" {
		model := g.next("model-")
		g.must(g.store.PutDrain(g.t.Context(), gateway.Drain{Provider: "acme", Model: model, Time: g.now}))
		path += "?provider=acme&model=" + model
	}
	if o.name == "deleteWorkspace" {
		fresh := g.next("ws")
		g.must(g.store.CreateWorkspace(g.t.Context(), gateway.Workspace{ID: fresh, Name: fresh, Created: g.now}))
		path = strings.Replace(path, "{id}", fresh, 1)
	}
	if o.name == "endAlertMute" {
		mute := g.next("mut_")
		g.must(g.store.CreateAlertMute(g.t.Context(), gateway.AlertMute{ID: mute, Rule: "alerts/rule-" + workspace, Reason: "mute-of-" + workspace, Workspace: workspace, Created: g.now, Until: g.now.Add(time.Hour)}))
		path = strings.Replace(path, "{id}", mute, 1)
	}
	if noun == "exports" {
		path = strings.Replace(path, "{name}", "nowhere", 1) // none is configured
	}
	if before, _, ok := strings.Cut(path, "{"); ok {
		path = before + g.object(noun, workspace) + path[strings.Index(path, "}")+1:]
	}
	if slices.Contains(lists, o.name) && o.name != "listWorkspaces" && (workspace == "foreign" || o.method == "DELETE") || slices.Contains(needWorkspace, o.name) {
		filter := "?workspace="
		if noun == "analytics" {
			filter = "?filter.workspace="
		}
		path += filter + workspace
	}
	switch o.name {
	case "getKeyUsage":
		path = o.path + "?id=" + g.key(workspace)
	case "getBudgetBurn":
		path = o.path + "?rule=gateway/default/pocket&counter=counter-of-" + workspace
	}
	if o.name == "compare" {
		if !strings.Contains(path, "?") {
			path += "?"
		}
		path += "&a=acme/x&b=acme/y"
	}
	if o.name == "putConfig" || o.name == "rollbackConfig" {
		newest, err := g.store.NewestRevision(g.t.Context())
		g.must(err)
		path += fmt.Sprintf("?revision=%d", newest.Number)
	}
	body = strings.NewReplacer("WS", workspace, "NEW", g.next("new"), "LONG", strings.Repeat("x", 2000)).Replace(inBody[o.name])
	if before, after, ok := strings.Cut(body, "KEY"); ok {
		body = before + g.key(workspace) + after
	}
	return path, body
}

func TestEveryRouteLetsInWhomItDeclaresAndNobodyElse(t *testing.T) {
	g := newTown(t)
	server := httptest.NewServer(g.handler)
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	version := g.watchStore()
	for _, noun := range []string{"config", "keys", "entries", "credentials", "raises", "alerts", "cache"} {
		g.object(noun, "own")
		g.object(noun, "foreign")
	}
	blank := version()
	actors, calls := g.actors(), 0
	if version() == blank {
		t.Fatal("a write to the store is not noticed")
	}
	for _, o := range g.operations() {
		if o.access == "" {
			t.Errorf("%s declares nothing", o.name)
		}
		if _, ok := inBody[o.name]; !ok && slices.Contains([]string{"PUT", "PATCH"}, o.method) {
			t.Errorf("the matrix has no body for %s; say it in inBody", o.name)
		}
		for _, workspace := range []string{"own", "foreign"} {
			if workspace == "foreign" && (o.access == "anyone" || o.access == "admin") {
				continue // it touches none
			}
			for i := range actors {
				g.now = g.now.Add(2 * time.Second) // wrong tokens slow down
				path, body := g.target(&o, workspace)
				method := o.method
				if o.name == "tailEntries" {
					method = http.MethodHead // a GET stays open
				}
				r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
				g.must(err)
				actors[i].sign(r)
				before := version()
				resp, err := client.Do(r)
				g.must(err)
				answer, err := io.ReadAll(resp.Body)
				g.must(err)
				resp.Body.Close()
				calls++
				what := fmt.Sprintf("%s: %s %s in %s", actors[i].name, o.method, o.path, workspace)
				want := actors[i].expected(&o, workspace)
				if !slices.Contains(want, resp.StatusCode) {
					t.Errorf("%s: %d, want %v: %s", what, resp.StatusCode, want, answer)
				}
				if own := actors[i].valid && (actors[i].admin || actors[i].roles[workspace].Allows(gateway.Viewer)); method != http.MethodGet && (resp.StatusCode >= 400 || !own && o.access != "signed in") && version() != before {
					t.Errorf("%s: %d, and the store was written to", what, resp.StatusCode)
				}
				g.leaks(what, &actors[i], string(answer))
			}
		}
	}
	if calls < 1500 {
		t.Errorf("only %d calls", calls)
	}
}

// watchStore gives what tells a number that is another one after every write to the store
// but those of the audit log, which is told of refusals too.
func (g *town) watchStore() func() int64 {
	g.t.Helper()
	db, err := sql.Open("sqlite", g.file)
	g.must(err)
	db.SetMaxOpenConns(1)
	g.t.Cleanup(func() { db.Close() })
	exec := func(query string) {
		_, err := db.ExecContext(g.t.Context(), query)
		g.must(err)
	}
	exec("CREATE TABLE writes (n INTEGER)")
	exec("INSERT INTO writes VALUES (0)")
	for _, table := range g.tables(db) {
		for _, what := range []string{"INSERT", "UPDATE", "DELETE"} {
			exec(fmt.Sprintf("CREATE TRIGGER writes_%s_%s AFTER %s ON %s BEGIN UPDATE writes SET n = n + 1; END", table, what, what, table))
		}
	}
	return func() (n int64) {
		g.t.Helper()
		g.must(db.QueryRowContext(g.t.Context(), "SELECT n FROM writes").Scan(&n))
		return n
	}
}

// tables lists those that are watched.
func (g *town) tables(db *sql.DB) (all []string) {
	g.t.Helper()
	rows, err := db.QueryContext(g.t.Context(), "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('writes', 'audit', 'audit_head')")
	g.must(err)
	defer rows.Close()
	for rows.Next() {
		var name string
		g.must(rows.Scan(&name))
		all = append(all, name)
	}
	g.must(rows.Err())
	if len(all) < 15 {
		g.t.Fatalf("only %v are watched", all)
	}
	return all
}

// leaks looks in an answer for what belongs to a workspace that the caller has no role
// in, and for secrets that nobody gets.
func (g *town) leaks(what string, a *actor, answer string) {
	g.t.Helper()
	for _, id := range []string{"own", "foreign"} {
		if a.valid && (a.admin || a.roles[id] != "") {
			continue
		}
		for _, mark := range []string{"name-of-", "key-of-", "raise-of-", "alert-of-", "-of-"} {
			if strings.Contains(answer, mark+id) {
				g.t.Errorf("%s: shows what is of %s: %s", what, id, answer)
			}
		}
	}
	for _, secret := range []string{"sealed-secret", "vendor-secret", "c2VhbGVk"} {
		if strings.Contains(answer, secret) {
			g.t.Errorf("%s: shows a secret: %s", what, answer)
		}
	}
}
