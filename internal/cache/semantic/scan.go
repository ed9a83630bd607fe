package semantic

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one word or sign of a prompt.
type token struct {
	text  string // lower case, or what stands for it
	raw   string // as it was written; "" for what stands for something
	kind  kind
	start bool     // first of a clause, where a capital says nothing
	forms []string // what the word may be a form of
}

type kind uint8

// The kinds of tokens.
const (
	word   kind = iota
	number      // text is its value
	symbol      // an operator, or a currency's sign
	exact       // an address, a file, an identifier, a flag: no form of anything
	comma
	edge // the end of a sentence
)

// patterns are tried in order at each place where their first character may stand.
var patterns = []struct {
	re   *regexp.Regexp
	kind kind
	lone bool // only behind white space or at the begin
}{
	{regexp.MustCompile(`^\\[A-Za-z]`), exact, false},
	{regexp.MustCompile(`^(?i:https?|ftp|wss?|file)://[^\s<>"'` + "`" + `]+`), exact, false},
	{regexp.MustCompile(`^[\pL\pN_.+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`), exact, true},
	{regexp.MustCompile(`^(?:\pL\.){2,}`), word, false},
	{regexp.MustCompile(`^\d{4}-\d{1,2}-\d{1,2}\b`), exact, false},
	{regexp.MustCompile(`^\d{1,2}([/.-])\d{1,2}[/.-](?:\d{4}|\d{2})\b`), exact, false},
	{regexp.MustCompile(`^(?i)\d{1,2}(?::\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\s?[ap]\.?m\b\.?)`), exact, false},
	{regexp.MustCompile(`^(?:[A-Za-z]:\\|\.{0,2}/|~/)[\pL\pN_.\\/@-]*[\pL\pN_/*]`), exact, true},
	{regexp.MustCompile(`^--?[A-Za-z][\w-]*`), exact, true},
	{regexp.MustCompile(`^[@#][\pL_][\pL\pN_-]*`), exact, true},
	{regexp.MustCompile(`^(?i:[acdfj](?:\+\+|#)|\.net\b|\.[a-z]{2,5}\b)`), exact, true},
	{regexp.MustCompile(`^[A-Za-z_][\w]*(?:(?:\.|::|->)[A-Za-z_]\w*)+`), exact, false},
	{regexp.MustCompile(`^\w*[A-Za-z0-9]_\w+|^_+\w+`), exact, false},
	{regexp.MustCompile(`^\d{1,3}(?:[,\x{00a0}'’]\d{3})+(?:\.\d+)?\b|^\d+(?:[.,]\d+)*`), number, false},
	{regexp.MustCompile(`^\pL[\pL\pM]*(?:['’]\pL+)*`), word, false},
	{regexp.MustCompile(`^(?:[=!]==?|<=>|[<>]=|[-=]>|&&|\|\||\+\+|--|\*\*|//|<<|>>|:=|[+\-*/%]=)`), symbol, false},
	{regexp.MustCompile(`^[=<>+*^|~%÷×−$€£¥₹₽°√∑≤≥≠]`), symbol, false},
}

// scan cuts a text into tokens. What has no meaning of its own is left out.
func scan(text string) (out []token) {
	start, lone := true, true
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if unicode.IsSpace(r) && r != '\n' {
			at, lone = at+size, true
			continue
		}
		t, n := simple(text[at:])
		if n == 0 {
			t, n = match(window(text[at:]), lone)
		}
		if n == 0 {
			t, n = sign(text, at, r, size, lone)
		}
		at += n
		lone = t.raw == "" || strings.ContainsAny(t.raw, "([{\"'“‘«=,;:")
		if t.raw == "" {
			continue
		}
		t.start = start
		start = t.kind == edge
		out = append(out, t)
	}
	return append(out, token{kind: edge})
}

// simple takes a word of plain letters that nothing else can begin with: most are such.
func simple(text string) (t token, n int) {
	for n < len(text) && (letter(text[n]) || text[n] == '\'' && n > 0 && n+1 < len(text) && letter(text[n+1])) {
		n++
	}
	if n == 0 {
		return t, 0
	}
	rest := text[n:]
	if len(rest) > 0 && rest[0] == '.' {
		rest = rest[1:]
	}
	if len(rest) > 0 && !strings.ContainsRune(" \n\t?!,)", rune(rest[0])) {
		return t, 0
	}
	return token{text: strings.ToLower(text[:n]), raw: text[:n], kind: word}, n
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// window is the part of a text that a pattern may match: patterns look at all that they
// are given.
func window(text string) string {
	const least, most = 32, 512
	n := min(len(text), least)
	for n < len(text) && n < most && text[n] > ' ' {
		n++
	}
	for n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func match(text string, lone bool) (t token, n int) {
	for i := range patterns {
		p := &patterns[i]
		if p.lone && !lone {
			continue
		}
		if n := len(p.re.FindString(text)); n > 0 {
			raw := text[:n]
			if p.kind == exact {
				raw = strings.TrimRight(raw, ".,;:!?)-")
				n = max(len(raw), 1)
			}
			return token{text: folds(raw), raw: raw, kind: p.kind}, n
		}
	}
	return token{}, 0
}

// folds gives a token in lower case, but for those where case tells things apart: flags
// and escapes.
func folds(raw string) string {
	if raw != "" && (raw[0] == '-' || raw[0] == '\\') {
		return raw
	}
	return strings.ToLower(raw)
}

// sign is one character that no pattern takes.
func sign(text string, at int, r rune, size int, lone bool) (token, int) {
	raw := text[at : at+size]
	if r == '!' && (at > 0 && text[at-1] >= '0' && text[at-1] <= '9' || lone && at+size < len(text) && (letter(text[at+size]) || text[at+size] == '(')) {
		return token{text: raw, raw: raw, kind: symbol}, size
	}
	switch r {
	case '.', '?', '!', ';', ':', '\n', '。', '？', '！', '；', '：', '¿', '¡':
		return token{raw: raw, kind: edge}, size
	case ',', '，', '、', '(', ')':
		return token{raw: raw, kind: comma}, size
	case '-', '–', '—', '/':
		if between(text, at, size) {
			return token{text: string(r), raw: raw, kind: symbol}, size
		}
	}
	if unicode.IsSymbol(r) && r != '`' && r != '´' || unicode.IsNumber(r) || unicode.IsLetter(r) {
		return token{text: raw, raw: raw, kind: exact}, size
	}
	return token{}, size
}

// between reports whether a sign stands between two numbers, as an operator does. A dash
// with no space around it is that of a range.
func between(text string, at, size int) bool {
	left, right := text[:at], text[at+size:]
	tight := strings.TrimRight(left, " ") == left && strings.TrimLeft(right, " ") == right
	if tight && text[at] != '/' {
		return false
	}
	l, _ := utf8.DecodeLastRuneInString(strings.TrimRight(left, " "))
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(right, " "))
	return unicode.IsDigit(l) && unicode.IsDigit(r)
}
