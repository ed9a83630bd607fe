package dialect

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Described gives the schema of an answer with the answer's description in it, for
// targets that have no other place for that. A schema that describes itself, or is no
// object, is given as it is.
func Described(o *llm.OutputFormat) llm.Raw {
	s := o.Schema
	if o.Description == nil || len(s) == 0 || s[0] != '{' || jsonscan.Get(s, "description") != nil {
		return s
	}
	w := jsonout.Writer{B: make([]byte, 0, len(s)+len(o.Description)+20)}
	w.Begin('{')
	w.Member("description", o.Description)
	rest := bytes.TrimLeft(s[1:], " \t\r\n")
	if rest[0] != '}' {
		w.B = append(w.B, ',')
	}
	return append(w.B, rest...)
}
