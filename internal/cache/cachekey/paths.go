package cachekey

import (
	"fmt"
	"strings"
)

// node is one place in requests that the rules speak of.
type node struct {
	drop bool // what stands here does not count
	text bool // a string that stands here is a text
	turn bool // an object that stands here is a message, with a role

	name    string // of the member, as it stands in the one form
	members []*node
	member  *node // every member; nil = none
	element *node // every element of an array; nil = none
}

// exclude takes what a path names out of the content: a.b is the member b of the member
// a, * every element of an array or member of an object.
func (n *node) exclude(path string) error {
	names := strings.Split(path, ".")
	if names[0] == "*" {
		return fmt.Errorf("cache.exclude: the path %q must begin with a member's name: requests would have nothing left that tells them apart", path)
	}
	for _, name := range names {
		if name == "" || strings.TrimSpace(name) != name {
			return fmt.Errorf("cache.exclude: the path %q has an empty name or white space at its ends; write it as user or metadata.trace or messages.*.name", path)
		}
	}
	n.mark(names, true, func(end *node) { end.drop = true })
	return nil
}

// mark marks the ends of a path. anyMember says that * is every member, too.
func (n *node) mark(names []string, anyMember bool, end func(*node)) {
	if len(names) == 0 {
		end(n)
		return
	}
	if names[0] != "*" {
		n.own(quoted(names[0])).mark(names[1:], anyMember, end)
		return
	}
	if n.element == nil {
		n.element = &node{}
	}
	n.element.mark(names[1:], anyMember, end)
	if !anyMember {
		return
	}
	if n.member == nil {
		n.member = &node{}
	}
	n.member.mark(names[1:], anyMember, end)
}

// own gives the node of a member, made if need be.
func (n *node) own(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m
		}
	}
	m := &node{name: name}
	n.members = append(n.members, m)
	return m
}

// settle lets what holds for every member hold for those that have a node of their own.
func (n *node) settle() {
	if n == nil {
		return
	}
	for _, m := range n.members {
		m.merge(n.member)
		m.settle()
	}
	n.member.settle()
	n.element.settle()
}

// merge adds what another node says. The other stays as it is.
func (n *node) merge(other *node) {
	if other == nil {
		return
	}
	n.drop, n.text, n.turn = n.drop || other.drop, n.text || other.text, n.turn || other.turn
	for _, m := range other.members {
		n.own(m.name).merge(m)
	}
	if other.member != nil {
		if n.member == nil {
			n.member = &node{}
		}
		n.member.merge(other.member)
	}
	if other.element != nil {
		if n.element == nil {
			n.element = &node{}
		}
		n.element.merge(other.element)
	}
}

// of gives what is said of a member; name is in the one form, without quotes. nil = nothing.
func (n *node) of(name []byte) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if string(name) == m.name {
			return m
		}
	}
	return n.member
}

// each gives what is said of an array's elements; nil = nothing.
func (n *node) each() *node {
	if n == nil {
		return nil
	}
	return n.element
}
