package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// document is the OpenAPI document as a reader sees it.
type document struct {
	OpenAPI    string
	Info       struct{ Title, Version string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]map[string]any
		SecuritySchemes map[string]any
	}
	Security []map[string][]string
}

type operation struct {
	OperationID string
	Access      string `json:"x-access"`
	Summary     string
	Parameters  []struct {
		Name, In string
		Required bool
	}
	RequestBody *struct{ Content map[string]any }
	Responses   map[string]struct {
		Description string
		Content     map[string]struct{ Schema map[string]any }
	}
}

var inBraces = regexp.MustCompile(`\{(\w+)\}`)

func TestTheDocumentIsWellFormed(t *testing.T) {
	g := newRig(t)
	var d document
	g.get("/api/v1/openapi.json", &d)
	if d.OpenAPI != "3.1.0" || d.Info.Version != "v1.2.3" || len(d.Security) != 2 || d.Components.SecuritySchemes["token"] == nil || d.Components.SecuritySchemes["session"] == nil {
		t.Fatalf("%s %+v %+v", d.OpenAPI, d.Security, d.Components.SecuritySchemes)
	}
	seen := map[string]bool{}
	for path, operations := range d.Paths {
		for method, o := range operations {
			if o.OperationID == "" || seen[o.OperationID] || o.Summary == "" || o.Responses["default"].Description == "" || len(o.Responses) < 2 {
				t.Errorf("%s %s: %+v", method, path, o)
			}
			seen[o.OperationID] = true
			var want, have []string
			for _, m := range inBraces.FindAllStringSubmatch(path, -1) {
				want = append(want, m[1])
			}
			for _, p := range o.Parameters {
				if p.In == "path" && p.Required {
					have = append(have, p.Name)
				}
			}
			if !slices.Equal(want, have) {
				t.Errorf("%s %s: path parameters %v", method, path, have)
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d operations", len(seen))
	}
	raw := g.do("GET", "/api/v1/openapi.json", "").Body.String()
	for _, m := range regexp.MustCompile(`"\$ref":"#/components/schemas/(\w+)"`).FindAllStringSubmatch(raw, -1) {
		if d.Components.Schemas[m[1]] == nil {
			t.Errorf("%s is referred to, but not there", m[1])
		}
	}
}

func TestWhatTheDocumentDescribesIsServedAndNothingElse(t *testing.T) {
	g := newRig(t, with(serving))
	var d document
	g.get("/api/v1/openapi.json", &d)
	for path, operations := range d.Paths {
		concrete := inBraces.ReplaceAllString(path, "x")
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			o, described := operations[strings.ToLower(method)]
			if strings.HasSuffix(path, "/tail") && method == "GET" {
				method = http.MethodHead // a GET would stay open
			}
			w := g.do(method, concrete, "")
			served := w.Code != http.StatusMethodNotAllowed && !strings.Contains(w.Body.String(), "there is nothing at")
			if served != described && !(concrete == "/api/v1/entries/tail" && method == "DELETE") && !(concrete == "/api/v1/keys/usage" && (method == "PATCH" || method == "DELETE")) { // an id may be anything
				t.Errorf("%s %s: described %v, served %v: %s", method, path, described, served, w.Body)
			}
			if !described {
				continue
			}
			for _, p := range o.Parameters {
				if p.In == "query" {
					w := g.do(method, concrete+"?"+p.Name+"=x&nonsense=1", "")
					if strings.Contains(w.Body.String(), `no parameter "`+p.Name) {
						t.Errorf("%s %s does not know %s", method, path, p.Name)
					}
				}
			}
		}
	}
}

func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	g := newRig(t, with(serving))
	e := storetest.Entry(0)
	e.Bodies = &gateway.Bodies{Request: gateway.Body{Bytes: []byte("{}"), Size: 2}}
	g.stored(e, storetest.Entry(1))
	var made admin.CreatedKey
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"a","expires":"1d"}`), http.StatusCreated, &made)
	var d document
	g.get("/api/v1/openapi.json", &d)
	for path, concrete := range map[string]string{
		"/entries": "", "/entries/{id}": "/entries/" + e.ID, "/keys": "", "/keys/{id}": "/keys/" + made.ID, "/workspaces": "", "/workspaces/{id}": "/workspaces/default",
		"/gateways": "", "/gateways/{name}": "/gateways/default", "/providers": "", "/providers/{name}": "/providers/acme", "/models": "", "/config": "", "/health": "",
	} {
		if concrete == "" {
			concrete = path
		}
		w := g.do("GET", "/api/v1"+concrete, "")
		var answer any
		g.answered(w, http.StatusOK, &answer)
		c := conformer{t, &d, path}
		c.check("", d.Paths["/api/v1"+path]["get"].Responses["200"].Content["application/json"].Schema, answer)
	}
	var answer any
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"b"}`), http.StatusCreated, &answer)
	c := conformer{t, &d, "POST /keys"}
	c.check("", d.Paths["/api/v1/keys"]["post"].Responses["201"].Content["application/json"].Schema, answer)
	g.answered(g.do("GET", "/api/v1/nothing", ""), http.StatusNotFound, &answer)
	c = conformer{t, &d, "error"}
	c.check("", d.Paths["/api/v1/keys"]["post"].Responses["default"].Content["application/json"].Schema, answer)
}

// conformer checks a JSON value against the part of JSON Schema that the document uses;
// a property that the schema does not know is a fault too.
type conformer struct {
	t    *testing.T
	doc  *document
	what string
}

func (c conformer) check(at string, schema map[string]any, v any) {
	c.t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		c.check(at, c.doc.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")], v)
		return
	}
	if either, ok := schema["anyOf"].([]any); ok {
		if v != nil {
			c.check(at, either[0].(map[string]any), v)
		}
		return
	}
	if !strings.Contains(fmt.Sprint(schema["type"]), typeOf(v)) && schema["type"] != nil {
		c.t.Errorf("%s%s is %s, want %v", c.what, at, typeOf(v), schema["type"])
	}
	switch v := v.(type) {
	case []any:
		for i := range v {
			c.check(fmt.Sprintf("%s[%d]", at, i), schema["items"].(map[string]any), v[i])
		}
	case map[string]any:
		c.object(at, schema, v)
	}
}

func (c conformer) object(at string, schema map[string]any, v map[string]any) {
	properties, closed := schema["properties"].(map[string]any)
	for _, name := range anySlice(schema["required"]) {
		if _, ok := v[name.(string)]; !ok {
			c.t.Errorf("%s%s.%s is missing", c.what, at, name)
		}
	}
	for name, member := range v {
		switch p, ok := properties[name].(map[string]any); {
		case ok:
			c.check(at+"."+name, p, member)
		case closed:
			c.t.Errorf("%s%s.%s is not described", c.what, at, name)
		}
	}
}

func anySlice(v any) []any {
	list, _ := v.([]any)
	return list
}

func typeOf(v any) string {
	switch n := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if b, _ := json.Marshal(n); !strings.ContainsAny(string(b), ".e") {
			return "" // an integer is a number too
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
