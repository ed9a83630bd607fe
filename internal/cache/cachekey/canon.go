package cachekey

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
)

const (
	maxInline  = 1 << 10  // bytes of a value's one form; a longer one stands as its hash
	maxMembers = 1 << 16  // of one object: they are sorted
	maxRun     = 64 << 10 // of an array's one form, before it is hashed on
	hashed     = '#'      // leads a hash that stands for a value
	chained    = '~'      // leads a hash that stands for an array's elements so far
)

// canon writes requests in their one form. It is scratch for one request at a time.
type canon struct {
	in      []byte
	i       int    // where to read on in it
	out     []byte // what is written
	members []member
	ignore  []string
	spare   []byte
	hash    hash.Hash

	space, fold bool // white space or case of texts does not count
	exact       bool // strings are no texts, wherever they stand
}

// member is one that was written: out[from:name] is its name, out[from:to] all of it.
type member struct{ from, name, to int }

func (c *canon) bad(what string) error {
	return fmt.Errorf("the request has no cache key: %s (at byte %d)", what, c.i)
}

// document writes one JSON text. An empty text is written as nothing.
func (c *canon) document(in []byte, paths *node) error {
	c.in, c.i = in, 0
	if c.blank(); c.i == len(in) {
		return nil
	}
	if err := c.value(paths, 0); err != nil {
		return err
	}
	if c.blank(); c.i != len(in) {
		return c.bad("something follows the JSON text")
	}
	return nil
}

// blank passes over white space.
func (c *canon) blank() {
	for c.i < len(c.in) && c.in[c.i] <= ' ' {
		if b := c.in[c.i]; b != ' ' && b != '\n' && b != '\r' && b != '\t' {
			return
		}
		c.i++
	}
}

// value writes the value that begins at i.
func (c *canon) value(n *node, depth int) error {
	if c.i >= len(c.in) {
		return c.bad("the text ends too early")
	}
	start := len(c.out)
	var err error
	switch b := c.in[c.i]; b {
	case '"':
		return c.text(n != nil && n.text && !c.exact)
	case '{':
		err = c.object(n, depth)
	case '[':
		err = c.array(n, depth)
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	default:
		return c.number()
	}
	if depth > 0 {
		c.shorten(start, hashed)
	}
	return err
}

func (c *canon) word(w string) error {
	if !bytes.HasPrefix(c.in[c.i:], []byte(w)) {
		return c.bad("a value was expected")
	}
	c.i += len(w)
	c.out = append(c.out, w...)
	return nil
}

// shorten puts a hash in the place of what was written from an offset on, if that is long.
func (c *canon) shorten(from int, lead byte) {
	if len(c.out)-from <= maxInline {
		return
	}
	sum := sha256.Sum256(c.out[from:])
	c.out = append(append(c.out[:from], lead), sum[:]...)
}
