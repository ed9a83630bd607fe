package cohere

import (
	"strconv"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// reader reads a request, or the turn of an answer. The first thing that is wrong is
// kept in err and ends the reading.
type reader struct {
	r     *llm.Request
	calls []callName // of the turns so far
	err   error
}

type callName struct{ id, name string }

// at is a place in a body, spelt out only when something is wrong there.
type at struct {
	name  string
	index int // of name; -1 = it has none
	rest  string
}

// top is a place that is no message.
func top(name string) at { return at{name: name, index: -1} }

// on is a place within a message.
func (a at) on(rest string) at { return at{a.name, a.index, rest} }

// String spells the place: messages[2].content[].text.
func (a at) String() string {
	if a.index < 0 {
		return a.name + a.rest
	}
	return a.name + "[" + strconv.Itoa(a.index) + "]" + a.rest
}

// wrong notes that a member is not what was expected; it reports false, so that
// walking ends.
func (p *reader) wrong(path at, want string) bool {
	if p.err == nil {
		p.err = fault.Newf(fault.InvalidRequest, "'%s' must be %s.", path.String(), want).Field(path.String())
	}
	return false
}

// absent reports whether a value counts as not given.
func absent(v []byte) bool { return len(v) == 0 || jsonscan.IsNull(v) }

func isText(v []byte) bool   { return len(v) >= 2 && v[0] == '"' }
func isObject(v []byte) bool { return len(v) >= 2 && v[0] == '{' }
func isList(v []byte) bool   { return len(v) >= 2 && v[0] == '[' }

// members walks an object that stands at path.
func (p *reader) members(v []byte, path at, fn func(key, v []byte) bool) bool {
	if !isObject(v) {
		return p.wrong(path, "an object")
	}
	return p.walked(jsonscan.Members(v, func(key, v []byte) bool {
		return absent(v) || fn(key, v) && p.err == nil
	}), path)
}

// elements walks an array that stands at path.
func (p *reader) elements(v []byte, path at, fn func(v []byte) bool) bool {
	if !isList(v) {
		return p.wrong(path, "an array")
	}
	return p.walked(jsonscan.Elements(v, func(v []byte) bool { return fn(v) && p.err == nil }), path)
}

func (p *reader) walked(err error, path at) bool {
	if err != nil && p.err == nil {
		p.err = fault.Newf(fault.InvalidRequest, "'%s' is not valid JSON: %v.", path.String(), err).Field(path.String())
	}
	return p.err == nil
}

// text decodes a string.
func (p *reader) text(v []byte, path at) string {
	s, ok := jsonscan.String(v)
	if !ok {
		p.wrong(path, "a string")
	}
	return s
}

// raw takes a string as it is.
func (p *reader) raw(v []byte, path at) llm.Raw {
	if !isText(v) {
		p.wrong(path, "a string")
		return nil
	}
	return v
}

func (p *reader) count(v []byte, path at) llm.Count {
	n, ok := jsonscan.Int(v)
	if !ok {
		p.wrong(path, "a whole number")
	}
	return llm.Count{N: n, Known: ok}
}

func (p *reader) flag(v []byte, path at) bool {
	b, ok := jsonscan.Bool(v)
	if !ok {
		p.wrong(path, "true or false")
	}
	return b
}

// has notes a feature of the request.
func (p *reader) has(f llm.Feature) {
	if p.r != nil {
		p.r.Has.Add(f)
	}
}

// keep notes a member that no feature stands for: in own, and its path.
func (p *reader) keep(own *[]llm.Member, under string, key, v []byte) bool {
	name := keyName(key)
	*own = append(*own, llm.Member{Name: name, Value: v})
	p.unname(under + name)
	return true
}

// unname notes a path once.
func (p *reader) unname(path string) {
	if p.r == nil {
		return
	}
	for _, have := range p.r.Unnamed {
		if have == path {
			return
		}
	}
	p.r.Unname(path)
}

// keyName decodes a member's name.
func keyName(key []byte) string {
	if s, ok := jsonscan.String(append(append([]byte{'"'}, key...), '"')); ok {
		return s
	}
	return string(key)
}
