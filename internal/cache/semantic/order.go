package semantic

import "slices"

// order finds prompts that say something else with the same words.
func order(a, b *reading) string {
	if a.long() || b.long() {
		return ""
	}
	if turned(a, b) || turned(b, a) || reversed(a, b) {
		return WhyDirection
	}
	if moved(a, b) || moved(b, a) {
		return WhyOrder
	}
	return ""
}

// voices tells who does from whom it is done to: "who did X beat" and "who beat X", "what
// eats X" and "what is eaten by X".
func voices(a, b *reading) string {
	if a.long() || b.long() || a.kind != b.kind || a.kind != "@who" && a.kind != "@what" {
		return ""
	}
	object := a.do && !b.verb || b.do && !a.verb
	if object && (descents(align(a, b)) > 0 || descents(align(b, a)) > 0) {
		return WhyOrder
	}
	if done(a) != done(b) && (a.kind == "@who" || !a.verb || !b.verb) {
		return WhyOrder
	}
	return ""
}

// done reports whether a prompt says by whom something is done.
func done(r *reading) bool {
	return slices.ContainsFunc(r.content, func(c content) bool { return c.led && c.role == "by" })
}

// reversed reports whether a word stands behind words of direction that never say the
// same, such as "from" and "to".
func reversed(a, b *reading) bool {
	for i := range a.content {
		c := &a.content[i]
		if !c.led {
			continue
		}
		at, ok := counterpart(c, b)
		if ok && b.content[at].led && a.lexicon.apart[[2]string{c.role, b.content[at].role}] {
			return true
		}
	}
	return false
}

func moved(a, b *reading) bool {
	pairs := align(a, b)
	return swapped(a, b, pairs) || compound(a, b)
}

// align gives the places of words, but those without counterpart and repetitions, in a
// prompt and in another.
func align(a, b *reading) (pairs [][2]int) {
	used := map[int]bool{}
	for i := range a.content {
		if at, ok := counterpart(&a.content[i], b); ok && !used[at] && !a.content[i].light {
			used[at] = true
			pairs = append(pairs, [2]int{i, at})
		}
	}
	return pairs
}

// swapped reports whether exactly two words, with others between them, took each other's
// places.
func swapped(a, b *reading, pairs [][2]int) bool {
	there := make([]int, len(pairs))
	for i, p := range pairs {
		there[i] = p[1]
	}
	slices.Sort(there)
	var out []int
	for i, p := range pairs {
		if p[1] != there[i] {
			out = append(out, i)
		}
	}
	if len(out) != 2 {
		return false
	}
	first, second := pairs[out[0]], pairs[out[1]]
	if second[0]-first[0] < 2 {
		return false
	}
	return a.content[first[0]].stands(b.content[second[1]]) && a.content[second[0]].stands(b.content[first[1]])
}

// stands reports whether two words stand behind the same word of direction, or both behind
// none.
func (s stand) stands(as content) bool {
	return s.led == as.led && (!s.led || s.role == as.role)
}

// compound reports whether two words that stand close together are turned, as in "milk
// chocolate". A verb may change places with what it is done to.
func compound(a, b *reading) bool {
	for i := 0; i+1 < len(a.content); i++ {
		first, second := &a.content[i], &a.content[i+1]
		if !second.close || first.verb || first.light || second.light {
			continue
		}
		for k := 0; k+1 < len(b.content); k++ {
			p, q := &b.content[k], &b.content[k+1]
			if q.close && !p.verb && q.forms[0] == first.forms[0] && p.forms[0] == second.forms[0] {
				return true
			}
		}
	}
	return false
}

// turned reports whether, behind one of the words that say directions, each prompt has
// what the other one has elsewhere.
func turned(a, b *reading) bool {
	seen := map[string]bool{"": true}
	for i := range a.content {
		role := a.content[i].role
		if seen[role] {
			continue
		}
		seen[role] = true
		left, right := behind(a, role), behind(b, role)
		if len(right) > 0 && !meet(left, right) && elsewhere(left, b) && elsewhere(right, a) {
			return true
		}
	}
	return false
}

// behind gives the words of a prompt behind a word of direction.
func behind(r *reading, role string) (out []*content) {
	for i := range r.content {
		if r.content[i].role == role {
			out = append(out, &r.content[i])
		}
	}
	return out
}

func meet(left, right []*content) bool {
	for _, l := range left {
		for _, r := range right {
			if same(l, r) {
				return true
			}
		}
	}
	return false
}

// elsewhere reports whether a prompt has all of some words.
func elsewhere(words []*content, in *reading) bool {
	for _, w := range words {
		if _, ok := counterpart(w, in); !ok && !w.light {
			return false
		}
	}
	return true
}

// descents counts how often a sequence goes back in the other prompt.
func descents(pairs [][2]int) (n int) {
	for i := 1; i < len(pairs); i++ {
		if pairs[i][1] < pairs[i-1][1] {
			n++
		}
	}
	return n
}
