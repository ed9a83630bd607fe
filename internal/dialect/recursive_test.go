package dialect_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

func TestASchemaThatHoldsItselfIsKnown(t *testing.T) {
	for schema, want := range map[string]bool{
		`{"type":"object"}`: false,
		`{"properties":{"a":{"$ref":"#/$defs/a"},"b":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"string"}}}`:                                      false,
		`{"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"properties":{"b":{"$ref":"#/$defs/b"}}},"b":{"type":"string"}}}`:                 false,
		`{"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"properties":{"next":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"null"}]}}}}}`:        true,
		`{"properties":{"a":{"$ref":"#/definitions/a"}},"definitions":{"a":{"items":{"$ref":"#/definitions/b"}},"b":{"$ref":"#/definitions/a"}}}`: true,
		`{"properties":{"next":{"$ref":"#"}}}`:      true,
		`{"properties":{"$ref":{"type":"string"}}}`: false,
		`{"$ref":`: false,
	} {
		if got := dialect.Recursive([]byte(schema)); got != want {
			t.Errorf("%s: %v", schema, got)
		}
	}
}
