package doctree

import (
	"encoding/json"
	"strconv"
	"strings"
)

// AppendYAML appends the tree as block-style YAML that Parse reads back to an equal
// tree. Nodes need no positions.
func (n *Node) AppendYAML(dst []byte) []byte { return n.appendBlock(dst, 0) }

func (n *Node) appendBlock(dst []byte, indent int) []byte {
	for _, m := range n.Members {
		dst = append(dst, strings.Repeat(" ", indent)...)
		dst = append(append(dst, keyText(m.Key)...), ':')
		if m.Value.Kind == Map && len(m.Value.Members) > 0 {
			dst = m.Value.appendBlock(append(dst, '\n'), indent+2)
			continue
		}
		dst = append(m.Value.appendFlow(append(dst, ' ')), '\n')
	}
	return dst
}

func (n *Node) appendFlow(dst []byte) []byte {
	switch n.Kind {
	case List:
		dst = append(dst, '[')
		for i, item := range n.Items {
			if dst = comma(dst, i); item.Kind == Text {
				dst = append(dst, keyText(item.Text)...)
				continue
			}
			dst = item.appendFlow(dst)
		}
		return append(dst, ']')
	case Map:
		dst = append(dst, '{')
		for i, m := range n.Members {
			dst = append(append(comma(dst, i), keyText(m.Key)...), ": "...)
			dst = m.Value.appendFlow(dst)
		}
		return append(dst, '}')
	}
	return append(dst, Scalar(n.Kind, n.Text)...)
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ", "...)
	}
	return dst
}

// keyText writes a key or an item of a list; one with a colon is quoted, since readers
// differ about it in braces.
func keyText(key string) string {
	if strings.ContainsRune(key, ':') {
		return strconv.Quote(key)
	}
	return Scalar(Text, key)
}

// Scalar writes one scalar as YAML, quoted where it must be to keep its kind.
func Scalar(k Kind, text string) string {
	switch {
	case k == Null:
		return "null"
	case k != Text:
		return text
	case PlainKind(text) != Text || strings.ContainsAny(text, "\"'{}[],&*#?|<>=!%@`\\\n\r\t") ||
		strings.Contains(text, ": ") || strings.HasSuffix(text, ":") || strings.TrimSpace(text) != text || text[0] == '-':
		return strconv.Quote(text)
	}
	return text
}

// AppendJSON appends the tree as JSON, keys in the tree's order.
func (n *Node) AppendJSON(dst []byte) []byte {
	switch n.Kind {
	case Map:
		dst = append(dst, '{')
		for i, m := range n.Members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONText(dst, m.Key), ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	case List:
		dst = append(dst, '[')
		for i, item := range n.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Text:
		return appendJSONText(dst, n.Text)
	case Null:
		return append(dst, "null"...)
	}
	return append(dst, n.Text...)
}

func appendJSONText(dst []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("BUG: text that is no JSON: " + err.Error()) // a string always encodes
	}
	return append(dst, b...)
}
