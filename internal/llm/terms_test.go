package llm_test

import (
	"reflect"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// fill puts a value into everything that a type has, three pointers deep.
func fill(t *testing.T, v reflect.Value, deep int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				t.Fatalf("%s.%s cannot be copied: it is not exported", v.Type(), v.Type().Field(i).Name)
			}
			fill(t, v.Field(i), deep)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), deep)
		}
	case reflect.Slice:
		if deep > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(t, v.Index(0), deep-1)
			fill(t, v.Index(1), deep-1)
		}
	case reflect.Pointer:
		if deep > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), deep-1)
		}
	case reflect.Map, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		t.Fatalf("a %s cannot be copied", v.Type())
	case reflect.String:
		v.SetString("s")
	case reflect.Uint8:
		v.SetUint('b')
	}
}

// scribble writes over every byte that a value leads to.
func scribble(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			scribble(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			scribble(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			scribble(v.Elem())
		}
	case reflect.String:
		v.SetString("x")
	case reflect.Uint8:
		v.SetUint('x')
	}
}

func TestTermsStandInMemoryOfTheirOwn(t *testing.T) {
	asked, want := &llm.Request{}, &llm.Request{}
	fill(t, reflect.ValueOf(asked).Elem(), 5)
	fill(t, reflect.ValueOf(want).Elem(), 5)
	want.Messages = want.Messages[:1]
	terms := asked.Terms()
	scribble(reflect.ValueOf(asked).Elem())
	if !reflect.DeepEqual(terms, want) {
		t.Errorf("got %+v\nwant %+v", terms, want)
	}
	if (*llm.Request)(nil).Terms() != nil || len((&llm.Request{}).Terms().Messages) != 0 {
		t.Error("nothing has no terms")
	}
}
