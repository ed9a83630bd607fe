package dialect

import (
	"bytes"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// PathsOf gives the paths that a body holds of features, in a dialect's own words: all of
// them, but none that stands inside another one. Where the body shows none of a feature's,
// it is told by the first Field that means it, or else by its name. It reads the body, so
// it is for what is seldom: something was lost.
func PathsOf(fields []Field, features llm.Features, body []byte) (paths []string) {
	p := presence{fields: fields, found: make([]bool, len(fields))}
	var seeks []seek
	for i := range fields {
		if f := &fields[i]; f.Feature != 0 && !f.Frame && features.Has(f.Feature) {
			seeks = append(seeks, seek{i, f.Path})
		}
	}
	p.visit(body, seeks)
	for _, f := range features.All() {
		some := len(paths)
		for i := range fields {
			if p.found[i] && fields[i].Feature == f {
				paths = addPath(paths, some, fields[i].Path)
			}
		}
		if len(paths) > some {
			continue
		}
		path := PathOf(fields, f)
		if path == "" {
			path = f.String()
		}
		paths = append(paths, path)
	}
	return paths
}

// addPath adds a path unless it is told already, from the given place on, with what it
// stands in.
func addPath(paths []string, from int, path string) []string {
	for _, told := range paths[from:] {
		if rest, inside := strings.CutPrefix(path, told); inside && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return paths
		}
	}
	return append(paths, path)
}

// presence is one walk over a body in search of fields.
type presence struct {
	fields []Field
	found  []bool // by field
	stack  []seek // of the values that are being visited
}

// seek is a field that is looked for, and what is left of its path.
type seek struct {
	field int
	rest  string
}

// visit looks at a value at which the given paths go on.
func (p *presence) visit(v []byte, seeks []seek) {
	if len(v) == 0 || jsonscan.IsNull(v) {
		return
	}
	from := len(p.stack)
	for _, s := range seeks {
		word, rest, qualified := qualifier(s.rest)
		switch {
		case p.found[s.field] || qualified && !says(v, word):
		case rest == "":
			besides := p.fields[s.field].Besides
			p.found[s.field] = besides == nil || !slices.Contains(besides, plainWord(v))
		case v[0] == '[' && strings.HasPrefix(rest, "[]"):
			p.stack = append(p.stack, seek{s.field, rest[2:]})
		case v[0] == '{' && rest[0] != '[':
			p.stack = append(p.stack, seek{s.field, strings.TrimPrefix(rest, ".")})
		}
	}
	if on := p.stack[from:]; len(on) > 0 && v[0] == '[' {
		_ = jsonscan.Elements(v, func(e []byte) bool { p.visit(e, on); return true })
	} else if len(on) > 0 {
		p.enter(v, on)
	}
	p.stack = p.stack[:from]
}

// enter visits the members of an object that paths go on with.
func (p *presence) enter(v []byte, seeks []seek) {
	_ = jsonscan.Members(v, func(key, value []byte) bool {
		from := len(p.stack)
		for _, s := range seeks {
			if rest, ok := follow(key, s.rest); ok {
				p.stack = append(p.stack, seek{s.field, rest})
			}
		}
		if len(p.stack) > from {
			p.visit(value, p.stack[from:])
		}
		p.stack = p.stack[:from]
		return true
	})
}

// follow reports whether a path goes on with a member, and gives what is left of it.
func follow(key []byte, path string) (rest string, ok bool) {
	if strings.HasPrefix(path, string(key)) && (len(path) == len(key) || strings.IndexByte(".[ (", path[len(key)]) >= 0) {
		return path[len(key):], true
	}
	if len(key) == 0 || bytes.IndexByte(key[1:], '_') < 0 {
		return "", false
	}
	end := strings.IndexAny(path, ".[ (")
	if end < 0 {
		end = len(path)
	}
	return path[end:], sameName(key, path[:end])
}

// sameName compares the name of a member, written with underscores, with that of a path
// that has capitals: Protocol Buffers take both.
func sameName(key []byte, name string) bool {
	if strings.Contains(name, "_") || len(key) <= len(name) || key[0] == '_' {
		return false
	}
	return strings.EqualFold(strings.ReplaceAll(string(key), "_", ""), name)
}

// qualifier cuts the words in parentheses that a path goes on with.
func qualifier(rest string) (word, after string, ok bool) {
	inside, ok := strings.CutPrefix(strings.TrimPrefix(rest, " "), "(")
	if !ok {
		return "", rest, false
	}
	word, after, ok = strings.Cut(inside, ")")
	return word, after, ok
}

// says reports whether a value, or the type of an object, is the word that a path says of
// it in parentheses. What is said in several words speaks of any value.
func says(v []byte, word string) bool {
	word, _, _ = strings.Cut(word, ",")
	if scheme, _, ok := strings.Cut(word, ":"); ok || strings.HasPrefix(word, "data ") {
		return v[0] == '"' && strings.HasPrefix(string(v[1:]), strings.Fields(scheme)[0]+":")
	}
	said := v
	if v[0] == '{' {
		said = jsonscan.Get(v, "type")
	}
	if len(said) == 0 || said[0] != '"' || strings.Contains(word, " ") || word == "other" {
		return true
	}
	return strings.HasPrefix(plainWord(said), word)
}

// plainWord is the text of a string, "" of anything else.
func plainWord(v []byte) string {
	text, _ := jsonscan.String(v)
	return text
}
