package vendors

// order checks what every vendor asks of a conversation with tools: each call is
// answered in the very next turn, nothing is answered that was not called, and nothing
// is answered twice.
func (r *reader) order(matches func(call, result) bool) {
	var open []call
	for i, t := range r.turns {
		for _, res := range t.results {
			n := -1
			for k, c := range open {
				if matches(c, res) {
					n = k
					break
				}
			}
			if n < 0 {
				r.refuse("turn %d: a result for %q, which no call of the turn before has", i, res.id)
				continue
			}
			open = append(open[:n:n], open[n+1:]...)
		}
		if len(open) > 0 && len(t.results) == 0 {
			r.refuse("turn %d: the call %s (%s) before it has no result", i, open[0].id, open[0].name)
			open = nil
		}
		open = append(open, t.calls...)
	}
	if len(open) > 0 {
		r.refuse("the conversation ends with a call of %s that has no result", open[0].name)
	}
}

func byID(c call, res result) bool { return c.id == res.id }

// alternate checks that roles take turns, the user first.
func (r *reader) alternate(roles []string, user, other string) {
	want := user
	for i, role := range roles {
		if role != want {
			r.refuse("message %d is of the %q, not of the %q", i, role, want)
		}
		want = map[string]string{user: other, other: user}[role]
	}
	if len(roles) == 0 {
		r.refuse("there are no messages")
	}
}
