package litellm

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// hop is what is tried next for calls of a name.
type hop struct {
	line int
	path string
	to   []string
	used bool // some route has it
}

// The lists of what is tried next, as LiteLLM calls them.
// https://docs.litellm.ai/docs/proxy/reliability
const (
	afterFailure = "fallbacks"
	afterWindow  = "context_window_fallbacks"
	afterPolicy  = "content_policy_fallbacks"
	afterAny     = "default_fallbacks"
)

// everybody stands for every name that has no list of its own.
const everybody = "*"

// readHops reads what is tried next; the section that is read first goes first.
func (i *importer) readHops(s *section) {
	for _, key := range []string{afterFailure, afterWindow, afterPolicy} {
		n := s.take(key)
		if n == nil {
			continue
		}
		if n.Kind != doctree.List {
			s.bad(key, "expected a list, found "+n.Kind.String())
			continue
		}
		for at, item := range n.Items {
			path := doctree.Index(s.key(key), at)
			if item.Kind != doctree.Map {
				i.bad(item.Pos.Line, path, "expected a mapping of a name to others, found "+item.Kind.String())
				continue
			}
			for _, m := range item.Members {
				i.hop(key, m.Key, &hop{line: m.Pos.Line, path: path, to: i.names(m.Value, path)})
			}
		}
	}
	if n := s.take(afterAny); n != nil {
		i.hop(afterFailure, everybody, &hop{line: s.line(afterAny), path: s.key(afterAny), to: i.names(n, s.key(afterAny))})
	}
}

func (i *importer) hop(list, from string, h *hop) {
	if i.hops[list] == nil {
		i.hops[list] = map[string]*hop{}
	}
	if i.hops[list][from] != nil {
		i.note(Changed, h.line, h.path, fmt.Sprintf("gives way to the list of %q that was read before", from))
		return
	}
	i.hops[list][from] = h
}

// names gives the names of models in a list; one with parameters of its own is told.
func (i *importer) names(n *doctree.Node, path string) (out []string) {
	if n.Kind == doctree.Text {
		return []string{n.Text}
	}
	for _, item := range n.Items {
		if item.Kind == doctree.Text {
			out = append(out, item.Text)
			continue
		}
		text := "what is tried next is named; it takes no parameters of its own here"
		if m := item.Get("model"); m != nil {
			out = append(out, m.Text)
		}
		i.note(Lost, item.Pos.Line, path, text)
	}
	return out
}

// unused tells the lists that no route has.
func (i *importer) unused(known func(name string) bool) {
	for _, list := range []string{afterFailure, afterWindow, afterPolicy} {
		for _, from := range slices.Sorted(maps.Keys(i.hops[list])) {
			h := i.hops[list][from]
			switch {
			case h.used || from == everybody:
			case known(from):
				i.note(Lost, h.line, h.path, fmt.Sprintf("%q can be no route, so that nothing else is tried for it; %s", from, routeNames))
			default:
				i.note(Lost, h.line, h.path, fmt.Sprintf("%q is no model_name", from))
			}
		}
	}
}
