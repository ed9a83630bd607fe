package schema_test

import (
	"reflect"
	"testing"

	"github.com/openai/openai-go/v3"
)

func TestDump(t *testing.T) {
	for _, p := range pathsOf(reflect.TypeFor[openai.ChatCompletionNewParams]()) {
		t.Log(p)
	}
}
