package dialect

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ToolSchema gives the schema of a function's parameters with a root as most vendors want
// it: an object that says so, and no choice among several
// (https://platform.openai.com/docs/guides/function-calling,
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolInputSchema.html).
// One that has such a root is given as it is.
func ToolSchema(t *llm.Tool) llm.Raw {
	s := t.Parameters
	if len(s) == 0 || s[0] != '{' || jsonscan.Members(s, func(_, _ []byte) bool { return true }) != nil {
		return NoParameters(t.Strict)
	}
	var kind []byte
	union, empty := false, true
	_ = jsonscan.Members(s, func(key, v []byte) bool {
		empty = false
		switch string(key) {
		case "type":
			kind = v
		case "anyOf", "oneOf", "allOf":
			union = true
		}
		return true
	})
	switch {
	case empty:
		return NoParameters(t.Strict)
	case !union && string(kind) == `"object"`:
		return s
	}
	return ObjectRoot(s)
}

// ObjectRoot gives a schema with a root that says that it is an object. Of a choice among
// several the members of all are given, none of them required but by the root itself.
func ObjectRoot(s llm.Raw) llm.Raw {
	w := jsonout.Writer{B: make([]byte, 0, len(s)+32)}
	w.Begin('{')
	w.Text("type", "object")
	var props llm.Raw
	var choices []llm.Raw
	_ = jsonscan.Members(s, func(key, v []byte) bool {
		switch string(key) {
		case "type":
		case "properties":
			props = v
		case "anyOf", "oneOf", "allOf":
			choices = append(choices, v)
		default:
			w.Key(string(key)) // escapes and all, as it was
			w.Raw(v)
		}
		return true
	})
	w.Object("properties")
	seen := map[string]bool{}
	properties(&w, props, seen)
	for _, choice := range choices {
		_ = jsonscan.Elements(choice, func(one []byte) bool {
			properties(&w, jsonscan.Get(one, "properties"), seen)
			return true
		})
	}
	w.End('}')
	w.End('}')
	return w.B
}

// properties writes those that were not seen yet.
func properties(w *jsonout.Writer, props llm.Raw, seen map[string]bool) {
	_ = jsonscan.Members(props, func(key, v []byte) bool {
		if !seen[string(key)] {
			seen[string(key)] = true
			w.Key(string(key))
			w.Raw(v)
		}
		return true
	})
}
