package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// route is one operation of the API, declared once: what is served and what the OpenAPI
// document says both come from it.
type route struct {
	Method  string
	Path    string // segments in braces are parameters
	Name    string // of the operation, unique
	Tag     string // the noun, for grouping
	Summary string
	Query   []Param
	Loose   bool         // other parameters may stand beside those of Query, and are not looked at
	Body    reflect.Type // nil = none
	Media   string       // of the body; "" = JSON
	Most    int64        // bytes of the body; 0 = maxBody
	Answer  reflect.Type // of a 2xx answer; nil = a stream
	Stream  string       // what a stream is; "" = one of entries
	Kind    string       // media type of a stream; "" = server-sent events
	Status  int          // of a 2xx answer
	Access  access       // who may call it
	Long    bool         // it takes as long as a call of a model

	serve    func(*call) (any, error)
	segments []string
	deed     deed // what the audit log calls it
}

// Param is one query parameter.
type Param struct {
	Name string
	Doc  string
}

// call is one request on its way through a route.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	path   map[string]string // parameters of the path
	query  url.Values        // of known names, each given once
	status int               // of the answer
	needs  gateway.Role      // the route's, in the workspace that is touched; "" = none
	who    *caller           // nil where anybody may ask
	scoped bool              // a workspace was looked at
	most   int64             // bytes of the body; 0 = maxBody

	// For the audit log.
	id        string         // of the request
	workspace string         // that was looked at, where the caller has a role
	actor     *audit.Actor   // who signed in; nil = who
	claimed   string         // who somebody says to be
	object    audit.Object   // what the path does not tell
	changed   []audit.Change // what records do not tell
	then      func(any) any  // what is to be done with the answer once all is stored; nil = nothing
}

func (c *call) ctx() context.Context { return c.r.Context() }

// read declares a route without a body; T is its answer.
func read[T any](may access, method, path, name, summary string, query []Param, serve func(*call) (T, error)) route {
	return route{
		Access: may, Method: method, Path: path, Name: name, Summary: summary, Query: query, Answer: reflect.TypeFor[T](), Status: http.StatusOK,
		serve: func(c *call) (any, error) { return serve(c) },
	}
}

// write declares a route with a JSON body B and an answer T.
func write[B, T any](may access, method, path, name, summary string, status int, serve func(*call, *B) (T, error)) route {
	return route{
		Access: may, Method: method, Path: path, Name: name, Summary: summary, Body: reflect.TypeFor[B](), Answer: reflect.TypeFor[T](), Status: status,
		serve: func(c *call) (any, error) {
			body := new(B)
			if err := c.decode(body); err != nil {
				return nil, err
			}
			return serve(c, body)
		},
	}
}

// long lets a route take its time.
func long(r route) route {
	r.Long = true
	return r
}

// answerTime bounds every call that is no tail.
const answerTime = 60 * time.Second

// serveAPI answers what is not open to everybody.
func (a *api) serveAPI(w http.ResponseWriter, r *http.Request) {
	defer a.survive(w, r)
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		a.fail(w, r, notFound("there is nothing at "+r.URL.Path+"; the API is under /api/v1/"))
		return
	}
	if err := a.serveRoute(w, r); err != nil {
		a.fail(w, r, err)
	}
}

// serveRoute finds who asks for what, and whether he may, in this order: strangers do not
// even learn what there is. What is refused of it the audit log is told.
func (a *api) serveRoute(w http.ResponseWriter, r *http.Request) error {
	found, params, missing := a.find(r)
	c := &call{w: w, r: r, path: params}
	var err error
	if c.id, err = newID("req_"); err != nil {
		return err
	}
	w.Header().Set(requestIDHeader, c.id)
	answer, err := a.serveFound(c, found, missing)
	switch {
	case err != nil:
		if found != nil {
			a.refuse(c, found, err)
		}
		return err
	case found.Answer == nil:
		return nil
	case c.needs != "" && !c.scoped:
		panic("BUG: " + found.Name + " has looked at no workspace")
	}
	if file, ok := answer.(*textFile); ok {
		file.write(w)
		return nil
	}
	writeJSON(w, c.status, answer)
	return nil
}

func (a *api) serveFound(c *call, found *route, missing error) (any, error) {
	var err error
	if missing != nil || found.Access != anyone {
		if c.who, err = a.authenticate(c.w, c.r); err != nil {
			return nil, err
		}
		if missing != nil || found.Answer != reflect.TypeFor[*OpenAPI]() { // which is the same for all, and made without a store
			a.used(c, c.r)
		}
	} else if err := a.sameOrigin.Check(c.r); err != nil {
		return nil, foreignOrigin()
	}
	if missing != nil {
		return nil, missing
	}
	if err := c.who.mayCall(found.Access); err != nil {
		return nil, err
	}
	if c.query, err = found.readQuery(c.r.URL); err != nil {
		return nil, err
	}
	if found.Answer != nil && !found.Long {
		ctx, cancel := context.WithTimeout(c.ctx(), answerTime)
		defer cancel()
		c.r = c.r.WithContext(ctx)
	}
	c.status, c.needs, c.most = found.Status, found.Access.role(), found.Most
	return a.act(c, found)
}

func (r *route) readQuery(u *url.URL) (url.Values, error) {
	if r.Loose {
		return u.Query(), nil
	}
	return readQuery(u.RawQuery, r.Query)
}

// survive turns a panic into an answer, unless one is under way.
func (a *api) survive(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	a.Log.Error("BUG: the admin API panicked", "method", r.Method, "path", r.URL.Path, "panic", p)
	writeJSON(w, http.StatusInternalServerError, ErrorAnswer{Error: apiError{Code: codeInternal, Message: "something went wrong here; the log says what"}})
}

// find gives the route of a request and the parameters of its path. Literal segments
// win over parameters.
func (a *api) find(r *http.Request) (*route, map[string]string, error) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	var found *route
	var allow []string
	for i := range a.routes {
		t := &a.routes[i]
		if !matches(t.segments, segments) {
			continue
		}
		if t.Method == r.Method || t.Method == http.MethodGet && r.Method == http.MethodHead {
			if found == nil || strings.Count(t.Path, "{") < strings.Count(found.Path, "{") {
				found = t
			}
		}
		if !slices.Contains(allow, t.Method) {
			allow = append(allow, t.Method)
		}
	}
	switch {
	case found != nil:
		params, err := pathParams(found.segments, segments)
		return found, params, err
	case allow != nil:
		slices.Sort(allow)
		return nil, nil, &apiError{allow: strings.Join(allow, ", "), Status: http.StatusMethodNotAllowed, Code: codeMethod, Message: "this path takes " + strings.Join(allow, " and ")}
	}
	return nil, nil, notFound("there is nothing at " + r.URL.Path + "; /api/v1/openapi.json lists what there is")
}

func matches(pattern, path []string) bool {
	return slices.EqualFunc(pattern, path, func(p, s string) bool {
		if strings.HasPrefix(p, "{") {
			return s != ""
		}
		return p == s
	})
}

func pathParams(pattern, path []string) (map[string]string, error) {
	params := map[string]string{}
	for i, p := range pattern {
		if !strings.HasPrefix(p, "{") {
			continue
		}
		v, err := url.PathUnescape(path[i])
		if err != nil {
			return nil, invalid(strings.Trim(p, "{}"), "the path is not escaped properly")
		}
		params[strings.Trim(p, "{}")] = v
	}
	return params, nil
}

// writeJSON answers with a JSON document; numbers and texts keep the form their types
// give them.
func writeJSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("BUG: an answer cannot be rendered: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that left needs no answer
}
