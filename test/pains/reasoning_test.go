package pains_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

func opaque(s string) string {
	return base64.StdEncoding.EncodeToString([]byte("opaque\x00\xff " + s + strings.Repeat("~", 40)))
}

// loops are what vendors that have state answer in the turns of a tool loop: the first
// calls two tools at once, the second one more, the third ends it.
var loops = []struct {
	title  string
	vendor *vendor
	turns  [3]*said
	// exact says that a turn must come back whole, thoughts included; else its state must.
	exact bool
}{
	{"signed thoughts", messagesVendor, loop(
		[]block{{kind: thinking, text: "first “a” thought", state: opaque("m1")}, {kind: redacted, state: opaque("m2")}, {kind: words, text: "I look."}, callOf("toolu_01A", "Lisbon", ""), callOf("toolu_01B", "Oslo", "")},
		[]block{{kind: thinking, text: "second", state: opaque("m3")}, callOf("toolu_01C", "Rome", "")}), true},
	{"thoughts of which only the signature is shown", messagesVendor, loop(
		[]block{{kind: thinking, text: "", state: opaque("e1")}, callOf("toolu_02A", "Lisbon", ""), callOf("toolu_02B", "Oslo", "")},
		[]block{{kind: thinking, text: "", state: opaque("e2")}, {kind: words, text: "on"}, callOf("toolu_02C", "Rome", "")}), true},
	{"several thoughts in a row", messagesVendor, loop(
		[]block{{kind: thinking, text: "one", state: opaque("s1")}, {kind: thinking, text: "two", state: opaque("s2")}, {kind: redacted, state: opaque("s3")}, callOf("toolu_03A", "Lisbon", ""), callOf("toolu_03B", "Oslo", "")},
		[]block{{kind: redacted, state: opaque("s4")}, callOf("toolu_03C", "Rome", "")}), true},
	{"the first of parallel calls is signed", geminiVendor, loop(
		[]block{{kind: thinking, text: "thought"}, callOf("", "Lisbon", opaque("g1")), callOf("", "Oslo", "")},
		[]block{callOf("", "Rome", opaque("g2"))}), false},
	{"calls that have ids are signed", geminiVendor, loop(
		[]block{{kind: thinking, text: "thought"}, {kind: words, text: "I look."}, callOf("fc_1", "Lisbon", opaque("i1")), callOf("fc_2", "Oslo", "")},
		[]block{callOf("fc_3", "Rome", opaque("i2"))}), false},
	{"a signature on an empty text", geminiVendor, loop(
		[]block{{kind: words, text: "I look."}, callOf("", "Lisbon", ""), callOf("", "Oslo", ""), {kind: words, text: "", state: opaque("t1")}},
		[]block{callOf("", "Rome", opaque("t2"))}), false},
	{"encrypted reasoning", responsesVendor, loop(
		[]block{{kind: thinking, text: "summary", state: opaque("r1")}, {kind: words, text: "I look."}, callOf("call_AAAA1", "Lisbon", ""), callOf("call_AAAA2", "Oslo", "")},
		[]block{{kind: thinking, text: "", state: opaque("r2")}, callOf("call_AAAA3", "Rome", "")}), true},
	{"reasoning details", routerVendor, loop(
		[]block{{kind: thinking, text: "detail", state: opaque("o1")}, {kind: redacted, state: opaque("o2")}, {kind: words, text: "I look."}, callOf("toolu_04A", "Lisbon", ""), callOf("toolu_04B", "Oslo", "")},
		[]block{{kind: thinking, text: "more", state: opaque("o3")}, callOf("toolu_04C", "Rome", "")}), true},
	{"plain reasoning", deepseekVendor, loop(
		[]block{{kind: thinking, text: "plain thought"}, {kind: words, text: "I look."}, callOf("call_00_x1", "Lisbon", ""), callOf("call_01_x2", "Oslo", "")},
		[]block{{kind: thinking, text: "more"}, callOf("call_00_x3", "Rome", "")}), true},
	{"reasoning content", converseVendor, loop(
		[]block{{kind: thinking, text: "thought", state: opaque("c1")}, {kind: redacted, state: opaque("c2")}, {kind: words, text: "I look."}, callOf("tooluse_A-1", "Lisbon", ""), callOf("tooluse_A-2", "Oslo", "")},
		[]block{{kind: thinking, text: "more", state: opaque("c3")}, callOf("tooluse_A-3", "Rome", "")}), true},
	{"thoughts without state", cohereVendor, loop(
		[]block{{kind: thinking, text: "thought"}, callOf("get_weather_a1", "Lisbon", ""), callOf("get_weather_a2", "Oslo", "")},
		[]block{{kind: thinking, text: "more"}, callOf("get_weather_a3", "Rome", "")}), true},
}

func callOf(id, city, state string) block {
	return block{kind: calling, id: id, name: "get_weather", args: fmt.Sprintf(`{"city":%q}`, city), state: state}
}

func loop(first, second []block) [3]*said {
	u := counts{input: 30, output: 10}
	return [3]*said{{blocks: first, usage: u}, {blocks: second, usage: u}, {blocks: []block{{kind: words, text: "It is warm."}}, usage: u}}
}

// unique makes the ids of calls differ, since vendors' do.
func unique(turns [3]*said, mark string) (out [3]*said) {
	for i, s := range turns {
		c := *s
		c.blocks = append([]block(nil), s.blocks...)
		for n := range c.blocks {
			if c.blocks[n].id != "" {
				c.blocks[n].id += mark
			}
		}
		out[i] = &c
	}
	return out
}

// results answers each call of a turn.
func results(s *said) (all []result) {
	for i, c := range s.calls() {
		all = append(all, result{c.id, c.name, fmt.Sprintf("%d degrees", 20+i)})
	}
	return all
}

// Wire pitfalls 15, 17, 18; field pains A 4.6.37–39, B 43, E 4: what a vendor signed or
// encrypted comes back to it, in its place, whatever the caller speaks, and whether its
// client keeps members that are new to it or not.
func TestReasoningStateSurvivesAToolLoop(t *testing.T) {
	s := start(t)
	n := 0
	for _, l := range loops {
		for _, c := range callers {
			if c.name == l.vendor.dialect {
				continue
			}
			for _, forgets := range []bool{false, true} {
				kind := "a client that keeps"
				if forgets {
					kind = "a client that forgets"
				}
				t.Run(l.title+"/"+c.name+"/"+kind, func(t *testing.T) {
					ways(t, func(t *testing.T, stream bool) {
						n++
						runLoop(t, s, c, l.vendor, unique(l.turns, fmt.Sprint("x", n)), l.exact, forgets, stream)
					})
				})
			}
		}
	}
}

func runLoop(t *testing.T, s *stand, c *caller, v *vendor, turns [3]*said, exact, forgets, stream bool) {
	q := ask(v.asked(), "How warm is it?")
	q.tools, q.think, q.system = []tool{cityTool}, true, "Be brief."
	for i, answer := range turns {
		s.up.Script(v.says(answer))
		r := s.must(t, c, q, stream)
		got := readReceived(t, v, s.sent(t))
		if len(got.turns) != i {
			t.Fatalf("turn %d: the vendor received %d turns of the assistant: %s", i, len(got.turns), s.up.Last().Body)
		}
		for n := range i {
			if exact {
				same(t, fmt.Sprintf("turn %d, what the assistant said in turn %d", i, n), full(got.turns[n]), full(turns[n].blocks))
			} else {
				same(t, fmt.Sprintf("turn %d, the state of turn %d", i, n), states(got.turns[n]), states(turns[n].blocks))
			}
		}
		if t.Failed() {
			t.Logf("the vendor received %s", s.up.Last().Body)
			return
		}
		want := answer.outline()
		same(t, "said", r.said.outline(), want)
		raw := r.said.raw
		if forgets {
			raw = c.forget(raw)
		}
		q.turns = append(q.turns, turn{raw: clone(raw), results: results(r.said)})
	}
}

var _ = testup.Call{}
