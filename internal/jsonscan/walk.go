package jsonscan

// Get gives the raw value at a path of object members, as a sub-slice of doc: the
// first occurrence of each name, nil when it is absent or the text is malformed
// before it. Leading white space in doc is passed over.
func Get(doc []byte, path ...string) []byte {
	v := doc
	for _, name := range path {
		if v = member(v, name); v == nil {
			return nil
		}
	}
	return v
}

func member(obj []byte, name string) []byte {
	w := walker{b: obj}
	if !w.enter('{') {
		return nil
	}
	for w.nextMember() {
		if KeyIs(w.key, name) {
			return w.value()
		}
	}
	return nil
}

// Members calls fn with each member of an object until fn gives false. key is the raw
// text between the quotes, which may hold escapes (see KeyIs); value is raw. Both are
// sub-slices of obj. What follows the object is not looked at.
func Members(obj []byte, fn func(key, value []byte) bool) error {
	w := walker{b: obj}
	if err := w.start('{', "object"); err != nil {
		return err
	}
	for w.nextMember() {
		if !fn(w.key, w.value()) {
			return nil
		}
	}
	return w.failure()
}

// Elements calls fn with each element of an array until fn gives false. value is a
// sub-slice of arr. What follows the array is not looked at.
func Elements(arr []byte, fn func(value []byte) bool) error {
	w := walker{b: arr}
	if err := w.start('[', "array"); err != nil {
		return err
	}
	for w.nextElement() {
		if !fn(w.value()) {
			return nil
		}
	}
	return w.failure()
}

// walker steps through the members or elements of one container.
type walker struct {
	b          []byte
	i          int // where to read on
	key        []byte
	from, to   int // the current value
	inside     int // just after the opening bracket
	keyAt      int // offset of the current key's quote
	notFirst   bool
	err        *Error
	closedWith byte
}

// start enters the container, or says why there is none.
func (w *walker) start(bracket byte, noun string) error {
	if !w.enter(bracket) {
		return wrongStart(w.b, skipSpace(w.b, 0), noun)
	}
	return nil
}

// enter enters the container if there is one.
func (w *walker) enter(bracket byte) bool {
	i := skipSpace(w.b, 0)
	if i == len(w.b) || w.b[i] != bracket {
		return false
	}
	w.i, w.inside, w.closedWith = i+1, i+1, bracket+2 // '{'+2 = '}', '['+2 = ']'
	return true
}

func (w *walker) value() []byte { return w.b[w.from:w.to:w.to] }

func (w *walker) failure() error {
	if w.err == nil {
		return nil
	}
	return w.err
}

func (w *walker) fail(err *Error) bool {
	w.err = err
	return false
}

// separated steps over what stands between two items; false at the end or on error.
func (w *walker) separated() bool {
	w.i = skipSpace(w.b, w.i)
	if w.i == len(w.b) {
		return w.fail(truncated(w.i))
	}
	c := w.b[w.i]
	switch {
	case c == w.closedWith:
		w.i++
		return false
	case !w.notFirst:
		w.notFirst = true
		return true
	case c != ',':
		return w.fail(malformed(w.i, "a comma or the closing bracket was expected"))
	}
	w.i = skipSpace(w.b, w.i+1)
	return true
}

func (w *walker) nextElement() bool {
	return w.separated() && w.takeValue()
}

func (w *walker) nextMember() bool {
	return w.separated() && w.takeKey() && w.takeValue()
}

func (w *walker) takeKey() bool {
	b, i := w.b, w.i
	if i >= len(b) {
		return w.fail(truncated(i))
	}
	if b[i] != '"' {
		return w.fail(malformed(i, "a member name in double quotes was expected"))
	}
	end := skipString(b, i)
	if end < 0 {
		return w.fail(malformed(i, "a string has no closing quote"))
	}
	w.keyAt, w.key = i, b[i+1:end-1:end-1]
	if end+1 < len(b) && b[end] == ':' && b[end+1] > ' ' { // as most write it
		w.i = end + 1
		return true
	}
	i = skipSpace(b, end)
	if i == len(b) {
		return w.fail(truncated(i))
	}
	if b[i] != ':' {
		return w.fail(malformed(i, "a colon was expected after a member name"))
	}
	w.i = skipSpace(b, i+1)
	return true
}

func (w *walker) takeValue() bool {
	end, err := skipValue(w.b, w.i, 1)
	if err != nil {
		return w.fail(err)
	}
	w.from, w.to, w.i = w.i, end, end
	return true
}
