package jsonscan

import "strings"

// Span is where a value stands in a text. The zero Span is none: no member's value
// begins at offset 0.
type Span struct{ Start, End int }

// Found reports whether there is a value.
func (s Span) Found() bool { return s.End > 0 }

// Of gives the value's bytes in doc, nil when there is none.
func (s Span) Of(doc []byte) []byte {
	if !s.Found() {
		return nil
	}
	return doc[s.Start:s.End:s.End]
}

// Doc is the shape of one JSON object, as far as one walk over it tells.
type Doc struct {
	Inside int  // offset just after the opening brace: where a member can be put in
	Empty  bool // the object has no members, so such a member needs no comma after it
}

// ScanObject is Doc.Scan for those who need only the spans.
func ScanObject(doc []byte, want []string, spans []Span) error {
	var d Doc
	return d.Scan(doc, want, spans)
}

// Scan walks once over the members of doc, which must be one JSON object with nothing
// but white space around it, and sets spans[i] to the value of want[i] (the zero Span
// when absent). spans must be as long as want.
//
// A wanted name that stands there twice, in whatever spelling, is an error: two
// readers could each choose another. Every error is an *Error. Numbers and the text of
// strings are not judged.
func (d *Doc) Scan(doc []byte, want []string, spans []Span) error {
	clear(spans)
	w := walker{b: doc}
	if err := w.start('{', "object"); err != nil {
		return err
	}
	d.Inside, d.Empty = w.inside, true
	for w.nextMember() {
		d.Empty = false
		i := wanted(w.key, want)
		if i < 0 {
			continue
		}
		if spans[i].Found() {
			return duplicate(w.keyAt, strings.Clone(want[i]))
		}
		spans[i] = Span{w.from, w.to}
	}
	if w.err != nil {
		return w.err
	}
	if end := skipSpace(doc, w.i); end != len(doc) {
		return malformed(end, "something follows the object")
	}
	return nil
}

func wanted(key []byte, want []string) int {
	for i, name := range want {
		if KeyIs(key, name) {
			return i
		}
	}
	return -1
}
