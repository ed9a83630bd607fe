package admin

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/store"
)

// Pages: the default size and the largest.
const (
	defaultPage = 50
	maxPage     = 500
)

// paging are the parameters of every list that has pages.
var paging = []Param{
	{"limit", "Entries of a page, 1 to 500; 50 unless given."},
	{"cursor", "Where the page before ended: its next. Empty = the first page."},
}

// maxValue bounds one parameter's value.
const maxValue = 1024

// readQuery reads a query string of which each parameter must be known, and be there once.
func readQuery(raw string, known []Param) (url.Values, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalid("", "the query string is not escaped properly")
	}
	for name, v := range values {
		switch {
		case !hasParam(known, name):
			return nil, unknownParam(name, known)
		case len(v) > 1:
			return nil, invalid(name, name+" is given more than once")
		case len(v[0]) > maxValue:
			return nil, invalid(name, name+" is longer than "+strconv.Itoa(maxValue)+" bytes")
		case v[0] == "" && name != "cursor":
			return nil, invalid(name, name+" is empty; leave it out")
		}
	}
	return values, nil
}

// keyPlace ends the name of a parameter that stands for all with other words there.
const keyPlace = "{key}"

func hasParam(known []Param, name string) bool {
	for _, p := range known {
		if p.Name == name {
			return true
		}
		if prefix, any := strings.CutSuffix(p.Name, keyPlace); any && len(name) > len(prefix) && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func unknownParam(name string, known []Param) error {
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = p.Name
	}
	message := "there is no parameter " + strconv.Quote(name)
	near := nearest(name, names)
	switch {
	case near != "":
		message += "; did you mean " + strconv.Quote(near) + "?"
	case len(names) == 0:
		message += "; this path takes none"
	default:
		message += "; there are " + strings.Join(names, ", ")
	}
	e := invalid(name, message)
	e.Details.Suggestion = near
	return e
}

// boolean reads a parameter that is true or false; nil = not given.
func (c *call) boolean(name string) (*bool, error) {
	text := c.query.Get(name)
	if text == "" {
		return nil, nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return nil, invalid(name, name+" is true or false")
	}
	return &b, nil
}

// moment reads a parameter that is a time; zero = not given.
func (c *call) moment(name string) (time.Time, error) {
	text := c.query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, invalid(name, name+" is a time such as 2030-01-31T12:00:00Z")
	}
	return t, nil
}

// page reads limit and cursor.
func (c *call) page() (limit int, cursor string, err error) {
	limit = defaultPage
	if text := c.query.Get("limit"); text != "" {
		limit, err = strconv.Atoi(text)
		if err != nil || limit < 1 || limit > maxPage {
			return 0, "", invalid("limit", "limit is a number from 1 to "+strconv.Itoa(maxPage))
		}
	}
	cursor = c.query.Get("cursor")
	if strings.ContainsFunc(cursor, func(r rune) bool { return !isCursorRune(r) }) {
		return 0, "", store.ErrBadCursor
	}
	return limit, cursor, nil
}

func isCursorRune(r rune) bool {
	return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// nearest gives the known word within a third of its length in edits, or "".
func nearest(word string, known []string) string {
	best, bestDistance := "", 0
	if len(word) > 64 {
		return ""
	}
	fold := strings.ReplaceAll(strings.ToLower(word), "-", "_")
	for _, k := range known {
		d := distance(fold, strings.ToLower(k))
		if d <= max(1, len(k)/3) && d < len(k) && (best == "" || d < bestDistance) {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours
// between two words.
func distance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = last[j-1]
			if a[i-1] != b[j-1] {
				row[j] = 1 + min(last[j-1], last[j], row[j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
