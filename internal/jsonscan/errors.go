package jsonscan

import "strconv"

// Reason says what was wrong with a text.
type Reason uint8

// The reasons.
const (
	Malformed    Reason = iota + 1 // brackets, quotes or member syntax
	NotObject                      // valid so far, but no object (or array, where one is walked)
	ByteOrder                      // a byte order mark stands before the text
	TooDeep                        // nested deeper than MaxDepth
	DuplicateKey                   // a wanted key stands there twice
)

// Error says what is wrong with a JSON text, and where.
type Error struct {
	Reason Reason
	Offset int    // byte offset in the text that was given
	Key    string // of DuplicateKey
	detail string
}

// Error names the problem in words fit for a caller.
func (e *Error) Error() string {
	return e.detail + " (at byte " + strconv.Itoa(e.Offset) + ")"
}

func malformed(off int, detail string) *Error {
	return &Error{Reason: Malformed, Offset: off, detail: "malformed JSON: " + detail}
}

func truncated(off int) *Error { return malformed(off, "the text ends too early") }

func tooDeep(off int) *Error {
	return &Error{Reason: TooDeep, Offset: off, detail: "JSON is nested deeper than " + strconv.Itoa(MaxDepth) + " levels"}
}

func duplicate(off int, key string) *Error {
	return &Error{Reason: DuplicateKey, Offset: off, Key: key, detail: "the member " + strconv.Quote(key) + " appears twice"}
}

// Many a member is absent, and its value is then walked all the same.
var (
	emptyObject = &Error{Reason: NotObject, detail: "the text is empty; a JSON object was expected"}
	emptyArray  = &Error{Reason: NotObject, detail: "the text is empty; a JSON array was expected"}
)

// wrongStart says why a text does not begin as it must.
func wrongStart(b []byte, i int, noun string) *Error {
	switch {
	case len(b) == 0 && noun == "object":
		return emptyObject
	case len(b) == 0:
		return emptyArray
	case i == len(b):
		return &Error{Reason: NotObject, Offset: i, detail: "the text is empty; a JSON " + noun + " was expected"}
	}
	if i == 0 && len(b) >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF {
		return &Error{Reason: ByteOrder, detail: "the text begins with a byte order mark; send JSON without one (RFC 8259 section 8.1)"}
	}
	return &Error{Reason: NotObject, Offset: i, detail: "a JSON " + noun + " was expected"}
}
