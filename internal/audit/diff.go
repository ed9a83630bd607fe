package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Change is one field that differs.
type Change struct {
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before"` // nil = it was not there
	After  json.RawMessage `json:"after"`  // nil = it is not there any more
}

// Fields gives the fields of a record as JSON shows them; nil of nil. What a type keeps
// out of JSON, as it does with hashes, verifiers and what is sealed, is not in it.
func Fields(record any) (map[string]json.RawMessage, error) {
	if record == nil {
		return nil, nil
	}
	b, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("audit: %T is no record: %w", record, err)
	}
	return fields, nil
}

// Text gives a field that is text, else "".
func Text(fields map[string]json.RawMessage, name string) string {
	var s string
	if json.Unmarshal(fields[name], &s) != nil {
		return ""
	}
	return s
}

// Diff lists the fields that differ, by name. What is empty on the side where there was
// nothing is left out, and so are null and an empty list or object in each other's place.
func Diff(before, after map[string]json.RawMessage) []Change {
	names := maps.Clone(before)
	if names == nil {
		names = map[string]json.RawMessage{}
	}
	maps.Copy(names, after)
	changes := []Change{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		b, a := before[name], after[name]
		if bytes.Equal(b, a) || b == nil && blank(a) || a == nil && blank(b) || nothing(b) && nothing(a) {
			continue
		}
		changes = append(changes, Change{name, b, a})
	}
	return changes
}

func blank(v json.RawMessage) bool {
	return slices.Contains([]string{"", "null", `""`, "[]", "{}", "false", "0"}, string(v))
}

func nothing(v json.RawMessage) bool { return slices.Contains([]string{"null", "[]", "{}"}, string(v)) }
