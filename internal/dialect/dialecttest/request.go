package dialecttest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// CheckRequest says how a request breaks the rules that a dialect's own vendor
// documents: members, the order of turns, results after their calls, what ids and names
// may be. nil = not at all. It knows no models.
func CheckRequest(name dialect.Name, body []byte) error {
	o := decodeStrictly(string(body))
	if o == nil {
		return fmt.Errorf("the body is no JSON object, or has a member twice")
	}
	check := map[dialect.Name]func(Object) string{
		dialect.Chat: chatRequest, dialect.Responses: responsesRequest, dialect.Messages: messagesRequest,
		dialect.Gemini: geminiRequest, dialect.Converse: converseRequest, dialect.Cohere: cohereRequest,
	}[name]
	if check == nil {
		return fmt.Errorf("there are no rules of %s", name)
	}
	if why := check(o); why != "" {
		return fmt.Errorf("%s", why)
	}
	return nil
}

// toolName is what OpenAI and Bedrock allow as the name of a tool.
var toolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// fileName is the name of a file by whose ending OpenAI tells what it is.
var fileName = regexp.MustCompile(`\.[a-zA-Z0-9]{1,5}$`)

// pending are the calls that wait for their results.
type pending map[string]bool

func (p pending) call(id string) string {
	if p[id] {
		return "two calls have the id " + id
	}
	p[id] = true
	return ""
}

func (p pending) result(id string) string {
	if !p[id] {
		return "no call has the id " + id
	}
	delete(p, id)
	return ""
}

func (p pending) open() string {
	for id := range p {
		return "the call " + id + " has no result"
	}
	return ""
}

// first gives the first complaint.
func first(all ...string) string {
	for _, why := range all {
		if why != "" {
			return why
		}
	}
	return ""
}

// unless gives a complaint where something does not hold.
func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// strictSchema says how a schema breaks OpenAI's strict mode: every object is closed and
// requires all its properties
// (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
func strictSchema(v any) string {
	o, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	if properties, ok := o["properties"].(map[string]any); ok || o["type"] == "object" {
		required, _ := o["required"].([]any)
		if o["additionalProperties"] != false || len(required) != len(properties) {
			return "a strict schema has an object that is open, or does not require all it has"
		}
	}
	for name, inner := range o {
		if name == "enum" || name == "const" || name == "default" {
			continue
		}
		if why := eachSchema(inner, strictSchema); why != "" {
			return why
		}
	}
	return ""
}

func eachSchema(v any, check func(any) string) string {
	switch v := v.(type) {
	case map[string]any:
		if why := check(v); why != "" {
			return why
		}
		for _, inner := range v {
			if _, ok := inner.(map[string]any); ok {
				if why := check(inner); why != "" {
					return why
				}
			}
		}
	case []any:
		for _, e := range v {
			if why := check(e); why != "" {
				return why
			}
		}
	}
	return ""
}

// isBase64URI tells a data: URI that holds base64.
func isBase64URI(s string) bool {
	head, _, ok := strings.Cut(s, ",")
	return ok && strings.HasPrefix(head, "data:") && strings.HasSuffix(head, ";base64") && strings.Contains(head, "/")
}

func isURL(s string) bool { return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") }

// argumentsText reports whether a call's arguments are a JSON object in a string.
func argumentsText(v any) bool {
	s, ok := v.(string)
	return ok && isObject(s)
}

// members visits a list of objects.
func members(list []Object, check func(i int, o Object) string) string {
	for i, o := range list {
		if why := check(i, o); why != "" {
			return why
		}
	}
	return ""
}

// listed reports whether a member is an array of objects.
func (o Object) listed(name string) bool {
	_, ok := o[name].([]any)
	return ok
}

func blank(v any) bool {
	s, ok := v.(string)
	return ok && strings.TrimSpace(s) == ""
}

func compactJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
