package tokens

// part is what a value of a request body is for.
type part uint8

const (
	settings  part = iota // costs nothing
	root                  // a request: its members tell
	unsaid                // what most vendors do not show to the model: only the bound has it
	model                 // the model's id
	messages              // the conversation: a text, or a list of turns
	prompt                // text towards the model
	arguments             // JSON that the model reads as such, member names and all
	tools                 // a list of tools, one of them, or what holds the list
	schema                // of a tool
	formats               // what may hold a schema of the answer
	answer                // a schema of the answer
	place                 // where media are: a URL or an id
	carrier               // media, or a text in their place
	said                  // what of an answer may hold something said
	event                 // the same of an event, which may also repeat all that was said before
	spoken                // a text of the model's
	carried               // media of the model's, if it is not an address
)

// rootMember says what a member of a request is for, in any dialect.
func rootMember(name []byte) part {
	switch string(name) {
	case "generateContentRequest":
		return root
	case "model":
		return model
	case "messages", "input", "contents", "chat_history":
		return messages
	case "system", "instructions", "systemInstruction", "system_instruction", "prompt", "suffix",
		"message", "preamble", "documents", "inputs", "texts", "query", "content":
		return prompt
	case "tools", "functions", "toolConfig":
		return tools
	case "response_format", "text", "output_format", "output_config", "generationConfig", "generation_config":
		return formats
	}
	return unsaid
}

// member says what a member of an object is for whose values are for p.
func (p part) member(name []byte) part {
	switch p {
	case prompt:
		return promptMember(name)
	case place:
		if promptMember(name) == place {
			return place
		}
		return unsaid // such as the detail beside a URL
	case tools:
		switch string(name) {
		case "tools", "functionDeclarations", "function_declarations":
			return tools
		case "cache_control", "cachePoint", "toolChoice":
			return settings
		}
		return schema
	case event:
		if string(name) == "message" {
			return settings
		}
		if m := saidMember(name); m != said {
			return m
		}
	case said:
		return saidMember(name)
	case formats:
		switch string(name) {
		case "schema", "json_schema", "responseSchema", "response_schema", "responseJsonSchema", "response_json_schema", "_responseJsonSchema":
			return answer
		}
	}
	return p
}

// promptMember says what a member inside of the conversation is for.
func promptMember(name []byte) part {
	switch string(name) {
	case "role", "type", "id", "status", "model", "format", "detail", "phase", "is_error", "cache_control", "cachePoint", "metadata",
		"call_id", "tool_call_id", "tool_use_id", "toolUseId", "media_type", "mimeType", "mime_type", "annotations", "citations",
		"reasoning", "reasoning_content", "reasoning_details", "thinking", "reasoningContent", // of earlier turns
		"signature", "thoughtSignature", "thought_signature", "encrypted_content":
		return unsaid
	case "input", "args", "arguments", "response", "json":
		return arguments
	case "url", "image_url", "file_url", "fileUri", "file_uri", "uri", "file_id":
		return place
	case "data", "bytes", "file_data":
		return carrier
	}
	return prompt
}

// saidMember says what a member of an answer is for.
func saidMember(name []byte) part {
	switch string(name) {
	case "content", "text", "delta", "message", "thinking", "reasoning", "reasoning_content", "refusal", "completion", "partial_json",
		"name", "code":
		return spoken
	case "data", "url":
		return carried
	case "args", "arguments", "input":
		return arguments
	case "logprobs", "reasoning_details", "tools", "usage", "usageMetadata", "audio", "error", "annotations", "citations",
		"search_results", "metadata":
		return settings
	}
	return said
}
