package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// spoken is what a message of an answer, or a delta of one, holds. Slices are parts of
// its text; nil = absent or null.
type spoken struct {
	content     []byte
	reasoning   []byte // reasoning_content, or reasoning
	details     []byte
	refusal     []byte
	calls       []byte
	function    []byte
	annotations []byte
	audio       []byte
	images      []byte
	extra       []byte
	empty       bool // no message was read
}

// read takes the members of a whole message.
func (s *spoken) read(v []byte) {
	s.empty = false
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		s.take(key, v)
		return true
	})
}

// onlyText reports whether nothing was said but a text that is a string.
func (s *spoken) onlyText() bool {
	return s.content != nil && s.content[0] == '"' && s.reasoning == nil && s.details == nil && s.refusal == nil && s.calls == nil && s.function == nil &&
		s.annotations == nil && s.audio == nil && s.images == nil && s.extra == nil
}

// take notes a member under the names that vendors give it.
func (s *spoken) take(key, v []byte) {
	if len(v) <= 2 || jsonscan.IsNull(v) { // "", [], {}: nothing was said
		return
	}
	switch string(key) {
	case "content":
		s.content = v
	case "reasoning_content":
		s.reasoning = stringOnly(v)
	case "reasoning":
		if s.reasoning == nil {
			s.reasoning = stringOnly(v)
		}
	case "reasoning_details":
		s.details = v
	case "refusal":
		s.refusal = stringOnly(v)
	case "tool_calls":
		s.calls = v
	case "function_call":
		s.function = v
	case "annotations":
		s.annotations = v
	case "audio":
		s.audio = v
	case "images":
		s.images = v
	case "extra_content":
		s.extra = v
	}
}

// parts gives a whole message as parts: reasoning, text, media, calls.
func (s *spoken) parts(c *dialect.Call, choice int) (all []llm.Part) {
	all = s.thoughts(c)
	all = s.texts(all)
	if s.refusal != nil {
		all = append(all, llm.Part{Kind: llm.Refusal, Text: s.refusal})
	}
	all = s.media(all)
	if n := len(all); s.extra != nil {
		if o := thoughtOf(s.extra, c); o.Value != "" && n > 0 {
			all[n-1].State = append(all[n-1].State, o)
		}
	}
	made := 0
	eachCall(s.calls, func(v []byte) {
		made++
		all = append(all, callPart(v, c, choice, made))
	})
	if made == 0 && s.function != nil && len(jsonscan.Get(s.function, "name")) > 2 {
		call := &llm.Call{ID: c.MadeID(choice, 1)}
		fillCall(call, s.function, c)
		all = append(all, llm.Part{Kind: llm.ToolCall, Call: call})
	}
	return all
}

// thoughts gives the reasoning: the details where they have the text, else the text.
func (s *spoken) thoughts(c *dialect.Call) (all []llm.Part) {
	told := false
	_ = jsonscan.Elements(s.details, func(v []byte) bool {
		if v[0] == '{' {
			e := readEntry(v)
			told = told || e.text != nil
			all = append(all, e.answered(c))
		}
		return true
	})
	if s.reasoning != nil && !told {
		all = append([]llm.Part{{Kind: llm.Thinking, Text: s.reasoning}}, all...)
	}
	return all
}

// texts reads content, a string or an array of chunks.
func (s *spoken) texts(all []llm.Part) []llm.Part {
	if len(s.content) == 0 {
		return all
	}
	from := len(all)
	if s.content[0] == '"' {
		all = append(all, llm.Part{Kind: llm.Text, Text: s.content})
	} else {
		_ = jsonscan.Elements(s.content, func(v []byte) bool {
			if kind, text := chunkOf(v); text != nil {
				all = append(all, llm.Part{Kind: kind, Text: text})
			}
			return true
		})
	}
	if cites := readCitations(s.annotations); cites != nil && len(all) > from {
		all[len(all)-1].Cites = cites
	}
	return all
}

// chunkOf reads a chunk of content: text, or reasoning
// (https://docs.mistral.ai/capabilities/reasoning).
func chunkOf(v []byte) (llm.PartKind, llm.Raw) {
	if len(v) == 0 || v[0] != '{' {
		return llm.Text, stringOnly(v)
	}
	if thought := jsonscan.Get(v, "thinking"); thought != nil {
		return llm.Thinking, thinkingText(thought)
	}
	return llm.Text, stringOnly(jsonscan.Get(v, "text"))
}

func readCitations(v []byte) (all []llm.Citation) {
	_ = jsonscan.Elements(v, func(v []byte) bool {
		if c, ok := readCitation(v); ok {
			all = append(all, c)
		}
		return true
	})
	return all
}

// media reads images (https://openrouter.ai/docs/features/multimodal/image-generation)
// and audio.
func (s *spoken) media(all []llm.Part) []llm.Part {
	_ = jsonscan.Elements(s.images, func(v []byte) bool {
		if m := imageOf(v); m != nil {
			all = append(all, llm.Part{Kind: llm.Image, Media: m})
		}
		return true
	})
	if m, transcript := audioOf(s.audio); m != nil {
		all = append(all, llm.Part{Kind: llm.Audio, Media: m, Text: transcript})
	}
	return all
}

func imageOf(v []byte) *llm.Media {
	url := stringOnly(jsonscan.Get(v, "image_url", "url"))
	if url == nil {
		return nil
	}
	m := &llm.Media{}
	dialect.ReadURL(m, url)
	return m
}

// audioOf reads an audio, whole or in pieces. Its id stands in for a file's: with it
// the vendor takes it back in the next turn.
func audioOf(v []byte) (m *llm.Media, transcript llm.Raw) {
	data, id := jsonscan.Get(v, "data"), jsonscan.Get(v, "id")
	transcript = stringOnly(jsonscan.Get(v, "transcript"))
	if len(data) <= 2 && len(id) <= 2 && len(transcript) <= 2 {
		return nil, nil
	}
	m = &llm.Media{}
	if len(data) > 2 && data[0] == '"' {
		m.Data = dialect.Base64(data)
	}
	if len(id) > 2 {
		m.FileID = stringOnly(id)
	}
	return m, transcript
}

func thoughtOf(extra []byte, c *dialect.Call) llm.Opaque {
	s, _ := jsonscan.String(jsonscan.Get(extra, "google", "thought_signature"))
	return stateOf(c, kindThought, "", s)
}

func eachCall(v []byte, fn func(v []byte)) {
	_ = jsonscan.Elements(v, func(v []byte) bool {
		if len(v) > 2 && v[0] == '{' {
			fn(v)
		}
		return true
	})
}

// callPart reads one whole tool call.
func callPart(v []byte, c *dialect.Call, choice, n int) llm.Part {
	part := llm.Part{Kind: llm.ToolCall, Call: &llm.Call{}}
	call := part.Call
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "id":
			call.ID, _ = jsonscan.String(v)
		case "function":
			fillCall(call, v, c)
		case "custom": // one server writes an empty one beside every function
			if len(jsonscan.Get(v, "name")) > 2 {
				fillCustom(call, v, c)
			}
		case "extra_content":
			if o := thoughtOf(v, c); o.Value != "" {
				part.State = []llm.Opaque{o}
			}
		}
		return true
	})
	if call.ID == "" {
		call.ID = c.MadeID(choice, n)
	}
	return part
}

func fillCall(call *llm.Call, v []byte, c *dialect.Call) {
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "name":
			s, _ := jsonscan.String(v)
			call.Name = c.ToolName(s)
		case "arguments":
			readArguments(call, v)
		}
		return true
	})
}

func fillCustom(call *llm.Call, v []byte, c *dialect.Call) {
	s, _ := jsonscan.String(jsonscan.Get(v, "name"))
	call.Name, call.Custom = c.ToolName(s), true
	call.Arguments = stringOnly(jsonscan.Get(v, "input"))
}
