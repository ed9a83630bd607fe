package config

import (
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// View is a configuration as it may be shown to anyone: secrets are their references,
// and what was written in plain is hidden.
type View struct{ root *doctree.Node }

// Redacted gives the view of everything that is set, defaults and discovered providers
// included.
func (c *Config) Redacted() View {
	return View{root: structNode(reflect.ValueOf(c).Elem())}
}

// YAML renders the view as a document.
func (v View) YAML() []byte { return v.root.AppendYAML(nil) }

// MarshalJSON renders the view as JSON, in the order of the reference.
func (v View) MarshalJSON() ([]byte, error) { return v.root.AppendJSON(nil), nil }

func structNode(v reflect.Value) *doctree.Node {
	n := &doctree.Node{Kind: doctree.Map}
	for _, s := range specsOf(v.Type()) {
		if field := v.FieldByIndex(s.index); s.def != "" || !empty(field) {
			n.Members = append(n.Members, doctree.Member{Key: s.name, Value: valueNode(field, &s)})
		}
	}
	return n
}

// empty reports whether there is nothing to show.
func empty(v reflect.Value) bool {
	switch {
	case isOwn(v.Type()) && v.Kind() == reflect.Struct:
		return v.IsZero()
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[Secret]():
		return len(structNode(v).Members) == 0
	case v.Kind() == reflect.Map || v.Kind() == reflect.Slice:
		return v.Len() == 0
	}
	return v.IsZero()
}

func valueNode(v reflect.Value, s *spec) *doctree.Node {
	switch {
	case v.Kind() == reflect.Pointer:
		return valueNode(v.Elem(), s)
	case isOwn(v.Type()):
		return v.Interface().(interface{ node() *doctree.Node }).node()
	case isScalar(v.Type()):
		return scalarNode(v, s)
	case v.Kind() == reflect.Map:
		n := &doctree.Node{Kind: doctree.Map}
		for _, key := range sortedNames(v) {
			n.Members = append(n.Members, doctree.Member{Key: key, Value: valueNode(v.MapIndex(reflect.ValueOf(key)), s)})
		}
		return n
	case v.Kind() == reflect.Slice:
		n := &doctree.Node{Kind: doctree.List}
		for i := range v.Len() {
			n.Items = append(n.Items, valueNode(v.Index(i), s))
		}
		return n
	}
	return structNode(v)
}

func sortedNames(m reflect.Value) []string {
	names := make(map[string]struct{}, m.Len())
	for _, k := range m.MapKeys() {
		names[k.String()] = struct{}{}
	}
	return sortedKeys(names)
}

func scalarNode(v reflect.Value, s *spec) *doctree.Node {
	switch x := v.Interface().(type) {
	case Secret:
		return &doctree.Node{Kind: doctree.Text, Text: showSecret(x, s.check)}
	case time.Duration:
		if x == 0 && s.offIsZero {
			return &doctree.Node{Kind: doctree.Text, Text: "off"}
		}
		return &doctree.Node{Kind: doctree.Text, Text: FormatDuration(x)}
	case Size:
		return &doctree.Node{Kind: doctree.PlainKind(x.String()), Text: x.String()}
	case bool:
		return &doctree.Node{Kind: doctree.Bool, Text: strconv.FormatBool(x)}
	case int:
		return &doctree.Node{Kind: doctree.Int, Text: strconv.Itoa(x)}
	case float64:
		return &doctree.Node{Kind: doctree.Float, Text: strconv.FormatFloat(x, 'f', -1, 64)}
	}
	return &doctree.Node{Kind: doctree.Text, Text: v.String()}
}

// showSecret gives the reference; in plain, what is no secret.
func showSecret(s Secret, check string) string {
	if check == "identity" && s.Ref() == "" {
		return s.Reveal()
	}
	if s.Ref() != "" || !s.IsSet() || !slices.Contains([]string{"storage", "proxy", "shared", "smtp", "webhook"}, check) {
		return s.String()
	}
	text := s.Reveal()
	if text == "none" || strings.HasPrefix(text, "sqlite:") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Host == "" {
		return s.String()
	}
	if check == "webhook" { // the path of one is often its password
		u.Path = ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
