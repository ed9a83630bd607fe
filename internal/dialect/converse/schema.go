package converse

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxSchemaDepth bounds how deep a schema is looked into.
const maxSchemaDepth = 64

// closed gives a schema whose objects say that they have no further members, which
// Claude asks of schemas of output
// (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations).
// The order of members stays.
func closed(schema llm.Raw) llm.Raw {
	w := jsonout.Writer{B: make([]byte, 0, len(schema)+64)}
	closeSchema(&w, schema, maxSchemaDepth)
	return w.B
}

func closeSchema(w *jsonout.Writer, schema []byte, depth int) {
	if len(schema) == 0 || schema[0] != '{' || depth == 0 {
		w.Raw(schema)
		return
	}
	object, said := false, false
	w.Begin('{')
	_ = jsonscan.Members(schema, func(key, v []byte) bool {
		w.Key(string(key))
		switch string(key) {
		case "type":
			object = object || string(v) == `"object"`
			w.Raw(v)
		case "additionalProperties":
			said = true
			w.Raw([]byte("false"))
		case "properties":
			object = true
			closeMembers(w, v, depth-1)
		case "$defs", "definitions":
			closeMembers(w, v, depth-1)
		case "items", "anyOf", "allOf", "oneOf", "prefixItems":
			closeAny(w, v, depth-1)
		default:
			w.Raw(v)
		}
		return true
	})
	if object && !said {
		w.Flag("additionalProperties", false)
	}
	w.End('}')
}

// closeMembers closes each schema of an object of schemas.
func closeMembers(w *jsonout.Writer, v []byte, depth int) {
	if len(v) == 0 || v[0] != '{' {
		w.Raw(v)
		return
	}
	w.Begin('{')
	_ = jsonscan.Members(v, func(key, schema []byte) bool {
		w.Key(string(key))
		closeSchema(w, schema, depth)
		return true
	})
	w.End('}')
}

// closeAny closes a schema, or each of an array.
func closeAny(w *jsonout.Writer, v []byte, depth int) {
	if len(v) == 0 || v[0] != '[' {
		closeSchema(w, v, depth)
		return
	}
	w.Begin('[')
	_ = jsonscan.Elements(v, func(schema []byte) bool {
		closeSchema(w, schema, depth)
		return true
	})
	w.End(']')
}
