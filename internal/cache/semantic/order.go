package semantic

import "slices"

// long is from how many words on a prompt's words must keep their order: there, words that
// are in both say little.
const long = 60

// order finds prompts that say something else with the same words.
func order(a, b *reading) string {
	places := align(a, b)
	switch {
	case turned(a, b), turned(b, a):
		return WhyDirection
	case swapped(places), compound(a, b, places), len(places) > long && descents(places) > 2:
		return WhyOrder
	}
	return ""
}

// align gives for each word of a prompt, but those without counterpart and repetitions, its
// place in the other.
func align(a, b *reading) (places []int) {
	for i := range a.content {
		at, ok := counterpart(&a.content[i], b)
		if ok && !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	return places
}

// swapped reports whether exactly two words, with others between them, took each other's
// places.
func swapped(places []int) bool {
	sorted := slices.Sorted(slices.Values(places))
	var moved []int
	for i := range places {
		if places[i] != sorted[i] {
			moved = append(moved, i)
		}
	}
	return len(moved) == 2 && moved[1]-moved[0] > 1
}

// compound reports whether two words that stand close together are turned, as in "milk
// chocolate". A verb may change places with what it is done to.
func compound(a, b *reading, places []int) bool {
	for i := 0; i+1 < len(a.content); i++ {
		first, second := &a.content[i], &a.content[i+1]
		if !second.close || first.verb {
			continue
		}
		p, ok := counterpart(first, b)
		q, also := counterpart(second, b)
		if ok && also && p == q+1 && b.content[p].close && !b.content[q].verb {
			return true
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

// descents counts how often a sequence goes back.
func descents(places []int) (n int) {
	for i := 1; i < len(places); i++ {
		if places[i] < places[i-1] {
			n++
		}
	}
	return n
}
