// Package ledger is the page of what translation keeps: every field of every dialect
// against every target, put together from what each dialect says of itself.
package ledger

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Fate says what becomes of a field of a caller's request for a target of another dialect.
func Fate(f *dialect.Field, target *dialect.Dialect) dialect.Carry {
	return fate(f, target.Carries)
}

// AnswerFate says the same of a field of a vendor's answer for a caller of another dialect.
func AnswerFate(f *dialect.Field, caller *dialect.Dialect) dialect.Carry {
	return fate(f, caller.AnswerCarries)
}

func fate(f *dialect.Field, carries map[llm.Feature]dialect.Carry) dialect.Carry {
	switch {
	case f.Frame:
		return dialect.Carry{Fate: dialect.Kept}
	case f.Refuse:
		return dialect.Carry{Fate: dialect.Refused}
	case f.Feature == 0:
		return dialect.Carry{}
	}
	return carries[f.Feature]
}

// Page writes the page for dialects, in their order; forms are those of vendors that
// have operations beside conversation in words of their own.
func Page(dialects, forms []*dialect.Dialect) []byte {
	var all []*dialect.Dialect
	for _, d := range dialects {
		if d.Codec != nil {
			all = append(all, d)
		}
	}
	var b bytes.Buffer
	b.WriteString(intro)
	b.WriteString("\n## Requests\n")
	for _, d := range all {
		fmt.Fprintf(&b, "\n### A caller who speaks `%s`\n\n", d.Name)
		table(&b, d, all, d.Fields, Fate)
	}
	b.WriteString("\n## How each dialect expresses what others ask for\n\nWhat is not listed is dropped.\n")
	for _, d := range all {
		fmt.Fprintf(&b, "\n### A target that speaks `%s`\n\n| asked for | becomes | how |\n|---|---|---|\n", d.Name)
		hows(&b, llm.RequestFeatures(), d.Carries)
	}
	b.WriteString("\n## Answers\n\nWhat a caller's dialect has no place for is left out of the answer: parts (images, sound, what the vendor's own tools wrote), sources, log\nprobabilities and further alternatives are then named in the entry's `dropped_params`, as the vendor writes them: `answer: content[].type`.\nThe header `sluice-dropped-params` names them, too, of a stream those that came before its first words. The entry's `usage`, `finish_reason` and cost are those\nof the vendor's answer all the same.\n")
	for _, d := range all {
		fmt.Fprintf(&b, "\n### A vendor that speaks `%s`\n\n", d.Name)
		table(&b, d, all, d.AnswerFields, AnswerFate)
	}
	b.WriteString("\n## How each dialect tells what others answer\n")
	for _, d := range all {
		fmt.Fprintf(&b, "\n### A caller who speaks `%s`\n\n| answered | becomes | how |\n|---|---|---|\n", d.Name)
		hows(&b, llm.AnswerFeatures(), d.AnswerCarries)
	}
	writeOperations(&b, dialects, slices.Concat(dialects, forms))
	return b.Bytes()
}

const intro = `# What translation keeps

A call whose provider speaks its caller's dialect is forwarded byte for byte: nothing on this page concerns it. Between two dialects
each field has one of four fates:

* **kept**: it says the same there;
* **mapped**: it is expressed by other means; the tables of targets say by which, and what is not the same;
* **dropped**: the target gets nothing of it. The field is named in the answer's ` + "`sluice-dropped-params`" + ` header and in the entry's
  ` + "`dropped_params`" + `; with ` + "`unsupported: error`" + ` on the gateway the call is refused instead;
* **refused**: leaving it out would change what is asked, so the call is a 400 that names it.

What a dialect can express, a certain model may still not take (a temperature on a model that reasons, say): that is dropped for this
model and named in the same way. What every message has (the model, roles, types, containers) is translated by its place and not listed.
Any other member that is not on this page is unknown to Sluice: it is dropped and named, too.
This page is written by ` + "`sluice docs fidelity`" + ` from the tables that the code itself works with, and tests hold each row to what happens.
`

// table writes one row a field, one column a counterpart.
func table(b *bytes.Buffer, own *dialect.Dialect, all []*dialect.Dialect, fields []dialect.Field, fate func(*dialect.Field, *dialect.Dialect) dialect.Carry) {
	b.WriteString("| field |")
	for _, d := range all {
		if d != own {
			fmt.Fprintf(b, " %s |", d.Name)
		}
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(all)-1) + "\n")
	for i := range fields {
		f := &fields[i]
		if f.Frame {
			continue
		}
		fmt.Fprintf(b, "| `%s`%s |", cell(f.Path), note(f.Note))
		for _, d := range all {
			if d != own {
				fmt.Fprintf(b, " %s |", fate(f, d).Fate)
			}
		}
		b.WriteByte('\n')
	}
}

func note(s string) string {
	if s == "" {
		return ""
	}
	return ": " + cell(s)
}

// cell keeps a text from ending its cell.
func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", "\\|"), "\n", " ") }

func hows(b *bytes.Buffer, features []llm.Feature, carries map[llm.Feature]dialect.Carry) {
	for _, f := range features {
		if c, ok := carries[f]; ok {
			fmt.Fprintf(b, "| %s | %s | %s |\n", f, c.Fate, cell(c.How))
		}
	}
}
