package pains_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// marks are what the pieces of something large end with, and who waits for them.
type marks struct {
	mu   sync.Mutex
	seen int
	news chan struct{}
}

func mark(i int) string { return fmt.Sprintf("#%04d#", i) }

// look notes how far what has come reaches.
func (m *marks) look(news string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for strings.Contains(news, mark(m.seen)) {
		m.seen++
		select {
		case m.news <- struct{}{}:
		default:
		}
	}
}

// await waits until mark i was seen.
func (m *marks) await(i int) bool {
	end := time.After(time.Minute)
	for {
		m.mu.Lock()
		there := m.seen > i
		m.mu.Unlock()
		if there {
			return true
		}
		select {
		case <-m.news:
		case <-end:
			return false
		}
	}
}

// Field pains B 7, B 8; wire pitfalls 33, 42: a call whose arguments are a megabyte comes
// as it is spoken. The vendor goes on only when the caller has what it said.
func TestHugeArgumentsAreNotHeldBack(t *testing.T) {
	t.Parallel()
	const pieces, size = 32, 32 << 10
	s := start(t)
	n := 0
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		if v.dialect == "gemini" || c.name == "gemini" {
			return // on both of Gemini's sides a call comes whole, in one part
		}
		if n++; n%2 == 0 && testing.Short() || n%thin != 0 {
			return
		}
		var args strings.Builder
		args.WriteString(`{"city":"`)
		for i := range pieces {
			args.WriteString(strings.Repeat("x", size-6) + mark(i))
		}
		args.WriteString(`"}`)
		huge := &said{blocks: []block{{kind: words, text: "I write."}, {kind: calling, id: "call00009", name: "get_weather", args: args.String()}}, usage: counts{input: 5, output: 5}}
		m, awaited := &marks{news: make(chan struct{}, 1)}, 0
		s.up.Script(func(call *testup.Call) {
			v.send(call, nil)
			for _, e := range inPieces(v, huge, size) {
				call.More(e)
				if i := strings.Index(e, "#"); i >= 0 && len(e) < 2*size {
					var n int
					awaited++
					if _, err := fmt.Sscanf(e[i:], "#%04d#", &n); err == nil && !m.await(n) {
						t.Errorf("piece %d is held back", n)
						return
					}
				}
			}
		})
		q := ask(v.asked(), "go")
		q.tools = []tool{cityTool}
		r := s.watch(t, c, q, m.look)
		if r.said == nil || len(r.said.problems) > 0 || r.said.failure != "" {
			t.Fatalf("status %d, %.2000v", r.StatusCode, r.said)
		}
		if calls := r.said.calls(); len(calls) != 1 || canonical(calls[0].args) != canonical(args.String()) {
			t.Error("the arguments are not what was said")
		}
		if awaited < pieces {
			t.Errorf("only %d pieces were waited for", awaited)
		}
	})
}

// inPieces gives a stream whose call comes in pieces of a size.
func inPieces(v *vendor, s *said, size int) (out []string) {
	small := *s
	small.blocks = append([]block(nil), s.blocks...)
	last := &small.blocks[len(small.blocks)-1]
	whole := last.args
	last.args = "@"
	all := v.events(v, &small)
	var deltas []string
	for rest := whole; rest != ""; {
		n := min(size, len(rest))
		if i := strings.Index(rest, "#"); i >= 0 && strings.Count(rest, "#") > 1 {
			n = i + 6
		}
		deltas = append(deltas, rest[:n])
		rest = rest[n:]
	}
	for _, e := range all {
		switch {
		case v.dialect == "converse" && strings.Contains(e, `"@"`):
			for _, d := range deltas {
				out = append(out, awsEvent("contentBlockDelta", object{"contentBlockIndex": len(s.blocks) - 1, "delta": object{"toolUse": object{"input": d}}}))
			}
		case strings.Contains(e, `"delta":"@"`), strings.Contains(e, `"partial_json":"@"`), strings.Contains(e, `{"arguments":"@"}`) && !strings.Contains(e, "output_item"):
			for _, d := range deltas {
				out = append(out, strings.Replace(e, `"@"`, text(d), 1))
			}
		default:
			out = append(out, strings.ReplaceAll(e, `"@"`, text(whole)))
		}
	}
	if v.dialect == "responses" { // whose events are numbered
		for i := range out {
			out[i] = renumber(out[i], i)
		}
	}
	return out
}

func renumber(e string, n int) string {
	head, rest, ok := strings.Cut(e, `"sequence_number":`)
	if !ok {
		return e
	}
	rest = strings.TrimLeft(rest, "0123456789")
	return head + fmt.Sprintf(`"sequence_number":%d`, n) + rest
}

// Wire pitfall 33, 34; field pains A 4.4.25, A 4.5.30, B 9: calls whose pieces come in
// turns reach their caller whole, each with its own.
func TestCallsThatInterleaveKeepTheirArguments(t *testing.T) {
	s := start(t)
	wanted := []string{`{"city":"Lisbon"}`, `{"city":"Oslo"}`, `{"city":"Rome"}`}
	chunk := func(delta object, finish any) string {
		return sseEvent("", object{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []any{object{"index": 0, "delta": delta, "finish_reason": finish}}})
	}
	call := func(i int, o object) string {
		return chunk(object{"tool_calls": []any{merge(o, object{"index": i})}}, nil)
	}
	piece := func(i int, s string) string { return call(i, object{"function": object{"arguments": s}}) }
	var all []string
	for i := range wanted {
		all = append(all, call(i, object{"id": fmt.Sprint("call", i), "type": "function", "function": object{"name": "get_weather", "arguments": ""}}))
	}
	for n := range 3 {
		for i, w := range wanted {
			all = append(all, piece(i, cut(w, 3)[n]))
		}
	}
	all = append(all, chunk(object{}, "tool_calls"), "data: [DONE]\n\n")
	s.up.Script(func(call *testup.Call) { call.Stream(nil, all...) })
	for _, c := range callers[1:] {
		t.Run(c.name, func(t *testing.T) {
			q := ask("chat/gpt-4.1", "go")
			q.tools = []tool{cityTool}
			r := s.must(t, c, q, true)
			ids := map[string]bool{}
			for i, b := range r.said.calls() {
				same(t, "arguments", canonical(b.args), wanted[i])
				ids[b.id] = true
			}
			if len(r.said.calls()) != 3 || len(ids) != 3 {
				t.Errorf("calls: %v", r.said.calls())
			}
			same(t, "finish", r.said.finish, "tools")
		})
	}
}

// Wire pitfalls 8, 23, 33: a tool without arguments is called with an empty object, in
// whatever way its vendor writes nothing.
func TestCallsWithoutArgumentsHaveAnEmptyObject(t *testing.T) {
	s := start(t)
	none := &said{blocks: []block{{kind: calling, id: "call00001", name: "list_places", args: "{}"}}, usage: counts{input: 1, output: 1}}
	forms := map[string]struct {
		vendor *vendor
		change func(string) string
	}{
		"chat, an empty string":         {chatVendor, func(s string) string { return strings.ReplaceAll(s, `"arguments":"{}"`, `"arguments":""`) }},
		"chat, null":                    {chatVendor, func(s string) string { return strings.ReplaceAll(s, `"arguments":"{}"`, `"arguments":null`) }},
		"chat, nothing":                 {chatVendor, func(s string) string { return strings.ReplaceAll(s, `"arguments":"{}",`, ``) }},
		"chat, an object":               {chatVendor, func(s string) string { return strings.ReplaceAll(s, `"arguments":"{}"`, `"arguments":{}`) }},
		"responses, an empty string":    {responsesVendor, func(s string) string { return strings.ReplaceAll(s, `"arguments":"{}"`, `"arguments":""`) }},
		"messages, an empty piece only": {messagesVendor, func(s string) string { return strings.ReplaceAll(s, `"partial_json":"{}"`, `"partial_json":""`) }},
		"gemini, nothing":               {geminiVendor, func(s string) string { return strings.ReplaceAll(s, `"args":{},`, ``) }},
		"gemini, null":                  {geminiVendor, func(s string) string { return strings.ReplaceAll(s, `"args":{}`, `"args":null`) }},
		"converse, no piece":            {converseVendor, nil},
		"cohere, null":                  {cohereVendor, func(s string) string { return strings.ReplaceAll(s, `"arguments":"{}"`, `"arguments":null`) }},
		"cohere, an empty string":       {cohereVendor, func(s string) string { return strings.ReplaceAll(s, `"arguments":"{}"`, `"arguments":""`) }},
	}
	for title, f := range forms {
		for _, c := range callers {
			if c.name == f.vendor.dialect {
				continue
			}
			t.Run(title+" to "+c.name, func(t *testing.T) {
				s.up.Script(func(call *testup.Call) {
					if !streams(call) {
						body := text(f.vendor.whole(f.vendor, none))
						if f.change != nil {
							body = f.change(body)
						}
						call.JSON(200, body)
						return
					}
					said := *none
					if f.change == nil {
						said.blocks = []block{{kind: calling, id: "call00001", name: "list_places"}}
					}
					all := f.vendor.events(f.vendor, &said)
					for i := range all {
						if f.change != nil {
							all[i] = f.change(all[i])
						}
					}
					f.vendor.send(call, nil, all...)
				})
				ways(t, func(t *testing.T, stream bool) {
					q := ask(f.vendor.asked(), "go")
					q.tools = []tool{noArgsTool}
					r := s.must(t, c, q, stream)
					if calls := r.said.calls(); len(calls) != 1 || canonical(calls[0].args) != "{}" || calls[0].name != "list_places" {
						t.Errorf("calls %v: %s", calls, r.raw)
					}
					same(t, "finish", r.said.finish, "tools")
				})
			})
		}
	}
}

// Wire pitfall 8: arguments that the limit of tokens has cut are no reason to fail.
func TestArgumentsThatWereCutByTheLimitDoNoHarm(t *testing.T) {
	s := start(t)
	for _, v := range []*vendor{chatVendor, responsesVendor, cohereVendor, messagesVendor} {
		for _, c := range callers {
			if c.name == v.dialect {
				continue
			}
			t.Run(c.name+" to "+v.name, func(t *testing.T) {
				cutShort := &said{blocks: []block{{kind: words, text: "Well,"}, {kind: calling, id: "call00001", name: "get_weather", args: `{"city":"Lis`}}, finish: "length", usage: counts{input: 1, output: 1}}
				s.up.Script(v.says(cutShort))
				ways(t, func(t *testing.T, stream bool) {
					if v == messagesVendor && !stream {
						t.Skip("its whole answers hold objects")
					}
					r := s.do(t, c, ask(v.asked(), "go"), stream)
					if r.said == nil {
						t.Fatalf("status %d: %s", r.StatusCode, r.raw)
					}
					same(t, "text", r.said.text(), "Well,")
					same(t, "finish", r.said.finish, "length")
					for _, p := range r.said.problems {
						if !strings.Contains(p, "arguments are no JSON") && !strings.Contains(p, "the input of a call") {
							t.Errorf("%s: %s", p, r.raw)
						}
					}
					if !strings.Contains(string(r.raw), "Lis") {
						t.Errorf("what there was of the arguments is gone: %s", r.raw)
					}
				})
			})
		}
	}
}

// Wire pitfall 30: large integers and the spelling of numbers survive.
func TestNumbersInArgumentsKeepTheirDigits(t *testing.T) {
	s := start(t)
	const args = `{"big":12345678901234567890,"one":1.0,"small":1e-7}`
	numbers := &said{blocks: []block{{kind: calling, id: "call00001", name: "get_weather", args: args}}, usage: counts{input: 1, output: 1}}
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(func(call *testup.Call) {
			// The vendors of this test decode arguments where theirs are objects.
			fix := strings.NewReplacer(text(jsonOf(args)), args)
			if !streams(call) {
				call.JSON(200, fix.Replace(text(v.whole(v, numbers))))
				return
			}
			all := v.events(v, numbers)
			for i := range all {
				if v.dialect != "converse" {
					all[i] = fix.Replace(all[i])
				}
			}
			v.send(call, nil, all...)
		})
		ways(t, func(t *testing.T, stream bool) {
			r := s.must(t, c, ask(v.asked(), "go"), stream)
			plain := strings.ReplaceAll(string(r.raw), `\`, "")
			if c.name == "chat" || c.name == "responses" || c.name == "cohere" || c.name == "messages" && stream || c.name == "converse" && stream {
				plain = ""
				for _, b := range r.said.calls() {
					plain += b.args
				}
				if c.name == "converse" || c.name == "messages" {
					return // joined by the reader of this test
				}
			}
			for _, digits := range []string{"12345678901234567890", "1.0", "1e-7"} {
				if !strings.Contains(plain, digits) {
					t.Errorf("%s is not there: %s", digits, r.raw)
				}
			}
		})
	})
}
