package asked

// stems are beginnings of words, in lower case, and phrases, that ask for reasoning or for
// work on something large, by their first two letters (see pair). Each counts wherever a
// word begins with it.
var stems = func() (t [pairs][]string) {
	for _, s := range []string{
		"algorith", "analy", "architect", "asymptot", "beweis", "bewijs", "berechne", "bottleneck", "calculat", "calcul", "cálcul", "chain-of-thought", "compar",
		"comprehensive", "concurren", "contradict", "contrast", "counterexample", "critique", "debug", "deduce", "demonstra", "derivat", "derive", "démontr", "demuestr",
		"design", "diagnos", "dimostr", "disprove", "distributed", "eigen", "entwirf", "equation", "estimate", "evaluat", "evaluier", "formaliz", "gleichung",
		"herleit", "hypothes", "implement", "in-depth", "induct", "inequalit", "integral", "invariant", "investigat", "justif", "lemma", "matrix", "migrat",
		"multi-step", "normaliz", "optimal", "optimi", "performan", "polynomial", "probabilit", "proof", "prove", "reasoning", "recurrence", "refactor",
		"refute", "rewrite", "root-cause", "rigor", "schlussfolger", "scalab", "simulat", "solve", "step-by-step", "strateg", "synthesi", "theorem", "thorough", "trade-off", "tradeoff", "vergleich", "verif",
		"explain why", "edge case", "paso a paso", "passo a passo", "pas à pas", "root cause", "step by step", "schritt für schritt", "show your work",
		"stap voor stap", "think hard", "think carefully", "trade off", "what if", "worst case", "why does", "why do ",
	} {
		i := pair(s[0], s[1])
		t[i] = append(t[i], s)
	}
	return t
}()

// pairs is how many values pair has.
const pairs = 32 * 32

// pair makes a number of the first two bytes of a word: the same for letters in capitals.
func pair(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// word takes the word at i and gives where it ends.
func (m *Measure) word(text []byte, i int) int {
	if i+1 < len(text) {
		for _, w := range stems[pair(text[i], text[i+1])] {
			if len(text)-i >= len(w) && same(text[i:], w) {
				m.instructions++
				break
			}
		}
	}
	for n, c := range text[i:] {
		if classes[c] != letter {
			return i + n
		}
	}
	return len(text)
}

// same compares the beginning of a text with one in lower case.
func same(text []byte, low string) bool {
	for i := range len(low) {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != low[i] {
			return false
		}
	}
	return true
}
