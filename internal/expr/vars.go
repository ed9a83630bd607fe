package expr

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"
)

// Vars is what is known of a call. What is not known is zero. It is read only while a
// program runs, and only what the program mentions.
type Vars struct {
	Operation, Model, Provider, Route string
	Gateway, Workspace                string
	Key                               Key
	User, IP                          string
	Stream                            bool
	Header                            http.Header // of the request, canonical names; credentials in it are not seen
	Now                               time.Time
	Late                              Late // nil = all of it is unknown
	Body                              Body // nil = all of it is unknown
	// Healthy reports whether the target of that name may be used and has not failed
	// lately; nil = every one. It is asked for each mention.
	Healthy func(target string) bool
}

// Key is what may be said about a caller's key.
type Key struct {
	ID, Name, Owner string
	Tags            []string
}

// Late gives what costs work to know. Each is called at most once per mention.
type Late interface {
	// Metadata gives the call's metadata as encoding/json decodes an object into any.
	Metadata() map[string]any
	// InputTokens estimates the tokens of the request.
	InputTokens() int64
	// Budget gives, over the budgets that apply to the call, the greatest share that is
	// used (1 = all of it) and the least that is left in US dollars.
	Budget() (share, left float64)
}

// Body gives what is known from the body of a request. Each is called at most once per
// mention.
type Body interface {
	// Shape tells what the request holds.
	Shape() Shape
	// Difficulty estimates from 0 to 1 how hard the request is to answer well.
	Difficulty() float64
	// Intent names what the request is about, as the route's examples tell; "" = unknown.
	Intent() string
}

// Shape is what a request holds, counted.
type Shape struct {
	Turns     int64 // messages, those with instructions not counted
	Tools     int64 // that the model may call
	Images    int64
	MaxOutput int64 // tokens at most, as the request says; 0 = it does not
	JSON      bool  // the answer has to be JSON
}

// Variable is a name that texts may use.
type Variable struct{ Name, Type, Help string }

// Variables lists every name, for people.
func Variables() []Variable {
	return []Variable{
		{"operation", "text", "what is asked for: chat, embeddings, images …"},
		{"model", "text", "the model asked for; for limits per model or provider, the one served"},
		{"provider", "text", "the provider of the attempt; empty before one is chosen"},
		{"route", "text", "the route asked for, if it is one"},
		{"gateway", "text", "the gateway's name"},
		{"workspace", "text", "the caller's workspace"},
		{"key.id", "text", "the caller's key; empty without one, as are the next three"},
		{"key.name", "text", "its name"},
		{"key.tags", "list of texts", "its tags"},
		{"key.owner", "text", "the user or application that it belongs to"},
		{"user", "text", "the user that the caller's token or the request names"},
		{"ip", "text", "the caller's address"},
		{"stream", "truth", "whether a stream is asked for"},
		{"header", "map", "the request's headers by lower-case name, without credentials: header[\"x-app\"]"},
		{"metadata", "map", "the request's metadata: metadata.plan"},
		{"tokens.input", "number", "the estimated tokens of the request"},
		{"intent", "text", "what the request is about, by the route's examples; empty when nothing is near enough"},
		{"difficulty", "number", "how hard the request seems, from 0 to 1, by its length, code, maths, questions, instructions, turns, tools and schema"},
		{"healthy", "map", "whether a target may be used and has not failed lately: healthy[\"acme/large\"]; true for names that are unknown"},
		{"request.turns", "number", "the messages of the request, without instructions"},
		{"request.tools", "number", "the tools that the model may call"},
		{"request.images", "number", "the images in the request"},
		{"request.json", "truth", "whether the answer has to be JSON"},
		{"request.max_output", "number", "the most tokens that the answer may have, as the request says; 0 when it does not"},
		{"now", "time", "the time of the call: now.getHours(\"Europe/Berlin\")"},
		{"budget.share", "number", "the greatest share used of the budgets that apply: 0.8 is 80 %"},
		{"budget.left", "number", "the least that is left of the budgets that apply, in US dollars"},
	}
}

func known(name string) bool {
	return slices.ContainsFunc(Variables(), func(v Variable) bool { return v.Name == name })
}

func variableNames() (names []string) {
	for _, v := range Variables() {
		names = append(names, v.Name)
	}
	return names
}

// environment is made once: it never changes.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	of := map[string]*cel.Type{
		"text": cel.StringType, "truth": cel.BoolType, "time": cel.TimestampType, "list of texts": cel.ListType(cel.StringType),
	}
	special := map[string]*cel.Type{
		"header": cel.MapType(cel.StringType, cel.StringType), "metadata": cel.MapType(cel.StringType, cel.DynType),
		"tokens.input": cel.IntType, "budget.share": cel.DoubleType, "budget.left": cel.DoubleType,
		"healthy": cel.MapType(cel.StringType, cel.BoolType), "difficulty": cel.DoubleType,
		"request.turns": cel.IntType, "request.tools": cel.IntType, "request.images": cel.IntType, "request.max_output": cel.IntType,
	}
	opts := []cel.EnvOption{cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true)}
	for _, v := range Variables() {
		t := special[v.Name]
		if t == nil {
			t = of[v.Type]
		}
		opts = append(opts, cel.Variable(v.Name, t))
	}
	return cel.NewEnv(opts...)
})

// activation gives a program its variables.
type activation Vars

// Parent says that there are no others.
func (*activation) Parent() interpreter.Activation { return nil }

// ResolveName gives a variable by its declared name.
func (a *activation) ResolveName(name string) (any, bool) {
	if text, ok := a.text(name); ok {
		return text, true
	}
	switch name {
	case "key.tags":
		return a.Key.Tags, true
	case "stream":
		return a.Stream, true
	case "header":
		return headers(a.Header), true
	case "healthy":
		return health(a.Healthy), true
	case "now":
		return a.Now, true
	}
	if v, ok := a.body(name); ok {
		return v, true
	}
	return a.late(name)
}

func (a *activation) text(name string) (string, bool) {
	switch name {
	case "operation":
		return a.Operation, true
	case "model":
		return a.Model, true
	case "provider":
		return a.Provider, true
	case "route":
		return a.Route, true
	case "gateway":
		return a.Gateway, true
	case "workspace":
		return a.Workspace, true
	case "key.id":
		return a.Key.ID, true
	case "key.name":
		return a.Key.Name, true
	case "key.owner":
		return a.Key.Owner, true
	case "user":
		return a.User, true
	case "ip":
		return a.IP, true
	}
	return "", false
}

func (a *activation) body(name string) (any, bool) {
	body := a.Body
	if body == nil {
		body = nobody{}
	}
	switch name {
	case "intent":
		return body.Intent(), true
	case "difficulty":
		return body.Difficulty(), true
	case "request.turns":
		return body.Shape().Turns, true
	case "request.tools":
		return body.Shape().Tools, true
	case "request.images":
		return body.Shape().Images, true
	case "request.json":
		return body.Shape().JSON, true
	case "request.max_output":
		return body.Shape().MaxOutput, true
	}
	return nil, false
}

func (a *activation) late(name string) (any, bool) {
	late := a.Late
	if late == nil {
		late = nothing{}
	}
	switch name {
	case "metadata":
		return late.Metadata(), true
	case "tokens.input":
		return late.InputTokens(), true
	case "budget.share":
		share, _ := late.Budget()
		return share, true
	case "budget.left":
		_, left := late.Budget()
		return left, true
	}
	return nil, false
}

// nothing is known.
type nothing struct{}

func (nothing) Metadata() map[string]any      { return nil }
func (nothing) InputTokens() int64            { return 0 }
func (nothing) Budget() (share, left float64) { return 0, 0 }

// nobody has said anything.
type nobody struct{}

func (nobody) Shape() Shape        { return Shape{} }
func (nobody) Difficulty() float64 { return 0 }
func (nobody) Intent() string      { return "" }
