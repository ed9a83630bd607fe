package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// rootSchema writes the schema of a tool's input, whose root has to be an object and
// no choice of several
// (https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools).
func (f *writer) rootSchema(s llm.Raw, strict bool) {
	switch {
	case saysNothing(s) && strict:
		f.w.Raw(dialect.NoParameters(&strict))
	case saysNothing(s):
		f.w.Raw(anyObject)
	case isObject(s):
		f.schema(s, strict)
	default:
		f.w.Raw(dialect.ObjectRoot(s))
	}
}

// saysNothing reports whether a tool's schema is none, or an empty one.
func saysNothing(s llm.Raw) bool {
	return len(s) <= 2 || jsonscan.Members(s, func(_, _ []byte) bool { return true }) != nil
}

// isObject reports whether a schema's root is one that the vendor takes.
func isObject(s llm.Raw) bool {
	var kind []byte
	union := false
	_ = jsonscan.Members(s, func(key, v []byte) bool {
		switch string(key) {
		case "type":
			kind = v
		case "anyOf", "oneOf", "allOf":
			union = true
		}
		return true
	})
	return !union && string(kind) == `"object"`
}

// schema writes a schema. Strictly, it keeps to what the vendor's grammar knows
// (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations):
// every object is closed, oneOf becomes anyOf, and what the grammar does not know
// (limits of numbers, lengths and counts …) is left out. Order stays.
func (f *writer) schema(s llm.Raw, strict bool) {
	if !strict || !hasToChange(s) {
		f.w.Raw(s)
		return
	}
	f.strictSchema(s)
}

func (f *writer) strictSchema(s llm.Raw) {
	if len(s) == 0 || s[0] != '{' {
		f.w.Raw(s)
		return
	}
	f.w.Begin('{')
	object, closed := false, false
	_ = jsonscan.Members(s, func(key, v []byte) bool {
		name := string(key)
		switch name {
		case "properties", "$defs", "definitions":
			object = object || name == "properties"
			f.w.Key(name)
			f.schemaMap(v)
		case "items":
			f.w.Key(name)
			f.strictSchema(v)
		case "anyOf", "allOf", "oneOf":
			if name == "oneOf" {
				name = "anyOf"
			}
			f.w.Key(name)
			f.schemaList(v)
		case "additionalProperties":
			closed = true
			f.w.Flag(name, false)
		case "type":
			object = object || string(v) == `"object"`
			f.w.Member(name, v)
		default:
			if known(name, v) {
				f.w.Key(name)
				f.w.Raw(v)
			}
		}
		return true
	})
	if object && !closed {
		f.w.Flag("additionalProperties", false)
	}
	f.w.End('}')
}

func (f *writer) schemaMap(m llm.Raw) {
	f.w.Begin('{')
	_ = jsonscan.Members(m, func(key, v []byte) bool {
		f.w.Key(string(key))
		f.strictSchema(v)
		return true
	})
	f.w.End('}')
}

func (f *writer) schemaList(list llm.Raw) {
	f.w.Begin('[')
	_ = jsonscan.Elements(list, func(v []byte) bool {
		f.strictSchema(v)
		return true
	})
	f.w.End(']')
}

// known tells the keywords that the vendor takes beside those that hold schemas; any
// other one makes it refuse the whole.
func known(name string, v []byte) bool {
	switch name {
	case "type", "required", "enum", "const", "default", "description", "title", "$ref", "$schema", "$id":
		return true
	case "minItems":
		return string(v) == "0" || string(v) == "1"
	case "format":
		return knownFormat(string(text(v)))
	case "pattern":
		return isSimple(v)
	}
	return false
}

// isSimple reports whether a pattern keeps to what a grammar can tell: no looking
// around, no references back, no bounds of words.
func isSimple(pattern []byte) bool {
	for i := 0; i+2 < len(pattern); i++ {
		switch {
		case pattern[i] == '(' && pattern[i+1] == '?' && pattern[i+2] != ':':
			return false
		case pattern[i] == '\\' && pattern[i+1] == '\\':
			if c := pattern[i+2]; c == 'b' || c == 'B' || c >= '1' && c <= '9' {
				return false
			}
			i += 2
		}
	}
	return true
}

func knownFormat(format string) bool {
	switch format {
	case "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid":
		return true
	}
	return false
}

// hasToChange reports whether a schema holds anything that strictness changes, so that
// one that does not is copied.
func hasToChange(s llm.Raw) (changes bool) {
	object, closed := false, false
	_ = jsonscan.Members(s, func(key, v []byte) bool {
		name := string(key)
		switch name {
		case "properties", "$defs", "definitions":
			object = object || name == "properties"
			_ = jsonscan.Members(v, func(_, one []byte) bool {
				changes = changes || hasToChange(one)
				return !changes
			})
		case "items":
			changes = hasToChange(v)
		case "oneOf":
			changes = true
		case "anyOf", "allOf":
			_ = jsonscan.Elements(v, func(one []byte) bool {
				changes = changes || hasToChange(one)
				return !changes
			})
		case "additionalProperties":
			closed = string(v) == "false"
		case "type":
			object = object || string(v) == `"object"`
		default:
			changes = !known(name, v)
		}
		return !changes
	})
	return changes || object && !closed
}
