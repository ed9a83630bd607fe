package cloudflare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// cel gives a predicate in the language of conditions. The predicate's form is that of
// MongoDB's queries: https://www.mongodb.com/docs/manual/reference/operator/query/
func cel(predicate json.RawMessage) (string, error) { return all(predicate, predicateMember) }

// all joins what the members of an object say: each must hold.
func all(object json.RawMessage, member func(name string, value json.RawMessage) (string, error)) (string, error) {
	var parts []string
	err := members(object, func(name string, value json.RawMessage) error {
		part, err := member(name, bytes.TrimSpace(value))
		parts = append(parts, part)
		return err
	})
	if err == nil && len(parts) == 0 {
		err = fmt.Errorf("it says nothing")
	}
	return join(parts, " && "), err
}

func join(parts []string, with string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	for i, p := range parts {
		if strings.Contains(p, " && ") || strings.Contains(p, " || ") {
			parts[i] = "(" + p + ")"
		}
	}
	return strings.Join(parts, with)
}

func predicateMember(name string, value json.RawMessage) (string, error) {
	switch name {
	case "$and", "$or", "$nor":
		return several(name, value)
	case "$not":
		inner, err := cel(value)
		return "!(" + inner + ")", err
	}
	if strings.HasPrefix(name, "$") {
		return "", fmt.Errorf("the operator %s has no counterpart", name)
	}
	f, err := fieldOf(name)
	if err != nil {
		return "", err
	}
	if !bytes.HasPrefix(value, []byte("{")) {
		return f.compare("$eq", value)
	}
	return all(value, f.compare)
}

func several(operator string, list json.RawMessage) (string, error) {
	var items []json.RawMessage
	if err := decode(list, &items); err != nil || len(items) == 0 {
		return "", fmt.Errorf("%s holds no list", operator)
	}
	parts := make([]string, len(items))
	for i, item := range items {
		part, err := cel(item)
		if err != nil {
			return "", err
		}
		parts[i] = part
	}
	switch operator {
	case "$and":
		return join(parts, " && "), nil
	case "$nor":
		return "!(" + join(parts, " || ") + ")", nil
	}
	return join(parts, " || "), nil
}

// field is a part of the request, and the text that is true where it is there.
type field struct{ text, there string }

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// fieldOf gives what a dotted name means.
func fieldOf(name string) (field, error) {
	root, rest, _ := strings.Cut(name, ".")
	switch strings.ToLower(root) {
	case "metadata":
		if rest != "" {
			return memberOf("metadata", rest), nil
		}
	case "headers", "header":
		if rest != "" {
			key := literal(strings.ToLower(rest))
			return field{"header[" + key + "]", key + " in header"}, nil
		}
	case "body", "request":
		if text, ok := map[string]string{"model": "model", "user": "user", "stream": "stream", "max_tokens": "request.max_output", "max_completion_tokens": "request.max_output"}[rest]; ok {
			there := text + ` != ""`
			switch text {
			case "stream":
				there = text
			case "request.max_output":
				there = text + " > 0"
			}
			return field{text, there}, nil
		}
	}
	return field{}, fmt.Errorf("%s cannot be asked for", literal(name))
}

func memberOf(of, path string) field {
	f := field{text: of}
	for part := range strings.SplitSeq(path, ".") {
		if identifier.MatchString(part) {
			f.there, f.text = "has("+f.text+"."+part+")", f.text+"."+part
			continue
		}
		f.there, f.text = literal(part)+" in "+f.text, f.text+"["+literal(part)+"]"
	}
	return f
}

// compare gives one operator on a field.
func (f field) compare(operator string, value json.RawMessage) (string, error) {
	if sign, ok := map[string]string{"$eq": " == ", "$ne": " != ", "$gt": " > ", "$gte": " >= ", "$lt": " < ", "$lte": " <= "}[operator]; ok {
		text, err := scalar(value)
		return f.text + sign + text, err
	}
	switch operator {
	case "$in", "$nin":
		text, err := listed(value)
		if operator == "$nin" {
			return "!(" + f.text + " in " + text + ")", err
		}
		return f.text + " in " + text, err
	case "$exists":
		if string(value) == "false" || string(value) == "0" {
			return "!(" + f.there + ")", nil
		}
		return f.there, nil
	case "$regex":
		var pattern string
		if err := decode(value, &pattern); err != nil {
			return "", fmt.Errorf("$regex holds no text")
		}
		if _, err := regexp.Compile(pattern); err != nil {
			return "", fmt.Errorf("the pattern of $regex is none of RE2")
		}
		return f.text + ".matches(" + literal(pattern) + ")", nil
	case "$not":
		inner, err := all(value, f.compare)
		return "!(" + inner + ")", err
	}
	return "", fmt.Errorf("the operator %s has no counterpart", operator)
}

func listed(value json.RawMessage) (string, error) {
	var items []json.RawMessage
	if err := decode(value, &items); err != nil {
		return "", fmt.Errorf("$in holds no list")
	}
	texts := make([]string, len(items))
	for i, item := range items {
		text, err := scalar(item)
		if err != nil {
			return "", err
		}
		texts[i] = text
	}
	return "[" + strings.Join(texts, ", ") + "]", nil
}

// scalar writes a value of JSON as a condition has it.
func scalar(value json.RawMessage) (string, error) {
	switch value = bytes.TrimSpace(value); {
	case len(value) == 0 || value[0] == '{' || value[0] == '[':
		return "", fmt.Errorf("a comparison with a list or an object has no counterpart")
	case value[0] == '"':
		var text string
		if err := decode(value, &text); err != nil {
			return "", err
		}
		return literal(text), nil
	}
	return string(value), nil
}

// literal writes a text; JSON's escapes are the condition language's too.
func literal(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text always encodes
	return strings.TrimSpace(b.String())
}
