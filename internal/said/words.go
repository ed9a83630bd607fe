package said

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxWord is the length in bytes at which words are cut.
	maxWord = 64
	// maxRun is the length above which letters without a space are no text, but data.
	maxRun = 256
	// MaxWords is how many words of one entry are worth finding.
	MaxWords = 16_000
)

// spaceless are scripts that write words without spaces between them; each character
// counts as a word of its own, so that any part of a text is found as a phrase.
var spaceless = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

// appendWords appends the words of a text: letters and digits, in lower case, without
// accents.
func appendWords(dst []byte, text string) []byte {
	for len(text) > 0 {
		run, rest := nextRun(text)
		if text = rest; len(run) <= maxRun || !ascii(run) {
			dst = appendRun(dst, run)
		}
	}
	return dst
}

// nextRun cuts a text behind its first characters without a space.
func nextRun(text string) (run, rest string) {
	text = strings.TrimLeft(text, " \t\r\n")
	if i := strings.IndexAny(text, " \t\r\n"); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// narrow are the half-width and full-width forms of other characters.
func narrow(r rune) bool { return r >= 0xff00 && r <= 0xffef }

func appendRun(dst []byte, run string) []byte {
	start := -1 // where the word that is being written began
	add := func(b []byte) {
		if start < 0 {
			start = len(dst) + 1
			dst = append(dst, ' ')
		}
		if len(dst)-start+len(b) <= maxWord {
			dst = append(dst, b...)
		}
	}
	var one, parts [64]byte
	if strings.ContainsFunc(run, narrow) {
		run = norm.NFKC.String(run)
	}
	for _, r := range run {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			add(append(one[:0], byte(r)))
		case r >= 'A' && r <= 'Z':
			add(append(one[:0], byte(r)+'a'-'A'))
		case r < utf8.RuneSelf:
			start = -1
		case unicode.In(r, spaceless...):
			if start = -1; !unicode.Is(unicode.M, r) {
				add(utf8.AppendRune(one[:0], r))
			}
			start = -1
		default: // what the character is made of, but for its accents
			for _, r := range string(norm.NFKD.AppendString(parts[:0], string(r))) {
				switch {
				case unicode.Is(unicode.Mn, r):
				case unicode.In(r, unicode.L, unicode.N, unicode.M):
					add(utf8.AppendRune(one[:0], unicode.ToLower(r)))
				default:
					start = -1
				}
			}
		}
	}
	return dst
}
