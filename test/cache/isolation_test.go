package cache_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// asked is a call that can be made again.
type asked struct {
	path, body string
	header     []string
}

// chatWith is a call in chat for one text, with more members in front.
func chatWith(more string, header ...string) asked {
	return asked{chat, strings.Replace(ask("one/m", "hello", false), "{", "{"+more, 1), header}
}

// hold is a gateway whose vendor numbers its answers.
type hold struct {
	*testgw.Gateway
	n counter
	t testing.TB
}

func holdWith(t testing.TB, more string) *hold {
	t.Helper()
	h := &hold{t: t}
	h.Gateway = startWith(t, testup.New(t, h.n.vendor), more)
	return h
}

func (h *hold) make(a asked) *answer { return call(h.t, h.Gateway, a.path, a.body, a.header...) }

// brings wants a call to be answered by the vendor, for which it asks twice: the second
// time the answer is kept.
func (h *hold) brings(name string, a asked) {
	h.t.Helper()
	says := fmt.Sprint("answer ", h.n.count()+1)
	for _, word := range []string{"miss", "hit"} {
		if got := h.make(a); got.StatusCode != http.StatusOK || got.cache() != word || text(got) != says {
			h.t.Errorf("%s: %d, %s, %q and not %s, %q: %.300s", name, got.StatusCode, got.cache(), text(got), word, says, got.body)
		}
	}
}

// finds wants a call to be answered by what is kept.
func (h *hold) finds(name string, a asked, says string) {
	h.t.Helper()
	if got := h.make(a); got.StatusCode != http.StatusOK || got.cache() != "hit" || text(got) != says {
		h.t.Errorf("%s: %d, %s, %q and not hit, %q: %.300s", name, got.StatusCode, got.cache(), text(got), says, got.body)
	}
}

// key makes a key and gives the header field that presents it.
func (h *hold) key(body string) []string {
	h.t.Helper()
	var made struct{ Secret string }
	if status := h.AdminPost("/api/v1/keys", body, &made); status != http.StatusCreated || made.Secret == "" {
		h.t.Fatalf("the key %s was not made: %d", body, status)
	}
	return []string{"Authorization", "Bearer " + made.Secret}
}

const keeps = "gateways: { default: { cache: { ttl: 5m } } }\n"

func TestRequestsThatDifferNeverShareAnAnswer(t *testing.T) {
	h := holdWith(t, keeps)
	tool := func(name, unit string) string {
		return fmt.Sprintf(`{"type":"function","function":{"name":%q,"parameters":{"type":"object","properties":{"unit":{"type":"string","enum":[%q]}}}}}`, name, unit)
	}
	said := func(messages string) asked {
		return asked{path: chat, body: `{"model":"one/m","messages":[` + messages + `]}`}
	}
	all := []struct {
		name string
		asked
	}{
		{"the request", chatWith("")},
		{"a temperature", chatWith(`"temperature":0,`)},
		{"another temperature", chatWith(`"temperature":0.0001,`)},
		{"no temperature, in words", chatWith(`"temperature":null,`)},
		{"a ceiling", chatWith(`"max_tokens":10,`)},
		{"a seed", chatWith(`"seed":9007199254740992,`)},
		{"a seed that is equal as a float", chatWith(`"seed":9007199254740993,`)},
		{"a tool", chatWith(`"tools":[` + tool("a", "km") + `],`)},
		{"another tool", chatWith(`"tools":[` + tool("b", "km") + `],`)},
		{"another schema", chatWith(`"tools":[` + tool("a", "mi") + `],`)},
		{"two tools", chatWith(`"tools":[` + tool("a", "km") + "," + tool("b", "km") + `],`)},
		{"two tools, the other way round", chatWith(`"tools":[` + tool("b", "km") + "," + tool("a", "km") + `],`)},
		{"a choice of tool", chatWith(`"tools":[` + tool("a", "km") + `],"tool_choice":"none",`)},
		{"a form of answer", chatWith(`"response_format":{"type":"json_object"},`)},
		{"a user", chatWith(`"user":"ann",`)},
		{"another user", chatWith(`"user":"bob",`)},
		{"metadata", chatWith(`"metadata":{"a":"b"},`)},
		{"a member that nobody knows", chatWith(`"x_new":1,`)},
		{"a system prompt", said(`{"role":"system","content":"Be kind."},{"role":"user","content":"hello"}`)},
		{"another system prompt", said(`{"role":"system","content":"Be brief."},{"role":"user","content":"hello"}`)},
		{"the system prompt as the user's", said(`{"role":"user","content":"Be kind."},{"role":"user","content":"hello"}`)},
		{"the system prompt behind", said(`{"role":"user","content":"hello"},{"role":"system","content":"Be kind."}`)},
		{"white space", said(`{"role":"user","content":"hello "}`)},
		{"case", said(`{"role":"user","content":"Hello"}`)},
		{"a name", said(`{"role":"user","name":"ann","content":"hello"}`)},
		{"the text as a part", said(`{"role":"user","content":[{"type":"text","text":"hello"}]}`)},
		{"a conversation", said(`{"role":"user","content":"hi"},{"role":"assistant","content":"yes"},{"role":"user","content":"hello"}`)},
		{"another target", asked{path: chat, body: ask("two/m", "hello", false)}},
		{"another vendor", asked{path: chat, body: ask("ant/c", "hello", false)}},
		{"a key for the content", chatWith("", "sluice-cache-key", "mine")},
		{"another key for the content", chatWith("", "sluice-cache-key", "yours")},
		{"a key, at another target", asked{path: chat, body: ask("two/m", "hello", false), header: []string{"sluice-cache-key", "mine"}}},
	}
	for _, a := range all {
		h.brings(a.name, a.asked)
	}
	for i, a := range all {
		h.finds(a.name+", later", a.asked, fmt.Sprint("answer ", i+1))
	}
	if h.n.count() != len(all) {
		t.Errorf("%d calls for %d requests", h.n.count(), len(all))
	}
}

func TestCallersOfTwoDialectsNeverShareAnAnswer(t *testing.T) {
	h := holdWith(t, keeps)
	body := `{"model":"ant/c","max_tokens":50,"messages":[{"role":"user","content":"hello"}]}`
	both := []asked{{path: chat, body: body}, {path: "/v1/messages", body: body}}
	for _, a := range both {
		h.brings(a.path, a)
	}
	for i, a := range both {
		says := fmt.Sprint("answer ", i+1)
		h.finds(a.path+" again", a, says)
		a.body = strings.Replace(a.body, "{", `{"stream":true,`, 1)
		h.finds(a.path+" as a stream", a, says)
		a.body = strings.Replace(a.body, "true", "false", 1)
		h.finds(a.path+" whole, in words", a, says)
	}
}

func TestWorkspacesAndKeysShareAsTheScopeSays(t *testing.T) {
	for _, tt := range []struct {
		scope               string
		samesKey, sameSpace bool // two keys, two workspaces share
		users               bool // two users share
	}{
		{"workspace", true, false, true},
		{"key", false, false, true},
		{"gateway", true, true, true},
		{"user", true, false, false},
	} {
		t.Run(tt.scope, func(t *testing.T) {
			h := holdWith(t, "gateways: { default: { cache: { ttl: 5m, scope: "+tt.scope+", exclude: [user] } } }\n")
			if status := h.AdminPost("/api/v1/workspaces", `{"id":"other","name":"other"}`, nil); status != http.StatusCreated {
				t.Fatalf("the workspace was not made: %d", status)
			}
			by := func(user string, header []string) asked { return chatWith(`"user":"`+user+`",`, header...) }
			first, second, foreign := h.key(`{"name":"first"}`), h.key(`{"name":"second"}`), h.key(`{"name":"third","workspace":"other"}`)
			check := func(name string, shares bool, a asked) {
				if shares {
					h.finds(name, a, "answer 1")
				} else {
					h.brings(name, a)
				}
			}
			h.brings("the first key", by("ann", first))
			check("another key", tt.samesKey, by("ann", second))
			check("another workspace", tt.sameSpace, by("ann", foreign))
			check("another user", tt.users, by("bob", first))
			h.finds("the first key again", by("ann", first), "answer 1")
		})
	}
}

func TestACallWithoutAUserIsNotKeptWhereUsersShareNothing(t *testing.T) {
	h := holdWith(t, "gateways: { default: { cache: { ttl: 5m, scope: user } } }\n")
	for i := range 2 {
		if a := h.make(chatWith("")); a.cache() != "off" || text(a) != fmt.Sprint("answer ", i+1) {
			t.Errorf("call %d: %s, %s", i, a.cache(), a.body)
		}
	}
}

func TestGatewaysNeverShareAnAnswer(t *testing.T) {
	h := holdWith(t, "gateways: { default: { cache: { ttl: 5m, scope: gateway } }, second: { cache: { ttl: 5m, scope: gateway } } }\n")
	first, second := chatWith(""), chatWith("")
	second.path = "/gateways/second" + chat
	h.brings("one gateway", first)
	h.brings("another gateway", second)
	h.finds("the one again", first, "answer 1")
	h.finds("the other again", second, "answer 2")
}

func TestWhatAGatewayVariesByCounts(t *testing.T) {
	h := holdWith(t, "gateways: { default: { cache: { ttl: 5m, vary: [header.x-plan, metadata.team] } } }\n")
	all := []asked{
		chatWith(""), chatWith("", "x-plan", "a"), chatWith("", "x-plan", "b"), chatWith("", "sluice-metadata", `{"team":"a"}`),
		chatWith("", "sluice-metadata", `{"team":"b"}`, "x-plan", "a"), chatWith("", "sluice-metadata", `{"team":"a"}`, "x-plan", "b"),
	}
	for i, a := range all {
		h.brings(fmt.Sprint(a.header), a)
		other := asked{a.path, a.body, append([]string{"x-other", "z"}, a.header...)}
		h.finds(fmt.Sprint(other.header), other, fmt.Sprint("answer ", i+1))
	}
}

func TestWhatAGatewayExcludesAndNormalizesDoesNotCount(t *testing.T) {
	h := holdWith(t, "gateways: { default: { cache: { ttl: 5m, exclude: [user, metadata.trace], normalize: [whitespace, case] } } }\n")
	with := func(more, text string) asked {
		return asked{path: chat, body: strings.Replace(ask("one/m", text, false), "{", "{"+more, 1)}
	}
	h.brings("the request", with(`"user":"ann","metadata":{"trace":"1","team":"a"},`, "Hello you"))
	h.finds("another user", with(`"user":"bob","metadata":{"trace":"1","team":"a"},`, "Hello you"), "answer 1")
	h.finds("another trace", with(`"metadata":{"team":"a","trace":"2"},`, "Hello you"), "answer 1")
	h.finds("another spelling", with(`"metadata":{"team":"a"},`, " hello\n  YOU"), "answer 1")
	h.brings("another team", with(`"metadata":{"trace":"1","team":"A"},`, "Hello you"))
	h.brings("another text", with(`"metadata":{"team":"a"},`, "helloyou"))
	h.brings("code", with("", "```\nA\n```"))
	h.brings("other code", with("", "```\na\n```"))
}

func TestWhatOperatorsSetInRequestsCounts(t *testing.T) {
	h := holdWith(t, keeps+`
routes:
  cold: { steps: [ { override: { set: { temperature: 0 } } }, { use: one/m } ] }
  warm: { steps: [ { override: { set: { temperature: 1 } } }, { use: one/m } ] }
`)
	cold, warm := asked{path: chat, body: ask("cold", "hello", false)}, asked{path: chat, body: ask("warm", "hello", false)}
	h.brings("cold", cold)
	h.brings("warm", warm)
	h.finds("cold again", cold, "answer 1")
}
