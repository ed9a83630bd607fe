package config

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// own is a type that no kind of value of the document fits: it reads and shows itself.
type own interface {
	read(d *decoder, n *doctree.Node, s *spec, at place)
	node() *doctree.Node
	typeName() string
}

func isOwn(t reflect.Type) bool { return reflect.PointerTo(t).Implements(reflect.TypeFor[own]()) }

// longForm is a struct that may also be written shorter.
type longForm interface {
	// long gives the mapping that n stands for, or n.
	long(n *doctree.Node) *doctree.Node
}

// Shares are targets with their weights, in the order of the document.
type Shares []Share

// Share is a target and its weight among others.
type Share struct {
	Target string
	Weight float64
}

// maxWeight bounds weights, so that their sum is exact.
const maxWeight = 1e6

func (*Shares) typeName() string { return "mapping of targets to weights, or list" }

func (x *Shares) read(d *decoder, n *doctree.Node, s *spec, at place) {
	*x = Shares{}
	switch n.Kind {
	case doctree.Map:
		for _, m := range n.Members {
			here := at.key(m, "<name>")
			d.origins[here.path] = here.from
			x.put(d, m.Key, x.weight(d, m.Value, here), here)
		}
	case doctree.List:
		for i, item := range n.Items {
			here := at.item(i, item)
			d.origins[here.path] = here.from
			if item.Kind != doctree.Text {
				d.add(here, "expected a target such as sandbox/echo, found %s", item.Kind)
				continue
			}
			x.put(d, item.Text, 1, here)
		}
	default:
		d.add(at, "expected targets%s, found %s", s.such(), n.Kind)
	}
}

func (x *Shares) put(d *decoder, target string, weight float64, at place) {
	for _, other := range *x {
		if other.Target == target {
			d.add(at, "listed twice")
			return
		}
	}
	if target == "" {
		d.add(at, "must not be empty")
	}
	*x = append(*x, Share{target, weight})
}

func (*Shares) weight(d *decoder, n *doctree.Node, at place) float64 {
	at.from.pos = n.Pos
	w, err := strconv.ParseFloat(n.Text, 64)
	switch {
	case n.Kind != doctree.Int && n.Kind != doctree.Float || err != nil || math.IsNaN(w):
		d.add(at, "expected a weight such as 90, found %s", show(n))
	case w < 0:
		d.add(at, "a weight must be at least 0")
	case w > maxWeight:
		d.add(at, "a weight must be at most 1000000")
	default:
		return w
	}
	return 1
}

func (x Shares) node() *doctree.Node {
	n := &doctree.Node{Kind: doctree.Map}
	for _, s := range x {
		text := strconv.FormatFloat(s.Weight, 'f', -1, 64)
		n.Members = append(n.Members, doctree.Member{Key: s.Target, Value: &doctree.Node{Kind: doctree.PlainKind(text), Text: text}})
	}
	return n
}

// JSON is any value, as a vendor takes it.
type JSON struct{ value *doctree.Node }

// Bytes renders the value; nil when there is none.
func (x JSON) Bytes() []byte {
	if x.value == nil {
		return nil
	}
	return x.value.AppendJSON(nil)
}

func (*JSON) typeName() string { return "any value" }

func (x JSON) node() *doctree.Node { return x.value }

func (x *JSON) read(d *decoder, n *doctree.Node, _ *spec, at place) {
	value, message := asJSON(n)
	if message != "" {
		d.add(at, "%s", message)
		return
	}
	x.value = value
}

// asJSON gives the same tree with its scalars as JSON writes them, or says which cannot be.
func asJSON(n *doctree.Node) (out *doctree.Node, message string) {
	out = &doctree.Node{Kind: n.Kind, Text: n.Text}
	switch n.Kind {
	case doctree.Bool:
		out.Text = strings.ToLower(n.Text)
	case doctree.Int, doctree.Float:
		out.Text, message = jsonNumber(n)
		out.Kind = doctree.PlainKind(out.Text)
	}
	for _, m := range n.Members {
		value, bad := asJSON(m.Value)
		if bad != "" {
			return nil, bad
		}
		out.Members = append(out.Members, doctree.Member{Key: m.Key, Value: value})
	}
	for _, item := range n.Items {
		value, bad := asJSON(item)
		if bad != "" {
			return nil, bad
		}
		out.Items = append(out.Items, value)
	}
	return out, message
}

func jsonNumber(n *doctree.Node) (text, message string) {
	if i, err := strconv.ParseInt(n.Text, 0, 64); err == nil && (n.Text[0] != '0' || len(n.Text) == 1 || n.Text[1] > '9') {
		return strconv.FormatInt(i, 10), ""
	}
	if i, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
		return strconv.FormatInt(i, 10), ""
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "0", "JSON has no number " + doctree.Quote(n.Text)
	}
	return strconv.FormatFloat(f, 'f', -1, 64), ""
}
