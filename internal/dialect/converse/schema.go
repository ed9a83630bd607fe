package converse

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxSchemaDepth bounds how deep a schema is looked into.
const maxSchemaDepth = 64

// closed gives a schema that keeps to what is taken where an answer, or a strict tool's
// arguments, must match it: every object says that it has no further members, oneOf is
// anyOf, and limits of numbers, lengths and counts are left out, since a schema that
// holds anything else is refused as a whole
// (https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html,
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations).
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
		switch name := string(key); name {
		case "type":
			object = object || string(v) == `"object"`
			w.Member(name, v)
		case "additionalProperties":
			said = true
			w.Flag(name, false)
		case "properties", "$defs", "definitions":
			object = object || name == "properties"
			w.Key(name)
			closeMembers(w, v, depth-1)
		case "oneOf":
			w.Key("anyOf")
			closeAny(w, v, depth-1)
		case "items", "anyOf", "allOf":
			w.Key(name)
			closeAny(w, v, depth-1)
		default:
			if isTaken(name, v) {
				w.Key(name)
				w.Raw(v)
			}
		}
		return true
	})
	if object && !said {
		w.Flag("additionalProperties", false)
	}
	w.End('}')
}

// isTaken tells the other keywords that may stay.
func isTaken(name string, v []byte) bool {
	switch name {
	case "required", "enum", "const", "default", "description", "title", "$ref", "$schema", "$id", "format", "pattern":
		return true
	case "minItems":
		return string(v) == "0" || string(v) == "1"
	}
	return false
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
