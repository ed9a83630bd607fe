package jsonscan

// Reader walks a JSON text in depth, once: entering a value does not read it twice, as
// nested Members and Elements would. After an error every method gives nothing.
type Reader struct{ w walker }

// NewReader makes a Reader that stands before the value in b. The Reader keeps b.
func NewReader(b []byte) Reader { return Reader{walker{b: b, i: skipSpace(b, 0)}} }

// Object enters the object that the Reader stands before and calls fn with each raw
// member name, the Reader standing before the member's value; what fn leaves unread is
// passed over. It gives false, without moving, when there is no object, and false when
// the text turns out to be malformed.
func (r *Reader) Object(fn func(key []byte)) bool {
	return r.enter('{', func() bool {
		if !r.w.takeKey() {
			return false
		}
		at := r.w.i
		fn(r.w.key)
		return r.passed(at)
	})
}

// Array is Object for the elements of an array.
func (r *Reader) Array(fn func()) bool {
	return r.enter('[', func() bool {
		at := r.w.i
		fn()
		return r.passed(at)
	})
}

// Raw gives the value that the Reader stands before and passes over it; nil on error.
// It may be asked once for each value.
func (r *Reader) Raw() []byte {
	if r.w.err != nil || !r.w.takeValue() {
		return nil
	}
	return r.w.value()
}

// At reports whether the value that the Reader stands before begins with a byte.
func (r *Reader) At(first byte) bool {
	return r.w.err == nil && r.w.i < len(r.w.b) && r.w.b[r.w.i] == first
}

// Offset gives how many bytes of the text have been read.
func (r *Reader) Offset() int { return r.w.i }

// Err says what was wrong with the text so far, as an *Error.
func (r *Reader) Err() error { return r.w.failure() }

// passed passes over the value at an offset unless it has been read.
func (r *Reader) passed(at int) bool {
	return r.w.err == nil && (r.w.i != at || r.w.takeValue())
}

func (r *Reader) enter(bracket byte, item func() bool) bool {
	w := &r.w
	if w.err != nil || w.i >= len(w.b) || w.b[w.i] != bracket {
		return false
	}
	notFirst, closedWith := w.notFirst, w.closedWith
	w.i, w.notFirst, w.closedWith = w.i+1, false, bracket+2
	for w.separated() && item() {
	}
	w.notFirst, w.closedWith = notFirst, closedWith
	return w.err == nil
}
