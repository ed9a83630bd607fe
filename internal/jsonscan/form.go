package jsonscan

import (
	"bytes"
	"unsafe"
)

// maxForm bounds what is remembered of a text.
const maxForm = 2 << 10

// Form is a JSON text with a hole where one string stands. The events of a stream are
// alike but for one string, and that an event is of the form of one that was read
// before is seen by comparing bytes: it means the same, with another string. The zero
// Form matches nothing.
type Form struct {
	before, after []byte // the quotes of the string included
	buffer        []byte // what they are cut from
}

// Learn takes the form of a text from which a string, with its quotes, was cut: value
// must be a part of text, not equal to one. Neither is kept.
func (f *Form) Learn(text, value []byte) {
	from := int(uintptr(unsafe.Pointer(unsafe.SliceData(value))) - uintptr(unsafe.Pointer(unsafe.SliceData(text))))
	to := from + len(value)
	f.before, f.after = nil, nil
	if len(value) < 2 || value[0] != '"' || from < 0 || to > len(text) || len(text)-len(value) > maxForm {
		return
	}
	f.buffer = append(append(f.buffer[:0], text[:from+1]...), text[to-1:]...)
	f.before, f.after = f.buffer[:from+1], f.buffer[from+1:]
}

// Match gives the string of a text that has the form, with its quotes, as a part of
// text; nil when it has another.
func (f *Form) Match(text []byte) []byte {
	if len(f.before) == 0 || !bytes.HasPrefix(text, f.before) {
		return nil
	}
	end := StringEnd(text, len(f.before))
	if end < 0 || !bytes.Equal(text[end:], f.after) {
		return nil
	}
	return text[len(f.before)-1 : end+1 : end+1]
}
