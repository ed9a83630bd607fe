package dialecttest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// recorded are the streams of conversations in the folder, and made-up ones in the
// dialect's own words.
func (s codecSuite) recorded(t *testing.T) map[string][]byte {
	all := map[string][]byte{}
	for _, x := range loadExchanges(t) {
		if x.op() == llm.OpChat && x.sections["stream"] != "" {
			all[x.name()] = streamOf(s.d, x.sections["stream"])
		}
	}
	for i := range uint64(6) {
		r := rand.New(rand.NewPCG(i, 3))
		stream, _ := FormatEvents(s.d, CodecCall(s.d.Name), RandomEvents(r, 1))
		all[fmt.Sprint("made up ", i)] = stream
	}
	return all
}

// ParseStream gives the events of a stream that comes in pieces. The events are the
// caller's.
func ParseStream(d *dialect.Dialect, c *dialect.Call, stream []byte, size int) (events []llm.Event) {
	p := d.Codec.NewStreamParser(c)
	take := func(e *dialect.Event) {
		if !e.Comment && !e.Partial {
			events = append(events, copied(p.Parse(nil, e.Name, e.Data))...)
		}
	}
	f := NewFramer(d)
	for piece := range slices.Chunk(stream, max(size, 1)) {
		piece = bytes.Clone(piece)
		f.Feed(piece, take)
		clear(piece) // a parser keeps no reference
	}
	f.Close(take)
	return append(events, copied(p.End(nil))...)
}

// copied gives events of their own: those of a parser are valid until its next call.
func copied(events []llm.Event) []llm.Event {
	out := make([]llm.Event, len(events))
	for i, e := range events {
		e.Text, e.Raw, e.StopText = bytes.Clone(e.Text), bytes.Clone(e.Raw), bytes.Clone(e.StopText)
		e.State, e.Cites = slices.Clone(e.State), slices.Clone(e.Cites)
		for n := range e.Cites {
			c := &e.Cites[n]
			c.URL, c.Title, c.Text, c.Raw = bytes.Clone(c.URL), bytes.Clone(c.Title), bytes.Clone(c.Text), bytes.Clone(c.Raw)
		}
		if e.Usage != nil {
			u := *e.Usage
			e.Usage = &u
		}
		if e.Media != nil {
			m := *e.Media
			m.Data, m.URL, m.FileID = bytes.Clone(m.Data), bytes.Clone(m.URL), bytes.Clone(m.FileID)
			e.Media = &m
		}
		out[i] = e
	}
	return out
}

// FormatEvents writes events for a caller. Each event is overwritten once it was
// written: a formatter keeps no reference to it. failed says that a Fail came.
func FormatEvents(d *dialect.Dialect, c *dialect.Call, events []llm.Event) (stream []byte, failed error) {
	f := d.Codec.NewStreamFormatter(c)
	for _, e := range copied(events) {
		if e.Kind == llm.Fail {
			failed = e.Err
		}
		stream = f.Format(stream, &e)
		for _, b := range []llm.Raw{e.Text, e.Raw, e.StopText} {
			for i := range b {
				b[i] = '#'
			}
		}
		clear(e.State)
		clear(e.Cites)
		if e.Usage != nil {
			*e.Usage = llm.Usage{}
		}
		e = llm.Event{}
	}
	return stream, failed
}

func (s codecSuite) streams(t *testing.T) {
	for name, stream := range s.recorded(t) {
		whole := SketchEvents(ParseStream(s.d, CodecCall(s.d.Name), stream, 1<<20))
		for _, size := range []int{1, 2, 7, 64} {
			if got := SketchEvents(ParseStream(s.d, CodecCall(s.d.Name), stream, size)); got != whole {
				t.Errorf("%s in pieces of %d:\n%s\nwhole:\n%s", name, size, got, whole)
			}
		}
		events := ParseStream(s.d, CodecCall(s.d.Name), stream, 1<<20)
		if why := eventGrammar(events); why != "" {
			t.Errorf("%s: %s:\n%s", name, why, whole)
		}
	}
}

// cuts: a stream that is cut anywhere fails, unless all that it says was said.
func (s codecSuite) cuts(t *testing.T) {
	for name, stream := range s.recorded(t) {
		whole := Gathered(ParseStream(s.d, CodecCall(s.d.Name), stream, 1<<20))
		step := max(1, len(stream)/1000)
		for n := 0; n < len(stream); n += step {
			events := ParseStream(s.d, CodecCall(s.d.Name), stream[:n], 1<<20)
			if why := eventGrammar(events); why != "" {
				t.Fatalf("%s cut after %d bytes: %s", name, n, why)
			}
			if last := events[len(events)-1]; last.Kind == llm.End && Gathered(events) != whole {
				t.Fatalf("%s cut after %d bytes has ended:\n%s\nwhole:\n%s", name, n, Gathered(events), whole)
			}
		}
	}
}

// grammar: what is written of recorded and of random streams, and of whole answers,
// passes the dialect's checker, and says the same when it is read again.
func (s codecSuite) grammar(t *testing.T) {
	for name, stream := range s.recorded(t) {
		events := ParseStream(s.d, CodecCall(s.d.Name), stream, 1<<20)
		out, failed := FormatEvents(s.d, CodecCall(s.d.Name), events)
		if failed != nil {
			continue
		}
		if err := CheckStream(s.d.Name, out); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	for i := range uint64(400) {
		r := rand.New(rand.NewPCG(i, 9))
		events := RandomEvents(r, 1+int(i%3)/2) // some with a second choice, which a dialect may leave out
		c := CodecCall(s.d.Name)
		out, _ := FormatEvents(s.d, c, events)
		if err := CheckStream(s.d.Name, out); err != nil {
			t.Fatalf("random stream %d: %v\n%s\n%s", i, err, SketchEvents(events), out)
		}
		back := ParseStream(s.d, c, out, 1<<20)
		if last := back[len(back)-1]; last.Kind != llm.End && !filtered(events) {
			t.Fatalf("random stream %d is not read to its end: %v\n%s", i, last.Err, out)
		}
		if got, want := spokenOf(back), spokenOf(events); got != want {
			t.Fatalf("random stream %d says %s, not %s\n%s", i, got, want, out)
		}
	}
}

// filtered reports whether an answer was held back or refused, which some dialects tell as
// a failure.
func filtered(events []llm.Event) bool {
	return slices.ContainsFunc(events, func(e llm.Event) bool {
		return e.Finish == llm.FinishFilter || e.Finish == llm.FinishRefusal || e.What == llm.Refusal
	})
}

// spokenOf gives the calls of a stream's first choice and how much text it has: every
// dialect has these, though a refusal may be a text there, and texts that were open at
// once may come in another order.
func spokenOf(events []llm.Event) string {
	text := 0
	calls := map[int]string{}
	for _, e := range events {
		switch {
		case e.Choice != 0:
		case e.Kind == llm.PartStart && e.What == llm.ToolCall:
			calls[e.Part] = e.CallName + " "
		case e.Kind == llm.Delta && e.What == llm.ToolCall:
			calls[e.Part] += plain(e.Text)
		case e.Kind == llm.Delta && (e.What == llm.Text || e.What == llm.Refusal):
			text += len(plain(e.Text))
		}
	}
	var all []string
	for _, call := range calls {
		all = append(all, compactly(call))
	}
	slices.Sort(all)
	return fmt.Sprintf("%d bytes of text; %s", text, strings.Join(all, "; "))
}
