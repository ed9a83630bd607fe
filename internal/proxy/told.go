package proxy

import (
	"encoding/json"
	"hash/fnv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/route/asked"
	"github.com/sluice-gateway/sluice/internal/tokens"
)

// told gives conditions of routes what costs work to know, and works it out once.
type told struct {
	x      *exchange
	meta   map[string]any
	input  int64
	vars   expr.Vars
	asked  asked.Body
	teller *teller // of the intent; nil = nothing tells it
}

// knows gives what is worked out of the call so far.
func (x *exchange) knows() *told {
	if x.told == nil {
		x.told = &told{x: x, input: -1}
		x.told.tellBy(x.view.teller(x.way.Route, nil))
	}
	return x.told
}

// tellBy says what tells the intent.
func (t *told) tellBy(by *teller) {
	if t.teller != by || t.asked.Bytes == nil {
		t.teller, t.asked = by, asked.Body{Bytes: t.x.words, About: t.about}
	}
}

// Shape implements expr.Body.
func (x *exchange) Shape() expr.Shape { return x.knows().asked.Shape() }

// Difficulty implements expr.Body.
func (x *exchange) Difficulty() float64 { return x.knows().asked.Difficulty() }

// Intent implements expr.Body.
func (x *exchange) Intent() string { return x.knows().asked.Intent() }

// tell fills what conditions of routes, sticking and balance may ask.
func (x *exchange) tell(a *route.Ask) {
	v := &x.knows().vars
	x.told.tellBy(x.view.teller(a.Model, a.Fallback))
	*v = expr.Vars{
		Operation: string(x.ep.Op), Model: bareModel(x.ask.model), Gateway: x.gw.Name, Workspace: x.who.Workspace,
		User: x.told.user(), Stream: x.stream, Header: x.r.Header, Now: x.began, Late: x.told, Body: x,
	}
	if x.ip.IsValid() {
		v.IP = x.ip.String()
	}
	if k := x.who.Key; k != nil {
		v.Key = expr.Key{ID: k.ID, Name: k.Name, Owner: k.Owner, Tags: k.Tags}
	}
	a.Vars, a.Stick, a.State, a.Random = v, x.told.stick, x, x.random()
	a.Stage = x.p.stages.Load
}

func (t *told) user() string {
	if t.x.who.User != "" {
		return t.x.who.User
	}
	return t.x.ask.user
}

// Metadata implements expr.Late.
func (t *told) Metadata() map[string]any {
	if t.meta == nil {
		if json.Unmarshal(t.x.metadata(), &t.meta) != nil || t.meta == nil {
			t.meta = map[string]any{}
		}
	}
	return t.meta
}

// InputTokens implements expr.Late; 0 when there is nothing to count.
func (t *told) InputTokens() int64 {
	if t == nil {
		return 0
	}
	if t.input < 0 {
		t.input = tokens.Input(t.x.body.bytes(), t.x.ask.model)
	}
	return t.input
}

// Budget implements expr.Late.
func (t *told) Budget() (share, left float64) {
	if t.x.held == nil {
		return 0, 0
	}
	t.x.knowFacts()
	return t.x.budgets()
}

// stick gives the value of what calls stay together by.
func (t *told) stick(by string) string {
	if name, ok := strings.CutPrefix(by, "header."); ok {
		return t.x.r.Header.Get(name)
	}
	if name, ok := strings.CutPrefix(by, "metadata."); ok {
		return text(t.Metadata()[name])
	}
	switch by {
	case "key":
		return t.x.who.KeyID()
	case "user":
		return t.user()
	case "session":
		return t.session()
	}
	return ""
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// sessionMembers are members of bodies by which callers name a conversation, or what of
// it a vendor shall keep: OpenAI's, OpenRouter's.
var sessionMembers = []string{"session_id", "prompt_cache_key", "conversation"}

// session names the conversation that the call belongs to: as the caller does, else by
// how it begins, since that is what vendors' prompt caches go by.
func (t *told) session() string {
	for _, name := range []string{"session", "session_id"} {
		if s := text(t.Metadata()[name]); s != "" {
			return s
		}
	}
	for _, name := range sessionHeaders {
		if s := t.x.r.Header.Get(name); s != "" {
			return s
		}
	}
	body := t.x.words()
	for _, name := range sessionMembers {
		if s, ok := jsonscan.String(jsonscan.Get(body, name)); ok && s != "" {
			return s
		}
	}
	return beginning(body)
}

// beginning is a hash over how a conversation begins: its instructions, and all up to
// the first message of the user's; "" when there is none.
func beginning(body []byte) string {
	h := fnv.New128a()
	for _, name := range []string{"system", "instructions", "systemInstruction", "system_instruction", "preamble"} {
		_, _ = h.Write(jsonscan.Get(body, name))
	}
	some := false
	for _, name := range []string{"messages", "input", "contents"} {
		list := jsonscan.Get(body, name)
		if len(list) > 0 && list[0] == '"' {
			some = true
			_, _ = h.Write(list)
			continue
		}
		_ = jsonscan.Elements(list, func(e []byte) bool {
			some = true
			_, _ = h.Write(e)
			role, _ := jsonscan.String(jsonscan.Get(e, "role"))
			return role != "user" && role != ""
		})
	}
	if !some {
		return ""
	}
	return string(h.Sum(nil))
}
