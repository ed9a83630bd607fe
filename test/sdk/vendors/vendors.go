// Package vendors plays the six dialects that vendors speak, each natively: it reads a
// request as its vendor does, refuses what its vendor would refuse, and answers what the
// caller's words ask for. It is for tests, and knows nothing of the gateway before it.
package vendors

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Exchange is one request as it came, and what is wrong with it.
type Exchange struct {
	Case     string          `json:"case"` // of "case:NAME;" in what the user said
	Dialect  string          `json:"dialect"`
	Path     string          `json:"path"`
	Body     json.RawMessage `json:"body"`
	Problems []string        `json:"problems"` // nil = the vendor takes it
	Renamed  []string        `json:"renamed"`  // ids of calls that the vendor never gave; nil = none
}

// Vendors is a handler that plays every vendor. Its zero value is ready for use, by
// several callers at a time.
type Vendors struct {
	mu     sync.Mutex
	seen   []Exchange
	issued map[string]*issued // by case
}

// issued is what a case was given, and has to come back.
type issued struct {
	states []string
	calls  []call
}

// dialect is one native tongue.
type dialect struct {
	name string
	read func(*reader, object)                 // what a request says, and what is wrong in it
	say  func(http.ResponseWriter, *ask, *say) // an answer, streamed where asked
	fail func(http.ResponseWriter, int, string)
}

var dialects = map[string]dialect{
	"chat":      {"chat", readChat, sayChat, failChat},
	"responses": {"responses", readResponses, sayResponses, failChat},
	"messages":  {"messages", readMessages, sayMessages, failMessages},
	"gemini":    {"gemini", readGemini, sayGemini, failGemini},
	"converse":  {"converse", readConverse, sayConverse, failConverse},
	"cohere":    {"cohere", readCohere, sayCohere, failCohere},
}

// native finds the dialect of a path.
func native(path string) (d dialect, ok bool) {
	for end, name := range map[string]string{
		"/chat/completions": "chat", "/responses": "responses", "/v1/messages": "messages", "/converse": "converse", "/converse-stream": "converse", "/v2/chat": "cohere",
		":generateContent": "gemini", ":streamGenerateContent": "gemini",
	} {
		if strings.HasSuffix(path, end) {
			return dialects[name], true
		}
	}
	return d, false
}

var ticket = regexp.MustCompile(`case:([\w./-]+);`)

func (v *Vendors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/script/"); ok {
		v.control(w, name, r.URL.Query())
		return
	}
	d, ok := native(r.URL.Path)
	if !ok {
		http.Error(w, `{"error":{"message":"no such endpoint"}}`, http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	in := &reader{ask: ask{path: r.URL.Path, query: r.URL.Query(), header: r.Header}}
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		in.refuse("the body is no JSON object: %v", err)
	} else {
		d.read(in, o)
	}
	x := Exchange{Dialect: d.name, Path: r.URL.Path, Body: body}
	if m := ticket.FindStringSubmatch(in.ask.prompt()); m != nil {
		x.Case = m[1]
	}
	v.answer(w, d, in, &x)
}

// answer says what the script has for a request, and keeps the exchange.
func (v *Vendors) answer(w http.ResponseWriter, d dialect, in *reader, x *Exchange) {
	v.mu.Lock()
	given := v.issued[x.Case]
	if given == nil {
		given = &issued{}
	}
	in.remembers(given)
	s := play(&in.ask, d.name, x.Case)
	if given.calls = append(given.calls, s.calls...); s.state != "" {
		given.states = append(given.states, s.state)
	}
	if v.issued == nil {
		v.issued = map[string]*issued{}
	}
	v.issued[x.Case] = given
	x.Problems, x.Renamed = in.problems, in.renamed
	v.seen = append(v.seen, *x)
	v.mu.Unlock()
	switch {
	case len(in.problems) > 0:
		d.fail(w, http.StatusBadRequest, "this vendor refuses: "+strings.Join(in.problems, "; "))
	case s.status != 0:
		d.fail(w, s.status, "as you asked: a failure")
	default:
		d.say(w, &in.ask, s)
	}
}

// remembers checks that a conversation brings back what it was given, and no call that
// was never made.
func (r *reader) remembers(given *issued) {
	results := len(r.answers()) > 0
	for _, state := range given.states {
		if results && !r.brings(state) {
			r.refuse("the state %s of an earlier turn is not brought back", state)
		}
	}
	for _, t := range r.turns[r.start()+1:] {
		for _, c := range t.calls {
			if !slices.ContainsFunc(given.calls, func(g call) bool { return g.means(c) }) {
				r.refuse("the call of %s with %s was never made", c.name, c.args)
			} else if !slices.ContainsFunc(given.calls, func(g call) bool { return g.anonymous || g.id == c.id }) {
				r.renamed = append(r.renamed, c.id)
			}
		}
	}
}

// means reports whether two calls ask for the same.
func (c call) means(d call) bool {
	return c.name == d.name && reflect.DeepEqual(objectFrom(c.args), objectFrom(d.args))
}

// Seen gives the exchanges of a case so far; of all cases, when name is "".
func (v *Vendors) Seen(name string) []Exchange {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := []Exchange{}
	for _, x := range v.seen {
		if name == "" || x.Case == name {
			out = append(out, x)
		}
	}
	return out
}

// control serves tests in other languages: /script/seen?case=NAME gives its exchanges.
func (v *Vendors) control(w http.ResponseWriter, name string, q url.Values) {
	if name != "seen" {
		http.NotFound(w, nil)
		return
	}
	writeJSON(w, http.StatusOK, v.Seen(q.Get("case")))
}
