package dialect_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// got is an event that holds something, as it stands after the callback.
type got struct{ Name, Data string }

// frame feeds pieces and gives the events, the raw bytes, and the events that were
// given before the end.
func frame(f dialect.Framer, pieces ...[]byte) (events []got, raw []byte, early int) {
	take := func(e *dialect.Event) {
		raw = append(raw, e.Raw...)
		if !e.Comment && !e.Partial {
			events = append(events, got{string(e.Name), string(e.Data)})
		}
	}
	for _, p := range pieces {
		p = slices.Clone(p) // so that a kept reference shows
		f.Feed(p, take)
		clear(p)
	}
	early = len(events)
	f.Close(take)
	return events, raw, early
}

func bytewise(s []byte) (pieces [][]byte) {
	for i := range s {
		pieces = append(pieces, s[i:i+1])
	}
	return pieces
}

func TestServerSentEventsFollowTheGrammar(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []got
		early    int // how many come before the end
	}{
		{"LF", "data: a\n\ndata: b\n\n", []got{{"", "a"}, {"", "b"}}, 2},
		{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []got{{"", "a"}, {"", "b"}}, 2},
		{"CR", "data: a\r\rdata: b\r\r", []got{{"", "a"}, {"", "b"}}, 2},
		{"mixed", "event: x\rdata: a\r\n\ndata: b\n\r\n", []got{{"x", "a"}, {"", "b"}}, 2},
		{"without a space", "event:x\ndata:a\n\n", []got{{"x", "a"}}, 1},
		{"two spaces", "data:  a\n\n", []got{{"", " a"}}, 1},
		{"several data lines", "data: a\ndata: b\ndata:\ndata\n\n", []got{{"", "a\nb\n\n"}}, 1},
		{"empty data", "data:\n\n", []got{{"", ""}}, 1},
		{"comments", ": PROCESSING\n\n: x\ndata: a\n: y\n\n:z\n", []got{{"", "a"}}, 1},
		{"name alone", "event: ping\n\n", nil, 0},
		{"other fields", "id: 1\nretry: 5\ndatax: q\ndata: a\n\n", []got{{"", "a"}}, 1},
		{"BOM", "\xEF\xBB\xBFdata: a\n\n", []got{{"", "a"}}, 1},
		{"blank lines", "\n\n\r\ndata: a\n\n\n\n", []got{{"", "a"}}, 1},
		{"no blank line at the end", "data: a\n\ndata: b\n", []got{{"", "a"}, {"", "b"}}, 1},
		{"no line end at the end", "data: a\n\ndata: b", []got{{"", "a"}, {"", "b"}}, 1},
		{"CR inside a JSON line", "data: {\"a\":\rdata: 1}\n\n", []got{{"", "{\"a\":\n1}"}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pieces := range [][][]byte{{[]byte(tt.in)}, bytewise([]byte(tt.in))} {
				events, raw, early := frame(dialect.NewSSE(nil), pieces...)
				if !reflect.DeepEqual(events, tt.want) || early != tt.early {
					t.Errorf("%d pieces: %q (%d early), want %q (%d)", len(pieces), events, early, tt.want, tt.early)
				}
				if string(raw) != tt.in {
					t.Errorf("%d pieces: raw %q, want %q", len(pieces), raw, tt.in)
				}
			}
		})
	}
}

func TestCommentsAreGivenWhenTheirLineEnds(t *testing.T) {
	var raw []byte
	f := dialect.NewSSE(nil)
	f.Feed([]byte(": keep-alive\n"), func(e *dialect.Event) { raw = append(raw, e.Raw...) })
	if string(raw) != ": keep-alive\n" {
		t.Errorf("given so far: %q", raw)
	}
}

func TestAWholeEventIsNotCopied(t *testing.T) {
	p := []byte("data: a\n\ndata: b\n\n")
	f := dialect.NewSSE(nil)
	n := 0
	f.Feed(p, func(e *dialect.Event) {
		if &e.Raw[0] != &p[n] || &e.Data[0] != &p[n+6] {
			t.Errorf("event at %d was copied", n)
		}
		n += len(e.Raw)
	})
	if got := testing.AllocsPerRun(100, func() { f.Feed(p, func(*dialect.Event) {}) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestJSONLinesAreEvents(t *testing.T) {
	in := []byte("{\"a\":1}\r\n\n  {\"b\":2}\n{\"c\":3}")
	for _, pieces := range [][][]byte{{in}, bytewise(in)} {
		events, raw, early := frame(dialect.NewJSONLines(nil), pieces...)
		want := []got{{"", `{"a":1}`}, {"", `{"b":2}`}, {"", `{"c":3}`}}
		if !reflect.DeepEqual(events, want) || early != 2 || !bytes.Equal(raw, in) {
			t.Errorf("%q (%d early), raw %q", events, early, raw)
		}
	}
}

func TestElementsOfAnArrayAreEvents(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []got
	}{
		{"objects", "[{\"a\":\"]}\\\"\"}\n,\r\n{\"b\":[{}]}]\n", []got{{"", `{"a":"]}\""}`}, {"", `{"b":[{}]}`}}},
		{"scalars", `[1, "x,]" ,null,[2,[3]]]`, []got{{"", "1"}, {"", `"x,]"`}, {"", "null"}, {"", "[2,[3]]"}}},
		{"no array", "{\"error\":{}}\n", []got{{"", `{"error":{}}`}}},
		{"empty", "[]", nil},
		{"cut", `[{"a":1},{"b":`, []got{{"", `{"a":1}`}, {"", `{"b":`}}},
		{"unbalanced", `[{"a":1}}]`, []got{{"", `{"a":1}`}, {"", "}"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pieces := range [][][]byte{{[]byte(tt.in)}, bytewise([]byte(tt.in))} {
				events, raw, _ := frame(dialect.NewJSONArray(nil), pieces...)
				if !reflect.DeepEqual(events, tt.want) || string(raw) != tt.in {
					t.Errorf("%d pieces: %q, raw %q", len(pieces), events, raw)
				}
			}
		})
	}
}

// giant is an event of n bytes with a usage at its end.
func giant(n int) string {
	return `{"id":"x","b64":"` + strings.Repeat("A", n) + `","usage":{"n":7}}`
}

func TestAnEventTooLargeToHoldIsPassedOnAndDigested(t *testing.T) {
	element := giant(600 << 10)
	for _, tt := range []struct {
		name, in string
		make     func([]string) dialect.Framer
		event    string
	}{
		{"SSE", "data: a\n\nevent: big\r\ndata: " + element + "\r\n\r\ndata: b\n\n", dialect.NewSSE, "big"},
		{"SSE in several lines", "data: a\n\nevent:big\ndata:{\"id\":\"x\"\nid: 3\ndata:,\"z\":\"" + strings.Repeat("z", 300<<10) + "\",\ndata: \"usage\":{\"n\":7}}\n\ndata: b\n\n", dialect.NewSSE, "big"},
		{"lines", "a\n" + element + "\nb\n", dialect.NewJSONLines, ""},
		{"array", `["a",` + element + `,"b"]`, dialect.NewJSONArray, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 7, 4 << 10, 32 << 10, 257 << 10} {
				var events []got
				var raw []byte
				pieces, largest := 0, 0
				f := tt.make([]string{"usage", "id"})
				take := func(e *dialect.Event) {
					raw = append(raw, e.Raw...)
					largest = max(largest, len(e.Raw))
					if e.Partial {
						pieces++
					} else if !e.Comment {
						events = append(events, got{string(e.Name), string(e.Data)})
					}
				}
				for p := []byte(tt.in); len(p) > 0; p = p[min(size, len(p)):] {
					f.Feed(p[:min(size, len(p))], take)
				}
				f.Close(take)
				if string(raw) != tt.in {
					t.Fatalf("in pieces of %d: %d bytes came out of %d", size, len(raw), len(tt.in))
				}
				want := got{tt.event, `{"id":"x","usage":{"n":7}}`}
				if len(events) != 3 || events[1] != want || pieces == 0 || largest > 258<<10 {
					t.Errorf("in pieces of %d: %d events, %d partial, largest %d, second %.80q", size, len(events), pieces, largest, events[1])
				}
			}
		})
	}
}

func TestEverySplitGivesTheSameEvents(t *testing.T) {
	makers := map[string]func([]string) dialect.Framer{"sse": dialect.NewSSE, "lines": dialect.NewJSONLines, "array": dialect.NewJSONArray}
	words := []string{"data: {\"a\":1}", "data:", ":", "event: x", "\n", "\r", "\r\n", "\n\n", "[", "]", ",", "{\"b\":\"\\\"]\"}", "\xEF\xBB\xBF", " "}
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		var in []byte
		for range r.IntN(12) {
			in = append(in, words[r.IntN(len(words))]...)
		}
		for name, make := range makers {
			whole, _, _ := frame(make(nil), in)
			a, b := r.IntN(len(in)+1), r.IntN(len(in)+1)
			a, b = min(a, b), max(a, b)
			for _, pieces := range [][][]byte{{in[:a], in[a:b], in[b:]}, bytewise(in)} {
				events, raw, _ := frame(make(nil), pieces...)
				if !bytes.Equal(raw, in) || !reflect.DeepEqual(events, whole) {
					t.Fatalf("%s %q cut at %d, %d: %q, want %q; raw %q", name, in, a, b, events, whole, raw)
				}
			}
		}
	}
}

func FuzzFraming(f *testing.F) {
	f.Add([]byte("event: x\r\ndata: a\r\n\r\n: c\n\ndata: b"), uint16(9))
	f.Add([]byte("[{\"a\":\"\\\"\"},\n1]"), uint16(5))
	f.Fuzz(func(t *testing.T, in []byte, cut uint16) {
		for i, make := range []func([]string) dialect.Framer{dialect.NewSSE, dialect.NewJSONLines, dialect.NewJSONArray} {
			at := int(cut) % (len(in) + 1)
			whole, raw, _ := frame(make(nil), in)
			events, rawCut, _ := frame(make(nil), in[:at], in[at:])
			if !bytes.Equal(raw, in) || !bytes.Equal(rawCut, in) || !reflect.DeepEqual(events, whole) {
				t.Fatalf("framing %d of %q cut at %d: %q, want %q", i, in, at, events, whole)
			}
		}
	})
}

// chatStream is a usual stream of 67 events.
func chatStream() []byte {
	var b bytes.Buffer
	for i := range 65 {
		fmt.Fprintf(&b, `data: {"id":"chatcmpl-B1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-x","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" word%d"},"logprobs":null,"finish_reason":null}],"usage":null}`+"\n\n", i)
	}
	b.WriteString(`data: {"id":"chatcmpl-B1","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":65,"total_tokens":75}}` + "\n\ndata: [DONE]\n\n")
	return b.Bytes()
}

func BenchmarkSSE(b *testing.B) {
	stream := chatStream()
	var pieces [][]byte
	for e := range bytes.SplitAfterSeq(stream, []byte("\n\n")) {
		pieces = append(pieces, e)
	}
	for name, pieces := range map[string][][]byte{"one read": {stream}, "read per event": pieces, "reads that cut events": slices.Collect(slices.Chunk(stream, 400))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(stream)))
			n := 0
			take := func(e *dialect.Event) { n += len(e.Data) }
			for b.Loop() {
				f := dialect.NewSSE(nil)
				for _, p := range pieces {
					f.Feed(p, take)
				}
				f.Close(func(*dialect.Event) {})
			}
		})
	}
}
