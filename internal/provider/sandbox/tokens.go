package sandbox

import "unicode/utf8"

// bytesPerToken is the sandbox's whole tokenizer: a token is four bytes of UTF-8 text.
const bytesPerToken = 4

// tokens counts a text: one token for every 4 bytes, rounded up. Only text counts (of
// messages, instructions, tool results, tool arguments and answers), each part for
// itself; images, files and schemas are free.
func tokens(text string) int { return (len(text) + bytesPerToken - 1) / bytesPerToken }

func allTokens(texts []string) int {
	n := 0
	for _, t := range texts {
		n += tokens(t)
	}
	return n
}

// clip cuts a text to at most max tokens without cutting a character, and reports
// whether it had to.
func clip(text string, max int) (string, bool) {
	if tokens(text) <= max {
		return text, false
	}
	return text[:runeStart(text, max*bytesPerToken)], true
}

// runeStart is the last place at or before i where a character begins.
func runeStart(text string, i int) int {
	if i >= len(text) {
		return len(text)
	}
	for i > 0 && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

// pieceBytes is about how much of a text one stream event carries when nothing else is
// asked for.
const pieceBytes = 16

// pieces cuts a text into n parts of about the same length, or fewer when it has fewer
// characters; n = 0 chooses by length. No text has no piece.
func pieces(text string, n int) []string {
	if n == 0 {
		n = (len(text) + pieceBytes - 1) / pieceBytes
	}
	out := make([]string, 0, min(n, len(text)))
	from := 0
	for i := 1; i <= n; i++ {
		if to := runeStart(text, len(text)*i/n); to > from {
			out = append(out, text[from:to])
			from = to
		}
	}
	return out
}
