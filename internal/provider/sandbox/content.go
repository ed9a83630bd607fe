package sandbox

import (
	"encoding/json"
	"errors"
	"strings"
)

// content is what a message holds, in the three dialects that write it as a text, a
// list of parts, or null. A bare text is one part of type "text".
type content []part

// part is one part of a message, as far as the sandbox cares.
type part struct {
	Type    string  `json:"type"`
	Text    string  `json:"text"`
	Content content `json:"content"` // of a tool result
}

var errContent = errors.New("content is neither a text nor a list of parts")

func (c *content) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		*c = nil
		return nil
	case '"':
		p := part{Type: "text"}
		*c = content{p}
		return json.Unmarshal(b, &(*c)[0].Text)
	case '[':
		return json.Unmarshal(b, (*[]part)(c))
	}
	return errContent
}

// texts are the texts of a message, without those of tool results.
func (c content) texts() []string {
	var out []string
	for _, p := range c {
		switch p.Type {
		case "text", "input_text", "output_text":
			out = append(out, p.Text)
		}
	}
	return out
}

// results are the texts of the tool results among the parts, and whether there is one.
func (c content) results() (texts []string, ok bool) {
	for _, p := range c {
		if p.Type == "tool_result" {
			texts = append(texts, p.Content.texts()...)
			ok = true
		}
	}
	return texts, ok
}

// texts is one text or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		*t = texts{""}
		return json.Unmarshal(b, &(*t)[0])
	}
	return json.Unmarshal(b, (*[]string)(t))
}

func (t texts) join() string { return strings.Join(t, "\n") }

// limit reads a limit of tokens, which must be above zero when given.
func limit(param string, n *int) (int, *problem) {
	switch {
	case n == nil:
		return 0, nil
	case *n < 1:
		return 0, invalid(param, "'"+param+"' must be 1 or more")
	}
	return *n, nil
}
