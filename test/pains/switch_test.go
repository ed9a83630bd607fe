package pains_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// strangers are where a conversation goes on: every dialect, and for each a second
// provider of it and another model of the same one.
var strangers = []*vendor{
	{name: "chat2", dialect: "chat", model: "gpt-5.2"}, {name: "router2", dialect: "chat", model: "anthropic/claude-sonnet-4.5"}, {name: "openrouter", dialect: "chat", model: "openai/gpt-5.2"},
	{name: "responses2", dialect: "responses", model: "gpt-5.2"}, {name: "responses", dialect: "responses", model: "gpt-5.1"},
	{name: "messages2", dialect: "messages", model: "claude-sonnet-4-5"}, {name: "messages", dialect: "messages", model: "claude-opus-4-5"},
	{name: "gemini2", dialect: "gemini", model: "gemini-2.5-pro"}, {name: "gemini", dialect: "gemini", model: "gemini-3-pro-preview"},
	{name: "converse2", dialect: "converse", model: "anthropic.claude-sonnet-4-5-20250929-v1:0"}, {name: "cohere", dialect: "cohere", model: "command-a-reasoning-08-2025"},
	{name: "mistral", dialect: "chat", model: "mistral-large-latest"},
}

func (v *vendor) playing() *vendor {
	for _, p := range vendors {
		if p.dialect == v.dialect {
			c := *p
			c.name, c.model = v.name, v.model
			return &c
		}
	}
	panic(v.dialect)
}

// Wire pitfall 16, field pains A 4.6.40: a conversation that goes on with another
// provider, or another model, takes no state of the first one along, and stays valid.
// Back at the first one, its state is there again.
func TestAStrangerGetsNoReasoningState(t *testing.T) {
	t.Parallel()
	s := start(t)
	n := 0
	for _, l := range loops {
		if !slices.Contains([]string{"signed thoughts", "the first of parallel calls is signed", "encrypted reasoning", "reasoning details", "plain reasoning", "reasoning content"}, l.title) {
			continue
		}
		for _, c := range callers {
			for _, b := range strangers {
				if c.name == l.vendor.dialect || b.asked() == l.vendor.asked() {
					continue // forwarded as it is
				}
				for _, forgets := range []bool{false, true} {
					if n++; n%thin != 0 {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s/to %s/forgets %v", l.title, c.name, b.asked(), forgets), func(t *testing.T) {
						goOn(t, s, c, l.vendor, b.playing(), unique(l.turns, fmt.Sprint("s", n)), l.exact, forgets)
					})
				}
			}
		}
	}
}

func goOn(t *testing.T, s *stand, c *caller, first, stranger *vendor, turns [3]*said, exact, forgets bool) {
	q := ask(first.asked(), "How warm is it?")
	q.tools, q.think = []tool{cityTool}, true
	s.up.Script(first.says(turns[0]))
	r := s.must(t, c, q, false)
	raw := r.said.raw
	if forgets {
		raw = c.forget(raw)
	}
	q.turns = append(q.turns, turn{raw: clone(raw), results: results(r.said)})

	q.model = stranger.asked()
	plain := &said{blocks: []block{{kind: words, text: "I say."}}, usage: counts{input: 3, output: 2}}
	s.up.Script(stranger.says(plain))
	r = s.must(t, c, q, false)
	call := s.up.Last()
	for _, b := range turns[0].blocks {
		if b.state != "" && strings.Contains(string(call.Body), b.state) {
			t.Errorf("the state %s of %s reached %s: %s", b.state, first.name, stranger.name, call.Body)
		}
	}
	if strings.Contains(string(call.Body), "c2x1aWNlAf8B") {
		t.Errorf("an envelope reached %s: %s", stranger.name, call.Body)
	}
	got := readReceived(t, stranger, parse(t, call.Body))
	calls := 0
	for _, b := range got.turns[0] {
		switch b.kind {
		case thinking, redacted:
			if stranger.dialect == "messages" || stranger.dialect == "converse" || stranger.dialect == "responses" {
				t.Errorf("%s, which refuses what it has not signed, gets a thought: %s", stranger.name, call.Body)
			}
		case calling:
			same(t, "arguments", canonical(b.args), canonical(turns[0].calls()[calls].args))
			calls++
		}
	}
	if calls != 2 || len(got.results) != 2 {
		t.Errorf("%d calls and %d results are left: %s", calls, len(got.results), call.Body)
	}
	valid(t, call)
	if t.Failed() {
		return
	}

	q.turns = append(q.turns, turn{raw: clone(r.said.raw)}, turn{user: "And now?"})
	q.model = first.asked()
	s.up.Script(first.says(plain))
	s.must(t, c, q, false)
	back := readReceived(t, first, s.sent(t))
	if exact {
		same(t, "back, the first turn", full(back.turns[0]), full(turns[0].blocks))
	} else {
		same(t, "back, the state of the first turn", states(back.turns[0]), states(turns[0].blocks))
	}
	valid(t, s.up.Last())
}
