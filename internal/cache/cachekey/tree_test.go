package cachekey_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A tree is a JSON value whose spelling is free: *object, *array or a leaf.
type (
	object struct {
		names  []string
		values []any
	}
	array struct{ items []any }
	// number is a decimal as it is written.
	number string
)

// parse reads a JSON text into a tree.
func parse(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return parseValue(d)
}

func parseValue(d *json.Decoder) any {
	t, err := d.Token()
	if err != nil {
		panic(err)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			a := &array{}
			for d.More() {
				a.items = append(a.items, parseValue(d))
			}
			_, _ = d.Token()
			return a
		}
		o := &object{}
		for d.More() {
			name, _ := d.Token()
			o.names, o.values = append(o.names, name.(string)), append(o.values, parseValue(d))
		}
		_, _ = d.Token()
		return o
	case json.Number:
		return number(t)
	default:
		return t
	}
}

// spelling writes a tree in one of the ways in which it can be written. The zero
// spelling, with nil for chance, is plain.
type spelling struct{ chance *rand.Rand }

func (s spelling) write(v any) []byte {
	var b strings.Builder
	s.space(&b)
	s.value(&b, v)
	s.space(&b)
	return []byte(b.String())
}

func (s spelling) coin(n int) bool { return s.chance != nil && s.chance.IntN(n) == 0 }

func (s spelling) space(b *strings.Builder) {
	for s.coin(3) {
		b.WriteByte(" \t\r\n"[s.chance.IntN(4)])
	}
}

func (s spelling) value(b *strings.Builder, v any) {
	switch v := v.(type) {
	case *object:
		s.object(b, v)
	case *array:
		b.WriteByte('[')
		for i, e := range v.items {
			s.item(b, i)
			s.value(b, e)
			s.space(b)
		}
		b.WriteByte(']')
	case string:
		s.text(b, v)
	case number:
		s.number(b, string(v))
	case raw:
		b.WriteString(`"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`).Replace(string(v)) + `"`)
	default:
		fmt.Fprint(b, map[any]string{nil: "null", true: "true", false: "false"}[v])
	}
}

func (s spelling) item(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
	s.space(b)
}

func (s spelling) object(b *strings.Builder, o *object) {
	order := make([]int, len(o.names))
	for i := range order {
		order[i] = i
	}
	if s.chance != nil {
		order = s.chance.Perm(len(o.names))
	}
	b.WriteByte('{')
	for i, at := range order {
		s.item(b, i)
		s.text(b, o.names[at])
		s.space(b)
		b.WriteByte(':')
		s.space(b)
		s.value(b, o.values[at])
		s.space(b)
	}
	b.WriteByte('}')
}

func (s spelling) text(b *strings.Builder, text string) {
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case s.coin(4) && r < 0x10000:
			fmt.Fprintf(b, []string{`\u%04x`, `\u%04X`}[s.chance.IntN(2)], r)
		case r >= 0x10000 && s.coin(4):
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04X`, hi, lo)
		case r == '/' && s.coin(2):
			b.WriteString(`\/`)
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n' && s.coin(2):
			b.WriteString(`\n`)
		case r < ' ':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// number writes a number in another way: with zeros behind the point, or an exponent.
func (s spelling) number(b *strings.Builder, n string) {
	b.WriteString(n)
	if strings.ContainsAny(n, "eE") || !s.coin(2) {
		return
	}
	if s.coin(2) {
		if !strings.Contains(n, ".") {
			b.WriteByte('.')
		}
		b.WriteString(strings.Repeat("0", 1+s.chance.IntN(3)))
	}
	if s.coin(2) {
		b.WriteString([]string{"e0", "E+0", "e-00"}[s.chance.IntN(3)])
	}
}

// place is one value in a tree and how to put another there.
type place struct {
	path string
	get  any
	set  func(any)
}

// places lists all values below v, v itself not among them.
func places(v any, path string) (out []place) {
	switch v := v.(type) {
	case *object:
		for i := range v.values {
			at := path + "." + v.names[i]
			out = append(out, place{at, v.values[i], func(x any) { v.values[i] = x }})
			out = append(out, places(v.values[i], at)...)
		}
	case *array:
		for i := range v.items {
			at := path + "." + strconv.Itoa(i)
			out = append(out, place{at, v.items[i], func(x any) { v.items[i] = x }})
			out = append(out, places(v.items[i], at)...)
		}
	}
	return out
}
