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
	Body    reflect.Type // nil = none
	Media   string       // of the body; "" = JSON
	Answer  reflect.Type // of a 2xx answer; nil = a stream
	Status  int          // of a 2xx answer

	serve    func(*call) (any, error)
	segments []string
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
}

func (c *call) ctx() context.Context { return c.r.Context() }

// read declares a route without a body; T is its answer.
func read[T any](method, path, name, summary string, query []Param, serve func(*call) (T, error)) route {
	return route{
		Method: method, Path: path, Name: name, Summary: summary, Query: query, Answer: reflect.TypeFor[T](), Status: http.StatusOK,
		serve: func(c *call) (any, error) { return serve(c) },
	}
}

// write declares a route with a JSON body B and an answer T.
func write[B, T any](method, path, name, summary string, status int, serve func(*call, *B) (T, error)) route {
	return route{
		Method: method, Path: path, Name: name, Summary: summary, Body: reflect.TypeFor[B](), Answer: reflect.TypeFor[T](), Status: status,
		serve: func(c *call) (any, error) {
			body := new(B)
			if err := c.decode(body); err != nil {
				return nil, err
			}
			return serve(c, body)
		},
	}
}

// answerTime bounds every call that is no tail.
const answerTime = 60 * time.Second

// serveAPI answers what needs the token.
func (a *api) serveAPI(w http.ResponseWriter, r *http.Request) {
	defer a.survive(w, r)
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		a.fail(w, r, notFound("there is nothing at "+r.URL.Path+"; the API is under /api/v1/"))
		return
	}
	if err := a.authenticate(w, r); err != nil {
		a.fail(w, r, err)
		return
	}
	found, params, err := a.find(w, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	query, err := readQuery(r.URL.RawQuery, found.Query)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if found.Answer != nil {
		ctx, cancel := context.WithTimeout(r.Context(), answerTime)
		defer cancel()
		r = r.WithContext(ctx)
	}
	c := &call{w: w, r: r, path: params, query: query, status: found.Status}
	answer, err := found.serve(c)
	switch {
	case err != nil:
		a.fail(w, r, err)
	case found.Answer != nil:
		writeJSON(w, c.status, answer)
	}
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
func (a *api) find(w http.ResponseWriter, r *http.Request) (*route, map[string]string, error) {
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
		w.Header().Set("Allow", strings.Join(allow, ", "))
		return nil, nil, &apiError{Status: http.StatusMethodNotAllowed, Code: codeMethod, Message: "this path takes " + strings.Join(allow, " and ")}
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
