package dialect

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Items says where an operation's requests hold things of which each has a result of its
// own, and where answers hold these, so that a thing can be asked for without the others.
// Paths are members with points between them, * standing for every member; "" is the
// whole text. It is immutable and safe for concurrent use.
type Items struct {
	// Ask are the members of requests that may hold the things, one of them at a time; nil =
	// requests of callers are not known.
	Ask []string
	// Bound are the members of requests by which, unless they are false, results come to
	// depend on what else is in the list.
	Bound []string

	// Give are the arrays of answers with an element for each thing; nil = answers of
	// vendors are not known.
	Give []string
	// Index is the member of an element that tells its place; "" = the order does.
	Index string
	// Same are members in which the answers to parts of a list must not differ.
	Same []string
	// Counts are the values of which every number is a sum over the things.
	Counts []string
}

// List is what a request asks for, one by one. Spans are those of the body.
type List struct {
	Member string
	Things []jsonscan.Span
	// Alone says that the only thing stands there by itself, not as an array's element.
	Alone bool
}

// List finds the things of a request; false when it has none, or they depend on each other.
func (f *Items) List(body []byte) (l List, ok bool) {
	var value []byte
	for _, name := range f.Bound {
		if v := jsonscan.Get(body, name); v != nil && !jsonscan.IsNull(v) && string(v) != "false" {
			return l, false
		}
	}
	for _, name := range f.Ask {
		v := jsonscan.Get(body, name)
		if v == nil || jsonscan.IsNull(v) {
			continue
		}
		if value != nil {
			return l, false // vendors do not agree on what comes first
		}
		l.Member, value = name, v
	}
	if len(value) == 0 || value[0] != '"' && value[0] != '[' {
		return l, false
	}
	if value[0] == '"' {
		l.Things, l.Alone = []jsonscan.Span{within(body, value)}, true
		return l, true
	}
	l.Things, ok = elementsOf(body, value)
	if ok && len(l.Things) > 0 {
		if first := l.Things[0].Of(body); first[0] == '-' || first[0]-'0' < 10 { // a text as token ids
			l.Things, l.Alone = []jsonscan.Span{within(body, value)}, true
		}
	}
	return l, ok && len(l.Things) > 0
}

// Without gives what is to be cut out of the body so that only some of the things are left,
// at least one: those for which keep says so.
func (l *List) Without(keep func(i int) bool) (cuts []jsonscan.Span) {
	for i := 0; i < len(l.Things); i++ {
		if keep(i) {
			continue
		}
		first := i
		for i+1 < len(l.Things) && !keep(i+1) {
			i++
		}
		cut := jsonscan.Span{Start: l.Things[first].Start, End: l.Things[i].End}
		switch {
		case i+1 < len(l.Things):
			cut.End = l.Things[i+1].Start
		case first > 0:
			cut.Start = l.Things[first-1].End
		}
		cuts = append(cuts, cut)
	}
	return cuts
}

// elementsOf gives where the elements of an array stand in a body.
func elementsOf(body, array []byte) (spans []jsonscan.Span, ok bool) {
	err := jsonscan.Elements(array, func(v []byte) bool {
		spans = append(spans, within(body, v))
		return true
	})
	return spans, err == nil
}

// within says where a part of a body stands in it; the part must share its memory.
func within(body, part []byte) jsonscan.Span {
	start := int(uintptr(unsafe.Pointer(unsafe.SliceData(part))) - uintptr(unsafe.Pointer(unsafe.SliceData(body))))
	return jsonscan.Span{Start: start, End: start + len(part)}
}

// eachAt calls fn with every value at a path, and with the path as it is there.
func eachAt(v []byte, done, path string, fn func(path string, v []byte)) {
	name, rest, _ := strings.Cut(path, ".")
	switch {
	case v == nil:
	case path == "":
		fn(done, bytes.TrimSpace(v))
	case name == "*":
		_ = jsonscan.Members(v, func(key, one []byte) bool {
			eachAt(one, done+"."+string(key), rest, fn)
			return true
		})
	default:
		eachAt(jsonscan.Get(v, name), done+"."+name, rest, fn)
	}
}
