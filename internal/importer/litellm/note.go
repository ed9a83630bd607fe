package litellm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Group says what kind of note a note is.
type Group uint8

// The groups, the gravest first.
const (
	Lost    Group = iota // has no counterpart here: it is not in force any more
	Changed              // carried, but not to the letter
	Todo                 // for people to do before the first start
)

// String is the group's heading.
func (g Group) String() string {
	return [...]string{"Not carried over", "Carried over, but not to the letter", "To do"}[g]
}

// Note is one thing to know about an import. It never holds a secret.
type Note struct {
	Group Group
	Line  int    // of the file that was read; 0 = no line
	Key   string // the path of the key there, or what else it is about
	Text  string
}

// String renders line N: key: why.
func (n Note) String() string {
	at := ""
	if n.Line > 0 {
		at = fmt.Sprintf("line %d: ", n.Line)
	}
	return at + n.Key + ": " + n.Text
}

// Notes is all that is to be known.
type Notes []Note

// In gives the notes of a group in the order of their lines.
func (ns Notes) In(g Group) Notes {
	var out Notes
	for _, n := range ns {
		if n.Group == g {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return out
}

// Problem is why a file cannot be imported. Its text holds no value that may be a secret.
type Problem struct {
	Line int // 0 = the whole file
	Key  string
	Text string
}

// Error renders line N: key: what is wrong.
func (p Problem) Error() string {
	return strings.TrimPrefix(Note{Line: p.Line, Key: p.Key, Text: p.Text}.String(), ": ")
}

// Problems are all at once; as an error they print one a line.
type Problems []Problem

// Error renders all, by line.
func (ps Problems) Error() string {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

func ofTree(found []doctree.Problem) (ps Problems) {
	for _, p := range found {
		ps = append(ps, Problem{Line: p.Pos.Line, Key: p.Path, Text: p.Message})
	}
	return ps
}
