package anthropic_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestAnyMixtureOfPartsComesOutInOrder gives the formatter parts whose pieces are mixed
// up at random, and puts the stream together again.
func TestAnyMixtureOfPartsComesOutInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		events, want := mixture(r)
		out := formatAll(events)
		o, err := gathered(out)
		if err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		if got := told(o); got != want {
			t.Fatalf("\n got %s\nwant %s of\n%s", got, want, out)
		}
	}
}

// mixture makes some calls and texts. Calls say what they say in their order; of the
// texts it counts what they say together.
func mixture(r *rand.Rand) (events []llm.Event, want string) {
	var calls []string
	var rows [][]llm.Event
	letters := 0
	for n := range 1 + r.IntN(5) {
		if r.IntN(3) == 0 {
			k := r.IntN(4)
			letters += k
			rows = append(rows, pieces(r, n, llm.Text, strings.Repeat("x", k)))
			continue
		}
		arguments := []string{``, `{}`, `{"a":"}\\\"{[","b":[1,{}]}`, `{"k":"é\n"}`}[r.IntN(4)]
		rows = append(rows, pieces(r, n, llm.ToolCall, arguments))
		if arguments == "" {
			arguments = "{}"
		}
		calls = append(calls, strconv.Itoa(n)+"="+render(object(mustDecode(arguments))))
	}
	events = append(events, llm.Event{Kind: llm.Start})
	events = append(events, shuffled(r, rows)...)
	events = append(events, llm.Event{Kind: llm.Finished, Finish: llm.FinishStop}, llm.Event{Kind: llm.End})
	return events, strings.Join(calls, " ") + " " + strconv.Itoa(letters)
}

func mustDecode(text string) object {
	var o object
	if err := decode(text, &o); err != nil {
		panic(err)
	}
	return o
}

// pieces cuts what a part says.
func pieces(r *rand.Rand, n int, what llm.PartKind, said string) []llm.Event {
	row := []llm.Event{{Kind: llm.PartStart, Part: n, What: what, CallID: "c" + strconv.Itoa(n), CallName: "f"}}
	for runes := []rune(said); len(runes) > 0; {
		k := 1 + r.IntN(len(runes))
		row = append(row, llm.Event{Kind: llm.Delta, Part: n, What: what, Text: llm.Raw(render(string(runes[:k])))})
		runes = runes[k:]
	}
	return append(row, llm.Event{Kind: llm.PartEnd, Part: n, What: what})
}

// shuffled mixes rows, each in its own order; their beginnings stand in order.
func shuffled(r *rand.Rand, rows [][]llm.Event) (all []llm.Event) {
	begun := 0
	for {
		open := slices.DeleteFunc(slices.Collect(seq(min(begun+1, len(rows)))), func(i int) bool { return len(rows[i]) == 0 })
		if len(open) == 0 {
			return all
		}
		i := open[r.IntN(len(open))]
		if i == begun {
			begun++
		}
		all, rows[i] = append(all, rows[i][0]), rows[i][1:]
	}
}

func seq(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// told tells the calls of a message in order, and how much its texts say.
func told(o object) string {
	var calls []string
	letters := 0
	list, _ := o["content"].([]any)
	for _, v := range list {
		b := object(v.(map[string]any))
		letters += len(b.text("text"))
		if id := b.text("id"); id != "" {
			calls = append(calls, fmt.Sprint(strings.TrimPrefix(id, "c"), "=", render(b["input"])))
		}
	}
	return strings.Join(calls, " ") + " " + strconv.Itoa(letters)
}
