package cohere

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The vendor makes a grammar of a schema and knows a subset of JSON Schema then
// (https://docs.cohere.com/docs/structured-outputs#parameter-types-support): limits of
// numbers, lengths and counts are left out, oneOf is anyOf. The order of members stays.

// obeyed reports whether an answer can be made to match a schema: its root is an object,
// every object requires something, and none is put together by allOf.
func obeyed(schema llm.Raw) bool {
	return isObjectSchema(schema) && composable(schema) && !dialect.Recursive(schema)
}

func isObjectSchema(schema llm.Raw) bool {
	return len(schema) > 0 && schema[0] == '{' && string(jsonscan.Get(schema, "type")) == `"object"`
}

func composable(schema []byte) bool {
	if len(schema) == 0 || schema[0] != '{' {
		return true
	}
	ok := !isObjectSchema(schema) || hasRequired(schema)
	each := func(_, v []byte) bool { ok = ok && composable(v); return ok }
	_ = jsonscan.Members(schema, func(key, v []byte) bool {
		switch string(key) {
		case "allOf":
			ok = false
		case "properties", "$defs", "definitions":
			_ = jsonscan.Members(v, each)
		case "items", "anyOf", "oneOf":
			if len(v) > 0 && v[0] == '[' {
				_ = jsonscan.Elements(v, func(v []byte) bool { return each(nil, v) })
			} else {
				each(nil, v)
			}
		}
		return ok
	})
	return ok
}

// reduced gives a schema in the vendor's subset.
func reduced(schema llm.Raw) llm.Raw {
	w := jsonout.Writer{B: make([]byte, 0, len(schema)+16)}
	reduce(&w, schema)
	return w.B
}

func reduce(w *jsonout.Writer, schema []byte) {
	if len(schema) == 0 || schema[0] != '{' {
		w.Raw(schema)
		return
	}
	w.Begin('{')
	_ = jsonscan.Members(schema, func(key, v []byte) bool {
		switch name := string(key); name {
		case "properties", "$defs", "definitions":
			w.Key(name)
			w.Begin('{')
			_ = jsonscan.Members(v, func(key, v []byte) bool {
				w.Key(string(key))
				reduce(w, v)
				return true
			})
			w.End('}')
		case "oneOf":
			w.Key("anyOf")
			reduceAny(w, v)
		case "items", "anyOf", "additionalProperties":
			w.Key(name)
			reduceAny(w, v)
		default:
			if taken(name, v) {
				w.Member(name, v)
			}
		}
		return true
	})
	w.End('}')
}

// reduceAny reduces a schema, or each of an array.
func reduceAny(w *jsonout.Writer, v []byte) {
	if len(v) == 0 || v[0] != '[' {
		reduce(w, v)
		return
	}
	w.Begin('[')
	_ = jsonscan.Elements(v, func(one []byte) bool {
		reduce(w, one)
		return true
	})
	w.End(']')
}

// taken tells the other keywords that the vendor knows. Patterns may not look around, nor
// say where they begin and end.
func taken(name string, v []byte) bool {
	switch name {
	case "type", "required", "enum", "const", "$ref", "description", "title", "default":
		return true
	case "format":
		switch string(plain(v)) {
		case "date-time", "uuid", "date", "time":
			return true
		}
	case "pattern":
		return !bytes.ContainsAny(v, "^$") && !bytes.Contains(v, []byte("?=")) && !bytes.Contains(v, []byte("?!"))
	}
	return false
}
