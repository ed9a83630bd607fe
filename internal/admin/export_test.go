package admin

import (
	"net/http"
	"reflect"
)

// NewWithUndeclared is New with a route at /api/v1/undeclared that says nothing of who
// may call it.
func NewWithUndeclared(c Config) http.Handler {
	a := New(c).(*api)
	r := read(nobody, get, version1+"/undeclared", "undeclared", "", nil, func(*call) (string, error) { return "served", nil })
	r.segments = []string{"", "api", "v1", "undeclared"}
	a.routes = append(a.routes, r)
	return a
}

// NewWithUnscoped is New with a route at /api/v1/unscoped that needs a role and answers
// without having looked at a workspace.
func NewWithUnscoped(c Config) http.Handler {
	a := New(c).(*api)
	r := read(viewers, get, version1+"/unscoped", "unscoped", "", nil, func(*call) (string, error) { return "served", nil })
	r.segments = []string{"", "api", "v1", "unscoped"}
	a.routes = append(a.routes, r)
	return a
}

// RouteDeed is what the audit log calls a route.
type RouteDeed struct {
	Name, Method, Path, Action string
	Named                      bool // in deeds
	Answer                     reflect.Type
}

// Deeds gives every route of a handler that New made.
func Deeds(h http.Handler) (all []RouteDeed) {
	for _, r := range h.(*api).routes {
		_, named := deeds[r.Name]
		all = append(all, RouteDeed{r.Name, r.Method, r.Path, r.deed.Action, named, r.Answer})
	}
	return all
}

// DeedNames lists the routes that deeds names.
func DeedNames() []string { return sortedKeys(deeds) }
