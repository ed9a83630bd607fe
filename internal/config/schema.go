package config

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// Field is one key of the document, as its struct tag describes it.
//
// The tags: yaml (name; ",inline" = the fields of a struct that several have), help (one sentence or more), default and example (as YAML),
// enum and later (values, and values that are not built yet), env (a short name beside
// the regular one), min and max, check (a named rule, see checks.go), required, plain
// (a secret that may also be written in plain), single (a scalar stands for a list, or
// for a mapping with that key; with a|b a list's networks go to a and the rest to b), off (the word off means zero), one (a mapping stands for a list of
// one), alias (another name), as (the path that explains what is below), since (release;
// the first one when absent).
type Field struct {
	Path      string // schema path: providers.<name>.timeouts.connect, credentials[].name
	Name      string
	Type      string // for people: "duration"
	Help      string
	Default   string // YAML; "" = none
	Example   string // YAML; "" = none
	Enum      []string
	Later     []string // values that are refused as not built
	Env       []string // variables that set it, the regular one first; nil inside mappings
	Required  bool
	Sensitive bool // its value is never shown
	Since     string
	Depth     int
}

const firstRelease = "0.1"

// Fields lists every key of the document in the order of the structs, parents before
// their children.
func Fields() []Field { return appendFields(nil, reflect.TypeFor[Config](), "", true, 0) }

func appendFields(dst []Field, t reflect.Type, path string, global bool, depth int) []Field {
	for _, s := range specsOf(t) {
		f := Field{
			Path: joinSchema(path, s.name), Name: s.name, Type: s.typeName(), Help: s.help, Default: s.def,
			Example: s.example, Enum: s.enum, Later: s.later, Required: s.required,
			Sensitive: s.typ == reflect.TypeFor[Secret](), Since: s.since, Depth: depth,
		}
		if global && s.leaf() {
			f.Env = s.envNames(f.Path)
		}
		dst = append(dst, f)
		if elem, below := element(s.typ); elem.Kind() == reflect.Struct && !isScalar(elem) {
			dst = appendFields(dst, elem, f.Path+below, global && below == "", depth+1)
		}
	}
	return dst
}

// element gives the type of what a field holds, and how its path goes on.
func element(t reflect.Type) (reflect.Type, string) {
	if isOwn(t) {
		return t, ""
	}
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), ".<name>"
	case reflect.Slice:
		return t.Elem(), "[]"
	case reflect.Pointer:
		return t.Elem(), ""
	}
	return t, ""
}

func joinSchema(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// spec is one field with its parsed tags.
type spec struct {
	index                               []int // as of reflect.Value.FieldByIndex
	typ                                 reflect.Type
	name, help, def, example            string
	check, single, env, min, max, since string
	alias, as                           string
	enum, later                         []string
	required, plain, offIsZero, one     bool
}

func specsOf(t reflect.Type) []spec {
	var out []spec
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		name := tag.Get("yaml")
		switch name {
		case "-":
			continue
		case ",inline":
			for _, s := range specsOf(t.Field(i).Type) {
				s.index = append([]int{i}, s.index...)
				out = append(out, s)
			}
			continue
		}
		s := spec{
			index: []int{i}, typ: t.Field(i).Type, name: name, help: tag.Get("help"), def: tag.Get("default"),
			example: tag.Get("example"), check: tag.Get("check"), single: tag.Get("single"), env: tag.Get("env"),
			min: tag.Get("min"), max: tag.Get("max"), since: tag.Get("since"),
			enum: words(tag.Get("enum")), later: words(tag.Get("later")),
			alias: tag.Get("alias"), as: tag.Get("as"), one: tag.Get("one") == "true",
			required: tag.Get("required") == "true", plain: tag.Get("plain") == "true", offIsZero: tag.Get("off") == "true",
		}
		if s.since == "" {
			s.since = firstRelease
		}
		out = append(out, s)
	}
	return out
}

func words(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, "|")
}

// leaf reports whether the field can be given as one text: a scalar or a list of them.
func (s *spec) leaf() bool {
	return isScalar(s.typ) || s.typ.Kind() == reflect.Slice && isScalar(s.typ.Elem())
}

// envNames gives SLUICE_ and the path in capitals, then the short name if there is one.
func (s *spec) envNames(path string) []string {
	names := []string{"SLUICE_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))}
	if s.env != "" && !slices.Contains(names, s.env) {
		names = append(names, s.env)
	}
	return names
}

func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return true
	}
	return t == reflect.TypeFor[Secret]() || isOwn(t) || t.Kind() == reflect.Pointer && isScalar(t.Elem())
}

// typeName names the field's type for people.
func (s *spec) typeName() string {
	name := scalarName(s.typ)
	switch {
	case s.plain && s.typ == reflect.TypeFor[Secret]():
		return "text or secret reference"
	case name != "":
		return name
	case s.typ.Kind() == reflect.Slice && s.single != "":
		return "text or list"
	case s.typ.Kind() == reflect.Slice:
		return "list"
	case s.single != "":
		return "text or mapping"
	}
	return "mapping"
}

func scalarName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return scalarName(t.Elem())
	}
	if isOwn(t) {
		return reflect.New(t).Interface().(own).typeName()
	}
	switch t {
	case reflect.TypeFor[Secret]():
		return "secret reference"
	case reflect.TypeFor[time.Duration]():
		return "duration"
	case reflect.TypeFor[Size]():
		return "size"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "whole number"
	case reflect.Float64:
		return "number"
	}
	return ""
}

// Reserved is a key of the document that has a meaning but no code yet. It is refused,
// because a policy that is accepted and not kept is worse than none.
type Reserved struct {
	Path string // schema path, as in Field.Path
	What string // what it would do, as the subject of "… is not built in this version"
}

// ReservedKeys lists every such key.
func ReservedKeys() []Reserved {
	const gateway, provider = "gateways.<name>.", "providers.<name>."
	return []Reserved{
		{"workspaces", "declaring workspaces in the document"},
		{"guards", "a guard outside of a gateway"},
		{"hooks", "calling out to hooks"},
		{"prompts", "prompt management"},
		{"mcp", "the MCP gateway"},
		{gateway + "guards", "checking and masking content"},
		{gateway + "hooks", "calling out to hooks"},
		{gateway + "unpriced", "a policy for models of unknown price beside that of a limit or budget"},
		{gateway + "routes", "routing per gateway"},
		{gateway + "operations", "a policy of operations"},
		{gateway + "mtls", "choosing what of a client certificate counts"},
		{provider + "regions", "several regions of a provider"},
		{provider + "credentials[].region", "a region per credential"},
		{provider + "models.<name>.alias", "aliasing models"},
		{provider + "models.<name>.tiers", "pricing by tiers in the document"},
		{"shared.on_outage", "one on_outage for all limits, beside that of each,"},
		{"server.tls.acme", "getting certificates by ACME"},
		{"admin.tls.acme", "getting certificates by ACME"},
	}
}

const notBuilt = " is not built in this version"
