package asked

import "math"

// The features of Difficulty: each is a number from 0 to 1, and counts with a weight.
// They are what can be measured in microseconds; a model's opinion they are not.
//
//	weight  feature      is 1 when the last message of the user's …
//	0.40    instructions has three or more words such as prove, derive, optimise, step by step
//	0.25    length       is 6 KB or longer; it grows with the logarithm, 200 bytes are 0.2
//	0.25    maths        has eight or more of: operators beside numbers, powers, TeX commands
//	0.25    code         has twelve or more of: lines that end in ; { }, calls, operators of code, fences
//	0.10    questions    asks five or more questions
//
// and of the whole request:
//
//	0.10    turns        has 21 or more messages
//	0.10    tools        offers eight or more tools
//	0.05    schema       wants an answer after a schema
//
// The sum is cut at 1. A greeting comes to about 0.01, a plain question to 0.05, a task of
// one paragraph to 0.2, a proof or a piece of code to be reworked to 0.5 and more.
const (
	ofInstructions = 0.40
	ofLength       = 0.25
	ofMaths        = 0.25
	ofCode         = 0.25
	ofQuestions    = 0.10
	ofTurns        = 0.10
	ofTools        = 0.10
	ofSchema       = 0.05
)

// mostRead bounds how much of a text is looked at, in bytes; its length counts wholly.
const mostRead = 16 << 10

// Difficulty estimates from 0 to 1 how hard the request is to answer well, by features
// that can be measured (see the constants). It is deterministic.
func (r *Request) Difficulty() float64 {
	var m Measure
	r.texts(func(text []byte) bool {
		m.Text(text[1 : len(text)-1])
		return true
	})
	score := m.Score() + ofTurns*share(r.Turns-1, 20) + ofTools*share(r.Tools, 8)
	if r.schema {
		score += ofSchema
	}
	return min(score, 1)
}

// Measure adds up the features of texts. The zero Measure is ready.
type Measure struct {
	length                               int64
	instructions, maths, code, questions int64
}

// Score gives from 0 to 1 how difficult the texts seem by themselves.
func (m *Measure) Score() float64 {
	return min(1, ofInstructions*share(m.instructions, 3)+
		ofLength*min(1, math.Log2(1+float64(m.length)/200)/5)+
		ofMaths*share(m.maths, 8)+ofCode*share(m.code, 12)+ofQuestions*share(m.questions-1, 4))
}

// share gives n of all as a number from 0 to 1.
func share(n, all int64) float64 { return float64(min(max(n, 0), all)) / float64(all) }

// The classes of bytes.
const (
	letter = iota + 1 // and what is beyond ASCII
	digit
	operator // of sums and of code
	ends     // a line of code
	other    // what may tell something
)

var classes = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80:
			t[c] = letter
		case c >= '0' && c <= '9':
			t[c] = digit
		}
	}
	for _, c := range "=+*/^<>%|&!:-" {
		t[c] = operator
	}
	for _, c := range ";{}" {
		t[c] = ends
	}
	for _, c := range []byte("\\?`(_\xef") {
		t[c] = other
	}
	return t
}()

// Text adds a text as it stands between the quotes of JSON, escapes and all. It keeps no
// reference to it.
func (m *Measure) Text(text []byte) {
	m.length += int64(len(text))
	text = text[:min(len(text), mostRead)]
	for i := 0; i < len(text); {
		switch c := text[i]; classes[c] {
		case letter:
			i = m.word(text, i)
		case operator:
			i = m.operator(text, i)
		case ends:
			i++
			m.code += truth(ended(text, i))
		case other:
			i = m.other(text, i)
		default:
			i++
		}
	}
}

func truth(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// ended reports whether a line or the text ends at i.
func ended(text []byte, i int) bool {
	return i >= len(text) || text[i] == '\n' || text[i] == '\\' && i+1 < len(text) && (text[i+1] == 'n' || text[i+1] == 'r')
}

// operator takes a run of operators: == and => are code's, one beside a number is maths'.
func (m *Measure) operator(text []byte, i int) int {
	from := i
	for i < len(text) && classes[text[i]] == operator {
		i++
	}
	switch run := i - from; {
	case run == 2 && (text[from] == text[from+1] || text[from+1] == '=' || text[from+1] == '>'):
		// Of two alike, -- and // are as often prose and addresses.
		m.code += truth(text[from] != '-' && text[from] != '/' || text[from+1] == '>')
	case run == 1 && text[from] == '^':
		m.maths++
	case run == 1 && text[from] == '=' && assigns(text, from):
		m.code++
	case run == 1 && text[from] != '-' && text[from] != ':' && text[from] != '!':
		m.maths += truth(nearNumber(text, from))
	}
	return i
}

// assigns reports whether a name stands before the = at i and something that is no number
// behind it.
func assigns(text []byte, i int) bool {
	if i < 3 || i+2 >= len(text) || text[i-1] != ' ' || text[i+1] != ' ' {
		return false
	}
	return classes[text[i-2]] == letter && classes[text[i-3]] == letter && classes[text[i+2]] != digit
}

// nearNumber reports whether a digit, a lone letter or a bracket stands on one side of i,
// and a digit on the other, white space apart.
func nearNumber(text []byte, i int) bool {
	left, right := byte(0), byte(0)
	for j := i - 1; j >= 0 && j >= i-2; j-- {
		if text[j] != ' ' {
			left = text[j]
			break
		}
	}
	for j := i + 1; j < len(text) && j <= i+2; j++ {
		if text[j] != ' ' {
			right = text[j]
			break
		}
	}
	l, r := classes[left] == digit, classes[right] == digit
	return l && r || l && quantity(right) || r && quantity(left)
}

func quantity(c byte) bool {
	return classes[c] == letter && c < 0x80 || c == '(' || c == ')' || c == '-'
}

// other takes what is neither letter nor operator.
func (m *Measure) other(text []byte, i int) int {
	switch c := text[i]; c {
	case '\\':
		return m.escape(text, i)
	case '?':
		next := i + 1
		m.questions += truth(next == len(text) || text[next] == ' ' || text[next] == '\\' || text[next] == '\n' || text[next] == ')' || text[next] == '*')
	case 0xEF: // of ？, as it is written in Chinese and Japanese
		m.questions += truth(i+2 < len(text) && text[i+1] == 0xBC && text[i+2] == 0x9F)
	case '`':
		if i+2 < len(text) && text[i+1] == '`' && text[i+2] == '`' {
			m.code += 3
			return i + 3
		}
	case '(':
		// A call: a name right before, and what follows is an argument or nothing.
		m.code += truth(i > 0 && classes[text[i-1]] == letter && text[i-1] < 0x80 && i+1 < len(text) && (text[i+1] == ')' || text[i+1] == '\\'))
	case '_':
		m.code += truth(i > 0 && i+1 < len(text) && classes[text[i-1]] == letter && classes[text[i+1]] == letter)
	}
	return i + 1
}

// indented reports whether a line begins with white space, as code's do.
func indented(line []byte) bool {
	return len(line) > 2 && (line[0] == ' ' && line[1] == ' ' && line[2] != '-' && line[2] != '*' || line[0] == '\\' && line[1] == 't')
}

// escape takes a backslash of JSON: two of them before a letter begin a command of TeX.
func (m *Measure) escape(text []byte, i int) int {
	if i+1 >= len(text) {
		return i + 1
	}
	switch text[i+1] {
	case 'u':
		return i + 6
	case 'n':
		m.code += truth(indented(text[i+2:]))
	case '\\':
		m.maths += truth(i+3 < len(text) && classes[text[i+2]] == letter && classes[text[i+3]] == letter && text[i+2] >= 'a')
	}
	return i + 2
}
