package pains_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// object is JSON of an object; arrays are []any once it was read.
type object = map[string]any

// text renders JSON with sorted keys.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func parse(t testing.TB, b []byte) object {
	t.Helper()
	var o object
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		t.Fatalf("no JSON object (%v): %.600s", err, b)
	}
	return o
}

// at walks into JSON by names and indexes; nil when there is nothing.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			o, _ := v.(object)
			v = o[p]
		case int:
			all := list(v)
			if p < 0 {
				p += len(all)
			}
			if p < 0 || p >= len(all) {
				return nil
			}
			v = all[p]
		}
	}
	return v
}

// list gives the elements of an array, whether it was read or made.
func list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []object:
		out := make([]any, len(v))
		for i := range v {
			out[i] = v[i]
		}
		return out
	}
	return nil
}

func str(v any) string { s, _ := v.(string); return s }

// number gives a number as a float; -1 when there is none.
func number(v any) float64 {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return -1
		}
		return f
	case float64:
		return v
	case int:
		return float64(v)
	}
	return -1
}

// canonical is JSON in a form that can be compared; what is none stands as it is.
func canonical(s string) string {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return text(v)
}

// clone copies JSON deeply, in the form in which it is read.
func clone(v any) (out any) {
	d := json.NewDecoder(strings.NewReader(text(v)))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		panic(err)
	}
	return out
}

// walk calls fn with every object inside v.
func walk(v any, fn func(object)) {
	switch v := v.(type) {
	case object:
		fn(v)
		for _, m := range v {
			walk(m, fn)
		}
	case []any:
		for _, m := range v {
			walk(m, fn)
		}
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// cut cuts a text in about n pieces, between letters.
func cut(s string, n int) (out []string) {
	all := []rune(s)
	for size := max(1, (len(all)+n-1)/n); len(all) > 0; {
		size = min(size, len(all))
		out, all = append(out, string(all[:size])), all[size:]
	}
	return out
}
