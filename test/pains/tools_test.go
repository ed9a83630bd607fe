package pains_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// names that one vendor or another refuses; two of them become the same where letters
// are only replaced.
var hardNames = []string{
	"server.get/weather", "server_get_weather", "server.get_weather", strings.Repeat("a_long_name_", 9), strings.Repeat("a_long_name_", 9) + "2", "1st", "wetter-für-köln",
}

var nameRules = map[string]*regexp.Regexp{
	"chat": regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`), "responses": regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`), "messages": regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`), "gemini": regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$`),
	"converse": regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`), "cohere": regexp.MustCompile(`^[a-zA-Z0-9_-]+$`),
}

// toolNames gives the names of tools that a vendor was sent, in order.
func toolNames(v *vendor, o object) (names []string) {
	var all []any
	path := map[string][]any{"chat": {"function", "name"}, "cohere": {"function", "name"}, "responses": {"name"}, "messages": {"name"}, "gemini": {"name"}, "converse": {"toolSpec", "name"}}[v.dialect]
	switch v.dialect {
	case "gemini":
		all = list(at(o, "tools", 0, "functionDeclarations"))
	case "converse":
		all = list(at(o, "toolConfig", "tools"))
	default:
		all = list(o["tools"])
	}
	for _, t := range all {
		names = append(names, str(at(t, path...)))
	}
	return names
}

// Wire pitfall 10: names with dots, of a hundred letters and more are rewritten as the
// vendor wants them, each to another, and come back as they were, in answers, streams
// and the history.
func TestNamesOfToolsThatAVendorRefusesAreRewrittenAndComeBack(t *testing.T) {
	s := start(t)
	for _, c := range callers {
		for _, v := range vendors {
			if c.name == v.dialect {
				continue
			}
			t.Run(c.name+" to "+v.name, func(t *testing.T) {
				q := ask(v.asked(), "go")
				for _, n := range hardNames {
					q.tools = append(q.tools, tool{n, cityTool.schema})
				}
				// What the vendor is sent is learnt from a first call.
				s.up.Script(v.says(hello))
				s.must(t, c, q, false)
				sent := toolNames(v, s.sent(t))
				same(t, "tools", len(sent), len(hardNames))
				different := map[string]bool{}
				for _, n := range sent {
					if !nameRules[v.dialect].MatchString(n) {
						t.Errorf("%q is a name that %s refuses", n, v.name)
					}
					different[n] = true
				}
				same(t, "different names", len(different), len(hardNames))
				if t.Failed() {
					return
				}
				ways(t, func(t *testing.T, stream bool) {
					answer := &said{usage: counts{input: 1, output: 1}}
					for i, n := range sent {
						answer.blocks = append(answer.blocks, block{kind: calling, id: fmt.Sprint("call0000", i), name: n, args: `{"city":"Lisbon"}`})
					}
					s.up.Script(v.says(answer))
					r := s.must(t, c, q, stream)
					for i, b := range r.said.calls() {
						same(t, "the name of a call", b.name, hardNames[i])
					}
					same(t, "calls", len(r.said.calls()), len(hardNames))
					again := *q
					again.turns = append(again.turns[:1:1], turn{raw: clone(r.said.raw), results: results(r.said)})
					s.up.Script(v.says(hello))
					s.must(t, c, &again, stream)
					got := readReceived(t, v, s.sent(t))
					for i, b := range got.turns[0] {
						same(t, "the name in the history", b.name, sent[i])
					}
					valid(t, s.up.Last())
				})
			})
		}
	}
}

// ids as vendors make them, and worse.
var hardIDs = []string{
	"call_DOXj8dKjDQEXrVAeHRvKgzGO", "toolu_01A09q90qw90lq917835lq9", "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "functions.get_weather:0", "functions.get_weather_0", "9QzYs4KXH", "chatcmpl-tool-3c1ea5e9d4a64b0e9f5c",
	"call.a:b", "call_a_b", strings.Repeat("long", 40), strings.Repeat("long", 40) + "2", "fc_68f0b7", "get_weather",
}

var idRules = map[string]*regexp.Regexp{
	"messages": regexp.MustCompile(`^[a-zA-Z0-9_-]+$`), "converse": regexp.MustCompile(`^[a-zA-Z0-9_.:-]{1,64}$`), "mistral": regexp.MustCompile(`^[a-zA-Z0-9]{9}$`), "chat": regexp.MustCompile(`^.{1,40}$`),
	"responses": regexp.MustCompile(`^.{1,64}$`), "gemini": regexp.MustCompile(`^.*$`), "cohere": regexp.MustCompile(`^.+$`),
}

// Wire pitfall 9: ids of calls become what each vendor takes, the same in a call and its
// result, the same each time, and different ones stay different.
func TestIDsOfCallsSuitEveryVendor(t *testing.T) {
	s := start(t)
	mistral := chatVendor.named("mistral", "mistral-large-latest")
	for _, c := range callers {
		for _, v := range append([]*vendor{mistral}, vendors...) {
			if c.name == v.dialect {
				continue
			}
			t.Run(c.name+" to "+v.name, func(t *testing.T) {
				answer := &said{}
				for _, id := range hardIDs {
					answer.blocks = append(answer.blocks, block{kind: calling, id: id, name: "get_weather", args: `{"city":"Lisbon"}`})
				}
				// The history is written in the caller's own dialect by a vendor of it.
				raw := history(t, c, answer)
				q := ask(v.asked(), "go")
				q.tools = []tool{cityTool}
				q.turns = append(q.turns, turn{raw: raw, results: results(answer)})
				s.up.Script(v.says(hello))
				s.must(t, c, q, false)
				first := string(s.up.Last().Body)
				got := readReceived(t, v, s.sent(t))
				rule := idRules[v.dialect]
				if idRules[v.name] != nil {
					rule = idRules[v.name]
				}
				ids := map[string]bool{}
				for i, b := range got.turns[0] {
					if !rule.MatchString(b.id) {
						t.Errorf("%s refuses the id %q", v.name, b.id)
					}
					if i < len(got.results) && got.results[i].id != b.id {
						t.Errorf("call %d is %q, its result %q", i, b.id, got.results[i].id)
					}
					ids[b.id] = true
				}
				if len(ids) != len(hardIDs) || len(got.results) != len(hardIDs) {
					t.Errorf("%d ids and %d results of %d: %s", len(ids), len(got.results), len(hardIDs), first)
				}
				s.must(t, c, q, false)
				same(t, "the same request", string(s.up.Last().Body), first)
				if v.name != "mistral" {
					valid(t, s.up.Last())
				}
			})
		}
	}
}

// named gives the vendor as another provider.
func (v *vendor) named(name, model string) *vendor {
	c := *v
	c.name, c.model = name, model
	return &c
}

// history writes an assistant's turn in a caller's own dialect.
func history(t testing.TB, c *caller, s *said) any {
	t.Helper()
	for _, v := range vendors {
		if v.dialect == c.name {
			return clone(c.whole(t, parse(t, []byte(text(v.whole(v, s))))).raw)
		}
	}
	panic(c.name)
}

// Wire pitfall 9: results for calls that had no ids find their calls by name and order.
func TestResultsWithoutIDsFindTheirCalls(t *testing.T) {
	s := start(t)
	for _, v := range vendors {
		if v.dialect == "gemini" {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			call := func(name, city string) object {
				return object{"functionCall": object{"name": name, "args": object{"city": city}}}
			}
			q := ask(v.asked(), "go")
			q.tools = []tool{cityTool, noArgsTool}
			q.turns = append(q.turns, turn{raw: []any{call("get_weather", "Lisbon"), call("list_places", "x"), call("get_weather", "Oslo")},
				results: []result{{name: "get_weather", text: "LISBON"}, {name: "get_weather", text: "OSLO"}, {name: "list_places", text: "PLACES"}}})
			s.up.Script(v.says(hello))
			s.must(t, geminiCaller, q, false)
			got := readReceived(t, v, s.sent(t))
			want := map[string]string{}
			for i, b := range got.turns[0] {
				want[b.id] = []string{"LISBON", "PLACES", "OSLO"}[i]
			}
			for _, r := range got.results {
				if !strings.Contains(r.text, want[r.id]) {
					t.Errorf("the result %s has the id of the call for %s", r.text, want[r.id])
				}
			}
			same(t, "results", len(got.results), 3)
			valid(t, s.up.Last())
		})
	}
}

// Wire pitfalls 5, 6; field pains A 4.6.38, B 34: results of parallel calls go back
// together, before anything else, whatever order and messages they came in.
func TestResultsOfParallelCallsGoBackTogetherAndFirst(t *testing.T) {
	s := start(t)
	answer := &said{blocks: []block{callOf("id1xxxxxx", "Lisbon", ""), callOf("id2xxxxxx", "Oslo", "")}}
	for _, c := range callers {
		for _, v := range vendors {
			if c.name == v.dialect {
				continue
			}
			t.Run(c.name+" to "+v.name, func(t *testing.T) {
				q := ask(v.asked(), "go")
				q.tools = []tool{cityTool}
				all := results(answer)
				all[0], all[1] = all[1], all[0] // as they were ready
				q.turns = append(q.turns, turn{raw: history(t, c, answer), results: all}, turn{user: "and be quick"}, turn{user: "please"})
				s.up.Script(v.says(hello))
				s.must(t, c, q, false)
				got := readReceived(t, v, s.sent(t))
				texts := map[string]string{}
				for _, r := range got.results {
					texts[r.id] = r.text
				}
				for i, b := range got.turns[0] {
					if !strings.Contains(texts[b.id], fmt.Sprint(20+i, " degrees")) {
						t.Errorf("the result of %s is %q", b.args, texts[b.id])
					}
				}
				order := strings.Join(got.order, " ")
				if want := map[string]string{
					"chat": "user assistant tool tool user", "cohere": "user assistant tool tool user", "responses": "user function_call function_call function_call_output function_call_output user",
					"messages": "user assistant user", "gemini": "user model user", "converse": "user assistant user",
				}[v.dialect]; !strings.HasPrefix(order+" user", want) {
					t.Errorf("the order is %s", order)
				}
				valid(t, s.up.Last())
			})
		}
	}
}

// Wire pitfall 6: for Claude, a result that answers nothing and a call that nobody
// answered are brought in order or refused here, with a reason; never a puzzle at the
// vendor. Elsewhere the vendor's own 400 names the call, and servers that do not mind
// are let be.
func TestOrphansAreNotSentToClaude(t *testing.T) {
	s := start(t)
	answer := &said{blocks: []block{callOf("id1xxxxxx", "Lisbon", ""), callOf("id2xxxxxx", "Oslo", "")}}
	turns := map[string]func(c *caller) []turn{
		"a result of no call": func(c *caller) []turn {
			return []turn{{user: "go"}, {results: []result{{"id9xxxxxx", "get_weather", "x"}}}}
		},
		"a call without result": func(c *caller) []turn {
			return []turn{{user: "go"}, {raw: history(t, c, answer), results: results(answer)[:1]}, {user: "on"}}
		},
		"calls without any result": func(c *caller) []turn { return []turn{{user: "go"}, {raw: history(t, c, answer)}, {user: "on"}} },
	}
	for title, make := range turns {
		pairs(t, func(t *testing.T, c *caller, v *vendor) {
			if v.dialect != "messages" {
				return
			}
			t.Run(title, func(t *testing.T) {
				q := ask(v.asked(), "go")
				q.tools, q.turns = []tool{cityTool}, make(c)
				before := len(s.up.Calls())
				s.up.Script(v.says(hello))
				r := s.do(t, c, q, false)
				if r.StatusCode == 400 && len(s.up.Calls()) == before {
					if c.message(parse(t, r.raw)) == "" {
						t.Errorf("no reason: %s", r.raw)
					}
					return
				}
				if r.StatusCode != 200 {
					t.Fatalf("status %d: %s", r.StatusCode, r.raw)
				}
				valid(t, s.up.Last())
			})
		})
	}
}
