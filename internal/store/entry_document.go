package store

import (
	"fmt"
	"slices"
)

// MetadataFilter asks for a value of one key of the metadata: a text as it is, another
// value as JSON. ! before it chooses all others, and ! alone calls that have any.
type MetadataFilter struct{ Key, Value string }

const (
	maxMetadataFilters = 5
	maxMetadataKey     = 256 // bytes
)

func (q *EntryQuery) setMetadata(key, value string) error {
	switch {
	case key == "" || len(key) > maxMetadataKey:
		return fmt.Errorf("a key of metadata has 1 to %d bytes", maxMetadataKey)
	case value == "":
		return nil
	case len(q.Metadata) == maxMetadataFilters:
		return fmt.Errorf("%d keys of metadata are the most that can be asked for at once", maxMetadataFilters)
	}
	q.Metadata = append(slices.Clip(q.Metadata), MetadataFilter{key, value})
	return nil
}

// inDocument adds the filters of metadata, which are read from each row's document. Lists
// bound how many rows they look at.
func (e *engine) inDocument(c *conditions, q *EntryQuery) {
	for _, m := range q.Metadata {
		if text, excludes := Unwanted(m.Value); excludes {
			c.add("COALESCE("+e.metadata+", '') <> ?", clean(m.Key), clean(text))
		} else {
			c.add(e.metadata+" = ?", clean(m.Key), clean(text))
		}
	}
}
