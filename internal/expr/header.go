package expr

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// headers shows a request's headers to programs: by lower-case name, each with its first
// value. Those that carry credentials are not there, so that no value of theirs gets
// into a counter's name, an entry or an error.
type headers http.Header

// Secret reports whether a header carries a credential, so that no text may see it.
func Secret(name string) bool {
	return slices.Contains([]string{
		"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key",
		"cf-aig-authorization", "sluice-key", "x-amz-security-token",
	}, strings.ToLower(name))
}

// FindStringKey finds a header without making a map of all.
func (h headers) FindStringKey(name string) (any, bool) {
	if name != strings.ToLower(name) || Secret(name) {
		return nil, false
	}
	values := http.Header(h)[http.CanonicalHeaderKey(name)]
	if len(values) == 0 {
		return nil, false
	}
	return values[0], true
}

// all makes a map, for texts that do more than look up.
func (h headers) all() traits.Mapper {
	m := make(map[string]string, len(h))
	for name, values := range h {
		if len(values) > 0 && !Secret(name) {
			m[strings.ToLower(name)] = values[0]
		}
	}
	return types.NewStringStringMap(types.DefaultTypeAdapter, m)
}

// Find, Contains and Get look up; the others make the map. Together they are CEL's map.
func (h headers) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	value, found := h.FindStringKey(string(name))
	if !found {
		return nil, false
	}
	return types.String(value.(string)), true
}

// Contains reports whether the header is there.
func (h headers) Contains(key ref.Val) ref.Val {
	_, found := h.Find(key)
	return types.Bool(found)
}

// Get gives the header's value.
func (h headers) Get(key ref.Val) ref.Val {
	if value, found := h.Find(key); found {
		return value
	}
	return types.NewErr("no such key: %v", key.Value())
}

// ConvertToNative converts the map of all.
func (h headers) ConvertToNative(t reflect.Type) (any, error) { return h.all().ConvertToNative(t) }

// ConvertToType converts the map of all.
func (h headers) ConvertToType(t ref.Type) ref.Val { return h.all().ConvertToType(t) }

// Equal compares the map of all.
func (h headers) Equal(other ref.Val) ref.Val { return h.all().Equal(other) }

// Iterator gives the names.
func (h headers) Iterator() traits.Iterator { return h.all().Iterator() }

// Size counts the headers.
func (h headers) Size() ref.Val { return h.all().Size() }

// Type says that it is a map.
func (h headers) Type() ref.Type { return types.MapType }

// Value gives the map of all.
func (h headers) Value() any { return h.all().Value() }
