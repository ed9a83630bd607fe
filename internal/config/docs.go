package config

import (
	"bytes"
	_ "embed"
	"fmt"
	"reflect"
	"strings"

	"github.com/sluice-gateway/sluice/internal/expr"
)

//go:embed docs.md
var introduction string

// docsWidth is where comments of the reference break.
const docsWidth = 100

// Docs gives the reference of the document as Markdown: the rules, every key with its
// help and default as one commented document that loads as it stands, the variables,
// and what is not built yet. The same build always gives the same bytes.
func Docs() []byte {
	var b bytes.Buffer
	b.WriteString(introduction)
	b.WriteString("\n## Reference\n\nEvery key. What is not commented out shows its default; what is, shows an example.\n\n```yaml\n")
	b.Write(Reference())
	b.WriteString("```\n")
	writeNames(&b)
	writePrices(&b)
	writeVariables(&b)
	writeReserved(&b)
	return b.Bytes()
}

// Reference gives a document that holds every key, with comments.
func Reference() []byte {
	var b bytes.Buffer
	writeStruct(&b, reflect.TypeFor[Config](), "", "", true)
	return b.Bytes()
}

func writeStruct(b *bytes.Buffer, t reflect.Type, indent, path string, global bool) {
	for i, s := range specsOf(t) {
		if indent == "" && i > 0 {
			b.WriteByte('\n')
		}
		at := joinSchema(path, s.name)
		writeComment(b, indent, s.help+" "+s.facts(at, global))
		writeKey(b, &s, indent, at, global)
	}
}

// writeKey writes the key with its default, what is below it, or its example.
func writeKey(b *bytes.Buffer, s *spec, indent, path string, global bool) {
	elem, below := element(s.typ)
	nested := elem.Kind() == reflect.Struct && !isScalar(elem)
	switch {
	case nested && below == "" && s.typ.Kind() != reflect.Pointer:
		fmt.Fprintf(b, "%s%s:\n", indent, s.name)
		writeStruct(b, elem, indent+"  ", path, global)
	case nested && s.typ.Kind() == reflect.Map && !strings.HasPrefix(s.example, "{"):
		fmt.Fprintf(b, "%s%s:\n%s  %s:\n", indent, s.name, indent, s.example)
		writeStruct(b, elem, indent+"    ", path+below, false)
	case nested:
		fmt.Fprintf(b, "%s# %s: %s\n", indent, s.name, s.example)
		writeItem(b, elem, indent+"#   ", "", path+below, map[reflect.Type]bool{})
	case s.def != "":
		fmt.Fprintf(b, "%s%s: %s\n", indent, s.name, s.def)
	case s.example != "":
		fmt.Fprintf(b, "%s# %s: %s\n", indent, s.name, s.example)
	default:
		fmt.Fprintf(b, "%s# %s:\n", indent, s.name)
	}
}

// writeItem explains the keys of a list's item, those below them with their path. What is
// below a key is explained once, though several have it.
func writeItem(b *bytes.Buffer, t reflect.Type, indent, prefix, path string, told map[reflect.Type]bool) {
	for _, s := range specsOf(t) {
		name, at := prefix+s.name, joinSchema(path, s.name)
		fact := s.facts(at, false)
		if s.def != "" {
			fact = strings.TrimSuffix(fact, ")") + ", default " + s.def + ")"
		}
		writeComment(b, indent, name+": "+s.help+" "+fact)
		elem, below := element(s.typ)
		if elem.Kind() == reflect.Struct && !isScalar(elem) && s.as == "" && !told[elem] {
			told[elem] = true
			writeItem(b, elem, indent, name+below+".", at+below, told)
		}
	}
}

// facts gives what a reader must know beside the help: (duration, 1ms to 24h).
func (s *spec) facts(path string, global bool) string {
	facts := []string{s.typeName()}
	if s.enum != nil {
		facts = append(facts, "of "+orList(s.enum))
	}
	switch {
	case s.min != "" && s.max != "":
		facts = append(facts, s.min+" to "+s.max)
	case s.min != "":
		facts = append(facts, "at least "+s.min)
	case s.max != "":
		facts = append(facts, "at most "+s.max)
	}
	if s.required {
		facts = append(facts, "required")
	}
	if global && s.leaf() {
		facts = append(facts, strings.Join(s.envNames(path), " or "))
	}
	if s.since != firstRelease {
		facts = append(facts, "since "+s.since)
	}
	if len(facts) == 1 && facts[0] == "mapping" {
		return ""
	}
	return "(" + strings.Join(facts, ", ") + ")"
}

func writeComment(b *bytes.Buffer, indent, text string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > docsWidth {
			b.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

func writeNames(b *bytes.Buffer) {
	b.WriteString("\n## Names in conditions\n\n| name | | what |\n|---|---|---|\n")
	for _, v := range expr.Variables() {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", v.Name, v.Type, v.Help)
	}
}

func writePrices(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Kinds of price\n\n`%s`. Those of text, audio, images and the cache count tokens.\n", strings.Join(PriceKinds(), "` `"))
}

func writeVariables(b *bytes.Buffer) {
	b.WriteString("\n## Environment variables\n\n" +
		"Every key outside of a named mapping (providers, gateways) has one: `SLUICE_`, then its path in\n" +
		"capitals with `_` between. Lists are separated by commas; an empty variable counts as unset.\n\n" +
		"| variable | sets |\n|---|---|\n")
	for _, v := range [][2]string{
		{EnvConfig, "the document (`--config`)"},
		{EnvData, "the data directory (`--data`)"},
		{EnvKey, fmt.Sprintf("the first gateway key of a fresh store, %d characters or more", minBootstrap)},
		{EnvAdminToken, fmt.Sprintf("the admin token of a fresh store, %d characters or more", minBootstrap)},
		{EnvMasterKey, "the key under which secrets in the store are sealed: 32 bytes in base64 or hexadecimal; while it is being replaced, the new one and after a comma the one before. Without it, `master.key` in the data directory is made and used"},
		{EnvSecretDirs, "directories, separated by commas, to whose files a document in the store may refer as `file:PATH`, beside the data directory; `" + defaultSecretDirs + "` unless given. A document in a file may refer to any"},
	} {
		fmt.Fprintf(b, "| `%s` | %s |\n", v[0], v[1])
	}
	for _, f := range Fields() {
		if len(f.Env) > 0 {
			fmt.Fprintf(b, "| `%s` | `%s` |\n", strings.Join(f.Env, "` or `"), f.Path)
		}
	}
}

func writeReserved(b *bytes.Buffer) {
	b.WriteString("\n## Not built in this version\n\nThese keys and values are refused, so that no policy is taken for kept that is not.\n\n| key | what |\n|---|---|\n")
	for _, r := range ReservedKeys() {
		fmt.Fprintf(b, "| `%s` | %s |\n", r.Path, r.What)
	}
	for _, f := range Fields() {
		if len(f.Later) > 0 {
			fmt.Fprintf(b, "| `%s` | the values %s |\n", f.Path, strings.ReplaceAll(orList(f.Later), " or ", " and "))
		}
	}
}
