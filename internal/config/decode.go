package config

import (
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// decoder fills the structs from nodes and collects every problem on the way.
type decoder struct {
	secrets  resolver
	problems Problems
	origins  map[string]origin // where each value came from, by path
	specs    map[reflect.Type][]spec
	blank    map[reflect.Type]reflect.Value // structs with their defaults
	foreign  bool                           // see Source.Foreign
	exposed  []exposed                      // secrets that the document holds in plain

	concealed map[string]Secret // see Source.Concealed
}

// origin is a source of a value: a place in the document, or a named variable or flag.
type origin struct {
	file string
	name string // of the variable or flag; "" = the value's path
	pos  doctree.Pos
}

// place is where a value stands: its path, its path in the schema, its source.
type place struct {
	path, schema string
	from         origin
}

func newDecoder(r resolver) *decoder {
	r.asked, r.named = map[string]bool{}, map[string]bool{}
	return &decoder{secrets: r, origins: map[string]origin{}, specs: map[reflect.Type][]spec{}, blank: map[reflect.Type]reflect.Value{}}
}

func (d *decoder) add(at place, format string, args ...any) {
	d.problems = append(d.problems, at.problem(fmt.Sprintf(format, args...)))
}

func (d *decoder) warn(at place, format string, args ...any) {
	p := at.problem(fmt.Sprintf(format, args...))
	p.Warning = true
	d.problems = append(d.problems, p)
}

func (at place) problem(message string) Problem {
	p := Problem{File: at.from.file, Pos: at.from.pos, Path: at.path, Message: message}
	if at.from.name != "" {
		p.Path = at.from.name
	}
	return p
}

func (at place) key(m doctree.Member, schema string) place {
	at.path, at.schema = doctree.Join(at.path, m.Key), joinSchema(at.schema, schema)
	at.from.pos = m.Pos
	return at
}

func (at place) item(i int, n *doctree.Node) place {
	at.path, at.schema = doctree.Index(at.path, i), at.schema+"[]"
	at.from.pos = n.Pos
	return at
}

func (d *decoder) specsOf(t reflect.Type) []spec {
	if _, ok := d.specs[t]; !ok {
		d.specs[t] = specsOf(t)
	}
	return d.specs[t]
}

// value decodes one node into v, which holds its default already.
func (d *decoder) value(n *doctree.Node, v reflect.Value, s *spec, at place) {
	if n.Pos != (doctree.Pos{}) {
		at.from.pos = n.Pos
	}
	d.origins[at.path] = at.from
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if !isScalar(v.Type().Elem()) {
			v.Elem().Set(d.defaults(v.Type().Elem()))
		}
		d.value(n, v.Elem(), s, at)
	case isOwn(v.Type()):
		v.Addr().Interface().(own).read(d, n, s, at)
	case v.Type() == reflect.TypeFor[Secret]():
		d.secret(n, v, s, at)
	case isScalar(v.Type()):
		d.scalar(n, v, s, at)
	case v.Kind() == reflect.Slice:
		d.list(n, v, s, at)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, s, at)
	default:
		if l, ok := v.Addr().Interface().(longForm); ok {
			n = l.long(n)
		}
		d.structure(shorthand(n, s.single), v, at)
	}
}

// shorthand gives the mapping that a scalar or list stands for.
func shorthand(n *doctree.Node, single string) *doctree.Node {
	if single == "" || n.Kind == doctree.Map || n.Kind == doctree.Null {
		return n
	}
	member := func(key string, value *doctree.Node) doctree.Member {
		return doctree.Member{Key: key, Pos: value.Pos, Value: value}
	}
	out := &doctree.Node{Kind: doctree.Map, Pos: n.Pos}
	networks, rest, two := strings.Cut(single, "|")
	switch {
	case !two && n.Kind == doctree.List:
		return n
	case !two:
		out.Members = []doctree.Member{member(single, n)}
		return out
	case n.Kind != doctree.List:
		n = &doctree.Node{Kind: doctree.List, Pos: n.Pos, Items: []*doctree.Node{n}}
	}
	for key, items := range split(n.Items, networks, rest) {
		out.Members = append(out.Members, member(key, &doctree.Node{Kind: doctree.List, Pos: items[0].Pos, Items: items}))
	}
	return out
}

// split gives the items that look like networks under the one key, the others under the
// other.
func split(items []*doctree.Node, networks, rest string) iter.Seq2[string, []*doctree.Node] {
	var addresses, others []*doctree.Node
	for _, item := range items {
		if item.Kind == doctree.Text && strings.ContainsAny(item.Text, "./:") && strings.Trim(item.Text, "0123456789abcdefABCDEF.:/") == "" {
			addresses = append(addresses, item)
		} else {
			others = append(others, item)
		}
	}
	return func(yield func(string, []*doctree.Node) bool) {
		if len(addresses) == 0 || yield(networks, addresses) {
			_ = len(others) == 0 || yield(rest, others)
		}
	}
}

func (d *decoder) structure(n *doctree.Node, v reflect.Value, at place) {
	if n.Kind != doctree.Map && n.Kind != doctree.Null {
		d.add(at, "expected a mapping, found %s", n.Kind)
		return
	}
	specs := d.specsOf(v.Type())
	for _, m := range n.Members {
		here := at.key(m, m.Key)
		i := slices.IndexFunc(specs, func(s spec) bool { return s.name == m.Key || s.alias == m.Key && m.Key != "" })
		if i < 0 {
			d.unknownKey(m.Key, specs, here)
			continue
		}
		if name := specs[i].name; name != m.Key {
			if n.Get(name) != nil {
				d.add(here, "is the same key as %s, which is given too", name)
				continue
			}
			m.Key = name
			here = at.key(m, name)
		}
		d.value(m.Value, v.FieldByIndex(specs[i].index), &specs[i], here)
	}
	for _, s := range specs {
		if s.required && n.Get(s.name) == nil {
			says, _, _ := strings.Cut(s.help, ". ")
			d.add(at, "%q is missing: %s", s.name, strings.TrimSuffix(says, ".")+".")
		}
	}
}

func (d *decoder) unknownKey(key string, specs []spec, at place) {
	for _, r := range ReservedKeys() {
		if r.Path == at.schema {
			d.add(at, "%s%s; remove this key", r.What, notBuilt)
			return
		}
	}
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.name
	}
	if near := nearest(key, names); near == "" {
		if elsewhere := fieldNamed(key); elsewhere != "" {
			d.add(at, "unknown key; did you mean %s?", elsewhere)
			return
		}
	}
	d.add(at, "unknown key%s", didYouMean(key, names))
}

// fieldNamed gives the path of the first field of that name, "" when there is none.
func fieldNamed(name string) string {
	for _, f := range Fields() {
		if f.Name == name {
			return f.Path
		}
	}
	return ""
}

func (d *decoder) mapping(n *doctree.Node, v reflect.Value, s *spec, at place) {
	if s.single != "" && v.Type().Elem().Kind() == reflect.String && n.Kind != doctree.Map && n.Kind != doctree.List && n.Kind != doctree.Null {
		n = &doctree.Node{Kind: doctree.Map, Pos: n.Pos, Members: []doctree.Member{{Key: s.single, Pos: n.Pos, Value: n}}}
	}
	if n.Kind != doctree.Map && n.Kind != doctree.Null {
		d.add(at, "expected %s%s, found %s", article(s.typeName()), s.such(), n.Kind)
		return
	}
	elem := v.Type().Elem()
	out := reflect.MakeMapWithSize(v.Type(), len(n.Members))
	for _, m := range n.Members {
		here := at.key(m, "<name>")
		if message := checkKey(s.check, m.Key); message != "" {
			d.add(here, "%s", message)
		}
		item := reflect.New(elem).Elem()
		if elem.Kind() == reflect.Struct && !isScalar(elem) {
			item.Set(d.defaults(elem))
		}
		d.value(m.Value, item, s.below(), here)
		out.SetMapIndex(reflect.ValueOf(m.Key), item)
	}
	v.Set(out)
}

func (d *decoder) list(n *doctree.Node, v reflect.Value, s *spec, at place) {
	if s.single != "" && n.Kind < doctree.Map && n.Kind != doctree.Null || n.Kind == doctree.Map && s.takesOne(v.Type()) {
		n = &doctree.Node{Kind: doctree.List, Pos: n.Pos, Items: []*doctree.Node{n}}
	}
	if n.Kind != doctree.List {
		d.add(at, "expected %s%s, found %s", article(s.typeName()), s.such(), n.Kind)
		return
	}
	elem := v.Type().Elem()
	out := reflect.MakeSlice(v.Type(), 0, len(n.Items))
	for i, in := range n.Items {
		here := at.item(i, in)
		item := reflect.New(elem).Elem()
		if elem.Kind() == reflect.Struct && !isScalar(elem) {
			item.Set(d.defaults(elem))
		}
		d.value(in, item, s.below(), here)
		if elem.Kind() == reflect.String && contains(out, item.String()) {
			d.add(here, "listed twice")
		}
		out = reflect.Append(out, item)
	}
	v.Set(out)
}

// takesOne reports whether a mapping may stand for a list with that one item.
func (s *spec) takesOne(list reflect.Type) bool {
	return s.one || s.single != "" && list.Elem().Kind() == reflect.Struct
}

func contains(list reflect.Value, text string) bool {
	for i := range list.Len() {
		if list.Index(i).String() == text {
			return true
		}
	}
	return false
}

// below is the spec of a field's elements: the same rules, no example of the whole.
func (s *spec) below() *spec {
	b := *s
	b.example, b.def = "", ""
	return &b
}

// wanted says what a scalar of the field must be.
func (s *spec) wanted(t reflect.Type) string {
	if s.enum != nil {
		return orList(s.enum)
	}
	return article(scalarName(t)) + s.such()
}

// such gives an example of the field's value, for messages.
func (s *spec) such() string {
	switch {
	case s.example != "":
		return " such as " + s.example
	case s.def != "":
		return " such as " + s.def
	}
	return ""
}

func (d *decoder) scalar(n *doctree.Node, v reflect.Value, s *spec, at place) {
	if n.Kind == doctree.Map || n.Kind == doctree.List || n.Kind == doctree.Null {
		d.add(at, "expected %s, found %s", s.wanted(v.Type()), n.Kind)
		return
	}
	var message string
	switch v.Type() {
	case reflect.TypeFor[time.Duration]():
		message = setDuration(n, v, s)
	case reflect.TypeFor[Size]():
		message = setSize(n, v, s)
	default:
		message = setPlain(n, v, s)
	}
	if message != "" {
		d.add(at, "%s", message)
	}
}

func setPlain(n *doctree.Node, v reflect.Value, s *spec) string {
	switch v.Kind() {
	case reflect.String:
		return setText(n, v, s)
	case reflect.Bool:
		if n.Kind != doctree.Bool {
			return "expected true or false, found " + show(n) + hintBool(n.Text)
		}
		v.SetBool(strings.EqualFold(n.Text, "true"))
	case reflect.Int:
		i, err := strconv.ParseInt(n.Text, 10, 0)
		if n.Kind != doctree.Int || err != nil {
			return "expected a whole number" + s.such() + ", found " + show(n)
		}
		v.SetInt(i)
		return s.between(float64(i), number)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Text, 64)
		if n.Kind != doctree.Int && n.Kind != doctree.Float || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return "expected a number" + s.such() + ", found " + show(n)
		}
		v.SetFloat(f)
		return s.between(f, number)
	}
	return ""
}

// hintBool says what those may mean who know another YAML.
func hintBool(text string) string {
	switch strings.ToLower(text) {
	case "yes", "on", "y", "1":
		return "; write true"
	case "no", "off", "n", "0":
		return "; write false"
	case "true", "false":
		return "; remove the quotes"
	}
	return ""
}

func setText(n *doctree.Node, v reflect.Value, s *spec) string {
	if n.Kind == doctree.Bool {
		return "expected " + s.wanted(v.Type()) + ", found a boolean; quote it if you mean the word"
	}
	v.SetString(n.Text)
	switch {
	case slices.Contains(s.later, n.Text):
		return doctree.Quote(n.Text) + notBuilt + "; expected " + orList(s.enum)
	case s.enum != nil && !slices.Contains(s.enum, n.Text):
		return "unknown value " + doctree.Quote(n.Text) + didYouMean(n.Text, s.enum)
	}
	return checkText(s.check, n.Text)
}

func setDuration(n *doctree.Node, v reflect.Value, s *spec) string {
	if s.offIsZero && (n.Text == "off" || n.Text == "0") {
		v.SetInt(0)
		return ""
	}
	d, err := ParseDuration(n.Text)
	if err != nil {
		message := "expected a duration such as 30s, 1h30m or 7d, found " + show(n)
		if n.Kind == doctree.Int && len(n.Text) < 9 && number(n.Text) > 0 {
			message += "; a unit is missing: " + n.Text + "s?"
		}
		return message
	}
	v.SetInt(int64(d))
	return s.between(float64(d), func(text string) float64 {
		limit, _ := ParseDuration(text)
		return float64(limit)
	})
}

func setSize(n *doctree.Node, v reflect.Value, s *spec) string {
	size, err := ParseSize(n.Text)
	if err != nil {
		return "expected a size such as 64KiB, 1GB or a number of bytes, found " + show(n)
	}
	v.SetInt(int64(size))
	return s.between(float64(size), func(text string) float64 {
		limit, _ := ParseSize(text)
		return float64(limit)
	})
}

func number(text string) float64 {
	f, _ := strconv.ParseFloat(text, 64)
	return f
}

// between says that a value is outside of the field's bounds, or "".
func (s *spec) between(value float64, parse func(string) float64) string {
	switch {
	case s.min != "" && value < parse(s.min):
		return "must be at least " + s.min
	case s.max != "" && value > parse(s.max):
		return "must be at most " + s.max
	}
	return ""
}

// secret decodes a reference, or plain text where that is allowed. No message holds
// what stands there.
func (d *decoder) secret(n *doctree.Node, v reflect.Value, s *spec, at place) {
	if n.Kind == doctree.Map || n.Kind == doctree.List || n.Kind == doctree.Null {
		d.add(at, "expected a secret reference ("+references+"), found %s", n.Kind)
		return
	}
	if n.Text == "" && s.check == "shared" {
		return
	}
	set := at.from.file == environment // by a variable of its own, which needs no other
	if message := d.barred(n.Text); d.foreign && !set && message != "" {
		d.add(at, "%s", message)
		return
	}
	text := n.Text
	if was, ok := d.concealed[at.path]; ok && text == concealedText {
		text = was.Reveal()
	}
	secret, warning, message := d.secrets.resolve(text, s.plain || set)
	if set && !s.plain && message == "" && secret.Ref() == "" {
		secret = NewSecret(n.Text, "env:"+at.from.name)
	}
	if warning != "" {
		d.warn(at, "%s", warning)
	}
	if message == "" && s.check == "storage" && strings.HasPrefix(secret.Ref(), "secret:") {
		message = "the store cannot keep its own address; write env:NAME or file:PATH"
	}
	if message == "" && !d.secrets.unread(secret) {
		message = checkText(s.check, secret.Reveal())
	}
	if message != "" {
		d.add(at, "%s", message)
		return
	}
	v.Set(reflect.ValueOf(secret))
	if !set && secret.Ref() == "" && exposes(secret.Reveal(), s.check) {
		d.exposed = append(d.exposed, exposed{at, secret})
	}
}

// show gives a scalar for a message.
func show(n *doctree.Node) string {
	if n.Kind == doctree.Text {
		return doctree.Quote(n.Text)
	}
	return n.Kind.String() + " (" + doctree.Quote(n.Text) + ")"
}

func article(name string) string {
	switch name {
	case "text", "true or false", "text or list", "text or mapping":
		return name
	}
	return "a " + name
}
