package litellm

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// section is one mapping of the file. What was asked for counts as understood; the rest
// is told in the end.
type section struct {
	imp   *importer
	path  string
	node  *doctree.Node
	asked []string
}

func (i *importer) section(path string, n *doctree.Node) *section {
	if n == nil || n.Kind == doctree.Null {
		n = &doctree.Node{Kind: doctree.Map}
	}
	if n.Kind != doctree.Map {
		i.bad(n.Pos.Line, path, "expected a mapping, found "+n.Kind.String())
		n = &doctree.Node{Kind: doctree.Map, Pos: n.Pos}
	}
	return &section{imp: i, path: path, node: n}
}

// take gives the value of a key, nil when it has none.
func (s *section) take(key string) *doctree.Node {
	s.asked = append(s.asked, key)
	if n := s.node.Get(key); n != nil && n.Kind != doctree.Null {
		return n
	}
	return nil
}

func (s *section) key(name string) string { return doctree.Join(s.path, name) }

// line is where a key stands; that of the section when it is not there.
func (s *section) line(key string) int {
	for _, m := range s.node.Members {
		if m.Key == key {
			return m.Pos.Line
		}
	}
	return s.node.Pos.Line
}

func (s *section) note(g Group, key, text string) {
	s.imp.note(g, s.line(key), s.key(key), text)
}

func (s *section) bad(key, text string) { s.imp.bad(s.line(key), s.key(key), text) }

// text gives a scalar as text, "" when there is none.
func (s *section) text(key string) string {
	n := s.take(key)
	switch {
	case n == nil:
		return ""
	case n.Kind == doctree.Map || n.Kind == doctree.List:
		s.bad(key, "expected text, found "+n.Kind.String())
		return ""
	}
	return strings.TrimSpace(n.Text)
}

// number gives a number above or equal to 0, and whether there is one. A reference to a
// variable cannot be known here and is told.
func (s *section) number(key string) (float64, bool) {
	text := s.text(key)
	if text == "" {
		return 0, false
	}
	if name, is := environ(text); is {
		s.note(Lost, key, "its value stands in the variable "+name+", which is not read; write the number here")
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil || f < 0 || f > 1e15 {
		s.bad(key, "expected a number of 0 or more")
		return 0, false
	}
	return f, true
}

// count gives a whole number, 0 when there is none.
func (s *section) count(key string) int64 {
	f, ok := s.number(key)
	if ok && f != float64(int64(f)) {
		s.bad(key, "expected a whole number")
		return 0
	}
	return int64(f)
}

// seconds gives a duration written as seconds, 0 when there is none.
func (s *section) seconds(key string) time.Duration {
	f, ok := s.number(key)
	if !ok || f == 0 {
		return 0
	}
	if f > 86400 || f < 0.001 {
		s.note(Changed, key, "is brought within 1ms and 24h")
		f = min(max(f, 0.001), 86400)
	}
	return time.Duration(f * float64(time.Second)).Round(time.Millisecond)
}

// yes gives a truth, and whether there is one.
func (s *section) yes(key string) (value, given bool) {
	switch text := strings.ToLower(s.text(key)); text {
	case "":
		return false, false
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	s.bad(key, "expected true or false")
	return false, false
}

// texts gives a list of texts; one text alone is a list too.
func (s *section) texts(key string) []string {
	n := s.take(key)
	switch {
	case n == nil:
		return nil
	case n.Kind == doctree.Map:
		s.bad(key, "expected a list, found a mapping")
		return nil
	case n.Kind != doctree.List:
		return []string{n.Text}
	}
	var out []string
	for _, item := range n.Items {
		if item.Kind == doctree.Map || item.Kind == doctree.List {
			s.bad(key, "expected a list of texts, found "+item.Kind.String()+" in it")
			return nil
		}
		out = append(out, item.Text)
	}
	return out
}

// rest tells every key that nothing asked for.
func (s *section) rest(reasons map[string]reason) {
	for _, m := range s.node.Members {
		if slices.Contains(s.asked, m.Key) || m.Value.Kind == doctree.Null {
			continue
		}
		r, known := reasons[m.Key]
		switch {
		case !known:
			s.note(Lost, m.Key, "this importer does not know it")
		case r.text != "" && !(r.onlyTrue && strings.EqualFold(m.Value.Text, "false")):
			s.note(r.group, m.Key, r.text)
		}
	}
}

// environ gives the variable that a value refers to.
func environ(text string) (name string, is bool) { return strings.CutPrefix(text, "os.environ/") }
