// Package asked reads what conditions may want to know of a request's body: how many
// turns, tools and images it has, and how difficult it seems. It goes by member names,
// whatever the dialect, never fails, and takes a body that makes no sense as empty.
package asked

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Request is what a body holds. It refers to the body's memory.
type Request struct {
	expr.Shape
	schema bool   // the answer has to keep a schema
	last   []byte // raw content of the last message of the user's that has text; nil = none
}

// Read reads a body: one JSON object. It takes a walk over it, and allocates nothing.
func Read(body []byte) (r Request) {
	// What stands before something malformed counts.
	_ = jsonscan.Members(bytes.TrimLeft(body, " \t\r\n"), func(key, value []byte) bool {
		r.member(key, value)
		return true
	})
	return r
}

func (r *Request) member(key, value []byte) {
	switch string(key) {
	case "messages", "contents", "input":
		r.turns(value)
	case "prompt", "query", "message":
		r.alone(value)
	case "tools", "functions":
		r.tools(value)
	case "toolConfig":
		r.tools(jsonscan.Get(value, "tools"))
	case "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens":
		r.MaxOutput, _ = jsonscan.Int(value)
	case "response_format", "output_format":
		r.format(value)
	case "text", "output_config":
		r.format(jsonscan.Get(value, "format"))
	case "responseMimeType", "response_mime_type":
		r.JSON = r.JSON || contains(value, "json")
	case "responseSchema", "responseJsonSchema", "response_schema":
		r.JSON, r.schema = true, true
	case "generationConfig", "generation_config", "inferenceConfig":
		_ = jsonscan.Members(value, func(key, value []byte) bool {
			r.member(key, value)
			return true
		})
	}
}

func contains(value []byte, word string) bool { return bytes.Contains(value, []byte(word)) }

// format takes what says how the answer is written: {"type": "json_schema", …}.
func (r *Request) format(value []byte) {
	switch kind := jsonscan.Get(value, "type"); string(kind) {
	case `"json_schema"`:
		r.JSON, r.schema = true, true
	case `"json_object"`:
		r.JSON = true
		r.schema = r.schema || jsonscan.Get(value, "schema") != nil || jsonscan.Get(value, "json_schema") != nil
	}
}

// tools counts the tools of a list, and those declared within its items.
func (r *Request) tools(list []byte) {
	_ = jsonscan.Elements(list, func(tool []byte) bool {
		within := jsonscan.Get(tool, "functionDeclarations")
		if within == nil {
			within = jsonscan.Get(tool, "function_declarations")
		}
		if within == nil {
			r.Tools++
			return true
		}
		_ = jsonscan.Elements(within, func([]byte) bool { r.Tools++; return true })
		return true
	})
}

// alone takes a text that is all that is said.
func (r *Request) alone(value []byte) {
	if isText(value) {
		r.Turns++
		r.last = value
	}
}

func isText(value []byte) bool { return len(value) > 2 && value[0] == '"' }

func (r *Request) turns(value []byte) {
	if isText(value) {
		r.alone(value)
		return
	}
	_ = jsonscan.Elements(value, func(turn []byte) bool {
		if isText(turn) {
			r.alone(turn)
		} else {
			r.turn(turn)
		}
		return true
	})
}

// turn takes a message, or another item among messages, which counts for nothing.
func (r *Request) turn(turn []byte) {
	var role, content []byte
	_ = jsonscan.Members(turn, func(key, value []byte) bool {
		switch string(key) {
		case "role":
			role = value
		case "content", "parts":
			content = value
		}
		return true
	})
	switch string(role) {
	case `"system"`, `"developer"`:
		return
	case "":
		if content == nil {
			return
		}
	}
	r.Turns++
	text := isText(content)
	parts(content, func(part []byte) bool {
		if pictured(part) {
			r.Images++
		}
		text = text || textOf(part) != nil
		return true
	})
	if text && (role == nil || string(role) == `"user"`) {
		r.last = content
	}
}

// parts calls fn with each part of a content that is a list.
func parts(content []byte, fn func(part []byte) bool) {
	if len(content) > 0 && content[0] == '[' {
		_ = jsonscan.Elements(content, fn)
	}
}

// pictured reports whether a part of a message is an image.
func pictured(part []byte) (is bool) {
	_ = jsonscan.Members(part, func(key, value []byte) bool {
		switch string(key) {
		case "type":
			is = string(value) == `"image"` || string(value) == `"image_url"` || string(value) == `"input_image"`
		case "image":
			is = len(value) > 0 && value[0] == '{'
		case "inlineData", "inline_data", "fileData", "file_data":
			kind := jsonscan.Get(value, "mimeType")
			if kind == nil {
				kind = jsonscan.Get(value, "mime_type")
			}
			is = bytes.HasPrefix(kind, []byte(`"image/`))
		}
		return !is
	})
	return is
}

// textOf gives the text of a part, with its quotes; nil when it is none.
func textOf(part []byte) []byte {
	if isText(part) {
		return part
	}
	if text := jsonscan.Get(part, "text"); isText(text) {
		return text
	}
	return nil
}

// Text gives what the user said last, at most most bytes of it; "" when there is nothing.
func (r *Request) Text(most int) string {
	var b []byte
	r.texts(func(text []byte) bool {
		s, _ := jsonscan.String(text)
		if len(b) > 0 {
			b = append(b, '\n')
		}
		b = append(b, s[:min(len(s), most)]...)
		return len(b) < most
	})
	return string(bytes.ToValidUTF8(b[:min(len(b), most)], nil))
}

// texts calls fn with each text, in its quotes, that the user said last.
func (r *Request) texts(fn func(text []byte) bool) {
	if isText(r.last) {
		fn(r.last)
		return
	}
	parts(r.last, func(part []byte) bool {
		if text := textOf(part); text != nil {
			return fn(text)
		}
		return true
	})
}
