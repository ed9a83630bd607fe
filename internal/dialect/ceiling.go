package dialect

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Ceiling says where a dialect's requests state how much may be answered at the most.
type Ceiling struct {
	// Read are the paths of the maximum of output tokens (two members at the most, with a
	// point between them), of which the first that is there counts.
	Read []string
	// Write is the path where it is put when none is there; Old where a provider knows
	// only the older name ("" = Write).
	Write, Old string
	// Times is the path of the number of answers; "" = always one.
	Times string
}

// Stated gives the maximum of output tokens that a body states, and how many answers it
// asks for (at least 1). at is the text of the maximum within body; nil = none is stated.
func (c *Ceiling) Stated(body []byte) (most int64, at []byte, times int64) {
	return c.StatedIn(func(name string) []byte { return jsonscan.Get(body, name) })
}

// StatedIn is Stated of a body whose members have been found already.
func (c *Ceiling) StatedIn(member func(name string) []byte) (most int64, at []byte, times int64) {
	times = 1
	if c == nil {
		return 0, nil, times
	}
	if c.Times != "" {
		if n, ok := jsonscan.Int(at2(member, c.Times)); ok && n > 1 {
			times = n
		}
	}
	for _, path := range c.Read {
		v := at2(member, path)
		if n, ok := jsonscan.Int(v); ok && n >= 0 {
			return n, v, times
		}
	}
	return 0, nil, times
}

// at2 gives the value at a path of one or two members.
func at2(member func(string) []byte, path string) []byte {
	outer, inner := cutPath(path)
	v := member(outer)
	if inner == "" || v == nil {
		return v
	}
	return jsonscan.Get(v, inner)
}

// Members are the members of a body that Stated looks at.
func (c *Ceiling) Members() []string {
	if c == nil {
		return nil
	}
	var names []string
	for _, path := range append(c.Read[:len(c.Read):len(c.Read)], c.Times) {
		if outer, _ := cutPath(path); outer != "" && !slices.Contains(names, outer) {
			names = append(names, outer)
		}
	}
	return names
}

func cutPath(path string) (outer, inner string) {
	for i := range len(path) {
		if path[i] == '.' {
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

// Place says how to put a maximum into a body: its digits go between before and after,
// and these in place of at, when whole is set, else behind the brace that at begins
// with; more says that members follow there. at is a part of body. With old the name that
// older servers know is used.
func (c *Ceiling) Place(body []byte, old bool) (at []byte, whole, more bool, before, after string) {
	if _, stated, _ := c.Stated(body); stated != nil {
		return stated, true, false, "", ""
	}
	path := c.Write
	if old && c.Old != "" {
		path = c.Old
	}
	outer, inner := cutPath(path)
	if inner == "" {
		return body, false, hasMembers(body), `"` + outer + `":`, ""
	}
	switch v := jsonscan.Get(body, outer); {
	case len(v) > 0 && v[0] == '{':
		return v, false, hasMembers(v), `"` + inner + `":`, ""
	case v != nil:
		return v, true, false, `{"` + inner + `":`, "}"
	}
	return body, false, hasMembers(body), `"` + outer + `":{"` + inner + `":`, "}"
}

func hasMembers(obj []byte) (some bool) {
	_ = jsonscan.Members(obj, func(_, _ []byte) bool { some = true; return false })
	return some
}
