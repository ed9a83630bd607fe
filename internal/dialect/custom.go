package dialect

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// A custom tool is called with free text. Where a target has function tools only, it is
// told of a function with one string member, customMember, and its calls are turned
// back into free text on their way to the caller:
//
//   - the target's FormatRequest writes FunctionOf(tool); ArgumentsObject and
//     ArgumentsText wrap the calls of the history by themselves;
//   - the caller's FormatAnswer asks CalledFreely and reads CustomInput; its stream
//     formatter feeds a CustomStream.
const customMember = "input"

// customSchema is what such a function takes.
const customSchema = `{"type":"object","properties":{"input":{"type":"string","description":"The whole input of the tool, as plain text."}},"required":["input"],"additionalProperties":false}`

// FunctionOf gives the function tool that stands for a custom one; any other tool is
// given as it is. A grammar of the input is told in the description, since a function
// has no other place for it. What it gives may point into t.
func FunctionOf(t *llm.Tool) llm.Tool {
	if t.Kind != llm.Custom {
		return *t
	}
	return llm.Tool{Kind: llm.Function, Name: t.Name, Description: customDescription(t), Parameters: llm.Raw(customSchema), Cache: t.Cache}
}

// customDescription gives a custom tool's description with its grammar. Both dialects
// that have custom tools call it so, one of them an object further inside.
func customDescription(t *llm.Tool) llm.Raw {
	format := jsonscan.Get(t.Vendor, "format")
	if format == nil {
		format = jsonscan.Get(t.Vendor, "custom", "format")
	}
	if inner := jsonscan.Get(format, "grammar"); inner != nil {
		format = inner
	}
	definition, ok := jsonscan.String(jsonscan.Get(format, "definition"))
	if !ok {
		return t.Description
	}
	syntax, _ := jsonscan.String(jsonscan.Get(format, "syntax"))
	grammar := jsonout.Quote("The input must match this grammar (" + syntax + "):\n" + definition)
	return jsonout.Join(`\n\n`, t.Description, grammar)
}

// CalledFreely reports whether name is a custom tool of the request, so that a call of
// it must reach the caller as free text. r may be nil.
func CalledFreely(r *llm.Request, name string) bool {
	if r == nil || !r.Has.Has(llm.FCustomTool) {
		return false
	}
	for i := range r.Tools {
		if t := &r.Tools[i]; t.Kind == llm.Custom && t.Name == name {
			return true
		}
	}
	return false
}

// customArguments wraps the free text of a call: {"input": text}.
func customArguments(c *llm.Call) llm.Raw {
	text := c.Arguments
	if len(text) == 0 || text[0] != '"' {
		text = llm.Raw(`""`)
	}
	out := append(make([]byte, 0, len(text)+len(customMember)+5), `{"`+customMember+`":`...)
	return append(append(out, text...), '}')
}

// CustomInput gives the free text of a call, a JSON string: the text itself of a custom
// call, the member of a function's. Arguments of another form, which a model wrote
// against its schema, are given whole.
func CustomInput(c *llm.Call) llm.Raw {
	if c.Custom {
		if len(c.Arguments) == 0 {
			return llm.Raw(`""`)
		}
		return c.Arguments
	}
	text := []byte(c.Arguments)
	if c.Quoted {
		s, _ := jsonscan.String(c.Arguments)
		text = []byte(s)
	}
	if v := jsonscan.Get(text, customMember); len(v) > 1 && v[0] == '"' {
		return v
	}
	if string(text) == "{}" {
		return llm.Raw(`""`)
	}
	return jsonout.Quote(string(text))
}
