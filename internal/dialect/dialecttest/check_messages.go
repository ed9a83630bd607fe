package dialecttest

// messagesShapes: https://platform.claude.com/docs/en/build-with-claude/streaming
var messagesShapes = shapes{
	"message_start":       `message:#message`,
	"message":             `id:text type:"message" role:"assistant" model:text content:[]any stop_reason:null stop_sequence:null stop_details?:null usage:#startusage`,
	"startusage":          `input_tokens:integer output_tokens:integer cache_creation_input_tokens?:integer|null cache_read_input_tokens?:integer|null cache_creation?:#lifetimes|null service_tier?:"standard"|"priority"|"batch"|null output_tokens_details?:#outputdetails`,
	"deltausage":          `output_tokens:integer input_tokens?:integer|null cache_creation_input_tokens?:integer|null cache_read_input_tokens?:integer|null cache_creation?:#lifetimes|null service_tier?:"standard"|"priority"|"batch"|null output_tokens_details?:#outputdetails server_tool_use?:object`,
	"lifetimes":           `ephemeral_5m_input_tokens:integer ephemeral_1h_input_tokens:integer`,
	"outputdetails":       `thinking_tokens:integer`,
	"content_block_start": `index:integer content_block:#block_*`,
	"content_block_delta": `index:integer delta:#delta_*`,
	"content_block_stop":  `index:integer`,
	"message_delta":       `delta:#messagedelta usage:#deltausage`,
	"messagedelta":        `stop_reason:text stop_sequence:string|null stop_details?:object|null`,
	"message_stop":        ``,

	"block_text":              `text:"" citations?:[]any|null`,
	"block_thinking":          `thinking:"" signature:""`,
	"block_redacted_thinking": `data:text`,
	"block_tool_use":          `id:text name:text input:object caller?:object`,
	"delta_text_delta":        `text:string`,
	"delta_thinking_delta":    `thinking:string`,
	"delta_signature_delta":   `signature:text`,
	"delta_input_json_delta":  `partial_json:string`,
	"delta_citations_delta":   `citation:#citation_*`,

	"citation_char_location":              `cited_text:string document_index:integer document_title:string|null start_char_index:integer end_char_index:integer file_id?:string|null`,
	"citation_page_location":              `cited_text:string document_index:integer document_title:string|null start_page_number:integer end_page_number:integer file_id?:string|null`,
	"citation_content_block_location":     `cited_text:string document_index:integer document_title:string|null start_block_index:integer end_block_index:integer file_id?:string|null`,
	"citation_web_search_result_location": `cited_text:string url:string title:string|null encrypted_index:string`,
	"citation_search_result_location":     `cited_text:string source:string title:string|null search_result_index:integer start_block_index:integer end_block_index:integer`,
}

// messagesDeltas are the deltas that each kind of block may have.
var messagesDeltas = map[string]string{
	"text_delta": "text", "citations_delta": "text", "thinking_delta": "thinking", "signature_delta": "thinking", "input_json_delta": "tool_use",
}

// messagesCheck follows a stream of Messages.
type messagesCheck struct {
	step   string  // the last event outside of blocks
	next   counter // of the next block
	open   string  // the kind of the open block
	index  any
	input  string
	signed bool // the open block has its signature
	calls  int
	bad    string // arguments that are no object
}

func newMessagesCheck() checker { return &messagesCheck{} }

func (c *messagesCheck) event(name string, o Object) string {
	if o == nil || name != o.Text("type") {
		return "the event's name is not its type"
	}
	if why := messagesShapes.misshapen(name, map[string]any(o), "#"+name); why != "" {
		return why
	}
	switch name {
	case "message_start":
		if c.step != "" {
			return "a second beginning"
		}
		c.step = name
		return ""
	case "message_delta":
		if c.step != "message_start" || c.open != "" {
			return "message_delta stands after the last block, once"
		}
		c.step = name
		return c.stopped(o.At("delta").Text("stop_reason"))
	case "message_stop":
		if c.step != "message_delta" {
			return "message_stop stands after message_delta"
		}
		c.step = name
		return ""
	}
	if c.step != "message_start" {
		return "a block outside of the message"
	}
	return c.block(name, o)
}

// stopped: who is told that a tool is called must be able to call it.
func (c *messagesCheck) stopped(reason string) string {
	switch {
	case reason == "tool_use" && c.calls == 0:
		return "tool_use without a call"
	case reason == "tool_use" && c.bad != "":
		return "the input of a call is no JSON object: " + c.bad
	}
	return ""
}

func (c *messagesCheck) block(name string, o Object) string {
	if name == "content_block_start" {
		if c.open != "" || !c.next.next(o["index"]) {
			return "blocks come one after the other, numbered from 0"
		}
		c.open, c.index, c.input, c.signed = o.At("content_block").Text("type"), o["index"], "", false
		return ""
	}
	if c.open == "" || o["index"] != c.index {
		return "no such block is open"
	}
	if name == "content_block_stop" {
		if c.open == "tool_use" {
			c.calls++
			if c.input != "" && !isObject(c.input) {
				c.bad = c.input
			}
		}
		c.open = ""
		return ""
	}
	delta := o.At("delta")
	kind := delta.Text("type")
	if messagesDeltas[kind] != c.open {
		return "a " + kind + " in a block of " + c.open
	}
	if kind == "thinking_delta" && c.signed {
		return "thinking after its signature"
	}
	c.signed = c.signed || kind == "signature_delta"
	c.input += delta.Text("partial_json")
	return ""
}

func (c *messagesCheck) end() string {
	if c.step != "message_stop" {
		return "the stream does not end with message_stop"
	}
	return ""
}
