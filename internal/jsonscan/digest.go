package jsonscan

import (
	"bytes"
	"slices"
	"strings"
)

// Bounds that make a Digest's memory constant.
const (
	maxCapture = 16 << 10 // one value; null stands for a longer one
	maxDigest  = 64 << 10 // the whole digest; what no longer fits is left out
	maxFrames  = 32       // depth of a path
	maxKey     = 256      // raw length of a member name that can match
)

// Digest reads a JSON text in pieces, however cut, and keeps only the members at a
// few paths: a small document of the same shape stands for a text too large to hold.
// It does not judge the text; reading ends at the first byte that makes no sense.
// The zero Digest keeps nothing; use NewDigest. Not safe for concurrent use.
type Digest struct {
	paths *pathNode
	out   []byte
	stack []digestFrame
	key   []byte // the member name being read
	state digestState
	after digestState // where to go on after a string

	// Of the value being read:
	node      *pathNode // nil: not on a path
	depth     int       // brackets open inside a value that is passed over or captured
	capturing bool
	tooLong   bool // null stands for the value that is being captured
	begin     int  // length of out before the value (and what led to it) was begun
	from      int  // where the value itself begins in out
	escaped   bool // the next byte of the string is escaped
}

// pathNode is one step of the wanted paths.
type pathNode struct {
	name string // "*" = any element of an array
	leaf bool
	next []*pathNode
}

func (n *pathNode) child(match func(name string) bool) *pathNode {
	for _, c := range n.next {
		if match(c.name) {
			return c
		}
	}
	return nil
}

type digestFrame struct {
	node   *pathNode // what is wanted inside
	array  bool
	opened bool // stands in out
	filled bool // has an item in out
	name   *pathNode
}

type digestState uint8

const (
	atValue   digestState = iota // before a value
	atKey                        // inside an object, before a member name or the end
	inKey                        // inside a member name
	atColon                      // after a member name
	afterItem                    // after a value: a comma or the end
	inScalar                     // inside a number or word
	inString                     // inside a string value
	inNested                     // inside a bracket that is passed over or captured
	atEnd                        // the text is over, or made no sense
)

// NewDigest makes a Digest of the members at paths: names joined by dots, * for any
// element of an array ("usage", "choices.*.finish_reason"). Of arrays only elements
// that hold something wanted are kept. null stands for a value of more than 16 KiB.
// The paths are not kept.
func NewDigest(paths []string) *Digest {
	d := &Digest{paths: &pathNode{}}
	for _, path := range paths {
		n := d.paths
		for name := range strings.SplitSeq(path, ".") {
			next := n.child(func(s string) bool { return s == name })
			if next == nil {
				next = &pathNode{name: strings.Clone(name)}
				n.next = append(n.next, next)
			}
			n = next
		}
		n.leaf = true
	}
	d.Reset()
	return d
}

// Reset makes d ready for another text.
func (d *Digest) Reset() {
	*d = Digest{paths: d.paths, out: d.out[:0], stack: d.stack[:0], key: d.key[:0], node: d.paths}
}

// JSON gives what has been kept so far as a JSON document, "{}" when nothing was. It
// may be called at any time; a value that is still being read is left out. The bytes
// are the caller's.
func (d *Digest) JSON() []byte {
	kept := d.out
	if d.capturing {
		kept = kept[:d.begin]
	}
	out := slices.Clone(kept)
	for i := len(d.stack) - 1; i >= 0; i-- {
		if f := d.stack[i]; f.opened {
			out = append(out, closer(f.array))
		}
	}
	if len(out) == 0 {
		return []byte("{}")
	}
	return out
}

func closer(array bool) byte {
	if array {
		return ']'
	}
	return '}'
}

// Write takes the next piece of the text. It keeps no reference to p and never fails.
func (d *Digest) Write(p []byte) {
	for len(p) > 0 && d.state != atEnd {
		p = p[d.step(p):]
	}
}

// step reads some of p, which is not empty, and gives how much.
func (d *Digest) step(p []byte) int {
	switch d.state {
	case inString:
		return d.stringPiece(p)
	case inNested:
		return d.nestedPiece(p)
	case inScalar:
		return d.scalarPiece(p)
	case inKey:
		return d.keyByte(p[0])
	}
	if class[p[0]] == space {
		return 1
	}
	return d.structural(p[0])
}

// structural takes one byte between values; 0 = the byte belongs to what begins here.
func (d *Digest) structural(c byte) int {
	switch d.state {
	case atValue:
		return d.beginValue(c)
	case atKey:
		if c == '"' {
			d.key, d.state = d.key[:0], inKey
			return 1
		}
		return d.endContainer(c, false)
	case atColon:
		if c != ':' {
			return d.stop()
		}
		d.node, d.state = d.wantedMember(), atValue
		return 1
	default: // afterItem
		if c == ',' {
			d.nextItem()
			return 1
		}
		return d.endContainer(c, d.top().array)
	}
}

func (d *Digest) stop() int {
	d.state = atEnd
	return 1
}

func (d *Digest) top() *digestFrame { return &d.stack[len(d.stack)-1] }

// nextItem prepares for what follows a comma or an opening bracket.
func (d *Digest) nextItem() {
	f := d.top()
	if !f.array {
		d.state = atKey
		return
	}
	d.node, d.state = f.node.child(func(s string) bool { return s == "*" }), atValue
}

func (d *Digest) wantedMember() *pathNode {
	if len(d.key) > maxKey {
		return nil
	}
	return d.top().node.child(func(s string) bool { return s != "*" && KeyIs(d.key, s) })
}

func (d *Digest) keyByte(c byte) int {
	switch {
	case d.escaped:
		d.escaped = false
	case c == '\\':
		d.escaped = true
	case c == '"':
		d.state = atColon
		return 1
	}
	if len(d.key) <= maxKey {
		d.key = append(d.key, c)
	}
	return 1
}

func (d *Digest) beginValue(c byte) int {
	if c == ']' && len(d.stack) > 0 && d.top().array {
		return d.endContainer(c, true)
	}
	kind := class[c]
	descend := d.node != nil && !d.node.leaf && kind == open && len(d.stack) < maxFrames
	if descend {
		d.stack = append(d.stack, digestFrame{node: d.node, array: c == '[', name: d.node})
		d.nextItem()
		return 1
	}
	if len(d.stack) == 0 {
		return d.stop()
	}
	if d.node != nil && d.node.leaf {
		d.beginCapture()
	}
	switch kind {
	case quote:
		d.state, d.after, d.escaped = inString, afterItem, false
	case open:
		d.state, d.depth = inNested, 1
	case plain:
		d.state = inScalar
	default:
		d.dropCapture()
		return d.stop()
	}
	d.capture(c)
	return 1
}

// endContainer takes the closing bracket of the innermost container.
func (d *Digest) endContainer(c byte, array bool) int {
	if len(d.stack) == 0 || d.top().array != array || c != closer(array) {
		return d.stop()
	}
	if d.top().opened {
		d.out = append(d.out, c)
	}
	d.stack = d.stack[:len(d.stack)-1]
	d.state = afterItem
	if len(d.stack) == 0 {
		d.state = atEnd
	}
	return 1
}

// stringPiece reads on in a string to its end or the end of p.
func (d *Digest) stringPiece(p []byte) int {
	if d.escaped {
		d.escaped = false
		d.capture(p[0])
		return 1
	}
	n := bytes.IndexByte(p, '"')
	if n < 0 {
		d.escaped = oddBackslashes(p)
		d.captureAll(p)
		return len(p)
	}
	d.captureAll(p[:n+1])
	if oddBackslashes(p[:n]) {
		return n + 1
	}
	d.state = d.after
	if d.after == afterItem {
		d.endValue()
	}
	return n + 1
}

// nestedPiece reads on inside brackets up to a string or the end of the value.
func (d *Digest) nestedPiece(p []byte) int {
	for i, c := range p {
		switch class[c] {
		case quote:
			d.state, d.after, d.escaped = inString, inNested, false
			d.captureAll(p[:i+1])
			return i + 1
		case open:
			d.depth++
		case closing:
			if d.depth--; d.depth == 0 {
				d.captureAll(p[:i+1])
				d.endValue()
				return i + 1
			}
		}
	}
	d.captureAll(p)
	return len(p)
}

func (d *Digest) scalarPiece(p []byte) int {
	n := 0
	for n < len(p) && class[p[n]] == plain {
		n++
	}
	d.captureAll(p[:n])
	if n < len(p) {
		d.endValue()
	}
	return n
}
