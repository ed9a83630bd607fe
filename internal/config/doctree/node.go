// Package doctree reads one YAML 1.2 document into a tree of nodes that know where
// they stand. It knows no schema: what the nodes mean is config's matter.
package doctree

import "fmt"

// Kind says what a node is.
type Kind uint8

// The kinds. Scalars are told apart by the core schema of YAML 1.2 (section 10.3.2):
// a quoted scalar is always Text.
const (
	Null Kind = iota
	Bool
	Int
	Float
	Text
	Map
	List
)

// String names a kind for people: "a number".
func (k Kind) String() string {
	return [...]string{"nothing", "a boolean", "a whole number", "a number", "text", "a mapping", "a list"}[k]
}

// Pos is a place in the document. Line and column count from 1, columns in
// characters; the zero Pos is no place.
type Pos struct{ Line, Col int }

// Node is one value. Trees are immutable and may share nodes, because an alias is the
// anchor's own node; they have no cycles.
type Node struct {
	Kind    Kind
	Text    string // a scalar as written, without its quotes; "" of Map and List
	Pos     Pos
	Members []Member // of a Map, in the order written, merges last; keys are unique
	Items   []*Node  // of a List

	size   int // nodes below and including this one, aliases counted as if copied
	height int // levels below and including this one
}

// Member is one key of a Map with its value.
type Member struct {
	Key   string
	Pos   Pos // the key's
	Value *Node
}

// Get gives the value of a key, or nil.
func (n *Node) Get(key string) *Node {
	for i := range n.Members {
		if n.Members[i].Key == key {
			return n.Members[i].Value
		}
	}
	return nil
}

// Problem is one thing wrong with the document. Its text holds no value of the
// document, because a value may be a secret.
type Problem struct {
	Pos     Pos
	Path    string // of keys down to the place, "" = the document
	Message string
}

// Error gives the problem as one line.
func (p Problem) Error() string {
	return fmt.Sprintf("%d:%d: %s: %s", p.Pos.Line, p.Pos.Col, p.Path, p.Message)
}
