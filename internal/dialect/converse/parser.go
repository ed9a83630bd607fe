package converse

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// parser reads a request, or the message of an answer, into r. It stops at the first
// thing that is wrong.
type parser struct {
	r    *llm.Request
	call *dialect.Call // of an answer; nil in a request
	err  error

	// Where it is, for errors: messages[2].content[0].
	list       string // messages, system; "" elsewhere
	turn, item int

	role  llm.Role
	begun bool         // the wire's message has a turn of its own already
	later []llm.Opaque // state of the next part
}

// where gives the path of a member, with numbers or, for Unnamed, without.
func (p *parser) where(member string, numbers bool) string {
	index := func(n int) string {
		if !numbers {
			return "[]"
		}
		return "[" + strconv.Itoa(n) + "]"
	}
	var path string
	switch p.list {
	case "":
		return member
	case "messages":
		path = "messages" + index(p.turn)
		if p.item >= 0 {
			path += ".content" + index(p.item)
		}
	default:
		path = p.list + index(p.item)
	}
	if member == "" {
		return path
	}
	return path + "." + member
}

// bad notes that a member is not what it must be.
func (p *parser) bad(member, want string) {
	if p.err == nil {
		path := p.where(member, true)
		p.err = fault.Newf(fault.InvalidRequest, "%s must be %s.", path, want).Field(path)
	}
}

// keep notes a member that only this dialect has.
func (p *parser) keep(to *[]llm.Member, member string, key, value []byte) {
	if value == nil || jsonscan.IsNull(value) {
		return
	}
	name := string(key)
	*to = append(*to, llm.Member{Name: name, Value: value})
	if member != "" {
		name = member + "." + name
	}
	p.unname(p.where(name, false))
}

func (p *parser) unname(path string) {
	for _, have := range p.r.Unnamed {
		if have == path {
			return
		}
	}
	p.r.Unname(path)
}

// object reads an object; null is none.
func (p *parser) object(d *jsonscan.Reader, member string, fn func(key []byte)) {
	if p.err != nil {
		return
	}
	if !d.At('{') {
		p.absent(d, member, "an object")
		return
	}
	d.Object(func(key []byte) {
		if p.err == nil {
			fn(key)
		}
	})
}

// array reads an array; null is none.
func (p *parser) array(d *jsonscan.Reader, member string, fn func()) {
	if p.err != nil {
		return
	}
	if !d.At('[') {
		p.absent(d, member, "an array")
		return
	}
	d.Array(func() {
		if p.err == nil {
			fn()
		}
	})
}

// absent passes over null and refuses anything else.
func (p *parser) absent(d *jsonscan.Reader, member, want string) {
	if v := d.Raw(); v != nil && !jsonscan.IsNull(v) {
		p.bad(member, want)
	}
}

// text reads a string as it is written; nil for null.
func (p *parser) text(d *jsonscan.Reader, member string) llm.Raw {
	v := d.Raw()
	if v == nil || jsonscan.IsNull(v) {
		return nil
	}
	if v[0] != '"' {
		p.bad(member, "a string")
		return nil
	}
	return v
}

// word reads a string and decodes it.
func (p *parser) word(d *jsonscan.Reader, member string) string {
	raw := p.text(d, member)
	if raw == nil {
		return ""
	}
	s, ok := jsonscan.String(raw)
	if !ok {
		p.bad(member, "a string")
	}
	return s
}

// flag reads true or false.
func (p *parser) flag(d *jsonscan.Reader, member string) *bool {
	v := d.Raw()
	if v == nil || jsonscan.IsNull(v) {
		return nil
	}
	on, ok := jsonscan.Bool(v)
	if !ok {
		p.bad(member, "true or false")
	}
	return &on
}

// number reads a number as it is written; nil for null.
func (p *parser) number(d *jsonscan.Reader, member string) llm.Raw {
	v := d.Raw()
	if v == nil || jsonscan.IsNull(v) {
		return nil
	}
	if _, ok := jsonscan.Float(v); !ok {
		p.bad(member, "a number")
		return nil
	}
	return v
}

// whole reads a whole number.
func (p *parser) whole(d *jsonscan.Reader, member string) llm.Count {
	v := d.Raw()
	if v == nil || jsonscan.IsNull(v) {
		return llm.Count{}
	}
	n, ok := jsonscan.Int(v)
	if !ok || n < 0 {
		p.bad(member, "a whole number of tokens")
	}
	return llm.Known(n)
}

// done tells what went wrong, if anything: a value that is not what it must be, or
// text that is no JSON.
func (p *parser) done(d *jsonscan.Reader, what string) error {
	if p.err != nil {
		return p.err
	}
	if err := d.Err(); err != nil {
		return fault.Newf(fault.InvalidRequest, "%s cannot be read: %v.", what, err).Field(strings.ToLower(what)).With(err)
	}
	return nil
}
