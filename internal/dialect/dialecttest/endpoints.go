package dialecttest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

var methods = []string{"", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func checkEndpoints(t *testing.T, d *dialect.Dialect) {
	if d.Name == "" || d.Family == "" || d.NewMeter == nil || d.ParseError == nil || d.FormatError == nil || d.FormatStreamError == nil {
		t.Error("a part that every dialect has is missing")
	}
	seen := map[string]bool{}
	for _, e := range d.Endpoints {
		if name := e.Method + " " + e.Pattern; seen[name] {
			t.Errorf("%s stands there twice", name)
		} else {
			seen[name] = true
		}
		for _, wrong := range faults(&e) {
			t.Errorf("%s %s: %s", e.Method, e.Pattern, wrong)
		}
	}
}

// faults lists what does not fit together in an endpoint.
func faults(e *dialect.Endpoint) (wrong []string) {
	check := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, what)
		}
	}
	o := &e.Object
	check(slices.Contains(methods, e.Method), "unknown method")
	check(strings.HasPrefix(e.Pattern, "/") && !strings.HasSuffix(e.Pattern, "/") && !strings.Contains(e.Pattern, "//"), "malformed pattern")
	check(e.Op != "", "no operation")
	check((e.Model == dialect.InPath) == strings.Contains(e.Pattern, "{model}"), "the model's place and the pattern disagree")
	check(e.Model != dialect.InBody || e.Body == dialect.JSON, "a model in the body needs a JSON body")
	check(e.Model != dialect.InForm || e.Body == dialect.Multipart, "a model in a form needs a form")
	check(e.Streaming != dialect.ByMember || e.Body == dialect.JSON || e.Body == dialect.Multipart, "a member stream needs a body that is read")
	check(e.Streaming != dialect.Unless || e.Body == dialect.JSON, "a member stream needs a body that is read")
	check(e.Method != http.MethodGet || e.Body == dialect.NoBody, "GET with a body")
	check(o.Kind != "" || !o.Creates && !o.Names && !o.Deletes && !o.Lists, "an object without a kind")
	check(!o.Creates || o.IDAt != "", "no place of the new id")
	check(!o.Lists || o.Items != "" && o.IDAt != "", "no place of the listed ids")
	check(!o.Names || strings.Contains(e.Pattern, "{id}"), "no {id} in the pattern")
	check(!o.Deletes || o.Names, "deletes what it does not name")
	check(len(o.Refers) == 0 || e.Body == dialect.JSON, "references need a JSON body")
	return wrong
}
