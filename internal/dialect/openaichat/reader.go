package openaichat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// reader reads one caller's request. Paths stand in it as in the ledger, with [] for
// what index says.
type reader struct {
	in    jsonscan.Reader
	size  int // of the body
	r     *llm.Request
	err   *fault.Fault // the first thing that is wrong
	index [2]int
	calls []callName // of the history so far
	turn  turn       // what is being read
	slab  []llm.Part // room for parts
	given int        // how many have got room
}

type callName struct{ id, name string }

// room gives an empty slice for n parts.
func (p *reader) room(n int) []llm.Part {
	if len(p.slab)+n > cap(p.slab) {
		more := p.more(p.given)
		if n >= more {
			return make([]llm.Part, 0, n)
		}
		p.slab = make([]llm.Part, 0, more)
	}
	p.given += n
	from := len(p.slab)
	p.slab = p.slab[:from+n]
	return p.slab[from : from : from+n]
}

// more guesses how many more are to come of what there were n of so far.
func (p *reader) more(n int) int {
	at := max(p.in.Offset(), 1)
	return min(n*(p.size-at)/at+2, 4*n+4)
}

// fail notes that a member is not of the form it must have.
func (p *reader) fail(path, want string) {
	if p.err == nil {
		at := p.place(path)
		p.err = fault.Newf(fault.InvalidRequest, "%s must be %s.", at, want).Field(at)
	}
}

// place puts the indexes into a path.
func (p *reader) place(path string) string {
	pieces := strings.Split(path, "[]")
	out := pieces[0]
	for i, piece := range pieces[1:] {
		if i < len(p.index) {
			out += "[" + strconv.Itoa(p.index[i]) + "]"
		}
		out += piece
	}
	return out
}

// unname notes a member that means nothing outside this dialect.
func (p *reader) unname(path string) {
	if !slices.Contains(p.r.Unnamed, path) {
		p.r.Unname(path)
	}
}

// keep notes such a member and its value for a target of this dialect. Its name is
// dotted where it stands in an object that is understood.
func (p *reader) keep(own *[]llm.Member, at string, key, v []byte) {
	p.keepAt(own, at, memberName(key), v)
}

func (p *reader) keepAt(own *[]llm.Member, at, name string, v []byte) {
	if jsonscan.IsNull(v) {
		return
	}
	*own = append(*own, llm.Member{Name: name, Value: v})
	p.unname(at + name)
}

// memberName decodes a member's raw name.
func memberName(key []byte) string {
	quoted := append(append([]byte{'"'}, key...), '"')
	if s, ok := jsonscan.String(quoted); ok {
		return s
	}
	return string(key)
}

func absent(v []byte) bool { return len(v) == 0 || jsonscan.IsNull(v) }

// text gives a string as it was written, nil for null.
func (p *reader) text(v []byte, path string) llm.Raw {
	switch {
	case absent(v):
		return nil
	case v[0] != '"':
		p.fail(path, "a string")
		return nil
	}
	return v
}

// word gives a string decoded, "" for null.
func (p *reader) word(v []byte, path string) string {
	raw := p.text(v, path)
	if raw == nil {
		return ""
	}
	s, ok := jsonscan.String(raw)
	if !ok {
		p.fail(path, "a well-formed string")
	}
	return s
}

// flag gives true or false, nil for null.
func (p *reader) flag(v []byte, path string) *bool {
	if absent(v) {
		return nil
	}
	b, ok := jsonscan.Bool(v)
	if !ok {
		p.fail(path, "true or false")
		return nil
	}
	return &b
}

// whole gives a whole number.
func (p *reader) whole(v []byte, path string) llm.Count {
	if absent(v) {
		return llm.Count{}
	}
	n, ok := jsonscan.Int(v)
	if !ok {
		want := wholeNumber
		if jsonscan.IsWhole(v) {
			want = smallNumber
		}
		p.fail(path, want)
		return llm.Count{}
	}
	return llm.Known(n)
}

// object walks the members of an object that are not null; null is an empty one.
func (p *reader) object(v []byte, path string, fn func(key, v []byte)) {
	if absent(v) {
		return
	}
	if v[0] != '{' {
		p.fail(path, "an object")
		return
	}
	p.check(jsonscan.Members(v, func(key, v []byte) bool {
		if !jsonscan.IsNull(v) {
			fn(key, v)
		}
		return true
	}))
}

// array walks an array; null is an empty one.
func (p *reader) array(v []byte, path string, fn func(v []byte)) {
	if absent(v) {
		return
	}
	if v[0] != '[' {
		p.fail(path, "an array")
		return
	}
	p.check(jsonscan.Elements(v, func(v []byte) bool { fn(v); return true }))
}

// check takes an error of the text itself.
func (p *reader) check(err error) {
	if err != nil && p.err == nil {
		p.err = fault.Newf(fault.InvalidRequest, "The body is not a well-formed JSON object: %v.", err)
	}
}

// cacheMark reads {type: ephemeral, ttl}
// (https://openrouter.ai/docs/features/prompt-caching).
func (p *reader) cacheMark(v []byte, path string) string {
	ttl := "5m"
	p.object(v, path, func(key, v []byte) {
		if string(key) == "ttl" {
			ttl = p.word(v, path+".ttl")
		}
	})
	if absent(v) {
		return ""
	}
	p.r.Has.Add(llm.FCache)
	if ttl != "5m" {
		p.r.Has.Add(llm.FCacheTTL)
	}
	return ttl
}

// named gives the name of the call with an id, the last one of that id.
func (p *reader) named(id string) string {
	for i := len(p.calls) - 1; i >= 0; i-- {
		if p.calls[i].id == id {
			return p.calls[i].name
		}
	}
	return ""
}
