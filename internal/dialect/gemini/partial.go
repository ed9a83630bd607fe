package gemini

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// partialArgs writes the arguments of a call that comes in pieces, as JSON text, as the
// pieces come. A piece is a value, or more of a string, at a path such as
// $.recipe.steps[0].text; the vendor gives them in the order of the document
// (https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc).
// It holds the path of the last value only.
type partialArgs struct {
	out      []byte // JSON text that has not been taken yet
	open     []step // the containers that are open, each with the child it is at; the root object first
	begun    bool
	inString bool // the last value is a string that may go on
}

// step is one step of a path: a member, or an element.
type step struct {
	name    string
	index   int
	element bool
}

// piece takes one partialArg, and says whether more of its value is to come.
func (a *partialArgs) piece(v []byte) (continues bool) {
	var path string
	var value llm.Raw
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "jsonPath", "json_path":
			path, _ = jsonscan.String(v)
		case "stringValue", "numberValue", "boolValue", "string_value", "number_value", "bool_value":
			value = v
		case "nullValue", "null_value":
			value = llm.Raw("null")
		case "willContinue", "will_continue":
			continues = string(v) == "true"
		}
		return true
	})
	if steps := readPath(path); len(steps) > 0 && len(value) > 0 {
		a.value(steps, value, continues)
	}
	return continues
}

func (a *partialArgs) value(steps []step, value llm.Raw, continues bool) {
	text := value[0] == '"' && len(value) >= 2
	if a.inString && text && a.at(steps) {
		a.out = append(a.out, value[1:len(value)-1]...)
	} else {
		a.closeString()
		a.enter(steps)
		if text {
			value = value[:len(value)-1]
		}
		a.out = append(a.out, value...)
		a.inString = text
	}
	if !continues {
		a.closeString()
	}
}

// at reports whether a path is that of the last value.
func (a *partialArgs) at(steps []step) bool {
	if len(steps) != len(a.open) {
		return false
	}
	for i := range steps {
		if steps[i] != a.open[i] {
			return false
		}
	}
	return true
}

func (a *partialArgs) closeString() {
	if a.inString {
		a.out = append(a.out, '"')
		a.inString = false
	}
}

// enter closes the containers that a path is not in, opens those that it is in, and
// leaves the text where the value belongs.
func (a *partialArgs) enter(steps []step) {
	same := 0
	for same < len(a.open)-1 && same < len(steps)-1 && a.open[same] == steps[same] {
		same++
	}
	a.closeTo(same + 1)
	if !a.begun {
		a.begun = true
		a.out = append(a.out, '{')
	} else if len(a.open) > same {
		a.out = append(a.out, ',')
	}
	a.open = append(a.open[:same], steps[same:]...)
	for i := same; i < len(steps); i++ {
		if i > same {
			a.out = append(a.out, opening(steps[i]))
		}
		if !steps[i].element {
			a.out = appendKey(a.out, steps[i].name)
		}
	}
}

func appendKey(dst []byte, name string) []byte {
	dst = append(dst, '"')
	dst = jsonout.AppendEscaped(dst, name)
	return append(dst, '"', ':')
}

func opening(s step) byte {
	if s.element {
		return '['
	}
	return '{'
}

// closeTo closes containers until n are open.
func (a *partialArgs) closeTo(n int) {
	for len(a.open) > n {
		last := len(a.open) - 1
		a.out = append(a.out, opening(a.open[last])+2) // '{'+2 = '}', '['+2 = ']'
		a.open = a.open[:last]
	}
}

// end completes the text.
func (a *partialArgs) end() {
	a.closeString()
	a.closeTo(1)
	switch {
	case a.begun:
		a.out = append(a.out, '}')
	default:
		a.out = append(a.out, "{}"...)
	}
}

// take gives the text that has come since it was last asked for.
func (a *partialArgs) take() []byte {
	out := a.out
	a.out = a.out[:0]
	return out
}

// readPath reads a path of RFC 9535 section 2.7 or its shorthand: names after points,
// names in quotes and numbers in brackets. nil when it is none.
func readPath(path string) (steps []step) {
	rest, ok := strings.CutPrefix(path, "$")
	for ok && rest != "" {
		var s step
		s, rest, ok = readStep(rest)
		steps = append(steps, s)
	}
	if !ok {
		return nil
	}
	return steps
}

func readStep(path string) (s step, rest string, ok bool) {
	if name, found := strings.CutPrefix(path, "."); found {
		n := strings.IndexAny(name, ".[")
		if n < 0 {
			n = len(name)
		}
		return step{name: name[:n]}, name[n:], n > 0
	}
	if len(path) < 3 || path[0] != '[' {
		return s, "", false
	}
	if quote := path[1]; quote == '\'' || quote == '"' {
		return quotedStep(path[2:], quote)
	}
	number, rest, ok := strings.Cut(path[1:], "]")
	n, isInt := jsonscan.Int([]byte(number))
	return step{index: int(n), element: true}, rest, ok && isInt
}

// quotedStep reads a name up to its closing quote, and the bracket after it.
func quotedStep(text string, quote byte) (s step, rest string, ok bool) {
	var name strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			name.WriteByte(text[i])
		case c == quote:
			rest, ok = strings.CutPrefix(text[i+1:], "]")
			return step{name: name.String()}, rest, ok
		default:
			name.WriteByte(c)
		}
	}
	return s, "", false
}
