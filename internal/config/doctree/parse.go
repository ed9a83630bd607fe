package doctree

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Parse reads one document. An empty one is a Null node. The node is usable as far as
// it could be read even when there are problems, and is nil when there is no tree at
// all. Any input gives an answer in bounded time and memory.
func Parse(data []byte) (*Node, []Problem) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if p := checkBytes(data); p != nil {
		return nil, []Problem{*p}
	}
	body, p := parseOne(data)
	if p != nil {
		return nil, []Problem{*p}
	}
	b := builder{anchors: map[string]*Node{}}
	n := b.build(body, "", 0)
	if len(b.problems) == 0 && n.size > MaxNodes {
		b.add(Pos{}, "", fmt.Sprintf("aliases make the document larger than %d values", MaxNodes))
	}
	return n, b.problems
}

// parseOne gives the body of the only document.
func parseOne(data []byte) (body ast.Node, problem *Problem) {
	// The parser is another project's, and this text may come from anyone: what it does
	// not foresee is a syntax error, not the end of the process.
	defer func() {
		if r := recover(); r != nil {
			body, problem = nil, &Problem{Message: "the document cannot be read as YAML"}
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if p := checkTokens(tokens); p != nil {
		return nil, p
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(err)
	}
	return onlyBody(file)
}

func onlyBody(file *ast.File) (ast.Node, *Problem) {
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.DirectiveType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
		return bodies[0], nil
	}
	return nil, &Problem{Pos: startPos(bodies[1]), Message: "a second document begins here; write one document without ---"}
}

func syntaxProblem(err error) *Problem {
	var ye yaml.Error
	if errors.As(err, &ye) {
		return &Problem{Pos: tokenPos(ye.GetToken()), Message: "not valid YAML: " + ye.GetMessage()}
	}
	return &Problem{Message: "not valid YAML"}
}

// builder turns the parser's tree into nodes.
type builder struct {
	anchors  map[string]*Node // as far as the document has been read
	problems []Problem
}

func (b *builder) add(pos Pos, path, message string) {
	b.problems = append(b.problems, Problem{Pos: pos, Path: path, Message: message})
}

// build never returns nil, so that one problem does not hide the next.
func (b *builder) build(n ast.Node, path string, depth int) *Node {
	if depth > MaxDepth {
		b.add(nodePos(n), path, fmt.Sprintf("nested more than %d levels deep", MaxDepth))
		return scalar(Null, "", nodePos(n))
	}
	switch n := n.(type) {
	case nil:
		return scalar(Null, "", Pos{})
	case *ast.MappingNode:
		return b.mapping(n, n.Values, path, depth)
	case *ast.MappingValueNode:
		return b.mapping(n, []*ast.MappingValueNode{n}, path, depth)
	case *ast.SequenceNode:
		return b.list(n, path, depth)
	case *ast.AnchorNode:
		return b.anchor(n, path, depth)
	case *ast.AliasNode:
		return b.alias(n, path)
	case *ast.TagNode:
		return b.tagged(n, path, depth)
	case *ast.LiteralNode:
		return scalar(Text, n.Value.Value, nodePos(n))
	case ast.ScalarNode:
		return plain(n)
	}
	b.add(nodePos(n), path, "this form of YAML is not supported")
	return scalar(Null, "", nodePos(n))
}

func (b *builder) list(n *ast.SequenceNode, path string, depth int) *Node {
	out := &Node{Kind: List, Pos: nodePos(n), size: 1, height: 1}
	for i, item := range n.Values {
		v := b.build(item, Index(path, i), depth+1)
		out.Items = append(out.Items, v)
		out.grow(v)
	}
	return b.bounded(out, path)
}

func (b *builder) mapping(n ast.Node, values []*ast.MappingValueNode, path string, depth int) *Node {
	out := &Node{Kind: Map, Pos: mapPos(n, values), size: 1, height: 1}
	seen := map[string]Pos{}
	var merges []*Node
	for _, mv := range values {
		if mv.Key == nil || mv.Key.IsMergeKey() {
			merges = append(merges, b.build(mv.Value, Join(path, "<<"), depth+1))
			continue
		}
		b.member(out, mv, seen, path, depth)
	}
	for _, m := range merges {
		b.merge(out, m, seen, path)
	}
	return b.bounded(out, path)
}

func (b *builder) member(out *Node, mv *ast.MappingValueNode, seen map[string]Pos, path string, depth int) {
	key, pos, ok := b.key(mv.Key, path)
	if !ok {
		return
	}
	at := Join(path, key)
	value := b.build(mv.Value, at, depth+1)
	if value.Pos == (Pos{}) {
		value.Pos = pos
	}
	if first, dup := seen[key]; dup {
		b.add(pos, at, fmt.Sprintf("this key was already given on line %d; keep one of the two", first.Line))
		return
	}
	seen[key] = pos
	out.Members = append(out.Members, Member{Key: key, Pos: pos, Value: value})
	out.grow(value)
}

// key reads a mapping key, which must be a scalar.
func (b *builder) key(n ast.Node, path string) (string, Pos, bool) {
	pos := nodePos(n)
	switch k := n.(type) {
	case *ast.MappingKeyNode:
		if k.Value != nil {
			return b.key(k.Value, path)
		}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		if v := b.build(n, path, MaxDepth); v.Kind < Map {
			return v.Text, pos, true
		}
	case *ast.LiteralNode:
		return k.Value.Value, pos, true
	case ast.ScalarNode:
		return plain(k).Text, pos, true
	}
	b.add(pos, path, "a key must be plain text")
	return "", pos, false
}

// merge adds the members of a `<<` value that are not there yet.
// https://yaml.org/type/merge.html
func (b *builder) merge(out, from *Node, seen map[string]Pos, path string) {
	switch from.Kind {
	case Null:
	case List:
		for _, item := range from.Items {
			if item.Kind != Map {
				b.add(item.Pos, Join(path, "<<"), "a merge takes mappings only")
				continue
			}
			b.merge(out, item, seen, path)
		}
	case Map:
		for _, m := range from.Members {
			if _, there := seen[m.Key]; !there {
				seen[m.Key] = m.Pos
				out.Members = append(out.Members, m)
				out.grow(m.Value)
			}
		}
	default:
		b.add(from.Pos, Join(path, "<<"), "a merge takes a mapping or a list of mappings")
	}
}

func (b *builder) anchor(n *ast.AnchorNode, path string, depth int) *Node {
	v := b.build(n.Value, path, depth)
	if n.Name != nil && n.Name.GetToken() != nil {
		b.anchors[n.Name.GetToken().Value] = v
	}
	return v
}

// alias gives the anchor's own node. An anchor is known only after its value ends, so
// that no value can hold itself.
func (b *builder) alias(n *ast.AliasNode, path string) *Node {
	if n.Value != nil && n.Value.GetToken() != nil {
		if v, ok := b.anchors[n.Value.GetToken().Value]; ok {
			return v
		}
	}
	b.add(nodePos(n), path, "this alias names no anchor that is complete before it")
	return scalar(Null, "", nodePos(n))
}

func (b *builder) tagged(n *ast.TagNode, path string, depth int) *Node {
	switch n.Start.Value {
	case "!!str", "!":
		v := b.build(n.Value, path, depth)
		if v.Kind < Map {
			return scalar(Text, v.Text, v.Pos)
		}
		b.add(nodePos(n), path, "tag !!str stands before "+v.Kind.String())
		return v
	case "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
		v := b.build(n.Value, path, depth)
		if v.Kind == Text {
			return scalar(PlainKind(v.Text), v.Text, v.Pos)
		}
		return v
	}
	b.add(nodePos(n), path, "tags of one's own are not supported")
	return scalar(Null, "", nodePos(n))
}

func (n *Node) grow(child *Node) {
	n.size += child.size
	n.height = max(n.height, child.height+1)
}

// bounded empties a node that aliases have made too large or too deep, after saying so.
func (b *builder) bounded(n *Node, path string) *Node {
	switch {
	case n.size > MaxNodes:
		b.add(n.Pos, path, fmt.Sprintf("aliases make this larger than %d values", MaxNodes))
	case n.height > MaxDepth:
		b.add(n.Pos, path, fmt.Sprintf("aliases nest this more than %d levels deep", MaxDepth))
	default:
		return n
	}
	return scalar(Null, "", n.Pos)
}

func scalar(k Kind, text string, pos Pos) *Node {
	return &Node{Kind: k, Text: text, Pos: pos, size: 1, height: 1}
}

func plain(n ast.ScalarNode) *Node {
	tk := n.GetToken()
	switch tk.Type {
	case token.SingleQuoteType, token.DoubleQuoteType:
		return scalar(Text, tk.Value, tokenPos(tk))
	case token.ImplicitNullType:
		return scalar(Null, "", tokenPos(tk))
	}
	return scalar(PlainKind(tk.Value), tk.Value, tokenPos(tk))
}

// startPos is where a value begins: for a mapping, its first key.
func startPos(n ast.Node) Pos {
	if m, ok := n.(*ast.MappingNode); ok {
		return mapPos(m, m.Values)
	}
	return nodePos(n)
}

// mapPos is where a mapping begins: its first key, or its brace.
func mapPos(n ast.Node, values []*ast.MappingValueNode) Pos {
	if m, ok := n.(*ast.MappingNode); (!ok || !m.IsFlowStyle) && len(values) > 0 && values[0].Key != nil {
		return nodePos(values[0].Key)
	}
	return nodePos(n)
}

func nodePos(n ast.Node) Pos {
	if n == nil {
		return Pos{}
	}
	return tokenPos(n.GetToken())
}
