package dialecttest

import (
	"fmt"
	"slices"
	"strings"
)

// shapes describe the objects of a dialect: for each name the members that it may have,
// as "member:types" with spaces between them. A type is one of string, text (a string
// that is not empty), integer, number, boolean, object, null, any, a "literal", a #name
// of another shape, or []type; several are joined by |. A ? after a member's name says
// that it may be missing. Where a name ends with *, the value of the member type is put
// in its place, so that each type has a shape of its own.
type shapes map[string]string

// misshapen says where a value is not of the types, "" = nowhere.
func (s shapes) misshapen(path string, v any, types string) string {
	for kind := range strings.SplitSeq(types, "|") {
		if is(v, kind) {
			return s.inside(path, v, kind)
		}
	}
	return fmt.Sprintf("%s is %.80v, not %s", path, v, types)
}

// is looks at a value's outer form.
func is(v any, kind string) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null" || kind == "any"
	case bool:
		return kind == "boolean" || kind == "any"
	case string:
		return kind == "string" || kind == "text" && v != "" || kind == `"`+v+`"` || kind == "any"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v)) || kind == "any"
	case []any:
		return strings.HasPrefix(kind, "[]") || kind == "any"
	}
	return strings.HasPrefix(kind, "#") || kind == "object" || kind == "any"
}

// inside looks at what a value holds.
func (s shapes) inside(path string, v any, kind string) string {
	if element, ok := strings.CutPrefix(kind, "[]"); ok {
		for i, e := range v.([]any) {
			if why := s.misshapen(fmt.Sprintf("%s[%d]", path, i), e, element); why != "" {
				return why
			}
		}
	}
	name, ok := strings.CutPrefix(kind, "#")
	if !ok {
		return ""
	}
	o := v.(map[string]any)
	if base, ok := strings.CutSuffix(name, "*"); ok {
		name = base + fmt.Sprint(o["type"])
	}
	shape, ok := s[name]
	if !ok {
		return fmt.Sprintf("%s is of the unknown shape %q", path, name)
	}
	return s.members(path, o, strings.Fields(shape))
}

func (s shapes) members(path string, o map[string]any, members []string) string {
	var known []string
	for _, m := range members {
		name, types, _ := strings.Cut(m, ":")
		name, optional := strings.CutSuffix(name, "?")
		known = append(known, name)
		v, there := o[name]
		switch {
		case there:
			if why := s.misshapen(path+"."+name, v, types); why != "" {
				return why
			}
		case !optional:
			return fmt.Sprintf("%s has no %s", path, name)
		}
	}
	for name := range o {
		if name != "type" && !slices.Contains(known, name) {
			return fmt.Sprintf("%s has the unknown member %s", path, name)
		}
	}
	return ""
}
