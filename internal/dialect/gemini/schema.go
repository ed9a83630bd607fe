package gemini

import (
	"bytes"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The vendor has two forms of schema: its own subset of OpenAPI
// (https://ai.google.dev/api/caching#Schema) in parameters and responseSchema, and JSON
// Schema in parametersJsonSchema and responseJsonSchema. Both are read, the second is
// written: it takes nearly everything that other vendors take, the first refuses a
// request for one word that it does not know.

// fromOpenAPI gives a schema of the first form as JSON Schema.
func fromOpenAPI(v llm.Raw) llm.Raw {
	c := schemaWriter{openAPI: true}
	c.schema(v)
	return c.w.B
}

// onlyOpenAPI tells at a glance a schema that is no JSON Schema: types in capitals or as
// numbers, nullable, whole numbers in quotes.
func onlyOpenAPI(v []byte) bool {
	if bytes.Contains(v, []byte(`"nullable"`)) || bytes.Contains(v, []byte(`"defs"`)) || bytes.Contains(v, []byte(`"ref"`)) {
		return true
	}
	for rest := v; ; {
		n := bytes.Index(rest, []byte(`"type"`))
		if n < 0 {
			break
		}
		rest = bytes.TrimLeft(rest[n+len(`"type"`):], " :\t\r\n")
		if len(rest) > 1 && (rest[0] == '"' && rest[1] >= 'A' && rest[1] <= 'Z' || rest[0] >= '0' && rest[0] <= '9') {
			return true
		}
	}
	for _, word := range [...]string{"Items", "Length", "Properties"} {
		for _, space := range [...]string{`":"`, `": "`} {
			if bytes.Contains(v, []byte(word+space)) {
				return true
			}
		}
	}
	return false
}

// withoutConst gives a JSON Schema with an enum of one value in the place of each
// const, which the vendor does not know. One without const is given as it is.
func withoutConst(v llm.Raw) llm.Raw {
	if !bytes.Contains(v, []byte(`"const"`)) {
		return v
	}
	var c schemaWriter
	c.schema(v)
	return c.w.B
}

// schemaWriter copies a schema and changes what must be changed, in place: the order of
// members stays.
type schemaWriter struct {
	w       jsonout.Writer
	openAPI bool
}

// schema writes one schema. What is none is copied.
func (c *schemaWriter) schema(v llm.Raw) {
	if len(v) == 0 || v[0] != '{' {
		c.w.Raw(v)
		return
	}
	nullable := c.openAPI && string(jsonscan.Get(v, "nullable")) == "true"
	typed := jsonscan.Get(v, "type") != nil
	c.w.Begin('{')
	_ = jsonscan.Members(v, func(key, value []byte) bool {
		if c.openAPI {
			key = camelSchema(key)
		}
		switch string(key) {
		case "properties", "$defs", "definitions", "patternProperties", "dependentSchemas":
			c.named(string(key), value)
		case "defs":
			c.named(c.rename("defs"), value)
		case "items", "anyOf", "oneOf", "allOf", "prefixItems", "additionalProperties", "not", "if", "then", "else", "contains":
			c.w.Key(string(key))
			c.nested(value, nullable && !typed && string(key) == "anyOf")
		case "const":
			c.constant(value, typed)
		default:
			c.member(key, value, nullable)
		}
		return true
	})
	c.w.End('}')
}

// camelSchema gives the camelCase spelling of a member of the OpenAPI form.
func camelSchema(key []byte) []byte {
	if bytes.IndexByte(key, '_') < 0 {
		return key
	}
	for _, name := range [...]string{"anyOf", "maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties", "propertyOrdering", "additionalProperties"} {
		if strings.EqualFold(name, strings.ReplaceAll(string(key), "_", "")) {
			return []byte(name)
		}
	}
	return key
}

// rename gives the JSON Schema name of a member of the OpenAPI form.
func (c *schemaWriter) rename(key string) string {
	if c.openAPI && (key == "defs" || key == "ref") {
		return "$" + key
	}
	return key
}

// named writes an object of schemas.
func (c *schemaWriter) named(key string, v llm.Raw) {
	c.w.Key(key)
	if v[0] != '{' {
		c.w.Raw(v)
		return
	}
	c.w.Begin('{')
	_ = jsonscan.Members(v, func(name, value []byte) bool {
		c.rawKey(name)
		c.schema(value)
		return true
	})
	c.w.End('}')
}

// rawKey writes a member's name as it was written.
func (c *schemaWriter) rawKey(name []byte) {
	c.w.Raw([]byte{'"'})
	c.w.B = append(append(c.w.B, name...), '"', ':')
}

// nested writes a schema or an array of them.
func (c *schemaWriter) nested(v llm.Raw, orNull bool) {
	if v[0] != '[' {
		c.schema(v)
		return
	}
	c.w.Begin('[')
	_ = jsonscan.Elements(v, func(one []byte) bool { c.schema(one); return true })
	if orNull {
		c.w.Raw([]byte(`{"type":"null"}`))
	}
	c.w.End(']')
}

// constant writes the enum that stands for a const, and its type where none is said.
func (c *schemaWriter) constant(v llm.Raw, typed bool) {
	if c.openAPI {
		c.w.Member("const", v)
		return
	}
	c.w.Array("enum")
	c.w.Raw(v)
	c.w.End(']')
	if typed {
		return
	}
	switch {
	case v[0] == '"':
		c.w.Text("type", "string")
	case v[0] == 't' || v[0] == 'f':
		c.w.Text("type", "boolean")
	case bytes.ContainsAny(v, ".eE"):
		c.w.Text("type", "number")
	case v[0] == '-' || v[0] >= '0' && v[0] <= '9':
		c.w.Text("type", "integer")
	}
}

// member writes any other member.
func (c *schemaWriter) member(key []byte, v llm.Raw, nullable bool) {
	if !c.openAPI {
		c.rawKey(key)
		c.w.Raw(v)
		return
	}
	switch string(key) {
	case "nullable":
	case "type":
		c.types(v, nullable)
	case "format":
		if string(v) != `"enum"` { // a marker of the vendor's, no format
			c.w.Member("format", v)
		}
	case "enum":
		c.enum(v, nullable)
	case "ref":
		s, _ := jsonscan.String(v)
		c.w.Text("$ref", strings.Replace(s, "#/defs/", "#/$defs/", 1))
	case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
		if n := bytes.Trim(v, `"`); isCount(n) {
			v = n
		}
		c.w.Member(string(key), v)
	default:
		c.rawKey(key)
		c.w.Raw(v)
	}
}

func isCount(v []byte) bool {
	_, ok := jsonscan.Int(v)
	return ok
}

// types of https://ai.google.dev/api/caching#Type by their numbers, as clients of the
// protocol buffers write them.
var types = [...]string{"TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}

// types writes a type in small letters, with null beside it where that is allowed.
func (c *schemaWriter) types(v llm.Raw, nullable bool) {
	s := word(v, types[:])
	switch {
	case s == "":
		c.w.Member("type", v)
	case s == "TYPE_UNSPECIFIED":
	case nullable && !strings.EqualFold(s, "null"):
		c.w.Array("type")
		c.w.String(strings.ToLower(s))
		c.w.String("null")
		c.w.End(']')
	default:
		c.w.Text("type", strings.ToLower(s))
	}
}

func (c *schemaWriter) enum(v llm.Raw, nullable bool) {
	if !nullable || v[0] != '[' || bytes.Contains(v, []byte("null")) {
		c.w.Member("enum", v)
		return
	}
	c.w.Array("enum")
	_ = jsonscan.Elements(v, func(one []byte) bool { c.w.Raw(one); return true })
	c.w.Raw([]byte("null"))
	c.w.End(']')
}
