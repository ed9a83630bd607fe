package ledger

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// OpFate says what becomes of a field of a caller's request for a target's form of an
// operation beside conversation.
func OpFate(f *dialect.OpField, target *dialect.Op) dialect.Carry {
	switch {
	case f.Frame:
		return dialect.Carry{Fate: dialect.Kept}
	case f.Param == "":
		return dialect.Carry{}
	}
	return target.Carries[f.Param]
}

// operations are those with tables, in the page's order.
var operations = []struct {
	op    llm.Operation
	title string
}{
	{llm.OpEmbeddings, "Embeddings"}, {llm.OpRerank, "Reranking"}, {llm.OpModerations, "Moderation"},
	{llm.OpImages, "Images"}, {llm.OpSpeech, "Speech"}, {llm.OpTranscription, "Transcription"},
}

const opsIntro = `
## Operations beside conversation

Targets are dialects, and the forms of vendors that share a dialect's paths but not its words, or have paths of their own. A body in the
words of such a vendor is forwarded as it is; any other is written anew. Tokens are counted by the vendor where it has an endpoint for
that, with what the dialects' tables above say of conversations; settings that change no count are left out. Where it has none the answer
is an estimate, and says so: ` + "`sluice-estimated: tokens`" + ` and a member ` + "`estimated: true`" + `.
`

// writeOperations writes the tables of operations. targets are dialects and forms.
func writeOperations(b *bytes.Buffer, callers, targets []*dialect.Dialect) {
	b.WriteString(opsIntro)
	for _, o := range operations {
		fmt.Fprintf(b, "\n### %s\n", o.title)
		takes := having(targets, func(d *dialect.Dialect) bool { return d.Ops[o.op] != nil && d.Ops[o.op].Format != nil })
		for _, d := range having(callers, func(d *dialect.Dialect) bool { return d.Ops[o.op] != nil && len(d.Ops[o.op].Fields) > 0 }) {
			opTable(b, o.op, d, having(takes, func(t *dialect.Dialect) bool { return t != d }))
		}
		b.WriteString("\n| target | asked for | becomes | how |\n|---|---|---|---|\n")
		for _, t := range takes {
			carries := t.Ops[o.op].Carries
			for _, p := range slices.Sorted(maps.Keys(carries)) {
				fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", t.Name, p, carries[p].Fate, cell(carries[p].How))
			}
		}
	}
}

func having(list []*dialect.Dialect, is func(*dialect.Dialect) bool) (out []*dialect.Dialect) {
	for _, d := range list {
		if is(d) {
			out = append(out, d)
		}
	}
	return out
}

// opTable writes one row a field, one column a target.
func opTable(b *bytes.Buffer, op llm.Operation, caller *dialect.Dialect, targets []*dialect.Dialect) {
	if len(targets) == 0 {
		return
	}
	fmt.Fprintf(b, "\n#### A caller who speaks `%s`\n\n| field |", caller.Name)
	for _, t := range targets {
		fmt.Fprintf(b, " %s |", t.Name)
	}
	b.WriteString("\n|---|")
	for range targets {
		b.WriteString("---|")
	}
	b.WriteByte('\n')
	for i := range caller.Ops[op].Fields {
		f := &caller.Ops[op].Fields[i]
		if f.Frame {
			continue
		}
		fmt.Fprintf(b, "| `%s` |", cell(f.Path))
		for _, t := range targets {
			fmt.Fprintf(b, " %s |", OpFate(f, t.Ops[op]).Fate)
		}
		b.WriteByte('\n')
	}
}
