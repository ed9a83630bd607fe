package dialecttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// plain decodes a JSON string.
func plain(raw llm.Raw) string {
	s, _ := jsonscan.String(raw)
	return s
}

// compactly gives a call, its name and its arguments, with the latter in one form.
func compactly(call string) string {
	name, arguments, _ := strings.Cut(call, " ")
	var b bytes.Buffer
	if json.Compact(&b, []byte(arguments)) != nil || b.Len() == 0 {
		return name + " {" + strings.Trim(arguments, "{} ") + "}"
	}
	return name + " " + b.String()
}

// Sketch writes down what an answer says, for comparing: not the ids and times that are
// made anew, nor how reasoning and text are cut into parts.
func Sketch(a *llm.Answer) string {
	var b strings.Builder
	for i := range a.Choices {
		c := a.Choices[i]
		if c.Finish == llm.FinishStop && slices.ContainsFunc(c.Parts, func(p llm.Part) bool { return p.Kind == llm.ToolCall }) {
			c.Finish = llm.FinishTools // as dialects that have a word for it say
		}
		fmt.Fprintf(&b, "choice %d finish %s stop %s logprobs %t\n", i, c.Finish, c.StopText, c.Logprobs != nil)
		for n := range c.Parts {
			sketchPart(&b, &c.Parts[n])
		}
	}
	fmt.Fprintf(&b, "usage %d %d %d %d %d\n", a.Usage.InputTokens.N, a.Usage.OutputTokens.N, a.Usage.CacheReadTokens.N, a.Usage.CacheWriteTokens.N, a.Usage.ReasoningTokens.N)
	return b.String()
}

func sketchPart(b *strings.Builder, p *llm.Part) {
	fmt.Fprintf(b, " %d %q", p.Kind, plain(p.Text))
	if p.Call != nil {
		fmt.Fprintf(b, " %s", compactly(p.Call.Name+" "+string(dialect.ArgumentsObject(p.Call))))
	}
	if p.Media != nil {
		fmt.Fprintf(b, " %s", p.Media.Data)
	}
	for i := range p.Cites {
		fmt.Fprintf(b, " (%s %s)", plain(p.Cites[i].URL), plain(p.Cites[i].Title))
	}
	fmt.Fprintf(b, " state %d\n", len(p.State))
}

// SketchEvents writes down events, one a line.
func SketchEvents(events []llm.Event) string {
	var b strings.Builder
	for i := range events {
		e := &events[i]
		fmt.Fprintf(&b, "%s %d/%d", [...]string{"", "start", "part", "delta", "end of part", "finished", "usage", "fail", "end"}[e.Kind], e.Choice, e.Part)
		if e.Kind >= llm.PartStart && e.Kind <= llm.PartEnd {
			fmt.Fprintf(&b, " kind %d", e.What)
		}
		fmt.Fprintf(&b, " %s %s%s %s %s%s %s", e.Text, e.CallID, e.CallName, e.Raw, e.Finish, e.Vendor, e.StopText)
		for _, o := range e.State {
			fmt.Fprintf(&b, " state %s %s", o.Kind, o.Value)
		}
		for _, c := range e.Cites {
			fmt.Fprintf(&b, " cite %s", c.URL)
		}
		if e.Usage != nil {
			fmt.Fprintf(&b, " %d/%d", e.Usage.InputTokens.N, e.Usage.OutputTokens.N)
		}
		if e.Err != nil {
			fmt.Fprintf(&b, " %v", e.Err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Gathered writes down what events say in all, whatever the pieces they came in.
func Gathered(events []llm.Event) string {
	type key struct{ choice, part int }
	texts := map[key]string{}
	var order []key
	var tail strings.Builder
	for i := range events {
		e := &events[i]
		k := key{e.Choice, e.Part}
		switch e.Kind {
		case llm.PartStart:
			order = append(order, k)
			texts[k] = fmt.Sprintf("%d %s %s: ", e.What, e.CallID, e.CallName)
		case llm.Delta:
			texts[k] += plain(e.Text)
		case llm.Finished:
			fmt.Fprintf(&tail, "finished %d %s\n", e.Choice, e.Finish)
		}
	}
	var b strings.Builder
	for _, k := range order {
		fmt.Fprintf(&b, "%v %s\n", k, texts[k])
	}
	return b.String() + tail.String()
}

// eventGrammar says how events break the grammar of llm.EventKind, "" = not at all.
func eventGrammar(events []llm.Event) string {
	type key struct{ choice, part int }
	open, next, finished := map[key]llm.PartKind{}, map[int]int{}, map[int]bool{}
	for i := range events {
		e := &events[i]
		k := key{e.Choice, e.Part}
		last := i == len(events)-1
		switch e.Kind {
		case llm.Start:
			if i != 0 {
				return "a second start"
			}
		case llm.PartStart:
			if e.Part != next[e.Choice] || finished[e.Choice] {
				return fmt.Sprintf("event %d: parts are numbered as they begin, before the finish", i)
			}
			next[e.Choice]++
			open[k] = e.What
		case llm.Delta, llm.PartEnd:
			if open[k] != e.What || e.What == 0 {
				return fmt.Sprintf("event %d: no such part is open", i)
			}
			if e.Kind == llm.PartEnd {
				delete(open, k)
			}
		case llm.Finished:
			for other := range open {
				if other.choice == e.Choice {
					return fmt.Sprintf("event %d: a part is open at the finish", i)
				}
			}
			if finished[e.Choice] {
				return fmt.Sprintf("event %d: a second finish", i)
			}
			finished[e.Choice] = true
		case llm.End:
			if !last || len(open) > 0 {
				return fmt.Sprintf("event %d: the end is not the last", i)
			}
		case llm.Fail:
			if !last || e.Err == nil {
				return fmt.Sprintf("event %d: a failure is the last word, with an error", i)
			}
		}
	}
	if n := len(events); n == 0 || events[n-1].Kind != llm.End && events[n-1].Kind != llm.Fail {
		return "there is no end"
	}
	return ""
}
