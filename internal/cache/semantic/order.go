package semantic

import "slices"

// long is from how many words on a prompt's words must keep their order: there, words that
// are in both say little.
const long = 60

// order finds prompts that say something else with the same words.
func order(a, b *reading) string {
	if turned(a, b) || turned(b, a) {
		return WhyDirection
	}
	if moved(a, b) || moved(b, a) {
		return WhyOrder
	}
	return ""
}

func moved(a, b *reading) bool {
	pairs := align(a, b)
	return swapped(a, b, pairs) || compound(a, b) || len(pairs) > long && descents(pairs) > 2
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
// places. Those that follow a word of direction are left to turned.
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
	if len(out) != 2 || out[1]-out[0] < 2 {
		return false
	}
	for _, i := range out {
		if a.content[pairs[i][0]].led || b.content[pairs[i][1]].led {
			return false
		}
	}
	return true
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
