package dialect

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Recursive reports whether a JSON schema holds itself by way of its references, to
// itself or to its definitions. Some vendors make a grammar of a schema and refuse such.
func Recursive(schema []byte) bool {
	if !bytes.Contains(schema, []byte(`"$ref"`)) {
		return false
	}
	g := references{to: map[string][]string{}, state: map[string]int{}}
	for _, where := range []string{"$defs", "definitions"} {
		_ = jsonscan.Members(jsonscan.Get(schema, where), func(key, v []byte) bool {
			name := "#/" + where + "/" + string(key)
			g.to[name] = referred(v, nil)
			return true
		})
	}
	g.to["#"] = referred(schema, nil)
	return g.cycles("#")
}

// references are what the parts of a schema refer to.
type references struct {
	to    map[string][]string
	state map[string]int // 1 = on the way, 2 = done
}

// cycles reports whether a way leads from a part back to one that is on it.
func (g *references) cycles(from string) bool {
	if done := g.state[from]; done != 0 {
		return done == 1
	}
	g.state[from] = 1
	for _, next := range g.to[from] {
		if g.cycles(next) {
			return true
		}
	}
	g.state[from] = 2
	return false
}

// referred appends the targets of all references in a value, at any depth.
func referred(v []byte, found []string) []string {
	switch {
	case len(v) == 0 || !bytes.Contains(v, []byte(`"$ref"`)):
	case v[0] == '[':
		_ = jsonscan.Elements(v, func(one []byte) bool {
			found = referred(one, found)
			return true
		})
	case v[0] == '{':
		_ = jsonscan.Members(v, func(key, one []byte) bool {
			if name, ok := jsonscan.String(one); ok && string(key) == "$ref" {
				found = append(found, name)
			}
			found = referred(one, found)
			return true
		})
	}
	return found
}
