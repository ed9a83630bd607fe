package anthropic

import (
	"bytes"
)

// isBlank reports whether a JSON string holds nothing but white space.
func isBlank(v []byte) bool {
	t := text(v)
	for len(t) > 0 {
		switch {
		case t[0] == ' ':
			t = t[1:]
		case bytes.HasPrefix(t, []byte(`\n`)), bytes.HasPrefix(t, []byte(`\t`)), bytes.HasPrefix(t, []byte(`\r`)):
			t = t[2:]
		default:
			return false
		}
	}
	return true
}
