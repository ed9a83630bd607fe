package config

import (
	"reflect"
)

// SchemaNode is the part of JSON Schema 2020-12 that says what a document may hold. It
// accepts every document that Load takes, and some more: bounds of durations and sizes,
// and rules between keys, are Load's alone. https://json-schema.org/draft/2020-12
type SchemaNode struct {
	Schema      string                 `json:"$schema,omitempty"`
	Title       string                 `json:"title,omitempty"`
	Description string                 `json:"description,omitempty"`
	Type        any                    `json:"type,omitempty"` // one name or several; none = any value
	Enum        []string               `json:"enum,omitempty"`
	Default     any                    `json:"default,omitempty"` // as it is written in YAML
	Examples    []string               `json:"examples,omitempty"`
	Properties  map[string]*SchemaNode `json:"properties,omitempty"`
	Names       []string               `json:"x-order,omitempty"` // of properties, as in the reference
	Additional  any                    `json:"additionalProperties,omitempty"`
	Items       *SchemaNode            `json:"items,omitempty"`
	AnyOf       []*SchemaNode          `json:"anyOf,omitempty"`
	Required    []string               `json:"required,omitempty"`
	Kind        string                 `json:"x-type,omitempty"` // for people: "duration", "secret reference"
}

// Schema gives the JSON Schema of the document, made from the structs as the reference is.
func Schema() *SchemaNode {
	n := schemaOf(reflect.TypeFor[Config](), map[reflect.Type]bool{})
	n.Schema, n.Title = "https://json-schema.org/draft/2020-12/schema", "sluice.yaml"
	return n
}

// schemaOf describes a struct; one that stands within itself is any mapping there.
func schemaOf(t reflect.Type, open map[reflect.Type]bool) *SchemaNode {
	n := &SchemaNode{Type: "object", Properties: map[string]*SchemaNode{}, Additional: false}
	if open[t] {
		return &SchemaNode{Type: "object"}
	}
	open[t] = true
	defer delete(open, t)
	for _, s := range specsOf(t) {
		p := s.schema(open)
		p.Description, p.Kind, p.Default = s.help, s.typeName(), s.defaultText()
		if s.example != "" {
			p.Examples = []string{s.example}
		}
		n.Properties[s.name] = p
		n.Names = append(n.Names, s.name)
		if s.alias != "" {
			n.Properties[s.alias] = &SchemaNode{Description: "Another name of " + s.name + "."}
		}
		if s.required {
			n.Required = append(n.Required, s.name)
		}
	}
	return n
}

func (s *spec) defaultText() any {
	if s.def == "" {
		return nil
	}
	return s.def
}

func (s *spec) schema(open map[reflect.Type]bool) *SchemaNode {
	if isOwn(s.typ) || s.typ.Kind() == reflect.Pointer && isOwn(s.typ.Elem()) {
		return &SchemaNode{}
	}
	if isScalar(s.typ) {
		return s.scalarSchema(s.typ)
	}
	elem, _ := element(s.typ)
	var item *SchemaNode
	if elem.Kind() == reflect.Struct && !isScalar(elem) {
		item = schemaOf(elem, open)
		if reflect.PointerTo(elem).Implements(reflect.TypeFor[longForm]()) {
			item = either(item)
		}
	} else {
		item = s.below().scalarSchema(elem)
	}
	n := item
	switch s.typ.Kind() {
	case reflect.Map:
		n = &SchemaNode{Type: "object", Additional: item}
	case reflect.Slice:
		n = &SchemaNode{Type: "array", Items: item}
	}
	if s.single != "" || s.one {
		return either(n)
	}
	if n.Type == "object" && len(n.AnyOf) == 0 {
		n.Type = []string{"object", "null"}
	}
	return n
}

// either describes what may also be written shorter.
func either(n *SchemaNode) *SchemaNode {
	return &SchemaNode{AnyOf: []*SchemaNode{n, {Type: []string{"string", "number", "boolean", "array", "object", "null"}}}}
}

func (s *spec) scalarSchema(t reflect.Type) *SchemaNode {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch name := scalarName(t); {
	case s.enum != nil:
		return &SchemaNode{Enum: s.enum}
	case isOwn(t), name == "":
		return &SchemaNode{}
	case t.Kind() == reflect.Bool:
		return &SchemaNode{Type: "boolean"}
	case name == "whole number":
		return &SchemaNode{Type: "integer"}
	case name == "number":
		return &SchemaNode{Type: "number"}
	}
	return &SchemaNode{Type: []string{"string", "number"}}
}
