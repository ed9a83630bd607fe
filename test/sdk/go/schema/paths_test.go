// Package schema_test holds the tables of fields to what the vendors publish: it walks the
// request types of the official SDKs and fails for each member that a table does not
// know.
package schema_test

import (
	"reflect"
	"slices"
	"strings"
)

// walker gives the paths of the members of a type as they stand in JSON.
type walker struct {
	// whole are types whose inside is the caller's own: schemas, free objects.
	whole []reflect.Type
	paths map[string]bool
}

func pathsOf(t reflect.Type, whole ...reflect.Type) []string {
	w := walker{whole: whole, paths: map[string]bool{}}
	w.walk(t, "", nil)
	var out []string
	for p := range w.paths {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// walk visits a type that stands at a path; above are the types it stands in.
func (w *walker) walk(t reflect.Type, at string, above []reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if at != "" {
		w.paths[at] = true
	}
	switch {
	case slices.Contains(w.whole, t) || slices.Contains(above, t) || isOptional(t):
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		delete(w.paths, at+"[]")
		if inside := elem(t); inside.Kind() == reflect.Struct {
			w.members(inside, at+"[]", append(above, t))
		}
	case t.Kind() == reflect.Struct:
		w.members(t, at, append(above, t))
	}
}

// elem gives what a list is of.
func elem(t reflect.Type) reflect.Type {
	t = t.Elem()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// isOptional tells the wrappers of plain values that some SDKs have.
func isOptional(t reflect.Type) bool {
	return strings.HasPrefix(t.Name(), "Opt[") || strings.HasSuffix(t.PkgPath(), "/constant")
}

func (w *walker) members(t reflect.Type, at string, above []reflect.Type) {
	if slices.Contains(w.whole, t) || slices.Contains(above[:len(above)-1], t) {
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, options, tagged := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case strings.Contains(options, "inline"), f.Anonymous, name == "" && isInline(f.Type):
			w.inline(f.Type, at, above)
		case name == "" && !tagged && f.Type.Kind() == reflect.String && (f.Name == "Role" || f.Name == "Type"):
			w.paths[join(at, strings.ToLower(f.Name))] = true
		case name != "":
			w.walk(f.Type, join(at, name), above)
		}
	}
}

// inline visits one of the forms that a value may have.
func (w *walker) inline(t reflect.Type, at string, above []reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case isOptional(t):
	case t.Kind() == reflect.Slice && elem(t).Kind() == reflect.Struct:
		w.members(elem(t), at+"[]", append(above, t))
	case t.Kind() == reflect.Struct:
		w.members(t, at, append(above, t))
	}
}

func isInline(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct || t.Kind() == reflect.Slice
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
