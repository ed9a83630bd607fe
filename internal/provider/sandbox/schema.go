package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// detail says which properties of an object an example has.
type detail uint8

const (
	requiredOnly detail = iota
	everything
)

// schema is the part of JSON Schema, and of Gemini's dialect of it, that examples need.
type schema struct {
	Type       schemaType                 `json:"type"`
	Ref        string                     `json:"$ref"`
	Defs       map[string]json.RawMessage `json:"$defs"`
	OldDefs    map[string]json.RawMessage `json:"definitions"`
	Const      json.RawMessage            `json:"const"`
	Default    json.RawMessage            `json:"default"`
	Enum       []json.RawMessage          `json:"enum"`
	AnyOf      []json.RawMessage          `json:"anyOf"`
	OneOf      []json.RawMessage          `json:"oneOf"`
	AllOf      []json.RawMessage          `json:"allOf"`
	Properties map[string]json.RawMessage `json:"properties"`
	Required   []string                   `json:"required"`
	Items      json.RawMessage            `json:"items"`
	MinItems   flexInt                    `json:"minItems"`
	Minimum    json.RawMessage            `json:"minimum"`
	MinLength  flexInt                    `json:"minLength"`
	MaxLength  flexInt                    `json:"maxLength"`
	Format     string                     `json:"format"`
}

// schemaType is one type in lower case: of several, the first that is not null.
type schemaType string

func (t *schemaType) UnmarshalJSON(b []byte) error {
	var many []string
	if json.Unmarshal(b, &many) != nil {
		many = make([]string, 1)
		if json.Unmarshal(b, &many[0]) != nil {
			return nil
		}
	}
	for _, one := range many {
		if *t == "" || *t == "null" {
			*t = schemaType(strings.ToLower(one))
		}
	}
	return nil
}

// flexInt is a small count, which Gemini may write as a string. What cannot be read is 0.
type flexInt int

func (n *flexInt) UnmarshalJSON(b []byte) error {
	var i int
	if json.Unmarshal([]byte(strings.Trim(string(b), `"`)), &i) == nil && i > 0 {
		*n = flexInt(min(i, maxExample))
	}
	return nil
}

const (
	maxExample = 1000 // items or characters
	maxValues  = 5000 // in one example
	maxDepth   = 12   // where recursive schemas end
	fullDepth  = 4    // below it only required properties are filled
)

// example makes a JSON value that fits a schema; one that cannot be read gets an empty
// object. Patterns and conditions are not looked at.
func example(raw json.RawMessage, d detail) json.RawMessage {
	m := maker{detail: d, left: maxValues}
	var root schema
	if len(raw) == 0 || json.Unmarshal(raw, &root) != nil {
		return json.RawMessage("{}")
	}
	m.defs = map[string]json.RawMessage{"#": raw}
	for name, def := range root.Defs {
		m.defs["#/$defs/"+name] = def
	}
	for name, def := range root.OldDefs {
		m.defs["#/definitions/"+name] = def
	}
	if root.Type == "" && root.Properties == nil && root.Ref == "" && root.AnyOf == nil && root.OneOf == nil && root.AllOf == nil {
		return json.RawMessage("{}")
	}
	return encode(m.value("value", &root, 0))
}

// maker makes one example.
type maker struct {
	detail detail
	defs   map[string]json.RawMessage
	left   int // how many values may still be made
}

func (m *maker) parse(name string, raw json.RawMessage, depth int) any {
	var s schema
	m.left--
	if m.left < 0 || depth > maxDepth || len(raw) == 0 || json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return m.value(name, &s, depth)
}

func (m *maker) value(name string, s *schema, depth int) any {
	switch {
	case s.Ref != "":
		return m.parse(name, m.defs[s.Ref], depth+1)
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Default != nil:
		return s.Default
	}
	for _, choice := range [][]json.RawMessage{s.AnyOf, s.OneOf, s.AllOf} {
		if len(choice) > 0 && s.Properties == nil {
			return m.parse(name, choice[0], depth+1)
		}
	}
	if s.Properties != nil {
		return m.object(s, depth)
	}
	switch s.Type {
	case "object":
		return m.object(s, depth)
	case "array":
		return m.array(name, s, depth)
	case "integer", "number":
		if s.Minimum != nil {
			return s.Minimum
		}
		return 1
	case "boolean":
		return true
	case "null":
		return nil
	}
	return sample(name, s)
}

func (m *maker) object(s *schema, depth int) any {
	names := s.Required
	if m.detail == everything && depth < fullDepth {
		names = slices.Collect(maps.Keys(s.Properties))
	}
	out := make(map[string]any, len(names))
	for _, name := range names {
		out[name] = m.parse(name, s.Properties[name], depth+1)
	}
	return out
}

func (m *maker) array(name string, s *schema, depth int) any {
	n := max(int(s.MinItems), 1)
	if depth >= fullDepth {
		n = int(s.MinItems)
	}
	out := make([]any, 0, n)
	for range n {
		out = append(out, m.parse(name, s.Items, depth+1))
	}
	return out
}

// sample is a text in the format asked for, else one that names its property.
func sample(name string, s *schema) string {
	switch s.Format {
	case "date":
		return epochText[:10]
	case "date-time":
		return epochText
	case "time":
		return "00:00:00Z"
	case "email":
		return "someone@example.com"
	case "uri", "url":
		return "https://example.com/"
	case "uuid":
		return "00000000-0000-4000-8000-000000000000"
	}
	text := "example " + name
	if len(text) < int(s.MinLength) {
		text += strings.Repeat("x", int(s.MinLength)-len(text))
	}
	if s.MaxLength > 0 {
		text = text[:runeStart(text, int(s.MaxLength))]
	}
	return text
}
