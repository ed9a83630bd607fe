package pains_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// conversation makes one of n turns with everything in it that may be reordered: tools,
// schemas, calls, results.
func conversation(v *vendor, n int) *question {
	q := ask(v.asked(), "question 0")
	q.system, q.think, q.max = "You are brief. <&> “quoted”", true, 5000
	for i := range 6 {
		q.tools = append(q.tools, tool{fmt.Sprintf("tool_%c", 'f'-i), object{"type": "object", "properties": object{"b": object{"type": "string"}, "a": object{"type": "integer", "minimum": 1}, "c": object{"type": "array", "items": object{"type": "number"}}}, "required": []any{"b", "a"}}})
	}
	for i := range n {
		id := fmt.Sprintf("call%05d", i)
		looks := &said{blocks: []block{{kind: words, text: fmt.Sprint("I look ", i)}, {kind: calling, id: id, name: "tool_a", args: fmt.Sprintf(`{"b":"x%d","a":%d}`, i, i)}}}
		q.turns = append(q.turns, turn{said: looks, results: []result{{id, "tool_a", fmt.Sprint("result ", i)}}}, turn{said: &said{blocks: []block{{kind: words, text: fmt.Sprint("answer ", i)}}}}, turn{user: fmt.Sprint("question ", i+1)})
	}
	return q
}

// inOwnWords writes what the assistant said in the caller's dialect.
func inOwnWords(t testing.TB, c *caller, q *question) *question {
	out := *q
	out.turns = nil
	for _, x := range q.turns {
		if x.said != nil {
			x.raw = history(t, c, x.said)
		}
		out.turns = append(out.turns, x)
	}
	return &out
}

// Field pains A 4.8.47, B 14, B 15, A 4.8.51, E 2; wire pitfall 20: the same request gives
// the same bytes, and a longer conversation begins with the bytes of the shorter one, so
// that a vendor's cache of prefixes hits.
func TestALongerConversationBeginsWithTheBytesOfTheShorterOne(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(v.says(hello))
		var before []byte
		for n := range 4 {
			q := inOwnWords(t, c, conversation(v, n))
			var first []byte
			for range 3 {
				s.must(t, c, q, false)
				body := s.up.Last().Body
				if first == nil {
					first = body
				}
				if !bytes.Equal(first, body) {
					t.Fatalf("the same request gives\n%s\nand\n%s", first, body)
				}
			}
			shared := prefix(t, v, first)
			if !bytes.HasPrefix(shared, before) {
				at := 0
				for at < min(len(before), len(shared)) && before[at] == shared[at] {
					at++
				}
				t.Fatalf("turn %d changes what was sent before at byte %d:\n…%s\n…%s", n, at, before[max(0, at-100):min(len(before), at+100)], shared[max(0, at-100):min(len(shared), at+100)])
			}
			before = shared
		}
		valid(t, s.up.Last())
	})
}

// prefix gives what a vendor's cache sees first, in its order: tools, instructions, then
// turns without the end of the last one.
func prefix(t testing.TB, v *vendor, body []byte) []byte {
	t.Helper()
	var o map[string]json.RawMessage
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, name := range []string{"tools", "toolConfig", "system", "systemInstruction", "instructions", "messages", "contents", "input"} {
		if v := o[name]; v != nil {
			out = append(append(out, name...), bytes.TrimRight(v, "]}")...)
		}
	}
	return out
}

// Field pain B 15: for Claude, what is cached first stands first: tools, then system,
// then messages; and nothing that changes from call to call stands before them.
func TestWhatChangesStandsBehindWhatIsCached(t *testing.T) {
	s := start(t)
	for _, c := range callers {
		if c.name == "messages" {
			continue
		}
		s.up.Script(messagesVendor.says(hello))
		s.must(t, c, inOwnWords(t, c, conversation(messagesVendor, 1)), false)
		body := string(s.up.Last().Body)
		at := -1
		for _, name := range []string{`"tools":`, `"system":`, `"messages":`} {
			i := strings.Index(body, name)
			if i < at {
				t.Errorf("%s: %s stands too early: %s", c.name, name, body)
			}
			at = i
		}
		for _, changing := range []string{s.up.Last().Header.Get("X-Request-Id"), "sluice"} {
			if changing != "" && strings.Contains(body, changing) {
				t.Errorf("%s: %q stands in the body: %s", c.name, changing, body)
			}
		}
	}
}

// Field pains A 4.8.47: a system turn in mid-conversation does not change what came
// before it.
func TestALateSystemTurnLeavesThePrefixAlone(t *testing.T) {
	s := start(t)
	for _, c := range []*caller{chatCaller, responsesCaller} {
		for _, v := range vendors {
			if c.name == v.dialect {
				continue
			}
			t.Run(c.name+" to "+v.name, func(t *testing.T) {
				s.up.Script(v.says(hello))
				q := inOwnWords(t, c, conversation(v, 1))
				s.must(t, c, q, false)
				before := prefix(t, v, s.up.Last().Body)
				q.turns = append(q.turns, turn{said: nil, raw: history(t, c, hello)}, turn{system: "From here on, be LOUD."}, turn{user: "and now?"})
				s.must(t, c, q, false)
				after := prefix(t, v, s.up.Last().Body)
				if !bytes.HasPrefix(after, before) {
					t.Errorf("the prefix changes:\n%s\n%s", before, after)
				}
				if !strings.Contains(string(after), "be LOUD") {
					t.Errorf("the late instruction is gone: %s", after)
				}
				valid(t, s.up.Last())
			})
		}
	}
}

// Wire pitfall 20, field pains A 4.8.48, C 26: marks of the cache go from one form to the
// other and stay on their piece; vendors that have none are not sent any.
func TestCacheMarksGoToVendorsThatHaveThem(t *testing.T) {
	s := start(t)
	mark := object{"type": "ephemeral"}
	marked := map[string]object{
		"messages": {"system": []any{object{"type": "text", "text": "SYSTEM", "cache_control": mark}}, "tools": []any{merge(object{"cache_control": mark}, object{"name": "get_weather", "input_schema": cityTool.schema})},
			"messages": []any{object{"role": "user", "content": []any{object{"type": "text", "text": "MARKED", "cache_control": mark}, object{"type": "text", "text": "after"}}}}},
		"converse": {"system": []any{object{"text": "SYSTEM"}, object{"cachePoint": object{"type": "default"}}}, "toolConfig": object{"tools": []any{object{"toolSpec": object{"name": "get_weather", "inputSchema": object{"json": cityTool.schema}}}, object{"cachePoint": object{"type": "default"}}}},
			"messages": []any{object{"role": "user", "content": []any{object{"text": "MARKED"}, object{"cachePoint": object{"type": "default"}}, object{"text": "after"}}}}},
		"chat": {"tools": []any{object{"type": "function", "cache_control": mark, "function": object{"name": "get_weather", "parameters": cityTool.schema}}}, "messages": []any{object{"role": "system", "content": []any{object{"type": "text", "text": "SYSTEM", "cache_control": mark}}},
			object{"role": "user", "content": []any{object{"type": "text", "text": "MARKED", "cache_control": mark}, object{"type": "text", "text": "after"}}}}},
	}
	for name, more := range marked {
		c := callerOf(name)
		for _, v := range append([]*vendor{routerVendor}, vendors...) {
			if v.dialect == name {
				continue
			}
			t.Run(name+" to "+v.name, func(t *testing.T) {
				s.up.Script(v.says(hello))
				q := ask(v.asked(), "x")
				q.more = more
				r := s.must(t, c, q, false)
				body := s.sent(t)
				marks := 0
				walk(any(clone(body)), func(o object) {
					if o["cache_control"] != nil || o["cachePoint"] != nil {
						marks++
					}
				})
				want := 0
				if v.dialect == "messages" || v.dialect == "converse" || v == routerVendor {
					want = 3
					if v == routerVendor {
						want = marks // tools of OpenRouter take none, or do: told below
					}
				}
				same(t, "marks", marks, want)
				if want == 0 && r.Header.Get("Sluice-Dropped-Params") == "" {
					t.Error("marks are dropped in silence")
				}
				text := string(s.up.Last().Body)
				switch {
				case v.dialect == "messages":
					if !strings.Contains(text, `"text":"MARKED","cache_control":{"type":"ephemeral"}`) || !strings.Contains(text, `"text":"SYSTEM","cache_control":{"type":"ephemeral"}`) {
						t.Errorf("the marks are elsewhere: %s", text)
					}
				case v.dialect == "converse":
					if !strings.Contains(text, `{"text":"MARKED"},{"cachePoint":{"type":"default"}}`) {
						t.Errorf("the marks are elsewhere: %s", text)
					}
				case v == routerVendor:
					if !strings.Contains(text, `"text":"MARKED","cache_control":{"type":"ephemeral"}`) {
						t.Errorf("the marks are elsewhere: %s", text)
					}
				}
				valid(t, s.up.Last())
			})
		}
	}
}
