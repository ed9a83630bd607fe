package doctree

import "slices"

// Change is one place at which two trees differ.
type Change struct {
	Path   string
	Before *Node // nil = it was not there
	After  *Node // nil = it is not there any more
}

// Compare lists where two trees differ, as deep down as it can be told, in the order of
// the trees: what is in both or gone first, then what is new. Items of lists are told
// apart by their place, and the order of a mapping's keys does not count. nil is an empty
// tree.
func Compare(before, after *Node) []Change { return compare(nil, "", before, after) }

func compare(dst []Change, path string, a, b *Node) []Change {
	switch {
	case a == nil && b == nil:
		return dst
	case a == nil || b == nil, a.Kind != b.Kind:
		if path == "" { // a document that was or is empty
			return compareMembers(dst, path, members(a), members(b))
		}
		return append(dst, Change{path, a, b})
	case a.Kind == Map:
		return compareMembers(dst, path, a, b)
	case a.Kind == List:
		for i := range max(len(a.Items), len(b.Items)) {
			dst = compareItem(dst, Index(path, i), at(a.Items, i), at(b.Items, i))
		}
		return dst
	case a.Text != b.Text:
		return append(dst, Change{path, a, b})
	}
	return dst
}

// members gives a mapping, an empty one for what is none.
func members(n *Node) *Node {
	if n == nil || n.Kind != Map {
		return &Node{Kind: Map}
	}
	return n
}

func compareMembers(dst []Change, path string, a, b *Node) []Change {
	for _, m := range a.Members {
		dst = compareItem(dst, Join(path, m.Key), m.Value, b.Get(m.Key))
	}
	for _, m := range b.Members {
		if !slices.ContainsFunc(a.Members, func(old Member) bool { return old.Key == m.Key }) {
			dst = append(dst, Change{Path: Join(path, m.Key), After: m.Value})
		}
	}
	return dst
}

func compareItem(dst []Change, path string, a, b *Node) []Change {
	if a == nil || b == nil {
		return append(dst, Change{path, a, b})
	}
	return compare(dst, path, a, b)
}

func at(items []*Node, i int) *Node {
	if i < len(items) {
		return items[i]
	}
	return nil
}
