package tokens

import "github.com/sluice-gateway/sluice/internal/jsonscan"

// part is what a value of a request body is for.
type part uint8

const (
	settings  part = iota // costs nothing
	messages              // the conversation, a list of turns
	prompt                // text towards the model
	arguments             // JSON that the model reads as JSON, member names and all
	tools                 // the list of tools, or what holds it
	schema                // a JSON schema
	formats               // what may hold a schema of the answer
	place                 // where media are: a URL, an id
)

// tally is what a body comes to.
type tally struct {
	text     reader // of the conversation
	schema   reader // of tools and answer schemas
	letters  int64  // bytes of all strings that count, as written
	turns    int64
	tools    int64
	media    int64 // tokens of media
	ids      int64 // token ids that stand for text
	contents bool  // the turns are in a member contents: see overhead
	blocks   bool  // tools have an input_schema: see overhead
}

// maxDepth is how deep a body may be nested; what is deeper counts nothing.
const maxDepth = jsonscan.MaxDepth

// frame is an object or array that is open.
type frame struct {
	part  part // of the container
	value part // of the present value
	list  bool
	key   bool // a member name comes next
	tool  bool // an element is a tool
	turn  bool // an element is a turn
}

// walk reads a JSON text once and adds up what it finds. It stops at what is no JSON.
func (t *tally) walk(body []byte) {
	var stack [maxDepth]frame
	depth := -1
	for i := 0; i < len(body); i++ {
		switch c := body[i]; c {
		case '{', '[':
			if depth+1 == maxDepth {
				return
			}
			f := frame{list: c == '[', key: c == '{'}
			if depth >= 0 {
				f = stack[depth].open(f)
				t.count(&stack[depth], f.list)
			}
			depth++
			stack[depth] = f
		case '}', ']':
			if depth--; depth < 0 {
				return
			}
		case ',':
			if depth >= 0 {
				stack[depth].key = !stack[depth].list
			}
		case '"':
			end := jsonscan.StringEnd(body, i+1)
			if end < 0 || depth < 0 {
				return
			}
			t.string(&stack[depth], depth == 0, body[i+1:end])
			i = end
		case ' ', '\t', '\r', '\n', ':':
		default: // a number or a word
			if depth < 0 {
				return
			}
			from := i
			for i+1 < len(body) && scalar(body[i+1]) {
				i++
			}
			t.scalar(&stack[depth], body[from:i+1])
		}
	}
}

func scalar(c byte) bool { return c != ',' && c != '}' && c != ']' && c > ' ' }

// open gives the frame of a container that is the present value of f.
func (f *frame) open(inner frame) frame {
	inner.part = f.value
	if f.list {
		inner.part = f.part
		inner.tool = f.tool && inner.list
	}
	inner.value = inner.part
	if !f.list && inner.list {
		inner.tool, inner.turn = f.value == tools, f.value == messages
	}
	if inner.part == messages {
		inner.part, inner.value = prompt, prompt
	}
	return inner
}

// count counts a container that begins as an element of f.
func (t *tally) count(f *frame, list bool) {
	switch {
	case f.list && f.turn:
		t.turns++
	case f.list && f.tool && !list:
		t.tools++
	}
}

// string takes what stands between a string's quotes: a member name or a value.
func (t *tally) string(f *frame, top bool, text []byte) {
	if f.key {
		f.key = false
		t.member(f, top, text)
		return
	}
	if f.list && f.turn { // a turn, or the whole conversation, that is a plain text
		t.turns++
	}
	switch f.value {
	case prompt, messages, arguments:
		if t.payload(text) {
			return
		}
		t.take(&t.text, text)
	case tools, schema:
		t.take(&t.schema, text)
	case place:
		if !t.payload(text) {
			t.media += elsewhere
		}
	}
}

func (t *tally) take(r *reader, text []byte) {
	r.escaped(text)
	r.add(newline, '\n')
	t.letters += int64(len(text))
}

// scalar takes a number or a word. In a prompt numbers are token ids, which some
// operations take instead of text.
func (t *tally) scalar(f *frame, text []byte) {
	switch f.value {
	case tools, schema:
		t.take(&t.schema, text)
	case arguments:
		t.take(&t.text, text)
	case prompt, messages:
		if f.list && text[0] >= '0' && text[0] <= '9' {
			t.ids++
		}
	}
}

// member takes a member name and settles what its value is for.
func (t *tally) member(f *frame, top bool, name []byte) {
	if top {
		f.value = topPart(name)
		t.contents = t.contents || string(name) == "contents"
		if f.value == prompt {
			t.turns++
		}
		return
	}
	f.value = f.part
	switch f.part {
	case prompt:
		f.value = promptPart(name)
	case place:
		if promptPart(name) != place { // the detail beside a URL
			f.value = settings
		}
	case formats:
		if isSchema(name) {
			f.value = schema
		}
	case tools, schema, arguments:
		if f.part == tools && string(name) == "input_schema" {
			t.blocks = true
		}
		if string(name) == "cache_control" {
			f.value = settings
			return
		}
		r := &t.schema
		if f.part == arguments {
			r = &t.text
		}
		r.plain(name)
		r.add(mark, ':')
		t.letters += int64(len(name))
	}
}

// topPart says what a member of the body itself is for.
func topPart(name []byte) part {
	switch string(name) {
	case "messages", "input", "contents", "chat_history":
		return messages
	case "system", "instructions", "systemInstruction", "system_instruction", "prompt", "suffix",
		"message", "preamble", "documents", "inputs", "texts", "query", "content":
		return prompt
	case "tools", "functions", "toolConfig", "tool_config":
		return tools
	case "response_format", "text", "output_format", "output_config", "generationConfig", "generation_config":
		return formats
	case "generateContentRequest", "generate_content_request":
		return settings
	}
	return settings
}

// promptPart says what a member inside of the conversation is for.
func promptPart(name []byte) part {
	switch string(name) {
	case "role", "type", "id", "status", "model", "cache_control", "metadata", "call_id", "tool_call_id", "tool_use_id", "toolUseId",
		"signature", "thoughtSignature", "thought_signature", "encrypted_content", "format", "detail", "media_type", "mimeType", "mime_type",
		"annotations", "citations", "phase", "is_error", "cachePoint":
		return settings
	case "input", "args", "response", "json", "arguments":
		return arguments
	case "url", "image_url", "file_url", "fileUri", "file_uri", "uri", "file_id":
		return place
	}
	return prompt
}

func isSchema(name []byte) bool {
	switch string(name) {
	case "schema", "json_schema", "responseSchema", "response_schema", "responseJsonSchema", "_responseJsonSchema":
		return true
	}
	return false
}
