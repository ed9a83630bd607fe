package said

import (
	"encoding/json"
	"strings"
)

// contents are the members whose strings people or models wrote, at any depth below.
var contents = map[string]bool{
	"content": true, "text": true, "input": true, "prompt": true, "output": true, "arguments": true, "partial_json": true, "thinking": true,
	"reasoning": true, "reasoning_content": true, "refusal": true, "instructions": true, "system": true, "query": true, "documents": true,
	"texts": true, "delta": true, "transcript": true, "args": true, "response": true, "message": true, "parts": true, "suffix": true,
	"negative_prompt": true, "revised_prompt": true, "summary": true, "inputText": true, "outputText": true, "completion": true,
}

// others are members that nobody wrote for reading, wherever they stand.
var others = map[string]bool{
	"type": true, "id": true, "object": true, "model": true, "role": true, "data": true, "b64_json": true, "url": true, "image_url": true,
	"signature": true, "encrypted_content": true, "media_type": true, "mimeType": true, "mime_type": true, "tool_call_id": true,
	"tool_use_id": true, "call_id": true, "item_id": true, "response_id": true, "status": true, "finish_reason": true, "stop_reason": true,
	"tools": true, "tool_choice": true, "tool_config": true, "toolConfig": true, "response_format": true, "metadata": true, "usage": true,
	"usageMetadata": true, "logprobs": true, "annotations": true, "cache_control": true, "obfuscation": true, "thoughtSignature": true,
	"format": true, "bytes": true, "file_data": true, "input_audio": true, "audio": true, "embedding": true, "embeddings": true,
	"system_fingerprint": true, "service_tier": true, "object_id": true, "responseId": true, "modelVersion": true, "sequence_number": true,
}

// written are the members below which every string was written by somebody, whatever its
// member is called: what tools were asked and answered.
var written = map[string]bool{"args": true, "arguments": true, "input": true, "response": true}

// walker goes through one JSON value, as far as it is there.
type walker struct {
	in      []byte
	pieces  []piece
	index   string // the numbers that tell streams within the stream apart
	deltas  bool   // there were events before
	repeats bool   // it says again what others said
}

// maxDepth bounds nesting; nobody writes deeper.
const maxDepth = 100

func (w *walker) value(name string, wanted bool) { w.at(name, wanted, 0) }

// at reads a value; wanted says that it lies in contents. It reports whether there may
// be more behind it.
func (w *walker) at(name string, wanted bool, depth int) bool {
	w.space()
	if len(w.in) == 0 || depth > maxDepth {
		return false
	}
	switch w.in[0] {
	case '"':
		s, whole := w.text()
		if wanted && s != "" && !strings.HasPrefix(s, "data:") {
			w.pieces = append(w.pieces, piece{name, s})
		}
		return whole
	case '{':
		return w.object(name, wanted, depth)
	case '[':
		return w.array(name, wanted, depth)
	}
	n := 0
	for n < len(w.in) && !strings.ContainsRune(",]} \t\r\n", rune(w.in[n])) {
		n++
	}
	if strings.HasSuffix(name, "index") {
		w.index += string(w.in[:n]) + "."
	}
	w.in = w.in[n:]
	return true
}

func (w *walker) object(name string, wanted bool, depth int) bool {
	w.in = w.in[1:]
	for {
		w.space()
		if len(w.in) == 0 {
			return false
		}
		switch w.in[0] {
		case '}':
			w.in = w.in[1:]
			return true
		case ',':
			w.in = w.in[1:]
			continue
		case '"':
		default:
			return false
		}
		member, whole := w.text()
		w.space()
		if !whole || len(w.in) == 0 || w.in[0] != ':' {
			return false
		}
		w.in = w.in[1:]
		if !w.member(name, member, wanted, depth) {
			return false
		}
	}
}

// member reads the value of a member of the object that is called name.
func (w *walker) member(name, member string, wanted bool, depth int) bool {
	if member == "type" && depth == 0 && w.deltas {
		before := len(w.pieces)
		more := w.at("type", true, depth+1)
		if len(w.pieces) > before {
			kind := w.pieces[before].text
			w.repeats = strings.HasSuffix(kind, ".done") || kind == "response.completed" || kind == "response.incomplete"
			w.pieces = w.pieces[:before]
		}
		return more
	}
	freely := wanted && (written[name] && depth > 1 || strings.HasPrefix(name, "."))
	if freely { // whatever they are called
		return w.at("."+member, true, depth+1)
	}
	return w.at(member, !others[member] && contents[member], depth+1)
}

func (w *walker) array(name string, wanted bool, depth int) bool {
	w.in = w.in[1:]
	for {
		w.space()
		if len(w.in) == 0 {
			return false
		}
		switch w.in[0] {
		case ']':
			w.in = w.in[1:]
			return true
		case ',':
			w.in = w.in[1:]
			continue
		}
		before, element := len(w.in), name
		if w.in[0] == '{' && !strings.HasPrefix(name, ".") {
			element = "" // a list of turns or parts: their own members say what they are
		}
		if !w.at(element, wanted, depth+1) || len(w.in) == before {
			return false
		}
	}
}

// text reads a string, and says whether its end is there.
func (w *walker) text() (s string, whole bool) {
	end, escaped := 1, false
	for end < len(w.in) && w.in[end] != '"' {
		if w.in[end] == '\\' {
			escaped = true
			end++
		}
		end++
	}
	if end >= len(w.in) { // cut off
		s = string(w.in[1:])
		w.in = nil
		return strings.TrimRight(s, `\`), false
	}
	raw := w.in[:end+1]
	w.in = w.in[end+1:]
	if !escaped {
		return string(raw[1:end]), true
	}
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw[1:end])
	}
	return s, true
}

func (w *walker) space() {
	for len(w.in) > 0 && (w.in[0] == ' ' || w.in[0] == '\n' || w.in[0] == '\t' || w.in[0] == '\r') {
		w.in = w.in[1:]
	}
}
