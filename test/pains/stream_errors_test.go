package pains_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// hello is an answer of one text; its stream has lifecycle events before it in every
// dialect but Gemini's.
var hello = &said{blocks: []block{{kind: words, text: "Hello there, this is a text in pieces."}}, usage: counts{input: 12, output: 9}}

// beforeContent gives the events of a stream that come before the first content.
func beforeContent(v *vendor, s *said) []string {
	all := v.events(v, s)
	for i, e := range all {
		if strings.Contains(e, "Hello") {
			return all[:i]
		}
	}
	panic("no content")
}

// untilContent gives the events up to the first two pieces of content.
func untilContent(v *vendor, s *said) []string {
	all := v.events(v, s)
	return all[:len(beforeContent(v, s))+2]
}

// Wire pitfall 38, field pains A 4.4.27, A 4.10.59, B 11, B 12: what fails before it says
// anything is an error with its status, in the caller's shape, not a 200.
func TestAStreamThatFailsBeforeContentIsAnErrorWithItsStatus(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		for _, title := range []string{"at once", "after what begins a stream"} {
			t.Run(title, func(t *testing.T) {
				s.up.Script(func(call *testup.Call) {
					var head []string
					if title != "at once" {
						head = beforeContent(v, hello)
					}
					v.send(call, nil, append(head, v.broken("the engine is overloaded"))...)
				})
				r := s.do(t, c, ask(v.asked(), "go"), true)
				if r.StatusCode < 500 || !strings.Contains(r.Header.Get("Content-Type"), "application/json") {
					t.Fatalf("status %d, %s: %s", r.StatusCode, r.Header.Get("Content-Type"), r.raw)
				}
				if got := c.message(parse(t, r.raw)); !strings.Contains(got, "the engine is overloaded") {
					t.Errorf("the message is %q: %s", got, r.raw)
				}
				if e := s.entry(r); e.Status != r.StatusCode || e.ErrorCode == "" || len(e.Attempts) != 1 || e.Attempts[0].Fault == "" {
					t.Errorf("entry: status %d, error %q, attempts %+v", e.Status, e.ErrorCode, e.Attempts)
				}
			})
		}
	})
}

// Wire pitfalls 37, 38; field pains A 4.4.27, A 4.5.31, B 47: what fails in the middle is
// told in the caller's grammar, and is no success in the log.
func TestAStreamThatFailsInTheMiddleSaysSoInTheCallersGrammar(t *testing.T) {
	s := start(t)
	endings := map[string]func(v *vendor) (more []string, message string){
		"an error event":            func(v *vendor) ([]string, string) { return []string{v.broken("the engine broke")}, "the engine broke" },
		"the end of the connection": func(v *vendor) ([]string, string) { return nil, "" },
		"Groq's event": func(v *vendor) ([]string, string) {
			return []string{sseEvent("error", object{"error": object{"message": "the call is malformed", "type": "invalid_request_error", "code": "tool_use_failed", "failed_generation": "<function=x"}})}, "the call is malformed"
		},
		"OpenRouter's finish": func(v *vendor) ([]string, string) {
			return []string{sseEvent("", object{"id": "gen-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "error": object{"code": 502, "message": "the route broke"}, "choices": []any{object{"index": 0, "delta": object{"content": ""}, "finish_reason": "error"}}})}, "the route broke"
		},
		"Responses' failure": func(v *vendor) ([]string, string) {
			return []string{sseEvent("response.failed", object{"type": "response.failed", "sequence_number": 9, "response": object{"id": "resp_1", "object": "response", "status": "failed", "error": object{"code": "server_error", "message": "the response failed"}, "output": []any{}}})}, "the response failed"
		},
	}
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		for title, ending := range endings {
			if strings.HasPrefix(title, "Groq") && v.dialect != "chat" || strings.HasPrefix(title, "OpenRouter") && v.dialect != "chat" || strings.HasPrefix(title, "Responses") && v.dialect != "responses" {
				continue // another dialect's
			}
			t.Run(title, func(t *testing.T) {
				more, message := ending(v)
				said, seen := untilContent(v, hello), make(chan struct{})
				s.up.Script(func(call *testup.Call) {
					v.send(call, nil, said...)
					select {
					case <-seen:
						v.more(call, more...)
					case <-time.After(time.Minute):
						t.Error("what was said is held back")
					}
				})
				once := sync.OnceFunc(func() { close(seen) })
				r := s.watch(t, c, ask(v.asked(), "go"), func(news string) {
					if strings.Contains(news, "Hello") {
						once()
					}
				})
				if r.said == nil {
					t.Fatalf("status %d: %s", r.StatusCode, r.raw)
				}
				if r.said.failure == "" || !strings.Contains(r.said.failure, message) || r.said.finish == "stop" {
					t.Errorf("failure %q, finish %q:\n%s", r.said.failure, r.said.finish, r.raw)
				}
				if len(r.said.problems) > 0 {
					t.Errorf("%v:\n%s", r.said.problems, r.raw)
				}
				if !strings.HasPrefix(hello.text(), r.said.text()) || r.said.text() == "" {
					t.Errorf("the text is %q", r.said.text())
				}
				if strings.Contains(string(r.raw), "[DONE]") && c.name == "chat" {
					t.Errorf("[DONE] follows an error:\n%s", r.raw)
				}
				e := s.entry(r)
				if e.ErrorCode == "" || e.Attempts[0].Fault == "" {
					t.Errorf("the entry says success: %+v", e)
				}
				if !e.Usage.OutputTokens.Known || e.Usage.OutputTokens.N == 0 {
					t.Errorf("what was said is not counted: %+v", e.Usage)
				}
			})
		}
	})
}

// Field pain A 4.5.37 (a cut is no end), wire pitfall 37: wherever a stream breaks off
// between its events, nobody takes it for a whole one.
func TestAStreamThatBreaksOffAnywhereNeverEndsWell(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		all := v.events(v, told)
		last := len(all) - 1
		switch v.dialect {
		case "chat":
			last-- // [DONE] says nothing that the finish has not said
			last--
		case "cohere", "messages", "converse":
		}
		for n := 0; n < last; n += 3 {
			s.up.Script(func(call *testup.Call) { v.send(call, nil, all[:n]...) })
			r := s.do(t, c, ask(v.asked(), "go"), true)
			if r.said != nil && r.said.failure == "" {
				t.Fatalf("cut after %d of %d events, it ends well:\n%s", n, len(all), r.raw)
			}
			if r.said != nil && len(r.said.problems) > 0 {
				t.Fatalf("cut after %d of %d events: %v\n%s", n, len(all), r.said.problems, r.raw)
			}
			if r.said == nil && r.StatusCode < 500 {
				t.Fatalf("cut after %d events: status %d", n, r.StatusCode)
			}
		}
	})
}

// Wire pitfalls 39, 42; field pain B 45: however the bytes of a stream come, it says the same.
func TestAStreamThatComesByteByByteSaysTheSame(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		whole := strings.Join(v.events(v, told), "")
		s.up.Script(func(call *testup.Call) {
			pieces := make([]string, len(whole))
			for i := range pieces {
				pieces[i] = whole[i : i+1]
			}
			v.send(call, nil, pieces...)
		})
		q := ask(v.asked(), "go")
		q.think = true
		r := s.must(t, c, q, true)
		want := *told
		if v == chatVendor {
			want.blocks = want.blocks[1:]
		}
		same(t, "said", r.said.outline(), want.outline())
	})
}

// Wire pitfall 39: line ends of all kinds, comments, fields that nobody knows, a data line
// without its space, several of them, and a last event without its blank line.
func TestEventStreamsAreReadByTheirGrammar(t *testing.T) {
	s := start(t)
	forms := map[string]func(string) string{
		"CRLF":                  func(e string) string { return strings.ReplaceAll(strings.ReplaceAll(e, "\r", ""), "\n", "\r\n") },
		"CR":                    func(e string) string { return strings.ReplaceAll(strings.ReplaceAll(e, "\r", ""), "\n", "\r") },
		"no space":              func(e string) string { return strings.Replace(e, "data: ", "data:", 1) },
		"comments":              func(e string) string { return ": PROCESSING\n\n" + e + ": ping\n\n" },
		"fields nobody knows":   func(e string) string { return "id: 7\nretry: 3000\nfoo: bar\n" + e },
		"several lines of data": func(e string) string { return strings.Replace(e, "data: {", "data: {\ndata: ", 1) },
	}
	for _, v := range vendors {
		if v.dialect == "converse" {
			continue
		}
		c := callerOf("messages")
		if v.dialect == "messages" {
			c = callerOf("chat")
		}
		for title, form := range forms {
			t.Run(v.name+" with "+title, func(t *testing.T) {
				var all []string
				for _, e := range v.events(v, told) {
					all = append(all, form(e))
				}
				s.up.Script(func(call *testup.Call) { v.send(call, nil, all...) })
				r := s.must(t, c, ask(v.asked(), "go"), true)
				same(t, "text", r.said.text(), told.text())
				same(t, "calls", len(r.said.calls()), 2)
			})
		}
		t.Run(v.name+" with an event of half a megabyte", func(t *testing.T) {
			long := &said{blocks: []block{{kind: words, text: strings.Repeat("long ", 100<<10)}}, usage: hello.usage}
			s.up.Script(func(call *testup.Call) { v.send(call, nil, v.events(v, long)...) })
			same(t, "length", len(s.must(t, c, ask(v.asked(), "go"), true).said.text()), len(long.text()))
		})
		t.Run(v.name+" without the last blank line", func(t *testing.T) {
			whole := strings.TrimRight(strings.Join(v.events(v, told), ""), "\r\n")
			s.up.Script(func(call *testup.Call) { v.send(call, nil, whole) })
			same(t, "text", s.must(t, c, ask(v.asked(), "go"), true).said.text(), told.text())
		})
	}
}

// Field pains A 4.9.56, B 3, C 17; wire pitfalls 31, 42: a caller who leaves ends the
// vendor's work, and what was said is billed.
func TestACallerWhoLeavesEndsTheVendorsWork(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		gone := make(chan struct{})
		s.up.Script(func(call *testup.Call) {
			v.send(call, nil, untilContent(v, hello)...)
			select {
			case <-call.Gone():
				close(gone)
			case <-time.After(time.Minute):
			}
		})
		resp, err := http.DefaultTransport.RoundTrip(s.request(c, ask(v.asked(), "go"), true))
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64<<10)
		got := ""
		for !strings.Contains(got, "Hello") {
			n, err := resp.Body.Read(buf)
			if err != nil {
				t.Fatalf("%v after %s", err, got)
			}
			got += string(buf[:n])
		}
		resp.Body.Close()
		select {
		case <-gone:
		case <-time.After(time.Minute):
			t.Fatal("the vendor goes on")
		}
		e := s.Entry(resp.Header.Get("Sluice-Request-Id"))
		if e.Status != 499 || e.Usage.OutputTokens.N == 0 || e.Usage.InputTokens.N == 0 {
			t.Errorf("the entry has status %d, usage %+v", e.Status, e.Usage)
		}
	})
}

var _ = fmt.Sprint
