package pains_test

import ("testing";"os")

func TestZZ(t *testing.T) {
	s := start(t)
	l := loops[0]
	s.up.Script(l.vendor.says(l.turns[0]))
	c := callerOf(os.Getenv("CALLER"))
	q := ask(l.vendor.asked(), "x"); q.think = true; q.tools=[]tool{cityTool}
	r := s.must(t, c, q, true)
	t.Log(string(r.raw))
	t.Log(text(r.said.raw))
}
