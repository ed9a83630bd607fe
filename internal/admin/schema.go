package admin

import (
	"encoding/json"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// schema is the part of JSON Schema 2020-12 that Go types need.
// https://json-schema.org/draft/2020-12
type schema struct {
	Ref         string             `json:"$ref,omitempty"`
	Type        any                `json:"type,omitempty"` // one name or several
	Format      string             `json:"format,omitempty"`
	Description string             `json:"description,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Additional  *schema            `json:"additionalProperties,omitempty"`
	AnyOf       []*schema          `json:"anyOf,omitempty"`
	Required    []string           `json:"required,omitempty"`
}

// schemas collects the named types of a document.
type schemas map[string]*schema

// of gives the schema of a type; structs become named schemas that are referred to.
func (s schemas) of(t reflect.Type) *schema {
	switch t {
	case reflect.TypeFor[time.Time]():
		return &schema{Type: "string", Format: "date-time"}
	case reflect.TypeFor[audit.Hash](), reflect.TypeFor[gateway.SpanID]():
		return &schema{Type: "string"}
	case reflect.TypeFor[llm.Count]():
		return &schema{Type: []string{"integer", "null"}}
	case reflect.TypeFor[gateway.Cost]():
		return &schema{Type: []string{"number", "null"}}
	case reflect.TypeFor[gateway.USD]():
		return &schema{Type: "number"}
	case reflect.TypeFor[json.RawMessage]():
		return &schema{Type: "object"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case reflect.Struct:
		return s.named(t)
	case reflect.Slice, reflect.Array:
		return &schema{Type: "array", Items: s.of(t.Elem())}
	case reflect.Map:
		return &schema{Type: "object", Additional: s.of(t.Elem())}
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return &schema{Type: "integer"}
	case reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Interface:
		return &schema{}
	}
	panic("BUG: no schema for " + t.String())
}

func nullable(s *schema) *schema {
	if name, ok := s.Type.(string); ok {
		s.Type = []string{name, "null"}
		return s
	}
	return &schema{AnyOf: []*schema{s, {Type: "null"}}}
}

func (s schemas) named(t reflect.Type) *schema {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	if _, ok := s[name]; !ok {
		object := &schema{Type: "object", Properties: map[string]*schema{}}
		s[name] = object
		for f := range jsonFields(t) {
			object.Properties[f.name] = s.field(f)
			if f.required {
				object.Required = append(object.Required, f.name)
			}
		}
	}
	return &schema{Ref: "#/components/schemas/" + name}
}

func (s schemas) field(f jsonField) *schema {
	out := s.of(f.Type)
	if kind := f.Tag.Get("kind"); kind != "" {
		out = &schema{Type: kind}
	}
	if values := f.Tag.Get("enum"); values != "" {
		out.Enum = strings.Split(values, ",")
	}
	out.Description = f.Tag.Get("doc")
	return out
}

// jsonField is a field as encoding/json sees it.
type jsonField struct {
	reflect.StructField
	name     string
	required bool // always there in an answer, needed in a request
}

// jsonFields gives a struct's fields, those of embedded structs first.
func jsonFields(t reflect.Type) iter.Seq[jsonField] {
	return func(yield func(jsonField) bool) {
		for _, f := range reflect.VisibleFields(t) {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous || !f.IsExported() || name == "-" || name == "" {
				continue
			}
			required := f.Tag.Get("required") == "true" || !strings.HasPrefix(t.Name(), "New") && !strings.Contains(options, "omitempty")
			if !yield(jsonField{f, name, required}) {
				return
			}
		}
	}
}
