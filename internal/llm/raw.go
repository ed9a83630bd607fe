package llm

import "encoding/json"

// Raw is a span of JSON text, kept as written: a string with its quotes and escapes, a
// number as it was spelt, a schema with its order of members. nil means that there is
// none. It points into the message it was read from, is read-only, and is valid as
// long as that is. All dialects are JSON, so what one vendor wrote is copied to the
// other without being decoded, and comes out the same each time.
type Raw = json.RawMessage

// Member is one member of an object that Sluice has no word for.
type Member struct {
	Name  string // decoded
	Value Raw
}
