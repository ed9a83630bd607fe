package expr

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// health shows how targets stand to programs: by name, each name is there. Nil has
// only healthy ones.
type health func(target string) bool

func (h health) of(target string) bool { return h == nil || h(target) }

// FindStringKey looks one target up.
func (h health) FindStringKey(target string) (any, bool) { return h.of(target), true }

// Find looks one target up.
func (h health) Find(key ref.Val) (ref.Val, bool) {
	target, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	return types.Bool(h.of(string(target))), true
}

// Contains is true of every text.
func (h health) Contains(key ref.Val) ref.Val {
	_, found := h.Find(key)
	return types.Bool(found)
}

// Get gives a target's health.
func (h health) Get(key ref.Val) ref.Val {
	if v, found := h.Find(key); found {
		return v
	}
	return types.NewErr("no such key: %v", key.Value())
}

// empty is what a list of all is: nobody knows all names.
func (health) empty() traits.Mapper {
	return types.NewStringStringMap(types.DefaultTypeAdapter, nil)
}

// ConvertToNative converts an empty map.
func (h health) ConvertToNative(t reflect.Type) (any, error) { return h.empty().ConvertToNative(t) }

// ConvertToType converts an empty map.
func (h health) ConvertToType(t ref.Type) ref.Val { return h.empty().ConvertToType(t) }

// Equal compares an empty map.
func (h health) Equal(other ref.Val) ref.Val { return h.empty().Equal(other) }

// Iterator gives nothing.
func (h health) Iterator() traits.Iterator { return h.empty().Iterator() }

// Size is 0.
func (h health) Size() ref.Val { return h.empty().Size() }

// Type says that it is a map.
func (health) Type() ref.Type { return types.MapType }

// Value gives an empty map.
func (h health) Value() any { return h.empty().Value() }
