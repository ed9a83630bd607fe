package openaichat

import "github.com/sluice-gateway/sluice/internal/jsonscan"

// strictable reports whether OpenAI's strict mode takes a schema
// (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas): every
// object forbids further properties and requires all it has. Vendors whose callers
// need not write so would have their schemas refused.
func strictable(schema []byte) bool {
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
			ok = ok && strictable(v)
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

func everyMember(v []byte) bool {
	ok := true
	_ = jsonscan.Members(v, func(_, v []byte) bool { ok = strictable(v); return ok })
	return ok
}

func everyElement(v []byte) bool {
	ok := true
	_ = jsonscan.Elements(v, func(v []byte) bool { ok = strictable(v); return ok })
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
	_ = jsonscan.Members(properties, func(key, _ []byte) bool { ok = names[memberName(key)]; return ok })
	return ok
}
