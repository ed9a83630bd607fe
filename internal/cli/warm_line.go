package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// warmLine is one call that a line of the file describes.
type warmLine struct {
	number int // from 1
	path   string
	header http.Header
	body   json.RawMessage
}

// chatPath is what a line means that holds a bare body with messages.
const chatPath = "/v1/chat/completions"

// readLine reads {"url", "body", "headers"}, a line of an OpenAI batch, or a bare body of a
// chat. https://platform.openai.com/docs/guides/batch
func readLine(number int, text []byte) (warmLine, error) {
	line := warmLine{number: number, header: http.Header{}}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return line, fmt.Errorf("no JSON object: %w", err)
	}
	if members["body"] == nil && members["url"] == nil {
		if members["messages"] == nil {
			return line, errors.New(`neither "url" and "body" nor a chat with "messages"`)
		}
		line.path, line.body = chatPath, bytes.Clone(text)
		return line, nil
	}
	return line, line.described(members)
}

func (l *warmLine) described(members map[string]json.RawMessage) error {
	var method string
	var headers map[string]string
	for name, into := range map[string]any{"url": &l.path, "method": &method, "headers": &headers} {
		if raw := members[name]; raw != nil && json.Unmarshal(raw, into) != nil {
			return fmt.Errorf("%q is of the wrong type", name)
		}
	}
	switch body := members["body"]; {
	case method != "" && method != http.MethodPost:
		return fmt.Errorf("the method is %s; only POST is kept", method)
	case !strings.HasPrefix(l.path, "/") || strings.ContainsAny(l.path, "\r\n#"):
		return errors.New(`"url" must be a path such as /v1/chat/completions`)
	case len(body) == 0 || body[0] != '{':
		return errors.New(`"body" must be an object`)
	default:
		l.body = bytes.Clone(body)
	}
	for name, value := range headers {
		l.header.Set(name, value)
	}
	return nil
}
