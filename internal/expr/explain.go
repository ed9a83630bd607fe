package expr

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
)

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	dashed     = regexp.MustCompile(`\b(header|metadata)\.([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)+)`)
	oneEquals  = regexp.MustCompile(`[^=!<>]=[^=]`)
	wordLogic  = regexp.MustCompile(`(?i)\s(and|or|not)\s`)
	container  = regexp.MustCompile(` \(in container '[^']*'\)`)
)

// explain makes one line of what is wrong: the first problem, where it is, and which of
// the names may be meant.
func explain(text string, problems []*cel.Error, names []string) error {
	if len(problems) == 0 {
		return errors.New("is no expression")
	}
	p := problems[0]
	message := meaning(text, p.Message, names)
	return fmt.Errorf("%s: %s", where(text, p.Location), message)
}

func where(text string, at common.Location) string {
	if strings.Contains(strings.TrimRight(text, "\n"), "\n") {
		return fmt.Sprintf("line %d, column %d", max(at.Line(), 1), max(at.Column(), 0)+1)
	}
	return fmt.Sprintf("column %d", max(at.Column(), 0)+1)
}

func meaning(text, message string, names []string) string {
	if m := dashed.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("a name with a hyphen stands in brackets: %s[%q]", m[1], m[2])
	}
	if m := undeclared.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("unknown name %q%s", m[1], nearest(m[1], names))
	}
	if rest, syntax := strings.CutPrefix(message, "Syntax error: "); syntax {
		switch {
		case oneEquals.MatchString(text):
			return "write == to compare"
		case wordLogic.MatchString(text):
			return "write && for and, || for or, ! for not"
		}
		return oneLine(rest)
	}
	return oneLine(container.ReplaceAllString(message, ""))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// typeName names a type for people.
func typeName(t *cel.Type) string {
	switch name, _, _ := strings.Cut(t.String(), "("); name {
	case "string":
		return "text"
	case "int", "uint", "double":
		return "number"
	case "google.protobuf.Timestamp", "timestamp":
		return "time"
	case "google.protobuf.Duration", "duration":
		return "duration"
	case "list", "map":
		return name
	}
	return t.String()
}

// nearest suggests a variable for an unknown name, or lists all.
func nearest(name string, names []string) string {
	best, least := "", 0
	for _, one := range names {
		d := distance(name, one)
		if d <= max(1, len(one)/3) && (best == "" || d < least) {
			best, least = one, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; there are " + strings.Join(names, ", ")
}

// distance counts the edits between two short names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := diagonal
			if a[i-1] != b[j-1] {
				change++
			}
			diagonal = row[j]
			row[j] = min(change, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
