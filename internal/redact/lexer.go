package redact

import (
	"bytes"
	"strings"
)

// maxDepth bounds nesting; what is deeper is free text.
const maxDepth = 200

// names are members that no one wrote for reading: their values are no part of what a
// stream says, and would make nonsense when they are joined.
var names = map[string]bool{
	"type": true, "id": true, "object": true, "model": true, "role": true, "status": true, "finish_reason": true, "stop_reason": true,
	"signature": true, "encrypted_content": true, "obfuscation": true, "thoughtSignature": true, "system_fingerprint": true, "service_tier": true,
	"modelVersion": true, "responseId": true, "item_id": true, "call_id": true, "response_id": true, "name": true, "data": true,
}

// lexer finds the strings of one JSON value and the places where they stand.
type lexer struct {
	in      []byte
	at      int
	strings []stretch
	pieces  []piece
	index   string // the numbers that tell streams within the stream apart
	broken  bool   // something is no JSON
}

// document reads a value, as far as it is there. It reports whether that is JSON.
func (x *lexer) document() bool {
	if c := x.peek(); c != '{' && c != '[' && c != '"' {
		return false
	}
	x.value("", 0)
	x.space()
	return !x.broken && x.at == len(x.in)
}

func (x *lexer) space() {
	for x.at < len(x.in) && (x.in[x.at] == ' ' || x.in[x.at] == '\t' || x.in[x.at] == '\r' || x.in[x.at] == '\n') {
		x.at++
	}
}

// peek gives the next byte that is no space, 0 at the end.
func (x *lexer) peek() byte {
	x.space()
	if x.at >= len(x.in) {
		return 0
	}
	return x.in[x.at]
}

func (x *lexer) value(place string, depth int) {
	if depth > maxDepth {
		x.broken = true
		return
	}
	switch c := x.peek(); c {
	case '{':
		x.object(place, depth)
	case '[':
		x.array(place, depth)
	case '"':
		s := x.text()
		if name := place[strings.LastIndexByte(place, '.')+1:]; !names[name] {
			x.pieces = append(x.pieces, piece{place, s})
		}
	case 0:
	default:
		x.scalar(place)
	}
}

// scalar reads a number or a word.
func (x *lexer) scalar(place string) {
	from := x.at
	for x.at < len(x.in) && !bytes.ContainsRune([]byte(",]} \t\r\n\":{["), rune(x.in[x.at])) {
		x.at++
	}
	word := string(x.in[from:x.at])
	switch {
	case word == "":
		x.broken = true
	case numeric(word[0]):
		x.broken = x.broken || strings.Trim(word, "0123456789+-.eE") != ""
		if strings.HasSuffix(place, "index") {
			x.index += word + "."
		}
	case x.at == len(x.in):
		x.broken = x.broken || !(strings.HasPrefix("true", word) || strings.HasPrefix("false", word) || strings.HasPrefix("null", word))
	default:
		x.broken = x.broken || word != "true" && word != "false" && word != "null"
	}
}

func (x *lexer) object(place string, depth int) {
	x.at++
	for !x.broken {
		switch x.peek() {
		case 0:
			return
		case '}':
			x.at++
			return
		case ',':
			x.at++
		case '"':
			name := x.text()
			if c := x.peek(); c == 0 {
				return
			} else if c != ':' {
				x.broken = true
				return
			}
			x.at++
			x.value(place+"."+string(x.in[name.from:name.to]), depth+1)
		default:
			x.broken = true
		}
	}
}

func (x *lexer) array(place string, depth int) {
	x.at++
	for !x.broken {
		switch x.peek() {
		case 0:
			return
		case ']':
			x.at++
			return
		case ',':
			x.at++
		default:
			x.value(place, depth+1)
		}
	}
}

// text reads a string and gives where its content stands, also when its end is not there.
func (x *lexer) text() stretch {
	x.at++
	s := stretch{x.at, x.at}
	for x.at < len(x.in) && x.in[x.at] != '"' {
		if x.in[x.at] == '\\' {
			x.at++
		}
		x.at++
	}
	x.at = min(x.at, len(x.in))
	if s.to = x.at; s.to > s.from {
		x.strings = append(x.strings, s)
	}
	if x.at < len(x.in) {
		x.at++
	}
	return s
}
