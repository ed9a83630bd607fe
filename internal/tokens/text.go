package tokens

import "unicode/utf8"

// Costs are in hundredths of a token. They are averages over English prose, Markdown,
// JSON and source code under a byte-pair vocabulary of 200,000 entries.
const (
	token = 100

	knownWord   = 8  // letters of a word that are one token almost always
	longWord    = 14 // letters from which a word is no word of a dictionary
	perLetter   = 9  // of a letter between the two
	perLetterOn = 36 // of a letter beyond
	knownUpper  = 4  // the same for words in capitals
	perUpper    = 30
	joined      = 40 // one sign right before a word, which may be part of its token
	knownMarks  = 2
	perMark     = 40
)

// class is what a byte of text is to a tokenizer.
type class uint8

const (
	other class = iota // control characters and the rest of a multi-byte letter
	lower
	upper
	digit
	mark
	blank
	newline
	foreign // first byte of a letter outside ASCII
)

var classes = func() (t [256]class) {
	for c := range 256 {
		switch {
		case c >= 'a' && c <= 'z':
			t[c] = lower
		case c >= 'A' && c <= 'Z':
			t[c] = upper
		case c >= '0' && c <= '9':
			t[c] = digit
		case c == ' ' || c == '\t':
			t[c] = blank
		case c == '\n' || c == '\r':
			t[c] = newline
		case c > ' ' && c < 0x7f:
			t[c] = mark
		case c >= 0xc2:
			t[c] = foreign
		}
	}
	return t
}()

// reader adds up the cost of text that it is given byte by byte. The zero reader is at
// the beginning of a text.
type reader struct {
	cost  int64
	run   int   // bytes of the present piece
	class class // of the present piece
	mark  bool  // one sign stands right before the present word
}

// plain takes text as it is.
func (r *reader) plain(text []byte) {
	for _, c := range text {
		if k := classes[c]; k != r.class || k == foreign {
			r.add(k, c)
			continue
		}
		r.run++
	}
}

func (r *reader) add(k class, c byte) {
	if k == r.class && k != foreign {
		r.run++
		return
	}
	switch k {
	case other:
		return
	case foreign:
		r.end(k)
		r.cost += foreignCost(c)
		r.class, r.run = foreign, 1
		return
	case lower:
		if r.class == upper && r.run == 1 { // Word
			r.class, r.run = lower, 2
			return
		}
		if r.class == upper { // HTTPServer: the last capital begins the next word
			r.run--
			r.end(k)
			r.class, r.run, r.mark = lower, 2, false
			return
		}
	}
	r.end(k)
	r.class, r.run = k, 1
}

// end closes the present piece, which one of class next follows.
func (r *reader) end(next class) {
	before := r.mark
	r.mark = false
	switch r.class {
	case lower, upper:
		r.cost += wordCost(r.run, r.class == upper)
		if before {
			r.cost -= token - joined
		}
	case digit:
		r.cost += int64(r.run+2) / 3 * token
	case mark:
		r.cost += token
		if r.run > knownMarks {
			r.cost += int64(r.run-knownMarks) * perMark
		}
		r.mark = r.run == 1 && (next == lower || next == upper)
	case blank:
		if r.run > 1 || next == digit || next == newline {
			r.cost += token // else it is part of what follows
		}
	case newline:
		r.cost += token
	}
}

// free forgets the present piece, which costs nothing.
func (r *reader) free() { r.class, r.run, r.mark = other, 0, false }

// total ends the text and gives its cost.
func (r *reader) total() int64 {
	r.end(newline)
	r.free()
	return r.cost
}

func wordCost(n int, capitals bool) int64 {
	switch {
	case capitals && n > knownUpper:
		return token + int64(n-knownUpper)*perUpper
	case capitals || n <= knownWord:
		return token
	case n <= longWord:
		return token + int64(n-knownWord)*perLetter
	}
	return token + (longWord-knownWord)*perLetter + int64(n-longWord)*perLetterOn
}

// foreignCost is what a letter costs whose first byte is c.
func foreignCost(c byte) int64 {
	switch {
	case c < 0xce: // Latin with marks: within a word
		return 60
	case c < 0xd6: // Greek, Cyrillic
		return 32
	case c < 0xe2: // Hebrew, Arabic, India, Thailand; Latin with two marks
		return 38
	case c == 0xe2: // signs: dashes, quotes, arrows, boxes
		return token
	case c < 0xea: // kana and Chinese
		return 80
	case c < 0xee: // Hangul
		return 65
	}
	return 2 * token // emoji and what is rare
}

// Text estimates the tokens of plain text. It is never negative, and 0 for no text.
func Text(text []byte) int64 {
	var r reader
	r.plain(text)
	return roundUp(r.total())
}

func roundUp(cost int64) int64 { return (cost + token - 1) / token }

// escaped takes what stands between the quotes of a JSON string.
func (r *reader) escaped(text []byte) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			if k := classes[c]; k != r.class || k == foreign {
				r.add(k, c)
			} else {
				r.run++
			}
			continue
		}
		i++
		switch c = text[i]; c {
		case 'n', 'r':
			r.add(newline, '\n')
		case 't':
			r.add(blank, ' ')
		case 'b', 'f':
		case 'u':
			r.unicode(text[i+1:])
			i = min(i+4, len(text)-1)
		default: // a quote, a slash, a backslash
			r.add(mark, c)
		}
	}
}

// unicode takes the four digits of \uXXXX. Of a pair that makes one letter the second
// half counts nothing.
func (r *reader) unicode(hex []byte) {
	if len(hex) < 4 {
		return
	}
	var u rune
	for _, c := range hex[:4] {
		u = u<<4 | rune(c&15)
		if c >= 'A' {
			u += 9
		}
	}
	var first [utf8.UTFMax]byte
	switch {
	case u >= 0xdc00 && u < 0xe000:
		return
	case u >= 0xd800 && u < 0xdc00:
		u = 0x1f600 // of the planes that pairs stand for
	}
	utf8.EncodeRune(first[:], u)
	r.add(classes[first[0]], first[0])
}
