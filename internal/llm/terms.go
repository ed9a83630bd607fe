package llm

import "reflect"

// Terms gives what an answer is written by, in memory of its own: the request without its
// turns but the first, which may hold instructions that some dialects repeat. The body
// that the request was read from may end before it.
func (r *Request) Terms() *Request {
	if r == nil {
		return nil
	}
	t := *r
	t.Messages = r.Messages[:min(len(r.Messages), 1)]
	detach(reflect.ValueOf(&t).Elem())
	return &t
}

// detach replaces whatever a value points to by a copy.
func detach(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			detach(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			detach(v.Index(i))
		}
	case reflect.Slice:
		detachSlice(v)
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			detach(own.Elem())
			v.Set(own)
		}
	}
}

func detachSlice(v reflect.Value) {
	if v.IsNil() {
		return
	}
	own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(own, v)
	if v.Set(own); v.Type().Elem().Kind() == reflect.Uint8 {
		return
	}
	for i := range v.Len() {
		detach(v.Index(i))
	}
}
