package vendors

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// object is a JSON object.
type object map[string]any

func objectOf(v any) object { o, _ := v.(map[string]any); return o }

// at gives the object at a path; nil where there is none.
func (o object) at(path ...string) object {
	for _, name := range path {
		o = objectOf(o[name])
	}
	return o
}

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func (o object) number(name string) float64 { n, _ := o[name].(float64); return n }

// list gives the objects of an array.
func (o object) list(name string) (out []object) {
	all, _ := o[name].([]any)
	for _, v := range all {
		out = append(out, objectOf(v))
	}
	return out
}

func (o object) has(name string) bool { v, ok := o[name]; return ok && v != nil }

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(jsonText(v)))
}

// reader reads a request and keeps what is wrong with it.
type reader struct {
	ask
	problems []string
	renamed  []string
}

func (r *reader) refuse(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// only refuses members that the vendor does not know.
func (r *reader) only(where string, o object, names ...string) {
	for name := range o {
		if !slices.Contains(names, name) {
			r.refuse("%s: unknown member %q", where, name)
		}
	}
}

// needs refuses an object that lacks a member.
func (r *reader) needs(where string, o object, names ...string) {
	for _, name := range names {
		if !o.has(name) {
			r.refuse("%s: %q is missing", where, name)
		}
	}
}

// tool keeps a tool that may be called.
func (r *reader) tool(where, name string, schema any) {
	if name == "" {
		r.refuse("%s: a tool without a name", where)
	}
	if objectOf(schema)["type"] == nil {
		r.refuse("%s: the schema of %s says no type: %s", where, name, jsonText(schema))
	}
	if r.tools == nil {
		r.tools = map[string]bool{}
	}
	r.tools[name] = true
}

// stream writes server-sent events.
type stream struct{ w http.ResponseWriter }

func newStream(w http.ResponseWriter) stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	return stream{w}
}

// data sends an event without a name.
func (s stream) data(v any) {
	fmt.Fprintf(s.w, "data: %s\n\n", jsonText(v))
	s.w.(http.Flusher).Flush()
}

// event sends an event by its type.
func (s stream) event(kind string, o object) {
	o["type"] = kind
	fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", kind, jsonText(o))
	s.w.(http.Flusher).Flush()
}
