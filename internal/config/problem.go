package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Problem is one thing wrong with the configuration. It never holds a secret.
type Problem struct {
	File    string      // the document's name, or "environment", or "command line"
	Pos     doctree.Pos // zero when the problem is not at one place
	Path    string      // of keys, or the name of a variable
	Message string      // what is wrong and what to do
	Warning bool        // the configuration is usable all the same
}

// Error renders file:line:col: path: message.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Pos.Line > 0 {
		b.WriteString(":" + strconv.Itoa(p.Pos.Line) + ":" + strconv.Itoa(p.Pos.Col))
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Problems is everything wrong at once, sorted by place. As an error it prints one
// problem a line.
type Problems []Problem

// Error renders all, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err gives the problems that forbid to run as one error (a Problems), or nil.
func (ps Problems) Err() error {
	if bad := ps.filter(false); len(bad) > 0 {
		return bad
	}
	return nil
}

// Warnings gives those that do not.
func (ps Problems) Warnings() Problems { return ps.filter(true) }

func (ps Problems) filter(warning bool) Problems {
	var out Problems
	for _, p := range ps {
		if p.Warning == warning {
			out = append(out, p)
		}
	}
	return out
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
}

// didYouMean gives `; did you mean "x"?` for the nearest known word, else lists the
// words when they are few, else nothing.
func didYouMean(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return "; did you mean " + strconv.Quote(near) + "?"
	}
	if len(known) > 0 && len(known) <= 12 {
		return "; expected " + orList(known)
	}
	return ""
}

// nearest gives the known word within a third of its length in edits, or "".
func nearest(word string, known []string) string {
	best, bestDistance := "", 0
	if len(word) > 64 {
		return ""
	}
	fold := strings.ReplaceAll(strings.ToLower(word), "-", "_")
	for _, k := range known {
		d := editDistance(fold, strings.ReplaceAll(strings.ToLower(k), "-", "_"))
		if d <= max(1, len(k)/3) && d < len(k) && (best == "" || d < bestDistance) {
			best, bestDistance = k, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours
// (optimal string alignment).
func editDistance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differ := 1
			if a[i-1] == b[j-1] {
				differ = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// orList renders "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
