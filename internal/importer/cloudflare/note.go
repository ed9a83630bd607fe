package cloudflare

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

// Note is one thing to know about an import.
type Note struct {
	Group Group
	About string // the route and the element, or the provider
	Text  string
}

// String renders about: text.
func (n Note) String() string { return n.About + ": " + n.Text }

// Notes is all that is to be known, in the order of the file.
type Notes []Note

// In gives the notes of a group.
func (ns Notes) In(g Group) (out Notes) {
	for _, n := range ns {
		if n.Group == g {
			out = append(out, n)
		}
	}
	return out
}
