package config

import "reflect"

// Differing lists the paths of single settings, outside of named mappings, at which two
// configurations differ, in the order of the reference. Secrets differ when their values do.
func Differing(a, b *Config) []string {
	return differing(nil, reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem(), "")
}

func differing(dst []string, a, b reflect.Value, path string) []string {
	for _, s := range specsOf(a.Type()) {
		at, va, vb := joinSchema(path, s.name), a.FieldByIndex(s.index), b.FieldByIndex(s.index)
		switch {
		case s.typ == reflect.TypeFor[Secret]():
			if va.Interface().(Secret).Reveal() != vb.Interface().(Secret).Reveal() {
				dst = append(dst, at)
			}
		case s.leaf(), s.typ.Kind() == reflect.Slice:
			if !reflect.DeepEqual(va.Interface(), vb.Interface()) {
				dst = append(dst, at)
			}
		case s.typ.Kind() == reflect.Struct:
			dst = differing(dst, va, vb, at)
		}
	}
	return dst
}
