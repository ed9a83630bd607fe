package cloudflare

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/internal/config"
)

// Routes is what an import gives.
type Routes struct {
	Document []byte // a sluice.yaml
	Notes    Notes
}

// Read imports dynamic routes. An error says why the file cannot be read; what cannot be
// carried over is no error but a note.
func Read(data []byte) (*Routes, error) {
	found, err := flows(data)
	if err != nil {
		return nil, err
	}
	out := &Routes{}
	targets, taken := map[string]string{}, map[string]bool{}
	for _, f := range found {
		for _, e := range f.Elements {
			name, _ := providerOf(e.Properties.provider)
			taken[name] = true
		}
	}
	var routes []*route
	for i := range found {
		b := &builder{flow: &found[i], notes: &out.Notes, targets: targets, taken: taken, made: map[string]string{}, open: map[string]bool{}, elements: map[string]*element{}}
		b.call(i)
		b.build()
		routes = append(routes, b.routes...)
	}
	if len(routes) == 0 {
		return nil, fmt.Errorf("nothing of it can be carried over: %s", out.Notes[len(out.Notes)-1])
	}
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		out.provider(name, targets[name])
	}
	out.Document = render(targets, routes)
	return out, nil
}

// call chooses the route's name.
func (b *builder) call(i int) {
	b.name = b.flow.Name
	if b.name == "" {
		b.name = b.flow.ID
	}
	given := b.name
	if b.name = fit(b.name); b.name == "" {
		b.name = fmt.Sprintf("route-%d", i+1)
	}
	b.name = b.free(b.name)
	if b.name != given {
		b.note(Changed, "", "it was called %q, which cannot be the name of a route here or is taken", given)
	}
}

// provider tells what is to be known of one.
func (r *Routes) provider(name, kind string) {
	text := "give it a credential; sluice check says what is missing"
	if kind == "" {
		text = "say where it is: base_url in the document, and a credential if it needs one"
	}
	r.Notes = append(r.Notes, Note{Todo, "provider " + name, text})
}

// Check reads the document as a gateway would, whatever the environment holds.
func (r *Routes) Check(vendors config.Vendors) error {
	_, problems := config.Load(config.Source{Data: r.Document, Vendors: vendors, Env: func(string) (string, bool) { return "x", true }})
	lines := bytes.Split(r.Document, []byte("\n"))
	var bad config.Problems
	for _, p := range problems {
		if at := p.Pos.Line - 1; p.Warning || at < 0 || at >= len(lines) || bytes.Contains(lines[at], []byte(toFill)) {
			continue
		}
		bad = append(bad, p)
	}
	return bad.Err()
}
