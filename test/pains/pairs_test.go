package pains_test

import "testing"

// told is an answer with everything that every vendor can say.
var told = &said{
	blocks: []block{
		{kind: thinking, text: "I look “first”.\n", state: "c2lnbmF0dXJl"}, {kind: words, text: "Here — ¿où? 🙂 \"it\" is:\n"},
		{kind: calling, id: "call00001", name: "get_weather", args: `{"city":"Lisbon"}`}, {kind: calling, id: "call00002", name: "get_weather", args: `{"city":"Oslo"}`},
	},
	usage: counts{input: 40, output: 20, cached: 10, reasoning: 5},
}

// Field pains A 4.4.22–26, 4.5.30–35, B 9, 25; wire pitfalls 22, 24, 25, 31, 33–36, 40, 41.
func TestEveryAnswerIsSaidInTheCallersGrammar(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(v.says(told))
		ways(t, func(t *testing.T, stream bool) {
			q := ask(v.asked(), "go")
			q.tools, q.think = []tool{cityTool}, true
			r := s.must(t, c, q, stream)
			want := *told
			if v == chatVendor { // which shows no reasoning
				want.blocks = want.blocks[1:]
			}
			same(t, "said", r.said.outline(), want.outline())
			same(t, "finish", r.said.finish, "tools")
			same(t, "input", r.said.usage.input, 40)
			same(t, "output", r.said.usage.output, 20)
			same(t, "cached", r.said.usage.cached, 10)
		})
	})
}
