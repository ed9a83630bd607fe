package semantic

import (
	"strconv"
	"strings"
)

// values brings numbers to one way of writing: words, signs of thousands, dates, times of
// the day, ordinals, Roman ones.
func (r *reading) values(tokens []token) []token {
	out := make([]token, 0, len(tokens))
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch t.kind {
		case number:
			n, made := r.digits(tokens[i:])
			out = append(out, made...)
			i += n - 1
		case exact:
			out = append(out, moment(t)...)
		case word:
			if n, made := r.spelt(tokens, i); n > 0 {
				out = append(out, made...)
				i += n - 1
				continue
			}
			out = append(out, r.wordOrUnit(t, tokens, i))
		default:
			out = append(out, t)
		}
	}
	return out
}

func numberToken(value string) token { return token{text: value, kind: number} }

func wordToken(text string) token { return token{text: text, kind: word} }

// digits reads a number and what belongs to it: an ordinal's ending, thousands, millions.
func (r *reading) digits(tokens []token) (n int, made []token) {
	value := decimal(tokens[0].text)
	if len(tokens) < 2 || tokens[1].kind != word {
		return 1, []token{numberToken(value)}
	}
	next := tokens[1].text
	switch next {
	case "st", "nd", "rd", "th":
		if near(tokens[2:], 2, func(w string) bool { return r.lexicon.has("months", w) }) {
			return 2, []token{numberToken(value)}
		}
		return 2, []token{wordToken(value + next)}
	case "k", "K":
		return 2, []token{numberToken(times(value, 1000))}
	case "bn":
		return 2, []token{numberToken(times(value, 1e9))}
	case "mn", "mln", "mio":
		return 2, []token{numberToken(times(value, 1e6))}
	}
	if by, err := strconv.ParseFloat(r.lexicon.numbers[next], 64); err == nil && by >= 100 {
		return 2, []token{numberToken(times(value, by))}
	}
	return 1, []token{numberToken(value)}
}

// near reports whether one of the first n words is of a kind.
func near(tokens []token, n int, is func(string) bool) bool {
	for i := 0; i < len(tokens) && i < n; i++ {
		if tokens[i].kind == word && is(tokens[i].text) {
			return true
		}
	}
	return false
}

// decimal writes digits in one way. A comma before three digits is one of thousands. A
// fraction of at most two zeros says nothing; longer ones may be of a version.
func decimal(s string) string {
	s = strings.NewReplacer("'", "", "\u00a0", "").Replace(s)
	parts := strings.Split(s, ",")
	thousands := len(parts) > 1 && len(parts[0]) <= 3
	for i, p := range parts[1:] {
		whole, _, dotted := strings.Cut(p, ".")
		if len(whole) != 3 || dotted && i != len(parts)-2 {
			thousands = false
		}
	}
	if thousands {
		s = strings.Join(parts, "")
	} else {
		s = strings.Join(parts, ".")
	}
	for _, zeros := range [...]string{".00", ".0"} {
		if whole, ok := strings.CutSuffix(s, zeros); ok && !strings.Contains(whole, ".") {
			return whole
		}
	}
	return s
}

func times(value string, by float64) string {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return value + "×" + strconv.FormatFloat(by, 'f', -1, 64)
	}
	return strconv.FormatFloat(f*by, 'f', -1, 64)
}

// spelt reads a number in words, or a Roman one; n = 0: there is none.
func (r *reading) spelt(tokens []token, i int) (n int, made []token) {
	l := r.lexicon
	if o, ok := l.ordinals[tokens[i].text]; ok {
		if o == "2nd" && i > 0 && timed(tokens[i-1]) {
			return 0, nil
		}
		return 1, []token{wordToken(o)}
	}
	if v := roman(tokens[i].raw); v > 0 && r.countsRoman(tokens, i) {
		return 1, []token{numberToken(strconv.Itoa(v))}
	}
	total, part, n := 0.0, 0.0, 0
	for ; i+n < len(tokens); n++ {
		t := tokens[i+n]
		if t.text == "and" && n > 0 && i+n+1 < len(tokens) && part >= 100 && l.numbers[tokens[i+n+1].text] != "" {
			continue
		}
		v, err := strconv.ParseFloat(l.numbers[t.text], 64)
		if t.kind != word || err != nil || n > 0 && v < 100 && !tens(part, v) {
			break
		}
		switch {
		case v >= 1000:
			total, part = total+max(part, 1)*v, 0
		case v == 100:
			part = max(part, 1) * 100
		default:
			part += v
		}
	}
	if n == 0 || n == 1 && total+part == 1 && !r.countsOne(tokens, i) {
		return 0, nil
	}
	return n, []token{numberToken(strconv.FormatFloat(total+part, 'f', -1, 64))}
}

// tens reports whether a number below a hundred goes on what was said before it.
func tens(part, v float64) bool {
	rest := int(part) % 100
	return rest == 0 && part > 0 || part == 0 || rest >= 20 && rest%10 == 0 && v < 10
}

// timed reports whether a "second" behind a token is one of a minute.
func timed(t token) bool {
	switch t.text {
	case "per", "a", "each", "one", "every":
		return true
	}
	return t.kind == number
}

// countsOne reports whether "one" is a number, and not "the one" or "one of".
func (r *reading) countsOne(tokens []token, i int) bool {
	if i > 0 {
		switch tokens[i-1].text {
		case "which", "this", "that", "the", "no", "any", "every", "each", "another", "new", "does", "should", "can", "would", "how", "good", "best":
			return false
		}
	}
	return i+1 < len(tokens) && tokens[i+1].kind == word && !r.lexicon.has("drop", tokens[i+1].text)
}

// roman reads a Roman number up to 39; 0 = it is none.
func roman(s string) int {
	values := map[byte]int{'I': 1, 'V': 5, 'X': 10}
	total := 0
	for i := range len(s) {
		v := values[s[i]]
		if v == 0 {
			return 0
		}
		if i+1 < len(s) && v < values[s[i+1]] {
			v = -v
		}
		total += v
	}
	return total
}

// countsRoman reports whether what looks like a Roman number is one: of several letters,
// or behind a word that is counted so.
func (r *reading) countsRoman(tokens []token, i int) bool {
	if !r.cased || i == 0 {
		return false
	}
	return len(tokens[i].raw) > 1 || r.lexicon.has("roman", tokens[i-1].text)
}

// wordOrUnit gives words their sense beside numbers: "may" is a month there.
func (r *reading) wordOrUnit(t token, tokens []token, i int) token {
	if i > 0 && i+1 < len(tokens) && tokens[i-1].kind == number && (tokens[i+1].kind == number || r.lexicon.numbers[tokens[i+1].text] != "") {
		if sign, ok := spoken[t.text]; ok {
			return token{text: sign, kind: symbol}
		}
	}
	beside := i > 0 && tokens[i-1].kind == number || i+1 < len(tokens) && tokens[i+1].kind == number
	if beside && (t.text == "may" || t.text == "=may" || t.text == "in" && i > 0 && tokens[i-1].kind == number && tight(tokens[i-1:])) {
		t.text = "=" + t.text
	}
	return t
}

// spoken are operators between numbers, in words.
var spoken = map[string]string{"times": "×", "x": "×", "plus": "+", "minus": "-", "over": "÷", "mod": "%"}

// tight reports that a unit follows a number at the end of what is said.
func tight(tokens []token) bool { return len(tokens) < 3 || tokens[2].kind != word }

var months = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// moment gives dates and times of the day one way of writing.
func moment(t token) []token {
	if p := strings.Split(t.text, "-"); len(p) == 3 && len(p[0]) == 4 {
		if m, err := strconv.Atoi(p[1]); err == nil && m >= 1 && m <= 12 {
			month := wordToken(months[m-1])
			if m == 5 {
				month.text = "=may"
			}
			return []token{numberToken(strings.TrimLeft(p[2], "0")), month, numberToken(p[0])}
		}
	}
	if at, ok := clock(t.text); ok {
		t.text = at
	}
	return []token{t}
}

// clock reads "3 pm" and "15:00"; the same moment gives the same text.
func clock(s string) (string, bool) {
	s = strings.NewReplacer(".", "", " ", "").Replace(s)
	late, early := strings.HasSuffix(s, "pm"), strings.HasSuffix(s, "am")
	hour, rest, colon := strings.Cut(strings.TrimRight(s, "apm"), ":")
	h, err := strconv.Atoi(hour)
	if err != nil || !colon && !late && !early {
		return "", false
	}
	if (late || early) && h == 12 {
		h = 0
	}
	if late {
		h += 12
	}
	if rest == "" {
		rest = "00"
	}
	return "@" + strconv.Itoa(h) + ":" + rest, true
}
