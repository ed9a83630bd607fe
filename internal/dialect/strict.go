package dialect

import (
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Strictable reports whether OpenAI's strict mode takes a schema
// (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas): every
// object forbids further properties and requires all it has. Vendors whose callers
// need not write so would have their schemas refused.
func Strictable(schema []byte) bool {
	if len(schema) == 0 || schema[0] != '{' {
		return true
	}
	var properties, required, additional []byte
	ok := true
	_ = jsonscan.Members(schema, func(key, v []byte) bool {
		switch string(key) {
		case "properties":
			properties = v
			ok = ok && everyMember(v)
		case "required":
			required = v
		case "additionalProperties":
			additional = v
		case "items":
			ok = ok && Strictable(v)
		case "anyOf":
			ok = ok && everyElement(v)
		case "$defs", "definitions":
			ok = ok && everyMember(v)
		case "allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "dependentRequired", "dependentSchemas":
			ok = false
		}
		return ok
	})
	object := properties != nil || string(jsonscan.Get(schema, "type")) == `"object"`
	return ok && (!object || string(additional) == "false" && allRequired(properties, required))
}

// NoParameters gives the schema of a tool of which none was given: what takes nothing,
// in the form that strict mode takes where that is asked for.
func NoParameters(strict *bool) llm.Raw {
	if strict != nil && *strict {
		return llm.Raw(`{"type":"object","properties":{},"required":[],"additionalProperties":false}`)
	}
	return llm.Raw(`{"type":"object","properties":{}}`)
}

func everyMember(v []byte) bool {
	ok := true
	_ = jsonscan.Members(v, func(_, v []byte) bool { ok = Strictable(v); return ok })
	return ok
}

func everyElement(v []byte) bool {
	ok := true
	_ = jsonscan.Elements(v, func(v []byte) bool { ok = Strictable(v); return ok })
	return ok
}

// allRequired reports whether every property is required.
func allRequired(properties, required []byte) bool {
	names := map[string]bool{}
	_ = jsonscan.Elements(required, func(v []byte) bool {
		s, _ := jsonscan.String(v)
		names[s] = true
		return true
	})
	ok := true
	_ = jsonscan.Members(properties, func(key, _ []byte) bool {
		name, _ := jsonscan.String([]byte(`"` + string(key) + `"`))
		ok = names[name]
		return ok
	})
	return ok
}
