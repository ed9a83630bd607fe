package dialecttest

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// RandomEvents makes up a stream that keeps the grammar of llm.EventKind: parts of every
// kind, several open at once, pieces of any size down to none, blobs early and late,
// calls without arguments, and an end of any sort. It may hold text that needs escapes.
func RandomEvents(r *rand.Rand, choices int) []llm.Event {
	g := generator{r: r}
	g.add(llm.Event{Kind: llm.Start, ID: g.maybe("vendor-1"), Model: g.maybe("vendor-model"), Tier: g.maybe("default"), Created: int64(g.r.IntN(2)) * 1700000000})
	for c := range choices {
		g.choice(c)
	}
	if r.IntN(4) > 0 {
		g.add(llm.Event{Kind: llm.UsageEvent, Usage: g.usage()})
	}
	g.add(llm.Event{Kind: llm.End})
	return g.events
}

type generator struct {
	r      *rand.Rand
	events []llm.Event
	usages int64
}

func (g *generator) add(e llm.Event) { g.events = append(g.events, e) }

func (g *generator) maybe(s string) string {
	if g.r.IntN(3) == 0 {
		return ""
	}
	return s
}

// openPart is a part that goes on; rest are the pieces that are to come.
type openPart struct {
	event llm.Event
	rest  []string
}

func (g *generator) choice(c int) {
	var open []openPart
	next, calls := 0, 0
	for steps := 2 + g.r.IntN(14); steps > 0 || len(open) > 0; steps-- {
		if steps > 0 && len(open) < 3 && g.r.IntN(3) == 0 {
			p := g.begin(c, next)
			if next++; p.event.What == llm.ToolCall {
				calls++
			}
			open = append(open, p)
			continue
		}
		if len(open) == 0 {
			continue
		}
		i := g.r.IntN(len(open))
		if p := &open[i]; len(p.rest) > 0 {
			g.delta(p)
			continue
		}
		g.finish(&open[i])
		open = append(open[:i], open[i+1:]...)
	}
	if g.r.IntN(5) == 0 { // what is known so far
		g.add(llm.Event{Kind: llm.UsageEvent, Usage: g.usage()})
	}
	g.add(g.finished(c, calls > 0))
}

func (g *generator) finished(c int, calls bool) llm.Event {
	e := llm.Event{Kind: llm.Finished, Choice: c, Finish: llm.FinishTools, Vendor: "tool_calls"}
	if !calls {
		all := [...]llm.Finish{llm.FinishStop, llm.FinishLength, llm.FinishFilter, llm.FinishRefusal, llm.FinishPause, llm.FinishContext, llm.FinishUnknown}
		e.Finish = all[g.r.IntN(len(all))]
		e.Vendor = "a_word"
		if e.Finish == llm.FinishStop && g.r.IntN(3) == 0 {
			e.StopText = llm.Raw(`"END"`)
		}
	}
	return e
}

// begin starts a part of some kind.
func (g *generator) begin(choice, n int) openPart {
	kinds := [...]llm.PartKind{llm.Text, llm.Text, llm.Thinking, llm.Thinking, llm.ToolCall, llm.ToolCall, llm.Refusal, llm.Image, llm.Vendor}
	e := llm.Event{Kind: llm.PartStart, Choice: choice, Part: n, What: kinds[g.r.IntN(len(kinds))]}
	p := openPart{event: e}
	switch e.What {
	case llm.Text, llm.Refusal:
		p.rest = g.pieces(words[g.r.IntN(len(words))])
	case llm.Thinking:
		if p.rest = g.pieces(words[g.r.IntN(len(words))]); len(p.rest) == 0 {
			e.State = g.state("redacted")
		}
	case llm.ToolCall:
		e.CallID, e.CallName = "call_"+strconv.Itoa(choice)+"_"+strconv.Itoa(n), "look"
		p.rest = g.pieces(objects[g.r.IntN(len(objects))])
		if g.r.IntN(3) == 0 {
			e.State = g.state("thought_signature")
		}
	case llm.Image:
		e.Media = &llm.Media{Type: "image/png", Data: []byte("iVBORw0KGgo=")}
	case llm.Vendor:
		e.Raw = llm.Raw(`{"type":"what_only_one_has","x":1}`)
	}
	g.add(e)
	return p
}

func (g *generator) delta(p *openPart) {
	e := p.event
	e.Kind, e.Text = llm.Delta, quoted(p.rest[0])
	if e.What == llm.Text && g.r.IntN(4) == 0 {
		e.Cites = []llm.Citation{{URL: llm.Raw(`"https://example.com/a?b=\"c\""`), Title: llm.Raw(`"t"`), Start: llm.Known(0), End: llm.Known(1)}}
	}
	if e.What == llm.Text && g.r.IntN(4) == 0 {
		e.Raw = llm.Raw("[{\"token\":\"a\",\n \"logprob\":-0.5,\"bytes\":[97],\"top_logprobs\":[]}]")
	}
	p.rest = p.rest[1:]
	g.add(e)
}

func (g *generator) finish(p *openPart) {
	e := p.event
	e.Kind = llm.PartEnd
	if e.What == llm.Thinking && g.r.IntN(2) == 0 {
		e.State = g.state("signature")
	}
	g.add(e)
}

func (g *generator) state(kind string) []llm.Opaque {
	return []llm.Opaque{{Dialect: "elsewhere", Provider: "p", Model: "m", Kind: kind, Value: "c2ln"}}
}

// usage grows, as vendors' do.
func (g *generator) usage() *llm.Usage {
	g.usages++
	u := &llm.Usage{InputTokens: llm.Known(20), OutputTokens: llm.Known(4 * g.usages)}
	if g.r.IntN(2) == 0 {
		u.CacheReadTokens, u.CacheWriteTokens = llm.Known(7), llm.Known(3)
	}
	if g.r.IntN(2) == 0 {
		u.ReasoningTokens = llm.Known(2)
	}
	return u
}

var words = [...]string{"", "so", "two\nlines", `"quoted" \ and <b> – 日本語 🙂`, "\u2028\u0000", "a longer text that comes in several pieces"}

var objects = [...]string{"", "{}", `{"a":1}`, "{\"text\": \"\\\"so\\\"\\n\",\n \"list\": [1.50, null]}", `{"deep":{"er":[{}]}}`}

// pieces cuts a text at random, between characters.
func (g *generator) pieces(text string) (all []string) {
	runes := []rune(text)
	for len(runes) > 0 {
		n := 1 + g.r.IntN(len(runes))
		all, runes = append(all, string(runes[:n])), runes[n:]
	}
	if g.r.IntN(4) == 0 {
		all = append([]string{""}, all...)
	}
	return all
}

func quoted(s string) llm.Raw {
	b, err := json.Marshal(s)
	if err != nil {
		return llm.Raw(`""`)
	}
	return b
}
