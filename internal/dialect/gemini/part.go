package gemini

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// part is one part of a content as it stands there
// (https://ai.google.dev/api/caching#Part). What is null is absent.
type part struct {
	text      llm.Raw // nil = none
	signature llm.Raw
	thought   bool
	inline    llm.Raw
	file      llm.Raw
	call      llm.Raw
	response  llm.Raw
	// special says that the part is of a kind which only this dialect has: code that the
	// vendor runs, calls of its own tools, and what those gave.
	special bool
}

// readPart reads the part that r stands before; other gets the members that are not in
// it, which say something about the part or are not known. false = it is no object.
func readPart(r *jsonscan.Reader, other func(key []byte, value llm.Raw)) (p part, ok bool) {
	ok = r.Object(func(key []byte) {
		value := r.Raw()
		if jsonscan.IsNull(value) {
			return
		}
		switch string(key) {
		case "text":
			p.text = value
		case "thought":
			p.thought = string(value) == "true"
		case "thoughtSignature", "thought_signature":
			p.signature = value
		case "inlineData", "inline_data":
			p.inline = value
		case "fileData", "file_data":
			p.file = value
		case "functionCall", "function_call":
			p.call = value
		case "functionResponse", "function_response":
			p.response = value
		case "executableCode", "executable_code", "codeExecutionResult", "code_execution_result",
			"toolCall", "tool_call", "toolResponse", "tool_response":
			p.special = true
		default:
			other(key, value)
		}
	})
	return p, ok
}

// solid gives what the part holds beside text.
func (p *part) solid() llm.Raw {
	for _, v := range [...]llm.Raw{p.call, p.response, p.inline, p.file} {
		if v != nil {
			return v
		}
	}
	return nil
}

// call is a functionCall as it stands there
// (https://ai.google.dev/api/caching#FunctionCall).
type call struct {
	id, name  string
	args      llm.Raw // nil = none
	partial   llm.Raw // partialArgs: a piece of a call that comes in pieces
	continues bool    // willContinue: more pieces come
}

// readCall reads a functionCall; other gets members that are not known.
func readCall(v []byte, other func(key []byte, value llm.Raw)) (c call, err error) {
	err = jsonscan.Members(v, func(key, value []byte) bool {
		if jsonscan.IsNull(value) {
			return true
		}
		switch string(key) {
		case "id":
			c.id, _ = jsonscan.String(value)
		case "name":
			c.name, _ = jsonscan.String(value)
		case "args":
			c.args = value
		case "partialArgs", "partial_args":
			c.partial = value
		case "willContinue", "will_continue":
			c.continues = string(value) == "true"
		default:
			other(key, value)
		}
		return true
	})
	return c, err
}

// nameOf gives a member's name, decoded.
func nameOf(key []byte) string {
	if bytes.IndexByte(key, '\\') >= 0 {
		if s, ok := jsonscan.String(append(append([]byte{'"'}, key...), '"')); ok {
			return s
		}
	}
	return string(key)
}

// ignore is for readers of what does not matter.
func ignore([]byte, llm.Raw) {}

// eachOf is each for the value that r stands before.
func eachOf(r *jsonscan.Reader, fn func()) bool {
	if !r.At('[') {
		fn()
		return true
	}
	return r.Array(fn)
}

// each calls fn with each element of an array; a single value stands for an array of
// it, as the vendor's servers read it.
func each(v llm.Raw, fn func(v []byte) bool) error {
	if len(v) > 0 && v[0] != '[' {
		fn(v)
		return nil
	}
	return jsonscan.Elements(v, fn)
}
