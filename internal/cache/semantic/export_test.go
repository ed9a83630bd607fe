package semantic

// StandIn reports whether the data say that two English words may stand for each other.
func (g *Guard) StandIn(a, b string) bool {
	r := &reading{lexicon: g.lexicons[0]}
	x := r.contentOf(token{text: a, forms: r.formsOf(a)})
	y := r.contentOf(token{text: b, forms: r.formsOf(b)})
	return same(&x, &y)
}

// Opposites gives the pairs of words that the data call opposites.
func (g *Guard) Opposites() (out [][2]string) {
	for pair := range g.lexicons[0].opposites {
		out = append(out, pair)
	}
	return out
}
