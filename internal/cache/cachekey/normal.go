package cachekey

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// normal takes out of the text that was written from an offset on, quotes included, what
// does not count. Code blocks stay as they are, between \( and \), which no text has.
func (c *canon) normal(start int) {
	text := c.out[start+1 : len(c.out)-1]
	c.spare = c.spare[:0]
	mayHaveCode := bytes.Contains(text, []byte("```")) || bytes.Contains(text, []byte("~~~"))
	for {
		at, end := len(text), len(text)
		if mayHaveCode {
			at, end = codeBlock(text)
		}
		c.prose(text[:at])
		if at == len(text) {
			break
		}
		c.spare = append(append(append(c.spare, `\(`...), text[at:end]...), `\)`...)
		text = text[end:]
	}
	c.out = append(append(c.out[:start+1], c.spare...), '"')
}

// prose writes words to spare.
func (c *canon) prose(text []byte) {
	out, start, gap := c.spare, len(c.spare), false
	for len(text) > 0 {
		n := wordLen(text)
		r := rune(text[0])
		if n == 0 {
			r, n = utf8.DecodeRune(text)
			if c.space && isSpace(r) {
				gap, text = true, text[n:]
				continue
			}
		}
		if gap && len(out) > start {
			out = append(out, ' ')
		}
		gap = false
		switch {
		case !c.fold || r == utf8.RuneError && n == 1: // bytes that are no character stay
			out = append(out, text[:n]...)
		case r >= utf8.RuneSelf:
			out = utf8.AppendRune(out, unicode.ToLower(r))
		default:
			out = append(out, text[:n]...)
			lower(out[len(out)-n:])
		}
		text = text[n:]
	}
	c.spare = out
}

// wordLen gives how many bytes of ASCII a text begins with that are no white space.
func wordLen(text []byte) int {
	n := 0
	for n < len(text) && text[n] > ' ' && text[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// lower makes the letters of ASCII small.
func lower(text []byte) {
	for i, b := range text {
		if b-'A' < 26 {
			text[i] = b | 0x20
		}
	}
}

func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.IsSpace(r)
}

// codeBlock gives where the first fenced code block of a text begins and ends, len(text)
// twice when there is none. One without an end ends with the text.
//
// https://spec.commonmark.org/0.31.2/#fenced-code-blocks
func codeBlock(text []byte) (from, to int) {
	for from < len(text) {
		next := from + lineLen(text[from:])
		mark, n, info := fence(text[from:next])
		if n > 0 && (mark != '`' || bytes.IndexByte(info, '`') < 0) {
			return from, blockEnd(text, next, mark, n)
		}
		from = next
	}
	return len(text), len(text)
}

// blockEnd gives the offset behind the line that closes a block of n marks.
func blockEnd(text []byte, at int, mark byte, n int) int {
	for at < len(text) {
		next := at + lineLen(text[at:])
		m, k, rest := fence(text[at:next])
		if at = next; k >= n && m == mark && len(bytes.TrimSpace(rest)) == 0 {
			break
		}
	}
	return at
}

func lineLen(text []byte) int {
	if n := bytes.IndexByte(text, '\n'); n >= 0 {
		return n + 1
	}
	return len(text)
}

// fence gives the mark that a line begins with, how often it stands there, and what
// follows; n = 0 when the line is no fence.
func fence(line []byte) (mark byte, n int, rest []byte) {
	indent := 0
	for indent < len(line) && indent < 3 && line[indent] == ' ' {
		indent++
	}
	line = line[indent:]
	if len(line) == 0 || line[0] != '`' && line[0] != '~' {
		return 0, 0, nil
	}
	mark = line[0]
	for n < len(line) && line[n] == mark {
		n++
	}
	if n < 3 {
		return 0, 0, nil
	}
	return mark, n, line[n:]
}
