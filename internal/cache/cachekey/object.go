package cachekey

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// object writes {"a":1,"b":2,}: every member ends in a comma, so that they can be sorted.
func (c *canon) object(n *node, depth int) error {
	if depth >= jsonscan.MaxDepth {
		return c.bad("it is nested too deep")
	}
	if n != nil && n.turn && !c.exact && c.isResult() {
		c.exact = true
		defer func() { c.exact = false }()
	}
	base, sorted := len(c.members), true
	c.out = append(c.out, '{')
	c.i++
	for first := true; ; first = false {
		done, err := c.separator('}', first)
		if err != nil {
			return err
		}
		if done {
			break
		}
		kept, err := c.member(n, depth)
		if err != nil {
			return err
		}
		if last := len(c.members) - 1; kept && last > base {
			sorted = sorted && c.compare(c.members[last-1], c.members[last]) < 0
		}
	}
	if !sorted {
		if err := c.reorder(base); err != nil {
			return err
		}
	}
	c.members = c.members[:base]
	c.out = append(c.out, '}')
	return nil
}

// isResult reports whether the message at i is what a tool gave.
func (c *canon) isResult() bool {
	role := jsonscan.Get(c.in[c.i:], "role")
	if len(role) < 2 {
		return false
	}
	role = role[1 : len(role)-1]
	return jsonscan.KeyIs(role, "tool") || jsonscan.KeyIs(role, "function")
}

// separator steps over what stands between two items and reports the end.
func (c *canon) separator(end byte, first bool) (done bool, err error) {
	c.blank()
	switch {
	case c.i >= len(c.in):
		return false, c.bad("the text ends too early")
	case c.in[c.i] == end:
		c.i++
		return true, nil
	case first:
		return false, nil
	case c.in[c.i] != ',':
		return false, c.bad("a comma or a closing bracket was expected")
	}
	c.i++
	c.blank()
	return false, nil
}

// member writes one member and reports whether it counts.
func (c *canon) member(n *node, depth int) (kept bool, err error) {
	from := len(c.out)
	if c.i >= len(c.in) || c.in[c.i] != '"' {
		return false, c.bad("a member's name was expected")
	}
	if err := c.text(false); err != nil {
		return false, err
	}
	name := len(c.out)
	if c.blank(); c.i >= len(c.in) || c.in[c.i] != ':' {
		return false, c.bad("a colon was expected")
	}
	c.i++
	c.blank()
	var at *node
	if plain := c.out[from+1 : name-1]; c.out[from] == '"' {
		at = n.of(plain)
		kept = depth > 0 || !c.ignored(plain)
	} else { // a hash
		kept = true
		if n != nil {
			at = n.member
		}
	}
	c.out = append(c.out, ':')
	if err := c.value(at, depth+1); err != nil {
		return false, err
	}
	if kept = kept && (at == nil || !at.drop); !kept {
		c.out = c.out[:from]
		return false, nil
	}
	c.out = append(c.out, ',')
	c.members = append(c.members, member{from, name, len(c.out)})
	return true, nil
}

func (c *canon) ignored(name []byte) bool {
	for _, s := range c.ignore {
		if string(name) == s {
			return true
		}
	}
	return false
}

func (c *canon) compare(a, b member) int {
	return bytes.Compare(c.out[a.from:a.name], c.out[b.from:b.name])
}

// few is how many members are sorted by insertion.
const few = 12

// sort brings the members from base on in order, those of one name as they came.
func (c *canon) sort(base int) {
	ms := c.members[base:]
	if len(ms) > few {
		slices.SortFunc(ms, func(a, b member) int { return cmp.Or(c.compare(a, b), a.from-b.from) })
		return
	}
	for i := 1; i < len(ms); i++ {
		for j := i; j > 0 && c.compare(ms[j-1], ms[j]) > 0; j-- {
			ms[j-1], ms[j] = ms[j], ms[j-1]
		}
	}
}

// reorder writes the members from base on again, in order.
func (c *canon) reorder(base int) error {
	ms := c.members[base:]
	if len(ms) > maxMembers {
		return c.bad("an object has more than 65536 members")
	}
	from, end := ms[0].from, len(c.out)
	c.sort(base)
	for i, m := range ms {
		if i > 0 && c.compare(ms[i-1], m) == 0 {
			return c.bad("a member's name stands twice in one object")
		}
		c.out = append(c.out, c.out[m.from:m.to]...)
	}
	c.out = append(c.out[:from], c.out[end:]...)
	return nil
}

// array writes [1,2,]. What is long is hashed on the way.
func (c *canon) array(n *node, depth int) error {
	if depth >= jsonscan.MaxDepth {
		return c.bad("it is nested too deep")
	}
	each := n.each()
	c.out = append(c.out, '[')
	c.i++
	start := len(c.out)
	for first := true; ; first = false {
		done, err := c.separator(']', first)
		if err != nil {
			return err
		}
		if done {
			c.out = append(c.out, ']')
			return nil
		}
		from := len(c.out)
		if err := c.value(each, depth+1); err != nil {
			return err
		}
		if each != nil && each.drop {
			c.out = c.out[:from]
			continue
		}
		if c.out = append(c.out, ','); len(c.out)-start > maxRun {
			c.shorten(start, chained)
		}
	}
}
